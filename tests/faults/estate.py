"""Two engines over one PostgreSQL, as two machines would be, and ways to hurt them."""

import contextlib
import os
import pathlib
import shutil
import signal
import struct
import subprocess

from house import BUILD, SUPERUSER, House, scratch, wait_until
from line import Line

RECOVER_SECONDS = 90


class Postgres:
    """A PostgreSQL of our own: it stays down until we start it."""

    def __init__(self, home=None):
        self.house = House(split=False, flags=["--keep-postgres"], home=home).start()
        self.house.stop()
        self.house.psql("CREATE DATABASE elsewhere")
        lines = (self.house.postgres_data / "postmaster.pid").read_text().splitlines()
        self.port, self.folder = lines[3], lines[4]

    @property
    def socket(self):
        return f"{self.folder}/.s.PGSQL.{self.port}"

    def url(self, line=None):
        """Where an engine finds it: by its socket, or over a line."""
        if line:
            return (f"postgresql://{SUPERUSER}@127.0.0.1:{line.port}/elsewhere"
                    "?sslmode=disable")  # a line listens to what is said
        return f"postgresql:///elsewhere?host={self.folder}&port={self.port}&user={SUPERUSER}"

    def psql(self, sql):
        return self.house.psql(sql, database="elsewhere")

    def answers(self):
        try:
            return self.psql("SELECT 1") == "1"
        except (subprocess.CalledProcessError, OSError, IndexError):
            return False

    def backends(self):
        """The processes that serve connections of an engine."""
        listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.house.postmaster())],
                                capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in listed.splitlines() if " elsewhere " in line]

    def start(self):
        """Until it answers; the leavings of a killed one may need a moment to be gone."""
        pg_ctl = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        command = [str(pg_ctl), "start", "-w", "-D", str(self.house.postgres_data), "-l",
                   str(self.house.home / "postgres/log/again.log")]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]

        def started():
            if self.answers():
                return True
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", timeout=90)
            return self.answers()

        wait_until("PostgreSQL is back", RECOVER_SECONDS, started, every=0.2)

    def remove(self):
        self.house.remove()


class Estate:
    """Engine 0 reaches PostgreSQL over a line that can be cut, engine 1 by its socket."""

    def __init__(self, home=None):
        self.postgres = Postgres(home)
        self.line = Line(self.postgres.socket)
        self.engines = []
        for line in (self.line, None):
            engine = House(split=False, flags=["--development-clock"],
                           environment={"GRATIS_DATABASE_URL": self.postgres.url(line)})
            if self.engines:  # who shares the books has the same key
                shutil.copy(self.engines[0].home / "master.key", engine.home / "master.key")
            self.engines.append(engine.start())

    def pid(self, number):
        return self.engines[number].processes["gratisd"].pid

    def kill_engine(self, number):
        self.engines[number].kill()

    def revive(self):
        """Whoever runs it starts what is down."""
        if not self.postgres.answers():
            wait_until("PostgreSQL answers or is gone", RECOVER_SECONDS,
                       lambda: self.postgres.answers() or self.postgres.house.postmaster() is None)
            self.postgres.start()
        for engine in self.engines:
            ended = [name for name, process in engine.processes.items() if process.poll() is not None]
            for name in ended:
                engine.processes.pop(name)
            engine.start()

    def wake(self, number):
        os.kill(self.pid(number), signal.SIGCONT)

    @contextlib.contextmanager
    def clock_of(self, number):
        """For a while the engine's machine has a clock that can be set."""
        engine = self.engines[number]
        environment = engine.environment
        clock = ShiftedClock(engine.home / "shifted-clock")
        try:
            engine.stop()
            engine.environment = environment | clock.environment
            engine.start()
            yield clock
        finally:
            engine.stop()
            engine.environment = environment
            engine.start()

    def remove(self):
        for engine in self.engines:
            engine.remove()
        self.line.close()
        self.postgres.remove()


class ShiftedClock:
    """The clock of the machine of whoever is started in its environment; see shifted_clock.cc."""

    def __init__(self, file):
        self._file = file
        self.environment = {"LD_PRELOAD": str(BUILD / "tests/gratis-shifted-clock.so"), "SHIFTED_CLOCK": str(file)}
        self.set(0)

    def set(self, hours):
        """It shows so many hours more than it is, or fewer."""
        file = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)
        os.pwrite(file, struct.pack("=q", hours * 3600 * 10**9), 0)
        os.close(file)


class SmallDisk:
    """A file system with little room, to be filled and cleared; needs the right to mount."""

    MEGABYTES = 320

    def __init__(self):
        self.folder = scratch()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.MEGABYTES}m,mode=711", "tmpfs", str(self.folder)],
                       check=True)
        self._ballast = self.folder / "ballast"
        self.home = self.folder / "home"
        self.home.mkdir(mode=0o711)

    def fill(self):
        with open(self._ballast, "ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError:
                    pass

    def clear(self):
        self._ballast.unlink()

    def remove(self):
        subprocess.run(["umount", "-l", str(self.folder)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
