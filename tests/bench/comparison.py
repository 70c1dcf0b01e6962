"""What every bench is made of: workloads and pgbench in turns, an open loop, and books that hold what was counted."""

import statistics

from engine import PROGRAM, say
from report import Report, Series

YARDSTICKS = {"tpcb": (), "select": ("-S",)}
LOAD_THREADS = 2
YARDSTICK_SCALE = 20


class Comparison:
    """One bench; which one, its class attributes say."""

    IN_FLIGHT = {}  # a workload, and how many of its calls are open at once
    FIGURES = {}    # what the comparison of a workload with its yardstick is called
    READS = ()      # the workloads that change nothing; their yardstick is select-only
    PARTS = ()      # what is measured besides
    GOALS = {}      # see Report

    def __init__(self, engine, scale, only=None):
        self.engine, self.scale, self.only = engine, scale, only
        self.workloads = [name for name in self.IN_FLIGHT if self.wants(name)]
        self.report = Report(self.GOALS)
        self.accepted = 0  # by all loads on the first database

    def wants(self, name):
        return self.only is None or name in self.only

    # --- before ---

    def start(self):
        engine = self.engine
        say("making the cluster")
        engine.start()
        engine.check_durable()
        fsync = engine.fsync_per_second()
        self.report.raw["fsync"] = fsync
        self.report.note(f"pg_test_fsync: {fsync['per_second']} {fsync['method']} a second; "
                         + ", ".join(f"{name} {value}" for name, value in engine.settings.items()))

    def requests(self):
        return int(self.engine.house.psql("SELECT count(*) FROM ledger.request"))

    # --- closed loops, beside the yardsticks ---

    def drive(self, workload, *arguments):
        told = self.engine.drive(workload, "--threads", LOAD_THREADS, "--in-flight", self.IN_FLIGHT[workload], *arguments)
        if workload not in self.READS:
            self.accepted += told["accepted_total"]
        if told["refused"]:
            self.report.note(f"{workload}: refused {told['refused']}")
        return told

    def measure_once(self, name):
        if name in YARDSTICKS:
            return self.engine.yardstick(self.scale.seconds, *YARDSTICKS[name])
        return self.drive(name, "--seconds", self.scale.seconds)

    def yardstick_of(self, workload):
        return "select" if workload in self.READS else "tpcb"

    def rounds(self):
        needed = {self.yardstick_of(workload) for workload in self.workloads}
        names = [*(name for name in YARDSTICKS if name in needed), *self.workloads]
        runs = {name: [] for name in names}
        for number in range(self.scale.rounds):
            self.engine.checkpoint()
            for i in range(len(names)):
                name = names[(i + number) % len(names)]
                run = self.measure_once(name)
                runs[name].append(run)
                say(f"round {number + 1} of {self.scale.rounds}: {name} {run['per_second']:,.0f} a second")
        self.report.raw["rounds"] = runs
        self.runs = runs
        rates = {name: Series(run["per_second"] for run in runs[name]) for name in names}
        for workload in self.workloads:
            yardstick = self.yardstick_of(workload)
            self.report.add_ratio(self.FIGURES[workload], rates[workload], rates[yardstick], yardstick)

    def note_cost(self, workload, what):
        """What a call takes of the processors, as the closed loops had it."""
        micros = {who: 1e6 * statistics.median(run["used"][f"{who}_cpu_s"] / run["accepted_total"]
                                               for run in self.runs[workload])
                  for who in ("gratisd", "postgres", "load")}
        self.report.note(f"processor time of {what}, in microseconds: "
                         + ", ".join(f"{who} {value:.0f}" for who, value in micros.items()))

    # --- open loops ---

    def rate_at(self, workload, percent):
        """So much of what the closed loops reached."""
        return statistics.median(run["per_second"] for run in self.runs[workload]) * percent / 100

    def drive_open(self, workload, percent):
        """Calls that are due at random moments, `percent` of what the closed loops reached."""
        rate = self.rate_at(workload, percent)
        say(f"open loop of {rate:,.0f} {workload} a second")
        self.engine.checkpoint()
        before = self.engine.checkpoints()
        with self.engine.checkpoints_every(self.scale.open_seconds // 2):
            told = self.drive(workload, "--rate", rate, "--seconds", self.scale.open_seconds)
        told["checkpoints"] = self.engine.checkpoints() - before
        told["rate"] = rate
        return told

    def open_loop(self, workload, percent, figure):
        """The p99 of an open loop's calls."""
        told = self.drive_open(workload, percent)
        self.report.raw[figure] = told
        took = {name: micros / 1000 for name, micros in told["latency_us"].items()}
        self.report.add(figure, took["p99"],
                        f"p50 {took['p50']:.1f}, p99.9 {took['p999']:.1f}, max {took['max']:.1f} ms "
                        f"at {told['rate']:,.0f} a second, checkpoints amid: {told['checkpoints']}")

    # --- growth ---

    def compare_sizes(self, workload, small, rounds, described, warmup_seconds=2):
        """The same load on the engine's own database and, in turns, on the one that `small()` names."""
        runs = {"small": [], "grown": []}
        for number in range(rounds):
            name_of_small = small()
            for name in ("small", "grown") if number % 2 == 0 else ("grown", "small"):
                self.engine.start(database=name_of_small if name == "small" else None)
                self.engine.checkpoint()
                run = self.drive(workload, "--seconds", self.scale.seconds, "--warmup-seconds", warmup_seconds)
                runs[name].append(run)
                say(f"growth {number + 1} of {rounds}: {name} {run['per_second']:,.0f} a second")
                self.engine.stop()
        self.report.raw["growth"] = runs
        rates = {name: Series(run["per_second"] for run in runs[name]) for name in runs}
        self.report.add_ratio("growth", rates["grown"], rates["small"], described)

    # --- what was counted is in the books ---

    def check_books(self):
        stored = self.requests() - self.requests_before
        if stored != self.accepted:
            raise SystemExit(f"{self.accepted} mutations were accepted, but {stored} are stored")
        say("verifying the books")
        self.engine.house.gratis("ledger", "verify", "--program", PROGRAM, timeout=3600)
        self.report.note(f"all {stored:,} accepted requests are stored, once each, and the books verify")
