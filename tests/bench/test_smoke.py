"""The load that tests/bench/run puts on is accepted, every kind of it; how fast does not matter here."""

import sys
import unittest

from engine import PROGRAM, Engine, measure_recovery
from ledger import Ledger

MEMBERS = 300


def setUpModule():
    global engine
    engine = Engine()
    engine.start()
    engine.make_program(MEMBERS)


def tearDownModule():
    engine.remove()


def requests():
    return int(engine.house.psql("SELECT count(*) FROM ledger.request"))


class Smoke(unittest.TestCase):
    def test_the_cluster_is_durable(self):
        engine.check_durable()
        engine.house.psql("ALTER DATABASE gratis SET synchronous_commit = off")
        with self.assertRaises(SystemExit):
            engine.check_durable()
        engine.house.psql("ALTER DATABASE gratis RESET synchronous_commit")

    def test_every_workload_is_accepted_and_stored(self):
        for workload, in_flight in Ledger.IN_FLIGHT.items():
            with self.subTest(workload):
                before = requests()
                told = engine.drive(workload, "--in-flight", min(in_flight, 32), "--threads", 2,
                                    "--warmup-seconds", 0, "--seconds", 1)
                self.assertGreater(told["accepted"], 0)
                self.assertGreaterEqual(told["accepted_total"], told["accepted"])
                self.assertEqual(told["refused"], {})
                self.assertGreater(told["latency_us"]["max"], 0)
                self.assertEqual(requests() - before, 0 if workload in Ledger.READS else told["accepted_total"])
        engine.house.gratis("ledger", "verify", "--program", PROGRAM)

    def test_an_open_loop_is_accepted(self):
        told = engine.drive("earn", "--rate", 100, "--warmup-seconds", 0, "--seconds", 1)
        self.assertGreater(told["accepted_total"], 0)
        self.assertEqual(told["refused"], {})

    def test_who_follows_the_journal_is_told_of_every_posting(self):
        for arguments in (("--rate", 100), ("--in-flight", 32, "--threads", 2)):
            told = engine.drive("earn", *arguments, "--watch", "--warmup-seconds", 0, "--seconds", 1)
            self.assertGreater(told["accepted_total"], 0)
            self.assertEqual((told["feed"]["seen"], told["feed"]["missing"]), (told["accepted_total"], 0))

    def test_refusals_are_told_and_not_counted(self):
        members = engine.members.read_text()
        engine.members.write_text(members.split()[0][:-1] + ("0" if members.split()[0][-1] != "0" else "1") + "\n")
        told = engine.drive("earn", "--in-flight", 2, "--warmup-seconds", 0, "--seconds", 0.2)
        engine.members.write_text(members)
        self.assertEqual(told["accepted_total"], 0)
        self.assertEqual(list(told["refused"]), ["MEMBER_NOT_FOUND"])

    def test_as_many_postings_as_asked_for(self):
        told = engine.drive("earn", "--in-flight", 8, "--warmup-seconds", 0, "--seconds", 0, "--postings", 100)
        self.assertGreaterEqual(told["accepted_total"], 100)
        self.assertLess(told["accepted_total"], 100 + 8)

    def test_recovery_ends_with_an_accepted_posting(self):
        before = requests()
        self.assertGreater(measure_recovery(engine, 1), 0)
        self.assertGreater(requests(), before)


if __name__ == "__main__":
    sys.exit(unittest.main())
