"""The figures of gifts, of purchases and of what is told of them, one after the other."""

import csv
import dataclasses
import datetime
import json
import pathlib
import time

from comparison import LOAD_THREADS, YARDSTICK_SCALE, Comparison
from engine import PROGRAM, say
from house import wait_until
from report import Series
from webhooks import ALLOW, Receiver, end_of_journal, subscribed

CDNOW = "cdnow-orders.csv"
HALF = 50  # percent
PATIENCE_SECONDS = 600
BATCHES = 16  # in flight, where there are to be facts to tell of

# A rule of each kind, each of which has a part in the basket of workload 'purchase'.
EARNING = {
    "rates": [{"currency_code": "USD", "points_per_unit": 1}],
    "rounding": "ROUNDING_DOWN",
    "rules": [
        {"code": "coffee", "scope": {"categories": ["coffee"]}, "rate": {"points_per_unit": 2}},
        {"code": "no-wrapping", "scope": {"categories": ["gift-wrap"]}, "exclusion": {}},
        {"code": "web", "scope": {"channels": ["web"]}, "multiplier": {"percent": 150}},
        {"code": "by-card", "scope": {"tenders": ["card"]}, "bonus": {"points": 5}},
        {"code": "most", "cap": {"points": 100, "action": "CAP_ACTION_CLIP"}},
    ],
}
# A gift; the note is written by something that hears of it by webhook, so the program has no words of its own.
TRIGGER = {
    "code": "note", "enabled": True, "event": "TRIGGER_EVENT_PURCHASE", "points": 10,
}


@dataclasses.dataclass
class Scale:
    members: int     # who buy
    celebrants: int  # whose birthday is today, in each round others
    rounds: int
    seconds: int
    open_seconds: int
    webhooks: int  # in each round
    imports: int
    data: str = None  # the folder that has CDNOW; without one it is not imported

    @staticmethod
    def full():
        return Scale(members=200_000, celebrants=50_000, rounds=5, seconds=30, open_seconds=120, webhooks=50_000,
                     imports=3)

    @staticmethod
    def quick():
        return Scale(members=20_000, celebrants=10_000, rounds=1, seconds=6, open_seconds=12, webhooks=10_000,
                     imports=1)


