"""The ledger's figures, one after the other."""

import dataclasses
import statistics
import threading
import time

from engine import PROGRAM, measure_recovery, say
from report import Report, Series

# A workload, and how many of its calls are open at once.
IN_FLIGHT = {"earn": 256, "batch": 16, "mixed": 256, "hot_member": 256, "budget": 256, "balance": 256}
FIGURES = {"earn": "unary_earn_vs_tpcb", "batch": "batch_earn_vs_tpcb", "mixed": "mixed_vs_tpcb",
           "hot_member": "hot_member_vs_tpcb", "budget": "budget_vs_tpcb", "balance": "balance_read_vs_select"}
READS = ("balance",)
# What is measured besides; all of it unless only some things are asked for.
PARTS = ("open_loops", "recovery", "growth")
YARDSTICKS = {"tpcb": (), "select": ("-S",)}
LOAD_THREADS = 2


@dataclasses.dataclass
class Scale:
    members: int
    rounds: int
    seconds: int
    open_seconds: int
    recoveries: int
    grown_rows: int  # 0: growth is not measured
    growth_rounds: int

    @staticmethod
    def full():
        return Scale(members=200_000, rounds=5, seconds=30, open_seconds=120, recoveries=3,
                     grown_rows=20_000_000, growth_rounds=3)

    @staticmethod
    def quick():
        return Scale(members=20_000, rounds=1, seconds=6, open_seconds=12, recoveries=1, grown_rows=0, growth_rounds=0)


