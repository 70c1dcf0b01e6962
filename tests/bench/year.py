"""A year of birthdays, day by day, killed on the way: everybody gets one gift, when a second reckoning says so."""

import collections
import csv
import dataclasses
import datetime
import hashlib
import random
import statistics
import threading
import time
import zoneinfo

from engine import PROGRAM, say
from members import phone_of
from report import Report

import calls
from house import wait_until

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
UTC = datetime.timezone.utc
# The engine's own policy, which is in force until one is set.
POINTS, GIVING_HOUR, LATE_DAYS = 100, 9, 30
BUSY_SHARE = 0.05   # born on 1 January, by default
HOURS_OF_A_DAY = 27  # from its first giving hour on earth to its last
FORECAST_DAYS = 92  # that one call tells of
JOB = "birthdays.gifts"
RECOVERY_SECONDS = 900  # PostgreSQL, killed, reads again what was written since its last checkpoint

# Whole, half and quarter hours, both hemispheres, both sides of the date line.
ZONES = ("Pacific/Kiritimati", "Pacific/Apia", "Pacific/Chatham", "Pacific/Auckland", "Australia/Lord_Howe",
         "Australia/Sydney", "Australia/Eucla", "Asia/Tokyo", "Asia/Shanghai", "Asia/Kathmandu", "Asia/Kolkata",
         "Asia/Tehran", "Africa/Nairobi", "Africa/Cairo", "Europe/Athens", "Europe/Zurich", "Europe/London", "UTC",
         "Atlantic/Azores", "America/St_Johns", "America/Sao_Paulo", "America/New_York", "America/Chicago",
         "America/Denver", "America/Los_Angeles", "Pacific/Marquesas", "Pacific/Honolulu", "Pacific/Pago_Pago",
         "Etc/GMT+12")


def leap_year_to_come():
    """So far ahead that nothing the engine has recorded is behind it."""
    year = datetime.date.today().year + 1
    while year % 4 or (year % 100 == 0 and year % 400):
        year += 1
    return year


@dataclasses.dataclass
class Scale:
    members: int
    kills: int
    seed: int = 1
    hours: int = 1     # of one step on the busiest day
    sample: int = 200  # members whose gifts are asked for one by one

    @staticmethod
    def full():
        return Scale(members=1_000_000, kills=10)

    @staticmethod
    def quick():
        return Scale(members=20_000, kills=10)


class People:
    """Whose birthday is when, and where. The engine is told of it by a file, and not asked."""

    def __init__(self, count, seed, year):
        self.year = year
        chosen = random.Random(seed)
        days = [datetime.date(year, 1, 1) + DAY * i for i in range(366)]
        # What a shop's form says unless somebody changes it.
        self.born = [days[0] if chosen.random() < BUSY_SHARE else chosen.choice(days) for _ in range(count)]
        self.zone = [chosen.choice(ZONES) for _ in range(count)]

    def write(self, file):
        with open(file, "w", newline="") as out:
            lines = csv.writer(out)
            lines.writerow(["external_id", "email", "phone", "name", "birthday", "time_zone", "enrolled_at"])
            lines.writerows((f"crm:K-{i}", f"member{i}@example.org", phone_of(i), f"Member {i}", f"{born:%m-%d}", zone,
                             f"{self.year - 3}-01-01") for i, (born, zone) in enumerate(zip(self.born, self.zone)))

    @staticmethod
    def due(born, zone, year):
        """The giving hour on the birthday of a year; that of 29 February is a day before in common years."""
        leap_day_is_missing = (born.month, born.day) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400))
        day = 28 if leap_day_is_missing else born.day
        return datetime.datetime(year, born.month, day, GIVING_HOUR, tzinfo=zoneinfo.ZoneInfo(zone))

    def expected(self, begin, end):
        """How many gifts are due when, by year and second, if the engine is there from `begin` to `end`."""
        gifts = collections.Counter()
        for (born, zone), count in collections.Counter(zip(self.born, self.zone)).items():
            for year in (self.year - 1, self.year, self.year + 1):
                due = self.due(born, zone, year)
                too_late = begin.astimezone(due.tzinfo).date() > due.date() + DAY * LATE_DAYS
                if due <= end and not too_late:
                    gifts[year, int(due.timestamp())] += count
        return gifts


