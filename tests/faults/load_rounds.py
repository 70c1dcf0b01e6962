"""Callers load two engines over one PostgreSQL; in the middle of it something is killed, cut off,
stopped or filled up, or time jumps: the program's, or that of a machine. What died is started again,
everything goes on, and then the books must be what the callers were told: see load.Load.check.
"""

import os
import random
import signal
import subprocess

from calls import Caller
from estate import Estate, SmallDisk
from house import wait_until
from load import Load

HEAD_STATEMENT = "ledger/lock_head"
COMMIT_STATEMENT = "pg/commit"
STOPS = 20            # until one is in the load's own program
GOES_ON = 6           # more answers for every caller, after a fault
CUTS = 5              # in one round


class Round:
    def __init__(self, number, seed, fault, estate):
        self.number, self.seed, self.fault, self.estate = number, seed, fault, estate
        self.random = random.Random(seed)
        self.told = ""
        self.last = False  # its books may be damaged afterwards

    def play(self):
        load = Load(self.estate, f"round{self.number}", self.seed)
        load.start()
        try:
            load.goes_on("the load flows", 4)
            getattr(self, self.fault)(load)
            load.goes_on(f"everything goes on after {self.fault}", GOES_ON)
        except TimeoutError as error:
            load.problems.append(str(error))
        load.stop()
        orders = load.check() if not load.problems else []
        acknowledged = sum(order.answer is not None for order in orders)
        unknown = sum(order.answer is None and not order.refused for order in orders)
        print(f"round {self.number}: seed {self.seed}, {self.fault}{self.told}: {len(orders)} requests, {acknowledged} "
              f"acknowledged, {unknown} never answered, {load.reads} reads: "
              f"{'PROBLEMS' if load.problems else 'as they were told'}", flush=True)
        if self.last and not load.problems:
            return blind_spots(load, orders)
        return load.problems

    # --- the faults, each until it is over ---

    def engine_killed(self, load):
        victim = self.random.randrange(2)
        self.estate.kill_engine(victim)
        load.goes_on("the other engine serves", 2)
        self.estate.revive()

    def backends_killed(self, load):
        for _ in range(2):
            backends = wait_until("an engine is connected", 30, self.estate.postgres.backends)
            try:
                os.kill(self.random.choice(backends), signal.SIGKILL)
            except ProcessLookupError:
                pass
            load.goes_on("PostgreSQL recovers", 2)

    def postmaster_killed(self, load):
        os.kill(self.estate.postgres.house.postmaster(), signal.SIGKILL)
        self.estate.revive()

    def commit_answers_lost(self, load):
        """The line is cut as COMMIT passes: sometimes the server never hears it, sometimes it has done it."""
        line = self.estate.line
        forwarded = [self.random.random() < 0.5 for _ in range(CUTS - 2)] + [True, False]
        for heard in forwarded:
            before = line.cuts
            line.cut_at(COMMIT_STATEMENT, heard)
            wait_until("a COMMIT passes", 60, lambda before=before: line.cuts > before or load.problems)
        self.told = f" ({sum(forwarded)} done, {CUTS - sum(forwarded)} not)"

    def head_holder_stopped(self, load):
        """An engine is stopped in a transaction that holds a head. The others wait for its time limit, no longer."""
        line = self.estate.line
        for _ in range(STOPS):
            before = line.stops
            line.stop_at(HEAD_STATEMENT, self.estate.pid(0))
            try:
                wait_until("a head is held by who is stopped", 60, lambda before=before: line.stops > before or load.problems)
                held = self.held_partition(load)
                if held is None:
                    continue  # nothing is held, or a job held it in the program of a round before
                partition, seq = held
                wait_until("others post where it held the head", 60,
                           lambda partition=partition, seq=seq: load.problems or self.last_seq(partition) > seq)
                load.goes_on("others go on", 1)
                self.told = f" (partition {partition})"
                return
            finally:
                self.estate.wake(0)
        raise TimeoutError(f"who was stopped {STOPS} times never held a head of the load's")

    def clock_jumps(self, load):
        with Caller(self.estate.engines[1], program=load.program) as admin:
            now = admin("ledger", "GetClock").now
            for hours in (1, self.random.randrange(2, 100), self.random.randrange(100, 1500)):
                now.seconds += 3600 * hours
                admin("ledger", "SetClock", now=now)
                load.goes_on("time has jumped", 2)

    def machine_clock_jumps(self, load):
        """Somebody sets the clock of an engine's machine, to and fro; the other engine and PostgreSQL have the
        true time."""
        one, two, three = self.random.sample(range(2, 60), 3)
        with self.estate.clock_of(0) as clock:
            for hours in (one, -two, three):
                clock.set(hours)
                wait_until("it posts by its machine's clock", 60,
                           lambda hours=hours: load.problems or self.took_effect(load, hours))
                load.goes_on("the clock has jumped", 2)
            clock.set(0)
            load.goes_on("the clock is right again", 2)
        self.told = f" (by {one}, -{two} and {three} hours)"
        back = self.times_run_back(load)
        if back:
            load.problems.append(f"{back} rows were recorded before those ahead of them, or before they took effect")

    def disk_full(self, load):
        self.disk.fill()
        wait_until("somebody is told", 60, lambda: load.problems or self.is_full() or
                   self.estate.postgres.house.postmaster() is None)
        self.disk.clear()
        self.estate.revive()

    # --- what a fault looks at ---

    def held_partition(self, load):
        """(the load's partition whose head a transaction that stands idle has locked, its last seq), if there is one."""
        try:
            wait_until("a transaction stands idle", 3, lambda: int(self.estate.postgres.psql(
                "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND query <> ''")))
        except TimeoutError:
            return None  # it was stopped before it had said all that it says at once
        free = set(self.estate.postgres.psql(
            f"SELECT partition FROM ledger.head WHERE program = {load.number} FOR UPDATE SKIP LOCKED").splitlines())
        held = [line.split("|") for line in self.estate.postgres.psql(
            f"SELECT partition, seq FROM ledger.head WHERE program = {load.number} ORDER BY partition").splitlines()
            if line.split("|")[0] not in free]
        return (int(held[0][0]), int(held[0][1])) if held else None

    def last_seq(self, partition):
        return int(self.estate.postgres.psql(f"SELECT seq FROM ledger.head WHERE partition = {partition}"))

    def took_effect(self, load, hours):
        """Whether anything of the load's took effect that far from now."""
        return int(self.estate.postgres.psql(
            f"SELECT count(*) FROM ledger.journal JOIN ledger.head USING (partition) WHERE program = {load.number}"
            f" AND abs(extract(epoch FROM effective_at - now()) - {hours * 3600}) < 1800")) > 0

    def times_run_back(self, load):
        """How many rows of the load's were recorded before the one ahead, or well before they took effect."""
        return int(self.estate.postgres.psql(
            "SELECT count(*) FROM (SELECT effective_at > recorded_at + interval '5 minutes' AS ahead, recorded_at <"
            " lag(recorded_at) OVER (PARTITION BY partition ORDER BY seq) AS back FROM ledger.journal WHERE partition"
            f" IN (SELECT partition FROM ledger.head WHERE program = {load.number})) AS times WHERE ahead OR back"))

    def is_full(self):
        """Whether PostgreSQL has said that it has no room."""
        logs = self.estate.postgres.house.home.glob("postgres/log/*")
        return any("No space left" in log.read_text(errors="replace") for log in logs)