class Ledger:
    def __init__(self, engine, scale, only=None):
        self.engine, self.scale, self.only = engine, scale, only
        self.workloads = [name for name in IN_FLIGHT if self.wants(name)]
        self.report = Report()
        self.accepted = 0  # by all loads on the first database

    def wants(self, name):
        return self.only is None or name in self.only

    def measure(self):
        self.prepare()
        if self.workloads:
            self.rounds()
            self.report.add("rss_mb", self.engine.peak_rss_mb(), "peak since the start")
        if self.wants("open_loops") and "earn" in self.workloads:
            self.open_loops()
        self.check_books()
        if self.wants("recovery"):
            self.recoveries()
        if self.wants("growth") and self.scale.grown_rows:
            self.growth()
        self.report.raw["scale"] = dataclasses.asdict(self.scale)

    # --- before ---

    def prepare(self):
        engine = self.engine
        say("making the cluster")
        engine.start()
        engine.check_durable()
        fsync = engine.fsync_per_second()
        self.report.raw["fsync"] = fsync
        self.report.note(f"pg_test_fsync: {fsync['per_second']} {fsync['method']} a second; "
                         + ", ".join(f"{name} {value}" for name, value in engine.settings.items()))
        say(f"enrolling {self.scale.members:,} members")
        engine.make_program(self.scale.members)
        engine.stop()
        engine.copy_database("gratis", "fresh")
        engine.make_yardstick(20)
        engine.start()
        self.requests_before = self.requests()

    def requests(self):
        return int(self.engine.house.psql("SELECT count(*) FROM ledger.request"))

    # --- closed loops, beside the yardsticks ---

    def drive(self, workload, *arguments):
        told = self.engine.drive(workload, "--threads", LOAD_THREADS, "--in-flight", IN_FLIGHT[workload], *arguments)
        if workload not in READS:
            self.accepted += told["accepted_total"]
        if told["refused"]:
            self.report.note(f"{workload}: refused {told['refused']}")
        return told

    def measure_once(self, name):
        # Everybody pays for the pages that they dirty themselves, and for nobody else's.
        self.engine.checkpoint()
        if name in YARDSTICKS:
            return self.engine.yardstick(self.scale.seconds, *YARDSTICKS[name])
        return self.drive(name, "--seconds", self.scale.seconds)

    def rounds(self):
        names = [*YARDSTICKS, *self.workloads]
        runs = {name: [] for name in names}
        for number in range(self.scale.rounds):
            for i in range(len(names)):
                name = names[(i + number) % len(names)]
                run = self.measure_once(name)
                runs[name].append(run)
                say(f"round {number + 1} of {self.scale.rounds}: {name} {run['per_second']:,.0f} a second")
        self.report.raw["rounds"] = runs
        self.runs = runs
        rates = {name: Series(run["per_second"] for run in runs[name]) for name in names}
        for workload in self.workloads:
            yardstick = "select" if workload in READS else "tpcb"
            self.report.add_ratio(FIGURES[workload], rates[workload], rates[yardstick], yardstick)
        if "earn" in runs:
            self.cost_of_earning(runs["earn"])

    def cost_of_earning(self, runs):
        def per_posting(name):
            return Series(run["used"][name] / run["accepted_total"] for run in runs)
        for figure, used in (("wal_bytes_per_posting", "wal_bytes"), ("bytes_per_posting", "database_bytes")):
            cost = per_posting(used)
            self.report.add(figure, cost.median, f"{cost}, of unary earns")
        micros = {who: 1e6 * per_posting(f"{who}_cpu_s").median for who in ("gratisd", "postgres", "load")}
        self.report.note("processor time of one unary earn, in microseconds: "
                         + ", ".join(f"{who} {value:.0f}" for who, value in micros.items()))

    # --- open loops ---

    def open_loops(self):
        most = statistics.median(run["per_second"] for run in self.runs["earn"])
        for percent in (10, 50):
            rate = most * percent / 100
            say(f"open loop of {rate:,.0f} a second")
            self.engine.checkpoint()
            amid = threading.Timer(self.scale.open_seconds / 3, self.engine.checkpoint)
            amid.start()
            told = self.drive("earn", "--rate", rate, "--seconds", self.scale.open_seconds)
            amid.join()
            self.report.raw[f"open_{percent}pct"] = told
            took = {name: micros / 1000 for name, micros in told["latency_us"].items()}
            self.report.add(f"p99_ms_at_{percent}pct", took["p99"],
                            f"p50 {took['p50']:.1f}, p99.9 {took['p999']:.1f}, max {took['max']:.1f} ms "
                            f"at {rate:,.0f} a second, a checkpoint amid")

    # --- what was counted is in the books ---

    def check_books(self):
        stored = self.requests() - self.requests_before
        if stored != self.accepted:
            raise SystemExit(f"{self.accepted} postings were accepted, but {stored} are stored")
        say("verifying the books")
        self.engine.house.gratis("ledger", "verify", "--program", PROGRAM, timeout=3600)
        self.report.note(f"all {stored:,} accepted requests are stored, once each, and the books verify")

    # --- recovery ---

    def recoveries(self):
        say("killing everything under load")
        took = Series(measure_recovery(self.engine, min(20, self.scale.seconds)) for _ in range(self.scale.recoveries))
        self.report.raw["recovery_s"] = took.values
        self.report.add("recovery_s", took.median, str(took))

    # --- growth ---

    def growth(self):
        """Unary earns on a journal with many rows, and on one that has only the members' enrollments."""
        rows = int(self.engine.house.psql("SELECT sum(seq) FROM ledger.head"))
        say(f"growing the journal from {rows:,} to {self.scale.grown_rows:,} rows")
        self.engine.load("drive", "batch", "--threads", LOAD_THREADS, "--in-flight", IN_FLIGHT["batch"],
                         "--warmup-seconds", 0, "--seconds", 0, "--postings", max(0, self.scale.grown_rows - rows))
        self.verification()
        self.engine.house.psql("VACUUM ANALYZE")
        self.engine.stop()
        runs = {"small": [], "grown": []}
        for number in range(self.scale.growth_rounds):
            self.engine.copy_database("fresh", "small")
            for name in ("small", "grown") if number % 2 == 0 else ("grown", "small"):
                self.engine.start(database="small" if name == "small" else None)
                self.engine.checkpoint()
                run = self.drive("earn", "--seconds", self.scale.seconds)
                runs[name].append(run)
                say(f"growth {number + 1} of {self.scale.growth_rounds}: {name} {run['per_second']:,.0f} a second")
                self.engine.stop()
            self.engine.drop_database("small")
        self.report.raw["growth"] = runs
        rates = {name: Series(run["per_second"] for run in runs[name]) for name in runs}
        self.report.add_ratio("growth", rates["grown"], rates["small"], f"{self.scale.members:,} rows")

    def verification(self):
        """How long the books take to be proven, as they stand."""
        rows = int(self.engine.house.psql("SELECT sum(seq) FROM ledger.head"))
        say(f"verifying {rows:,} rows")
        begun = time.monotonic()
        self.engine.house.gratis("ledger", "verify", "--program", PROGRAM, timeout=3600)
        took = time.monotonic() - begun
        self.report.raw["verification"] = {"rows": rows, "seconds": took}
        self.report.add("verify_s_per_10m_rows", took * 10_000_000 / rows, f"{rows:,} rows in {took:.1f} s")
