"""An instance of Gratis for a test: the real programs in a home of their own, and ways to call it."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("GRATIS_BUILD", TOP / "build"))
START_SECONDS = 90
STOP_SECONDS = 45

SUPERUSER = "gratis"  # of the embedded PostgreSQL
SPLIT = ("ledger", "members", "birthdays", "thanks", "messages")


def scratch():
    """A new folder that PostgreSQL's user can pass through; tests/run removes what a test leaves."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="g", dir=os.environ.get("GRATIS_TEST_SCRATCH", "/tmp")))
    folder.chmod(0o711)
    return folder


def free_ports(count):
    """Ports nobody listens on, in a row."""
    while True:
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            if port + count > 60000:
                continue
            try:
                for i in range(1, count):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", port + i))
            except OSError:
                continue
            return list(range(port, port + count))


def wait_until(what, seconds, condition, every=0.05):
    """Waits until condition() is true, and returns what it said."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)


class House:
    """One instance: all in one process, or split into one for each service."""

    def __init__(self, split=None, flags=(), home=None, environment=None):
        self.split = os.environ.get("GRATIS_E2E_SHAPE") == "split" if split is None else split
        self.home = pathlib.Path(home) if home else scratch()
        self.flags = list(flags)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("GRATIS_")}
        self.environment |= {"GRATIS_HOME": str(self.home)} | (environment or {})
        self.ports = free_ports(len(SPLIT) if self.split else 1)
        self.processes = {}
        self.start_seconds = START_SECONDS

    # --- life ---

    def commands(self):
        if not self.split:
            return {"gratisd": [BUILD / "bin/gratisd", "--port", self.ports[0], *self.flags]}
        peers = [f"--peer={name}=localhost:{port}" for name, port in zip(SPLIT, self.ports)]
        return {f"gratis-{name}": [BUILD / f"bin/gratis-{name}", "--port", port, *peers, *self.flags]
                for name, port in zip(SPLIT, self.ports)}

    def start(self):
        for name, command in self.commands().items():
            if name not in self.processes:
                self.launch(name, command)
        names = list(self.commands())
        # They may wait for each other, so one that ended is found out though others do not serve yet.
        wait_until(f"{', '.join(names)}: all serve", self.start_seconds,
                   lambda: all([self.serves(name) for name in names]))
        return self

    def launch(self, name, command=None):
        (self.home / "log").mkdir(exist_ok=True)
        with open(self.home / "log" / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(part) for part in command or self.commands()[name]], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=self.environment, start_new_session=True)

    def serves(self, name):
        process = self.processes[name]
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}:\n{self.log(name)[-3000:]}")
        run = self.run_file(name)
        return run if run and run["pid"] == process.pid else None

    def run_file(self, name):
        try:
            return json.loads((self.home / "run" / f"{name}.json").read_text())
        except (OSError, ValueError):
            return None

    def log(self, name=None):
        names = [name] if name else [p.stem for p in sorted((self.home / "log").glob("*.log"))]
        return "".join((self.home / "log" / f"{n}.log").read_text(errors="replace") for n in names)

    def stop(self):
        """Ends all processes as an operator would, and says with which codes they ended."""
        for process in self.processes.values():
            if process.poll() is None:
                process.terminate()
        codes = {name: process.wait(STOP_SECONDS) for name, process in self.processes.items()}
        self.processes.clear()
        return codes

    def kill(self, name=None):
        """SIGKILL, without a chance to finish anything."""
        for each in [name] if name else list(self.processes):
            self.processes[each].kill()
            self.processes.pop(each).wait()

    def remove(self):
        """Nothing of the instance is left."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.processes.clear()
        self.stop_postgres("immediate")
        shutil.rmtree(self.home, ignore_errors=True)

    # --- its PostgreSQL ---

    @property
    def postgres_data(self):
        return self.home / "postgres" / "data"

    def postmaster(self):
        """The pid of the embedded PostgreSQL; None when it does not run."""
        try:
            pid = int((self.postgres_data / "postmaster.pid").read_text().split()[0])
            os.kill(pid, 0)
            return pid
        except (OSError, ValueError, IndexError):
            return None

    def stop_postgres(self, mode="fast"):
        pid = self.postmaster()
        if pid is None:
            return
        os.kill(pid, {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}[mode])
        wait_until("PostgreSQL ends", 60, lambda: not pathlib.Path(f"/proc/{pid}").exists() or _is_zombie(pid))

    def psql(self, sql, database="gratis"):
        """What PostgreSQL answers its superuser, a line for each row."""
        lines = (self.postgres_data / "postmaster.pid").read_text().splitlines()
        return subprocess.run(
            ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", lines[4], "-p", lines[3], "-U", SUPERUSER,
             "-d", database, "-c", sql], check=True, capture_output=True, text=True).stdout.strip()

    def _postgres(self, *command):
        lines = (self.postgres_data / "postmaster.pid").read_text().splitlines()
        where = ["-h", lines[4], "-p", lines[3], "-U", SUPERUSER, "-d", "gratis"]
        return subprocess.run([command[0], *where, *map(str, command[1:])], check=True, capture_output=True).stdout

    def dump(self, *flags):
        """The whole database, as pg_dump writes it."""
        return self._postgres("pg_dump", *flags)

    def restore(self, dump):
        """Puts a dump made with -Fc into a database that is empty."""
        self._postgres("pg_restore", "--exit-on-error", dump)

    # --- ways to call it ---

    @property
    def port(self):
        return self.ports[0]

    def address(self, service):
        """localhost:port of a service by its short name."""
        return f"localhost:{self.ports[SPLIT.index(service)] if self.split else self.ports[0]}"

    @property
    def ca(self):
        return self.home / "tls" / "ca.pem"

    @property
    def admin_key(self):
        return (self.home / "admin.key").read_text().strip()

    def gratis(self, *arguments, check=True, timeout=120, **more):
        """Runs the CLI, which reads `input`; what it printed is in .stdout and .stderr."""
        more.setdefault("input", "")
        done = subprocess.run([str(BUILD / "bin/gratis"), *map(str, arguments)], capture_output=True, text=True,
                              env=self.environment, timeout=timeout, **more)
        if check and done.returncode != 0:
            raise AssertionError(f"gratis {' '.join(map(str, arguments))} ended with {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}\n{self.log()[-2000:]}")
        return done

    def answer(self, *arguments, **more):
        """The CLI's answer as JSON: the last line it printed."""
        return json.loads(self.gratis(*arguments, "--json", **more).stdout.strip().splitlines()[-1])

    def buf_curl(self, method, request, key=None, program=None):
        """A call by `buf curl` over reflection: (its JSON answer, or None; its standard error)."""
        service = method.split(".")[1]
        headers = ["--header", f"authorization: Bearer {key or self.admin_key}"]
        if program:
            headers += ["--header", f"gratis-program: {program}"]
        done = subprocess.run(
            [str(TOP / "tests/e2e/buf"), "curl", "--protocol", "grpc", "--cacert", str(self.ca), *headers,
             "--data", json.dumps(request), f"https://{self.address(service)}/{method}"],
            capture_output=True, text=True, timeout=60, cwd=self.home)
        return (json.loads(done.stdout) if done.returncode == 0 else None), done.stderr


def _is_zombie(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True
