"""The ledger's figures, one after the other."""

import dataclasses
import time

from comparison import LOAD_THREADS, YARDSTICK_SCALE, Comparison
from engine import PROGRAM, measure_recovery, say
from report import Series

CALM_RATE = 20  # postings a second, when the feed has little to tell


@dataclasses.dataclass
class Scale:
    members: int
    rounds: int
    seconds: int
    open_seconds: int
    recoveries: int
    grown_rows: int  # 0: growth is not measured
    growth_rounds: int
    growth_warmup_seconds: int

    @staticmethod
    def full():
        return Scale(members=200_000, rounds=5, seconds=30, open_seconds=120, recoveries=3,
                     grown_rows=20_000_000, growth_rounds=3, growth_warmup_seconds=120)

    @staticmethod
    def quick():
        return Scale(members=20_000, rounds=1, seconds=6, open_seconds=12, recoveries=1, grown_rows=0, growth_rounds=0,
                     growth_warmup_seconds=0)


class Ledger(Comparison):
    IN_FLIGHT = {"earn": 256, "batch": 16, "mixed": 256, "hot_member": 256, "budget": 256, "balance": 256}
    FIGURES = {"earn": "unary_earn_vs_tpcb", "batch": "batch_earn_vs_tpcb", "mixed": "mixed_vs_tpcb",
               "hot_member": "hot_member_vs_tpcb", "budget": "budget_vs_tpcb", "balance": "balance_read_vs_select"}
    READS = ("balance",)
    # All of it unless only some things are asked for.
    PARTS = ("open_loops", "feed", "recovery", "growth")
    GOALS = {
        "unary_earn_vs_tpcb": (2.5, 4.0, True),
        "batch_earn_vs_tpcb": (6.0, 8.0, True),
        "mixed_vs_tpcb": (1.5, 3.0, True),
        "hot_member_vs_tpcb": (2.0, 3.0, True),
        "budget_vs_tpcb": (1.5, 3.0, True),
        "balance_read_vs_select": (0.4, 0.6, True),
        "p99_ms_at_10pct": (10, 5, False),
        "p99_ms_at_50pct": (30, 15, False),
        "feed_ms": (50, None, False),
        "feed_p99_ms": (50, None, False),
        "feed_ms_at_50pct": (50, None, False),
        "feed_p99_ms_at_50pct": (50, None, False),
        "growth": (0.7, 0.9, True),
        "wal_bytes_per_posting": None,
        "bytes_per_posting": None,
        "rss_mb": (300, 150, False),
        "recovery_s": (15, 5, False),
        "verify_s_per_10m_rows": (120, 60, False),
    }

    def measure(self):
        self.prepare()
        if self.workloads:
            self.rounds()
            if "earn" in self.runs:
                self.cost_of_earning(self.runs["earn"])
            self.report.add("rss_mb", self.engine.peak_rss_mb(), "peak since the start")
        if self.wants("open_loops") and "earn" in self.workloads:
            for percent in (10, 50):
                self.open_loop("earn", percent, f"p99_ms_at_{percent}pct")
        if self.wants("feed") and "earn" in self.workloads:
            self.feed(CALM_RATE, "")
            self.feed(self.rate_at("earn", 50), "_at_50pct")
        self.check_books()
        if self.wants("recovery"):
            self.recoveries()
        if self.wants("growth") and self.scale.grown_rows:
            self.growth()
        self.report.raw["scale"] = dataclasses.asdict(self.scale)

    def prepare(self):
        engine = self.engine
        self.start()
        say(f"enrolling {self.scale.members:,} members")
        engine.make_program(self.scale.members)
        engine.stop()
        engine.copy_database("gratis", "fresh")
        engine.make_yardstick(YARDSTICK_SCALE)
        engine.start()
        self.requests_before = self.requests()

    def cost_of_earning(self, runs):
        def per_posting(name):
            return Series(run["used"][name] / run["accepted_total"] for run in runs)
        for figure, used in (("wal_bytes_per_posting", "wal_bytes"), ("bytes_per_posting", "database_bytes")):
            cost = per_posting(used)
            self.report.add(figure, cost.median, f"{cost}, of unary earns")
        self.note_cost("earn", "one unary earn")

    # --- the feed ---

    def feed(self, rate, when):
        """How long after their answers postings come to somebody who follows the journal."""
        say(f"following {rate:,.0f} earns a second")
        told = self.drive("earn", "--rate", rate, "--watch", "--seconds", max(1, self.scale.open_seconds // 2))
        feed = told["feed"]
        if feed["missing"] or feed["seen"] != told["accepted_total"]:
            raise SystemExit(f"of {told['accepted_total']} postings {feed['seen']} came to who follows the journal")
        self.report.raw[f"feed{when}"] = told | {"rate": rate}
        took = {name: micros / 1000 for name, micros in feed["latency_us"].items()}
        made_of = f"p90 {took['p90']:.1f}, p99.9 {took['p999']:.1f}, max {took['max']:.1f} ms at {rate:,.0f} a second"
        self.report.add(f"feed_ms{when}", took["p50"], made_of)
        self.report.add(f"feed_p99_ms{when}", took["p99"], made_of)

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
        self.engine.load("drive", "batch", "--threads", LOAD_THREADS, "--in-flight", self.IN_FLIGHT["batch"],
                         "--warmup-seconds", 0, "--seconds", 0, "--postings", max(0, self.scale.grown_rows - rows))
        self.verification()
        self.engine.house.psql("VACUUM ANALYZE")
        self.engine.stop()
        # Both have just been started, and a large cache takes its time to fill.
        self.compare_sizes("earn", self.small_again, self.scale.growth_rounds, f"{self.scale.members:,} rows",
                           self.scale.growth_warmup_seconds)

    def small_again(self):
        """Each round begins with nothing but the members."""
        self.engine.drop_database("small")
        self.engine.copy_database("fresh", "small")
        return "small"

    def verification(self):
        """How long the books take to be proven, as they stand."""
        rows = int(self.engine.house.psql("SELECT sum(seq) FROM ledger.head"))
        say(f"verifying {rows:,} rows")
        begun = time.monotonic()
        self.engine.house.gratis("ledger", "verify", "--program", PROGRAM, timeout=3600)
        took = time.monotonic() - begun
        self.report.raw["verification"] = {"rows": rows, "seconds": took}
        self.report.add("verify_s_per_10m_rows", took * 10_000_000 / rows, f"{rows:,} rows in {took:.1f} s")