class Gifts(Comparison):
    IN_FLIGHT = {"birthdays": 1, "purchase": 256}
    FIGURES = {"birthdays": "birthday_grants_vs_tpcb", "purchase": "purchase_vs_tpcb"}
    # All of it unless only some things are asked for.
    PARTS = ("trigger_delay", "webhooks", "cdnow")
    GOALS = {
        "birthday_grants_vs_tpcb": (2.5, 5.0, True),
        "purchase_vs_tpcb": (1.0, 2.0, True),
        "trigger_delay_p99_ms": (1000, 200, False),
        "webhooks_per_s": (2000, None, True),
        "cdnow_import_s": None,
        "rss_mb": (300, 150, False),
    }

    def __init__(self, engine, scale, only=None):
        super().__init__(engine, scale, only)
        engine.house.flags.append(ALLOW)
        self.parties = []  # programs whose members have their birthday today
        self.given = 0     # gifts

    def measure(self):
        self.prepare()
        if self.workloads:
            self.rounds()
            for workload, what in (("birthdays", "one gift"), ("purchase", "one purchase")):
                if workload in self.runs:
                    self.note_cost(workload, what)
        if self.wants("trigger_delay") and "purchase" in self.workloads:
            self.trigger_delay()
        if self.wants("webhooks"):
            self.webhooks()
        self.check_books()
        if self.wants("cdnow"):
            if self.scale.data:
                self.import_cdnow()
            else:
                self.report.note("CDNOW was not imported: --data does not say where it is")
        self.report.add("rss_mb", self.engine.peak_rss_mb(), "peak since the start")
        self.report.raw["scale"] = dataclasses.asdict(self.scale)

    # --- before ---

    def prepare(self):
        if self.scale.data and not self.cdnow().exists():
            raise SystemExit(f"there is no {self.cdnow()}")
        engine = self.engine
        self.start()
        say(f"enrolling {self.scale.members:,} members")
        engine.make_empty_program()
        engine.enroll(self.scale.members)
        self.make_thanks()
        if "birthdays" in self.workloads:
            for number in range(self.scale.rounds):
                self.make_party(f"party{number}")
        engine.make_yardstick(YARDSTICK_SCALE)
        engine.house.psql("VACUUM ANALYZE")
        self.requests_before = self.requests()

    def make_thanks(self):
        """How purchases earn, and are thanked for: by one trigger, and not by the policy's own plain words."""
        gratis, home = self.engine.house.gratis, self.engine.house.home
        for name, content in (("earning", EARNING), ("trigger", TRIGGER)):
            (home / f"{name}.json").write_text(json.dumps(content))
        gratis("thanks", "policy", "set", "--enabled", "false", "--program", PROGRAM)
        gratis("thanks", "rules", "set", "--file", home / "earning.json", "--program", PROGRAM)
        gratis("triggers", "set", "--file", home / "trigger.json", "--program", PROGRAM)

    def make_party(self, code):
        """A program that gives nothing yet, with members whose birthday began at midnight."""
        say(f"importing {self.scale.celebrants:,} members who have their birthday")
        house = self.engine.house
        house.gratis("program", "create", code)
        house.gratis("birthdays", "policy", "set", "--enabled", "false", "--hour", 0, "--program", code)
        today = datetime.datetime.now(datetime.timezone.utc).strftime("%m-%d")
        file = house.home / "celebrants.csv"
        with open(file, "w", newline="") as out:
            lines = csv.writer(out)
            lines.writerow(["external_id", "email", "name", "birthday", "enrolled_at"])
            lines.writerows((f"crm:K-{i}", f"member{i}@example.org", f"Member {i}", today, "2024-01-01")
                            for i in range(self.scale.celebrants))
        self.engine.import_members(file, self.scale.celebrants, program=code)
        file.unlink()
        self.parties.append(code)

    def requests(self):
        """Of loads and of gifts; what the command line asked for besides does not count."""
        codes = ", ".join(f"'{code}'" for code in (PROGRAM, *self.parties))
        return int(self.engine.house.psql(
            "SELECT count(*) FROM ledger.request JOIN ledger.program ON program.number = request.program"
            f" WHERE code IN ({codes}) AND NOT starts_with(request_id, 'cli_')"))

    # --- in turns with the yardstick ---

    def measure_once(self, name):
        return self.give_gifts() if name == "birthdays" else super().measure_once(name)

    def give_gifts(self):
        """The gifts of one party, by the engine's own run, and the messages that they leave to be written."""
        house, party = self.engine.house, self.parties[self.given // self.scale.celebrants]
        house.gratis("birthdays", "policy", "set", "--enabled", "true", "--program", party)
        before = self.engine.usage()
        begun = time.monotonic()
        told = house.answer("birthdays", "run", "--program", party, "--timeout", PATIENCE_SECONDS,
                            timeout=PATIENCE_SECONDS)
        took = time.monotonic() - begun
        after = self.engine.usage()
        # The engine's own run may come to some of them first; there is one every quarter of an hour.
        given = told.get("given", 0) + told.get("already_given", 0)
        if given != self.scale.celebrants:
            raise SystemExit(f"of {self.scale.celebrants} birthdays of today: {told}")
        self.given += given
        self.accepted += given
        return {"per_second": given / took, "seconds": took, "accepted_total": given, "told": told,
                "used": {name: after[name] - before[name] for name in after},
                **self.messages_after(time.monotonic())}

    def messages_after(self, end):
        """How long after the run each gift had its message, and each message was decided: there is no letter for it."""
        took = {}
        for figure, there in (("messages_made_s", lambda made, waiting: made >= self.given),
                              ("messages_decided_s", lambda made, waiting: waiting == 0)):
            wait_until(figure, PATIENCE_SECONDS, lambda there=there: there(*self.messages()), every=0.5)
            took[figure] = time.monotonic() - end
        say("each gift had its message {messages_made_s:.1f} s after it, and all were decided "
            "{messages_decided_s:.1f} s after".format(**took))
        return took

    def messages(self):
        """Made of birthday gifts until now, and of them those that wait."""
        counted = self.engine.house.psql("SELECT count(*), count(*) FILTER (WHERE state = 1)"
                                         " FROM gratis_messages.message WHERE template = 'birthday-gift'")
        return map(int, counted.split("|"))

    # --- from a purchase to whoever is to say thank you ---

    def trigger_delay(self):
        """From when the books took a purchase in to the arrival of its thank-you at a receiver."""
        house = self.engine.house
        with Receiver() as receiver, subscribed(house, receiver, "thank-you"):
            told = self.drive_open("purchase", HALF)
            heard = receiver.wait_for(told["accepted_total"])
        self.report.raw["trigger_delay_p99_ms"] = {"load": told, "receiver": heard}
        took = {name: micros / 1000 for name, micros in heard["delay_us"].items()}
        self.report.add("trigger_delay_p99_ms", took["p99"],
                        f"p50 {took['p50']:.0f}, p99.9 {took['p999']:.0f}, max {took['max']:.0f} ms at "
                        f"{told['rate']:,.0f} purchases a second, themselves answered within "
                        f"{told['latency_us']['p99'] / 1000:.0f} ms (p99), checkpoints amid: {told['checkpoints']}")

    # --- webhooks alone ---

    def webhooks(self):
        """POSTs a second to a receiver, of facts that were all in the journal before: the line is never empty."""
        house = self.engine.house
        runs = []
        for number in range(self.scale.rounds):
            place = end_of_journal(house)
            told = self.engine.drive("batch", "--threads", LOAD_THREADS, "--in-flight", BATCHES, "--warmup-seconds", 0,
                                     "--seconds", 0, "--postings", self.scale.webhooks)
            self.accepted += told["accepted_total"]
            with Receiver() as receiver, subscribed(house, receiver, "earn", place):
                heard = receiver.wait_for(told["accepted_total"])
            runs.append({**heard, "per_second": (heard["received"] - 1) / heard["seconds"]})
            say(f"webhooks {number + 1} of {self.scale.rounds}: {runs[-1]['per_second']:,.0f} a second")
        self.report.raw["webhooks"] = runs
        rates = Series(run["per_second"] for run in runs)
        self.report.add("webhooks_per_s", rates.median, f"{rates}, {self.scale.webhooks:,} facts each")

    # --- what was counted is in the books ---

    def check_books(self):
        """Each gift, too, has its points and its message once."""
        super().check_books()
        house = self.engine.house
        for party in self.parties:
            house.gratis("ledger", "verify", "--program", party, timeout=3600)
        points = house.psql("SELECT count(*), count(DISTINCT transaction) FROM gratis_birthdays.gift")
        messages = house.psql("SELECT count(*), count(DISTINCT transaction) FROM gratis_messages.message"
                              " WHERE template = 'birthday-gift'")
        if {points, messages} != {f"{self.given}|{self.given}"}:
            raise SystemExit(f"{self.given} gifts were given; there are gifts and messages: {points}, {messages}")

    # --- CDNOW ---

    def cdnow(self):
        return pathlib.Path(self.scale.data) / CDNOW

    def import_cdnow(self):
        """All its orders, each time into another program."""
        house = self.engine.house
        with open(self.cdnow()) as lines:
            orders = sum(1 for _ in lines) - 1
        took = []
        for number in range(self.scale.imports):
            say(f"importing {orders:,} orders")
            program = f"cdnow{number}"
            house.gratis("program", "create", program)
            self.engine.checkpoint()
            begun = time.monotonic()
            told = house.answer("orders", "import", self.cdnow(), "--program", program, timeout=3600)
            took.append(time.monotonic() - begun)
            if told["orders"] != orders or told["rejected"] != 0:
                raise SystemExit(f"of {orders} orders {told} were imported")
            house.gratis("ledger", "verify", "--program", program, timeout=3600)
        series = Series(took)
        self.report.raw["cdnow_import_s"] = took
        self.report.add("cdnow_import_s", series.median, f"{series} s, {orders:,} orders")
