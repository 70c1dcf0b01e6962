"""The figures of what is done with members, one after the other."""

import csv
import dataclasses

from comparison import YARDSTICK_SCALE, Comparison
from engine import PROGRAM, say
from report import Series

MINUTES_FOR_A_MILLION = 3
SMALL = "small"  # the database with few members


@dataclasses.dataclass
class Scale:
    members: int
    few_members: int  # what growth is measured against; 0: it is not
    rounds: int
    growth_rounds: int
    seconds: int
    open_seconds: int
    erased: int        # members with a short history, and as many with a long one
    long_history: int  # postings

    @staticmethod
    def full():
        return Scale(members=1_000_000, few_members=100_000, rounds=5, growth_rounds=3, seconds=30, open_seconds=120,
                     erased=40, long_history=2_000)

    @staticmethod
    def quick():
        return Scale(members=50_000, few_members=0, rounds=1, growth_rounds=0, seconds=6, open_seconds=12, erased=20,
                     long_history=500)


def phone_of(number):
    """As workload 'identify' says it."""
    return f"+4179{number:07d}"


def write_people(file, count):
    """A file of members to import, as a shop has them."""
    with open(file, "w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(["external_id", "email", "phone", "name", "birthday", "enrolled_at"])
        lines.writerows((f"crm:K-{i}", f"member{i}@example.org", phone_of(i), f"Member {i}",
                         f"{i % 12 + 1:02d}-{i % 28 + 1:02d}", "2024-01-01") for i in range(count))


class Members(Comparison):
    IN_FLIGHT = {"identify": 256, "brief": 256}
    FIGURES = {"identify": "identify_vs_select", "brief": "brief_vs_select"}
    READS = ("identify", "brief")
    # All of it unless only some things are asked for.
    PARTS = ("open_loop", "erase", "export", "growth")
    GOALS = {
        "identify_vs_select": (0.3, 0.5, True),
        "brief_vs_select": (0.1, 0.2, True),
        "brief_p99_ms_at_50pct": (20, 10, False),
        "import_members_per_s": (1_000_000 / (60 * MINUTES_FOR_A_MILLION), 10_000, True),
        "erase_ms": None,
        "erase_long_vs_short": (1.5, 1.2, False),
        "growth": (0.8, 0.9, True),
        "rss_mb": (300, 150, False),
        "import_rss_mb": (300, 150, False),
        "export_rss_mb": (300, 150, False),
    }

    def measure(self):
        self.prepare()
        if self.workloads:
            self.rounds()
            for workload in self.workloads:
                self.note_cost(workload, f"one {workload}")
        if self.wants("open_loop") and "brief" in self.workloads:
            self.open_loop("brief", 50, "brief_p99_ms_at_50pct")
        if self.wants("erase"):
            self.erasures()
        self.check_books()
        if self.wants("export"):
            self.export_people()
        self.report.add("rss_mb", self.engine.peak_rss_mb(), "peak since the start")
        if self.wants("growth") and self.scale.few_members:
            self.growth()
        self.report.raw["scale"] = dataclasses.asdict(self.scale)

    def prepare(self):
        engine = self.engine
        self.start()
        engine.make_empty_program()
        # Whose birthday was of late is given a gift soon after the import; `gifts` measures that.
        engine.house.gratis("birthdays", "policy", "set", "--enabled", "false", "--program", PROGRAM)
        self.support = engine.house.home / "support.key"
        engine.make_key("support", self.support)
        engine.stop()
        engine.copy_database("gratis", SMALL)
        engine.make_yardstick(YARDSTICK_SCALE)
        engine.start()
        self.import_people(self.scale.members, "import_members_per_s")
        engine.house.psql("VACUUM ANALYZE")
        self.requests_before = self.requests()

    def import_people(self, count, figure=None):
        say(f"importing {count:,} members")
        file = self.engine.house.home / "people.csv"
        write_people(file, count)
        self.engine.checkpoint()
        took = self.engine.import_members(file, count)
        file.unlink()
        if figure:
            self.report.raw[figure] = {"members": count, "seconds": took}
            self.report.add(figure, count / took, f"{count:,} in {took:.0f} s")
            self.report.add("import_rss_mb", self.engine.import_rss_mb, f"peak of the command, {count:,} members")

    def export_people(self):
        """All there are, as a file to import."""
        say("exporting all members")
        file = self.engine.house.home / "exported.csv"
        count, rss_mb = self.engine.export_members(file)
        file.unlink()
        self.report.add("export_rss_mb", rss_mb, f"peak of the command, {count:,} members")

    def drive(self, workload, *arguments):
        return super().drive(workload, "--people", self.people(), *arguments)

    def people(self):
        """As many are in the database that the engine is on."""
        return self.scale.few_members if self.engine.database == SMALL else self.scale.members

    # --- erasing ---

    def erasures(self):
        """Members with two postings, and with many: earned and spent again, in turns."""
        say("erasing")
        engine = self.engine
        engine.enroll(2 * self.scale.erased)
        members = engine.members.read_text().split()
        self.accepted += len(members)
        halves = {"short": members[:self.scale.erased], "long": members[self.scale.erased:]}
        for name, postings in (("short", 2), ("long", self.scale.long_history)):
            self.put_on(halves[name])
            told = engine.load("drive", "history", "--threads", 1, "--in-flight", self.scale.erased,
                               "--warmup-seconds", 0, "--seconds", 0, "--postings", postings * self.scale.erased)
            self.accepted += told["accepted_total"]
        took = {name: [] for name in halves}
        half = self.scale.erased // 2
        for turn in (slice(0, half), slice(half, None)):
            for name, doomed in halves.items():
                self.put_on(doomed[turn])
                told = engine.load("drive", "erase", "--threads", 1, "--in-flight", 1, "--warmup-seconds", 0,
                                   "--seconds", 0, key=self.support)
                if told["refused"]:
                    raise SystemExit(f"erasures were refused: {told['refused']}")
                self.accepted += told["accepted_total"]
                took[name].append(told["latency_us"]["p50"] / 1000)
        self.report.raw["erase_ms"] = took
        series = {name: Series(values) for name, values in took.items()}
        self.report.add("erase_ms", series["short"].median, f"{series['short']} ms, two postings")
        self.report.add_ratio("erase_long_vs_short", series["long"], series["short"],
                              f"{self.scale.long_history:,} postings against two, in ms")

    def put_on(self, members):
        self.engine.members.write_text("\n".join(members) + "\n")

    # --- growth ---

    def growth(self):
        """Anybody identified among many, and among few."""
        self.engine.stop()
        self.engine.start(database=SMALL)
        self.import_people(self.scale.few_members)
        self.engine.house.psql("VACUUM ANALYZE", database=SMALL)
        self.engine.stop()
        self.compare_sizes("identify", lambda: SMALL, self.scale.growth_rounds, f"{self.scale.few_members:,} members")
