#!/usr/bin/python3 -B
"""Whoever is inactive is given notice once and erased once, however often the engine is killed in the middle."""

import datetime
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from calls import Caller, members_pb2  # noqa: E402
from estate import Postgres  # noqa: E402
from house import House, wait_until  # noqa: E402
from line import Line  # noqa: E402

PROGRAM = "asleep"
MEMBERS = 120
KILLS = 3
BEGIN = datetime.datetime(2027, 1, 10, 9, tzinfo=datetime.timezone.utc)
NOTICED = BEGIN + datetime.timedelta(days=80)
ERASED = BEGIN + datetime.timedelta(days=100)
NOTICE, ERASURE = 96, 18  # kinds of facts


class Inactivity(unittest.TestCase):
    def setUp(self):
        self.postgres = Postgres()
        self.addCleanup(self.postgres.remove)
        self.line = Line(self.postgres.socket)
        self.addCleanup(self.line.close)
        self.engine = House(split=False, flags=["--development-clock"],
                            environment={"GRATIS_DATABASE_URL": self.postgres.url(self.line)})
        self.addCleanup(self.engine.remove)
        self.engine.start()

    def psql(self, sql):
        return self.postgres.psql(sql.format(program=f"(SELECT number FROM ledger.program WHERE code = '{PROGRAM}')"))

    def count(self, kind):
        """How many facts of a kind there are, and of how many members."""
        facts, members = self.psql(f"SELECT count(*), count(DISTINCT member) FROM ledger.journal WHERE kind = {kind}"
                                   ).split("|")
        return int(facts), int(members)

    def kill_while(self, statement, passing, kind):
        """Kills the engine again and again while it is at it; each time some more was done, none twice."""
        done = 0
        for kill in range(KILLS):
            self.engine.launch("gratisd")
            stops = self.line.stops
            self.line.stop_at(statement, self.engine.processes["gratisd"].pid, passing=passing)
            wait_until(f"run {kill} is under way", 60, lambda stops=stops: self.line.stops > stops, every=0.01)
            self.engine.kill()
            facts, members = self.count(kind)
            print(f"killed with {facts} of {MEMBERS} done", flush=True)
            self.assertEqual(facts, members)
            self.assertGreater(facts, done)
            self.assertLess(facts, MEMBERS)
            done = facts
            # Who was killed keeps its lease for two minutes; these are over.
            self.psql("UPDATE house.job SET leased_until = now() - interval '1 minute'")
        self.engine.start()
        wait_until("all of it is done", 60, lambda: self.count(kind)[0] >= MEMBERS, every=0.2)
        self.assertEqual(self.count(kind), (MEMBERS, MEMBERS))

    def sleep_until(self, time):
        self.engine.stop()
        self.psql(f"UPDATE house.clock SET now = '{time.isoformat()}' WHERE program_number = {{program}}")

    def test_a_run_that_is_killed_repeats_nothing_and_ends_what_it_began(self):
        self.engine.gratis("program", "create", PROGRAM)
        self.engine.gratis("clock", "set", BEGIN.isoformat(), "--program", PROGRAM)
        self.engine.gratis("members", "inactive", "policy", "--months", 3, "--notice-days", 14, "--program", PROGRAM)
        with Caller(self.engine, program=PROGRAM) as admin:
            enrolled = admin("members", "BatchEnrollMembers", members_pb2.BatchEnrollMembersRequest(requests=[
                {"request_id": f"enroll-{i}", "profile": {"email": f"{i}@example.org"}} for i in range(MEMBERS)]))
            members = {result.response.member_id for result in enrolled.results}
        self.assertEqual(len(members), MEMBERS)

        self.sleep_until(NOTICED)
        self.kill_while("members/write_inactivity_notices", 1, NOTICE)
        self.assertEqual(self.count(ERASURE), (0, 0))

        self.sleep_until(ERASED)
        self.kill_while("members/delete_members", MEMBERS // 5, ERASURE)
        self.assertEqual(self.count(NOTICE), (MEMBERS, MEMBERS))
        self.assertEqual(self.psql("SELECT count(*) FROM gratis_members.member"), "0")
        # Who was erased before a kill is in the log by the next start at the latest.
        self.assertEqual(len((self.engine.home / "erasures").read_text().splitlines()), MEMBERS)
        self.assertTrue(self.engine.answer("ledger", "verify")["sound"])


if __name__ == "__main__":
    unittest.main()
