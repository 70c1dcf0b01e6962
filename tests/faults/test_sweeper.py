#!/usr/bin/python3 -B
"""What falls due while the engine is down for weeks is posted when it is back, each thing once and as of
when it was due, however often the sweep is killed in the middle."""

import collections
import datetime
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from calls import Caller, ledger_pb2, members_pb2  # noqa: E402
from estate import Postgres  # noqa: E402
from house import House, wait_until  # noqa: E402
from line import Line  # noqa: E402

PROGRAM = "asleep"
MEMBERS = 800
KILLS = 3
SETS_BEFORE_A_KILL = 2   # that the sweep commits, of some hundred members each
BEGIN = datetime.datetime(2027, 1, 10, 9, tzinfo=datetime.timezone.utc)
HOLD_ENDS = BEGIN + datetime.timedelta(hours=1)
POINTS_END = BEGIN + datetime.timedelta(days=1)
POINTS_COME = BEGIN + datetime.timedelta(days=2)
BACK_AGAIN = BEGIN + datetime.timedelta(days=60)

# The engine's facts for each member: kind, points, when it took effect.
DUE = ((25, 3, HOLD_ENDS), (53, 10, POINTS_END), (52, 5, POINTS_COME))


class Sweeper(unittest.TestCase):
    def setUp(self):
        self.postgres = Postgres()
        self.addCleanup(self.postgres.remove)
        self.line = Line(self.postgres.socket)
        self.addCleanup(self.line.close)
        self.engine = House(split=False, flags=["--development-clock"],
                            environment={"GRATIS_DATABASE_URL": self.postgres.url(self.line)})
        self.addCleanup(self.engine.remove)
        self.engine.start()

    def fill(self):
        self.engine.gratis("program", "create", PROGRAM)
        self.engine.gratis("clock", "set", BEGIN.isoformat(), "--program", PROGRAM)
        with Caller(self.engine, program=PROGRAM) as admin:
            enrolled = admin("members", "BatchEnrollMembers", members_pb2.BatchEnrollMembersRequest(requests=[
                {"request_id": f"enroll-{i}", "profile": {"email": f"{i}@example.org"}} for i in range(MEMBERS)]))
            members = [result.response.member_id for result in enrolled.results]
            self.assertEqual(len(set(members)), MEMBERS)
            for name, posting in (
                    ("ends", {"earn": {"points": 10, "expires_at": {"seconds": int(POINTS_END.timestamp())}}}),
                    ("held", {"place_hold": {"points": 3, "life_seconds": 3600}}),
                    ("comes", {"earn": {"points": 5, "available_at": {"seconds": int(POINTS_COME.timestamp())}}})):
                (kind, fields), = posting.items()
                posted = admin("ledger", "PostBatch", ledger_pb2.PostBatchRequest(postings=[
                    {kind: fields | {"request_id": f"{name}-{member}", "member_id": member}} for member in members]))
                self.assertFalse([result for result in posted.results if result.status.HasField("error")])

    def psql(self, sql):
        return self.postgres.psql(sql.format(program=f"(SELECT number FROM ledger.program WHERE code = '{PROGRAM}')"))

    def posted(self):
        """How often the engine posted what for whom."""
        rows = self.psql("SELECT member, kind, points, extract(epoch FROM effective_at)::bigint FROM ledger.journal"
                         " JOIN ledger.head USING (partition) WHERE program = {program} AND actor = 'engine'")
        facts = collections.Counter()
        for row in rows.splitlines():
            member, kind, points, at = row.split("|")
            facts[member, int(kind), int(points), datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc)] += 1
        return facts

    def test_a_sweep_that_is_killed_repeats_nothing_and_ends_what_it_began(self):
        self.fill()
        self.assertFalse(self.posted())
        self.engine.stop()
        self.psql(f"UPDATE house.clock SET now = '{BACK_AGAIN.isoformat()}' WHERE program_number = {{program}}")

        done = 0
        for kill in range(KILLS):
            self.engine.launch("gratisd")
            stops = self.line.stops
            self.line.stop_at("ledger/lock_head", self.engine.processes["gratisd"].pid, passing=SETS_BEFORE_A_KILL)
            wait_until(f"sweep {kill} is under way", 60, lambda stops=stops: self.line.stops > stops, every=0.01)
            self.engine.kill()
            posted = self.posted()
            print(f"killed with {sum(posted.values())} of {MEMBERS * len(DUE)} facts posted", flush=True)
            self.assertEqual(set(posted.values()), {1})
            self.assertGreater(len(posted), done, "a sweep that begins anew does not begin from the beginning")
            self.assertLess(len(posted), MEMBERS * len(DUE))
            done = len(posted)
            # Who was killed keeps its lease for two minutes; these are over.
            self.psql("UPDATE house.job SET leased_until = now() - interval '1 minute'")

        self.engine.start()
        wait_until("all that was due is posted", 60, lambda: len(self.posted()) >= MEMBERS * len(DUE), every=0.2)
        posted = self.posted()
        self.assertEqual(set(posted.values()), {1})
        whose = collections.defaultdict(set)
        for member, *fact in posted:
            whose[member].add(tuple(fact))
        self.assertEqual(len(whose), MEMBERS)
        self.assertEqual({frozenset(facts) for facts in whose.values()}, {frozenset(DUE)})

        # Once more, for nothing.
        self.engine.gratis("clock", "set", (BACK_AGAIN + datetime.timedelta(minutes=2)).isoformat(), "--program", PROGRAM)
        through = "SELECT count(*) FROM house.job WHERE program_number = {program} AND name = 'ledger.due'" \
                  f" AND ran_through > '{BACK_AGAIN.isoformat()}'"
        wait_until("the sweep has come round again", 60, lambda: self.psql(through) == "1", every=0.2)
        self.assertEqual(self.posted(), posted)
        trial = self.engine.answer("ledger", "trial-balance", "--program", PROGRAM)
        balances = {balance["account"]: balance["points"] for balance in trial["balances"]}
        self.assertEqual((balances["AVAILABLE"], balances["EXPIRED"], trial["total_points"]),
                         (5 * MEMBERS, 10 * MEMBERS, 0))
        self.assertTrue(self.engine.answer("ledger", "verify")["sound"])


if __name__ == "__main__":
    unittest.main()