class Year:
    IN_FLIGHT = {}
    PARTS = ()
    GOALS = {
        "busiest_day_s": (3600, 600, False),
        "busiest_hour_s": None,
        "day_s": None,
        "year_s": None,
        "gifts_per_s": None,
        "rss_mb": (300, 150, False),
    }

    def __init__(self, engine, scale, only=None):
        self.engine, self.scale = engine, scale
        engine.house.flags += ["--development-clock", f"--database-wait-seconds={RECOVERY_SECONDS}"]
        engine.house.start_seconds = RECOVERY_SECONDS
        self.report = Report(self.GOALS)
        self.random = random.Random(scale.seed)
        self.year = leap_year_to_come()
        # Before anybody's 1 January, and until everybody's 31 December has had its giving hour.
        self.begin = datetime.datetime(self.year - 1, 12, 31, 12, tzinfo=UTC)
        self.busy = datetime.datetime(self.year - 1, 12, 31, 18, tzinfo=UTC)
        self.end = datetime.datetime(self.year, 12, 31, 21, tzinfo=UTC)
        self.killed = []

    def measure(self):
        self.prepare()
        begun = time.monotonic()
        self.catch_up()
        self.busiest_day()
        self.days()
        self.report.add("year_s", time.monotonic() - begun,
                        f"{self.scale.members:,} members, killed {len(self.killed)} times")
        self.report.add("rss_mb", self.engine.peak_rss_mb(), "peak since it was started last")
        self.check()
        self.report.raw["scale"] = dataclasses.asdict(self.scale)

    # --- before ---

    def prepare(self):
        house = self.engine.house
        say("making the cluster")
        self.engine.start()
        self.engine.check_durable()
        self.engine.make_empty_program()
        self.call()
        self.set_clock(self.begin - HOUR)
        self.keep_job()
        self.run()  # for nobody, so that the next one does not look back to today
        say(f"importing {self.scale.members:,} members, seed {self.scale.seed}")
        self.people = People(self.scale.members, self.scale.seed, self.year)
        file = house.home / "people.csv"
        self.people.write(file)
        took = self.engine.import_members(file, self.scale.members)
        file.unlink()
        say(f"imported in {took:.0f} s")
        house.psql("VACUUM ANALYZE")

    def call(self):
        """Calls again, after a start."""
        self.admin = calls.Caller(self.engine.house, program=PROGRAM, timeout=600)

    def set_clock(self, moment):
        self.admin("ledger", "SetClock", now={"seconds": int(moment.timestamp())})

    def keep_job(self):
        """The engine's own run would look at each day a second time; its lease is somebody else's until it is let."""
        self.engine.house.psql(
            "INSERT INTO house.job (program_number, name, leased_by, leased_until)"
            f" SELECT number, '{JOB}', 'bench', now() + interval '10 years' FROM ledger.program WHERE code = '{PROGRAM}'"
            " ON CONFLICT (program_number, name)"
            " DO UPDATE SET leased_by = excluded.leased_by, leased_until = excluded.leased_until")

    def let_job(self):
        self.engine.house.psql(f"UPDATE house.job SET leased_by = NULL, leased_until = NULL WHERE name = '{JOB}'")

    # --- the year ---

    def run(self):
        begun = time.monotonic()
        given = self.admin("birthdays", "RunBirthdays").given
        return given, time.monotonic() - begun

    def catch_up(self):
        """Down for a month before, the engine gives what it missed; it is killed while it does."""
        self.set_clock(self.begin)
        dead = self.scale.kills > 0
        if dead:
            self.kill_amid(self.scale.members / 50_000, self.begin)
        given, seconds = self.run()
        say(f"{self.begin:%Y-%m-%d}: {given:,} belated gifts in {seconds:.1f} s")
        self.report.raw["catch_up"] = {"given": given, "seconds": seconds, "killed": dead}
        if given:
            self.report.add("gifts_per_s", given / seconds, f"{given:,} belated gifts in {seconds:.1f} s"
                            + (", what was left of them after a kill" if dead else ""))

    def busiest_day(self):
        """Hour by hour around the earth, given by the engine itself as it does at home."""
        self.let_job()
        took = []
        for hour in range(0, HOURS_OF_A_DAY + self.scale.hours, self.scale.hours):
            moment = self.busy + HOUR * hour
            begun = time.monotonic()
            self.set_clock(moment)
            wait_until(f"the job of {moment}", 3600, lambda moment=moment: self.ran_through(moment), every=0.25)
            took.append(time.monotonic() - begun)
        self.keep_job()
        given = int(self.engine.house.psql(f"SELECT count(*) FROM gratis_birthdays.gift WHERE year = {self.year}"))
        say(f"{self.year}-01-01: {given:,} gifts in {sum(took):.0f} s of {len(took)} hours")
        self.report.raw["busiest_day"] = {"given": given, "seconds": took}
        self.report.add("busiest_day_s", sum(took),
                        f"{given:,} gifts; all hours of the day together, which must fit into one")
        self.report.add("busiest_hour_s", max(took), f"of {len(took)} steps of {self.scale.hours} h")

    def ran_through(self, moment):
        return self.engine.house.psql(f"SELECT ran_through >= '{moment.isoformat()}' FROM house.job"
                                      f" WHERE name = '{JOB}'") == "t"

    def days(self):
        """All others, each with one run, some killed in the middle and begun again."""
        rest = [self.end - DAY * i for i in range(364, -1, -1)]
        doomed = set(self.random.sample(rest, max(0, self.scale.kills - 1)))
        took = [0.05]
        given = 0
        begun = time.monotonic()
        for number, moment in enumerate(rest, 1):
            self.set_clock(moment)
            if moment in doomed:
                self.kill_amid(statistics.median(took[-20:]), moment)
            of_day, seconds = self.run()
            given += of_day
            took.append(seconds)
            if number % 30 == 0 or moment == self.end:
                elapsed = time.monotonic() - begun
                left = elapsed / number * (len(rest) - number)
                say(f"{moment:%Y-%m-%d}: {given:,} gifts in {elapsed:.0f} s, {seconds:.2f} s a day, {left:.0f} s to go")
        self.report.raw["days"] = took[1:]
        self.report.add("day_s", statistics.median(took[1:]), f"median; {max(took[1:]):.2f} s at most")

    # --- killed ---

    def kill_amid(self, seconds, moment):
        """SIGKILL at a random moment of a run of about so many seconds: for gratisd, or for PostgreSQL as well."""
        everything = len(self.killed) % 2 == 1
        wait = self.random.uniform(0, seconds)
        run = threading.Thread(target=self.run_regardless)
        run.start()
        time.sleep(wait)
        if everything:
            self.engine.kill_all()
        else:
            self.engine.house.kill()
        run.join()
        self.engine.start()
        self.call()
        given = self.engine.house.psql(
            f"SELECT count(*) FROM gratis_birthdays.gift WHERE given_at = '{moment.isoformat()}'")
        self.killed.append({"day": f"{moment:%Y-%m-%d}", "everything": everything, "after_s": wait, "given": int(given)})
        say(f"{moment:%Y-%m-%d}: killed {'everything' if everything else 'gratisd'} after {wait:.2f} s,"
            f" with {int(given):,} gifts of the day given")

    def run_regardless(self):
        try:
            self.run()
        except calls.Failure:
            pass  # it was killed

    # --- after ---

    def check(self):
        say("counting")
        gifts = self.check_gifts()
        self.check_journal(gifts)
        self.check_from_outside(gifts)
        say("verifying the books")
        self.engine.house.gratis("ledger", "verify", "--program", PROGRAM, timeout=3600)
        self.report.raw["killed"] = self.killed
        self.report.note(f"{self.scale.members:,} members, {gifts[self.year]:,} gifts of {self.year}, one each; "
                         f"{gifts[self.year - 1]:,} belated ones of {self.year - 1}; the books verify")
        self.report.note(f"due as reckoned beside the engine: {self.report.raw['result']}")
        in_the_middle = sum(1 for kill in self.killed if kill["given"] > 0)
        self.report.note(f"killed {len(self.killed)} times, {in_the_middle} of them with gifts of the day given already")

    def check_gifts(self):
        """Every gift is due when it should be, and of the year everybody has one. How many there are, by year."""
        found = collections.Counter()
        rows = self.engine.house.psql("SELECT year, extract(epoch FROM due_at)::bigint, count(*)"
                                      " FROM gratis_birthdays.gift GROUP BY 1, 2 ORDER BY 1, 2")
        for row in rows.splitlines():
            year, due, count = map(int, row.split("|"))
            found[year, due] = count
        expected = self.people.expected(self.begin, self.end)
        if found != expected:
            lacking, beyond = expected - found, found - expected
            raise SystemExit(f"{sum(lacking.values())} gifts are lacking, {sum(beyond.values())} are too many,"
                             f" such as {list(lacking.items())[:3]} and {list(beyond.items())[:3]}")
        total = collections.Counter()
        for (year, _), count in found.items():
            total[year] += count
        of_year = int(self.engine.house.psql(
            f"SELECT count(DISTINCT member) FROM gratis_birthdays.gift WHERE year = {self.year}"))
        if not total[self.year] == of_year == self.scale.members:
            raise SystemExit(f"{self.scale.members} members: {total[self.year]} gifts of {self.year} to {of_year}")
        late = self.engine.house.psql(
            "SELECT count(*) FROM gratis_birthdays.gift"
            f" WHERE year >= {self.year} AND (given_at < due_at OR given_at - due_at > interval '24 hours')")
        if late != "0":
            raise SystemExit(f"{late} gifts came before their hour, or more than a day after it")
        self.report.raw["result"] = hashlib.sha256(rows.encode()).hexdigest()[:16]
        return total

    def check_journal(self, gifts):
        """Whoever has a gift has its points, once."""
        total = sum(gifts.values())
        facts = self.engine.house.psql("SELECT count(*), count(DISTINCT transaction), sum(points) FROM ledger.journal"
                                       " WHERE kind = 40")
        if facts != f"{total}|{total}|{total * POINTS}":
            raise SystemExit(f"{total} gifts, and in the journal {facts}")
        trial = self.engine.house.answer("ledger", "trial-balance", "--program", PROGRAM, timeout=600)
        balances = {balance["account"]: balance["points"] for balance in trial["balances"]}
        if balances["AVAILABLE"] != total * POINTS or trial["total_points"] != 0:
            raise SystemExit(f"{total} gifts, and on accounts {balances}")

    def check_from_outside(self, gifts):
        """What the API says of every day, and of some members."""
        told = 0
        first, last = self.begin.date(), self.end.date()
        while first <= last:
            to = min(last, first + DAY * (FORECAST_DAYS - 1))
            told += self.admin("birthdays", "ForecastBirthdays", **{
                "from": {"year": first.year, "month": first.month, "day": first.day},
                "to": {"year": to.year, "month": to.month, "day": to.day}}).given.gifts
            first = to + DAY
        if told != sum(gifts.values()):
            raise SystemExit(f"{sum(gifts.values())} gifts, of which the calendar knows {told}")
        with calls.Caller(self.engine.house, self.engine.key.read_text()) as shop:
            for i in self.random.sample(range(self.scale.members), min(self.scale.sample, self.scale.members)):
                member = shop("members", "IdentifyMember", phone=phone_of(i)).member_id
                listed = shop("birthdays", "ListGifts", member_id=member).gifts
                due = [gift.due_at.seconds for gift in listed if gift.year == self.year]
                wanted = [int(self.people.due(self.people.born[i], self.people.zone[i], self.year).timestamp())]
                if due != wanted:
                    raise SystemExit(f"member {i} ({member}) has {due} and not {wanted}")