FAULTS = ("engine_killed", "backends_killed", "postmaster_killed", "commit_answers_lost", "head_holder_stopped",
          "clock_jumps", "machine_clock_jumps")


# What the check of a round must see, and by which words.
DAMAGES = (
    ("DELETE FROM ledger.request WHERE program = {program} AND request_id = '{first}'", "is lost"),
    ("UPDATE ledger.request SET answer = (SELECT answer FROM ledger.request WHERE program = {program}"
     " AND request_id = '{third}') WHERE program = {program} AND request_id = '{second}'", "kept is"),
    ("UPDATE ledger.journal SET transaction = gen_random_uuid() WHERE (partition, seq) IN (SELECT j.partition, j.seq"
     " FROM ledger.journal j JOIN ledger.head h USING (partition) WHERE h.program = {program} AND kind = 20 LIMIT 1)",
     "is nobody's"),
    ("UPDATE ledger.wallet SET available = available + 1 WHERE (partition, member) IN (SELECT w.partition, w.member"
     " FROM ledger.wallet w JOIN ledger.head h USING (partition) WHERE h.program = {program} AND debt = 0 LIMIT 1)",
     "verify"),
)


def blind_spots(load, orders):
    """A check that sees no damage would let every round pass: damages the books, and says what went unseen."""
    first, second, third = [order.request_id for order in orders if order.answer is not None][:3]
    unseen = []
    for damage, words in DAMAGES:
        load.problems = []
        load.estate.postgres.psql(damage.format(program=load.number, first=first, second=second, third=third))
        load.check_journal(orders)
        load.check_books()
        if not any(words in problem for problem in load.problems):
            unseen.append(f"unseen: {damage}")
    return unseen


def may_mount():
    return os.getuid() == 0 and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def fault_of(seed):
    """Each fault comes once before any comes again."""
    return random.Random(seed // len(FAULTS)).sample(FAULTS, len(FAULTS))[seed % len(FAULTS)]


def play(rounds, first, fault=None):
    """How many rounds were played, and how many of these had problems. Where a disk may be mounted the first one
    fills it; the others take their fault from the seed."""
    mountable = may_mount()
    if not mountable and fault in (None, "disk_full"):
        print("no disk is filled: that needs the right to mount one", flush=True)
    played = failed = 0
    estate = None
    try:
        for number in range(rounds):
            seed = first + number
            name = fault or ("disk_full" if mountable and number == 0 else fault_of(seed))
            if name == "disk_full" and not mountable:
                break
            if name == "disk_full":
                failed += play_one(number, seed, name, disk=SmallDisk())
            else:
                estate = estate or Estate()
                failed += play_one(number, seed, name, estate=estate, last=number == rounds - 1)
            played += 1
    finally:
        if estate:
            estate.remove()
    return played, failed


def play_one(number, seed, fault, estate=None, disk=None, last=False):
    own = None
    try:
        if disk:
            own = Estate(disk.home)
        current = Round(number, seed, fault, own or estate)
        current.disk, current.last = disk, last
        problems = current.play()
    finally:
        if own:
            own.remove()
        if disk:
            disk.remove()
    if problems:
        print(f"round {number} (--only load --fault {fault} --rounds 1 --seed {seed}):")
        print("\n".join(problems[:10]), flush=True)
    return bool(problems)
