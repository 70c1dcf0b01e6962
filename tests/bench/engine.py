"""The engine under measure, on a cluster of its own, and the yardstick beside it."""

import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from house import BUILD, SUPERUSER, TOP, House, scratch  # noqa: E402, F401

PROGRAM = "bench"
BUDGET_LIMIT = 10**15  # more than all loads together can draw
DURABLE = ("fsync", "full_page_writes", "synchronous_commit", "data_checksums")
LOAD = BUILD / "tests" / "gratis-bench-load"
TICKS = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, file=sys.stderr, flush=True)


def cpu_seconds(pid):
    """What a process has used of the processors; nothing once it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
    except OSError:
        return 0.0


class Engine:
    """gratisd with the options it has at home; its PostgreSQL goes on when it ends."""

    def __init__(self, folder=None):
        home = pathlib.Path(tempfile.mkdtemp(prefix="g", dir=folder)) if folder else scratch()
        home.chmod(0o711)  # PostgreSQL's user passes through
        self.house = House(split=False, home=home, flags=["--keep-postgres"])
        self.members = home / "members"
        self.key = home / "bench.key"
        self.budget = None

    # --- life ---

    def start(self, database=None):
        """Starts gratisd, on another database of the cluster if one is named."""
        self.house.environment.pop("GRATIS_DATABASE_URL", None)
        self.database = database
        if database:
            self.house.environment["GRATIS_DATABASE_URL"] = f"host={self.socket} user={SUPERUSER} dbname={database}"
        self.house.start()

    def stop(self):
        self.house.stop()

    def kill_all(self):
        """SIGKILL for gratisd and every process of PostgreSQL."""
        postmaster = self.house.postmaster()
        doomed = [postmaster, *self.children(postmaster)]
        self.house.processes["gratisd"].kill()
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):  # a worker that was done meanwhile
                os.kill(pid, signal.SIGKILL)
        self.house.kill("gratisd")

    def remove(self):
        self.house.remove()

    # --- making it ready ---

    def check_durable(self):
        """Refuses to measure a cluster that could lose what it acknowledged."""
        self.settings = {name: self.house.psql(f"SHOW {name}") for name in DURABLE}
        wrong = [name for name, value in self.settings.items() if value != "on"]
        if wrong:
            raise SystemExit(f"the cluster is not fully durable: {', '.join(wrong)}")

    def make_empty_program(self):
        self.house.gratis("program", "create", PROGRAM)
        self.make_key("backend", self.key)

    def make_key(self, role, file, program=PROGRAM):
        made = self.house.answer("key", "create", role, "--program", program, "--label", "bench")
        file.write_text(made["secret"])

    def enroll(self, members):
        """Others than before; their ids are what loads are put on from now on."""
        self.load("enroll", "--members", members, check_json=False)

    def import_members(self, file, count, program=PROGRAM):
        """Those of a file of `count`. How many seconds the command took."""
        answer, took, self.import_rss_mb = self.measured("members", "import", file, "--program", program)
        if answer["members"] != count or answer["rejected"] != 0:
            raise SystemExit(f"of {count} members {answer} were imported")
        return took

    def export_members(self, file, program=PROGRAM):
        """All of the program's. How many they were, and the most memory that the command had, in MB."""
        answer, _, rss_mb = self.measured("members", "export", file, "--program", program)
        return answer["members"], rss_mb

    def measured(self, *arguments, timeout=3600):
        """What `gratis` answers, the seconds that it took, and the most memory that it had, in MB; of that the kernel
        counts what this program had as it started the command, so it is rather less."""
        begun = time.monotonic()
        with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
            command = subprocess.Popen([BUILD / "bin/gratis", *map(str, arguments), "--json"], stdin=subprocess.DEVNULL,
                                       stdout=said, stderr=errors, env=self.house.environment)
            while True:
                pid, status, used = os.wait4(command.pid, os.WNOHANG)
                if pid:
                    break
                if time.monotonic() - begun > timeout:
                    command.kill()
                time.sleep(0.005)
            took = time.monotonic() - begun
            command.returncode = os.waitstatus_to_exitcode(status)
            for file in (said, errors):
                file.seek(0)
            if command.returncode != 0:
                raise SystemExit(f"gratis {arguments} ended with {command.returncode}\n{errors.read()}")
            return json.loads(said.read().strip().splitlines()[-1]), took, used.ru_maxrss / 1024

    def make_program(self, members):
        self.make_empty_program()
        self.enroll(members)
        self.house.gratis("budgets", "set", PROGRAM, BUDGET_LIMIT, "--program", PROGRAM)
        budget = self.house.answer("budgets", "show", PROGRAM, "--program", PROGRAM)
        self.budget = budget["budget_id"]

    # --- load ---

    def load_command(self, *arguments, key=None):
        return [str(part) for part in (
            LOAD, "--address", f"localhost:{self.house.port}", "--ca", self.house.ca, "--key-file", key or self.key,
            "--members-file", self.members, *arguments)]

    def load(self, *arguments, check_json=True, key=None):
        done = subprocess.run(self.load_command(*arguments, key=key), check=True, stdout=subprocess.PIPE, text=True)
        return json.loads(done.stdout) if check_json else None

    def drive(self, workload, *arguments, key=None):
        """Puts a load on, and says what came of it and what it took of the processors and the disk."""
        before = self.usage()
        told = self.load("drive", workload, *(["--budget", self.budget] if self.budget else []), *arguments, key=key)
        after = self.usage()
        told["used"] = {name: after[name] - before[name] for name in after}
        return told

    def usage(self):
        postmaster = self.house.postmaster()
        children = os.times()
        return {
            "gratisd_cpu_s": cpu_seconds(self.house.processes["gratisd"].pid),
            "postgres_cpu_s": sum(cpu_seconds(pid) for pid in [postmaster, *self.children(postmaster)]),
            "load_cpu_s": children.children_user + children.children_system,
            "wal_bytes": int(self.house.psql("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")),
            "database_bytes": int(self.house.psql("SELECT pg_database_size(current_database())")),
        }

    @staticmethod
    def children(pid):
        listed = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout
        return [int(line) for line in listed.split()]

    def peak_rss_mb(self):
        status = pathlib.Path(f"/proc/{self.house.processes['gratisd'].pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) / 1024

    # --- the cluster ---

    @property
    def socket(self):
        return (self.house.postgres_data / "postmaster.pid").read_text().splitlines()[4]

    @property
    def binaries(self):
        """Where the server that runs has its tools."""
        return pathlib.Path(f"/proc/{self.house.postmaster()}/exe").resolve().parent

    def checkpoint(self):
        self.house.psql("CHECKPOINT")

    def checkpoints(self):
        """How many were begun until now."""
        return int(self.house.psql("SELECT checkpoints_timed + checkpoints_req FROM pg_stat_bgwriter"))

    @contextlib.contextmanager
    def checkpoints_every(self, seconds):
        """Those that PostgreSQL makes by itself, spread over nine tenths of that time; it allows 30 s and more."""
        self.house.psql(f"ALTER SYSTEM SET checkpoint_timeout = '{max(30, seconds)}s'")
        self.house.psql("SELECT pg_reload_conf()")
        yield
        self.house.psql("ALTER SYSTEM RESET checkpoint_timeout")
        self.house.psql("SELECT pg_reload_conf()")

    def copy_database(self, source, copy):
        """Nobody may be connected to the source."""
        self.house.psql(f"CREATE DATABASE {copy} TEMPLATE {source}", database="postgres")

    def drop_database(self, name):
        self.house.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", database="postgres")

    def pgbench(self, *arguments):
        return subprocess.run([self.binaries / "pgbench", "-h", self.socket, "-U", SUPERUSER, *map(str, arguments), "pgbench"],
                              check=True, capture_output=True, text=True).stdout

    def make_yardstick(self, scale):
        self.house.psql("CREATE DATABASE pgbench", database="postgres")
        self.pgbench("-i", "-q", "-s", scale)

    def yardstick(self, seconds, *arguments):
        """Transactions a second, without the time to connect."""
        said = self.pgbench("-M", "prepared", "-c", 16, "-j", 2, "-T", seconds, *arguments)
        return {"per_second": float(re.search(r"^tps = ([0-9.]+)", said, re.M).group(1)),
                "latency_ms": float(re.search(r"^latency average = ([0-9.]+)", said, re.M).group(1))}

    def fsync_per_second(self):
        """What pg_test_fsync says of the method that PostgreSQL uses here, on the disk it uses."""
        method = self.house.psql("SHOW wal_sync_method")
        file = self.house.home / "fsync"
        said = subprocess.run([self.binaries / "pg_test_fsync", "-s", "1", "-f", file], capture_output=True, text=True).stdout
        file.unlink(missing_ok=True)
        found = re.search(rf"^\s*{method}\s+([0-9.]+) ops/sec", said, re.M)
        return {"method": method, "per_second": float(found.group(1)) if found else None}


def measure_recovery(engine, load_seconds):
    """Seconds from the death of everything, under load, to the first posting accepted after it."""
    load = subprocess.Popen(engine.load_command("drive", "earn", "--seconds", 3600), stdout=subprocess.DEVNULL)
    try:
        time.sleep(load_seconds)
        died = time.monotonic()
        engine.kill_all()
    finally:
        load.kill()
        load.wait()
    engine.start()
    engine.load("probe", check_json=False)
    return time.monotonic() - died
