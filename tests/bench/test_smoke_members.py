"""The load that tests/bench/run members puts on is accepted, every kind of it; how fast does not matter here."""

import sys
import unittest

from engine import PROGRAM, Engine
from members import Members, Scale, phone_of
from report import Report

FEW = Scale(members=300, few_members=100, rounds=1, growth_rounds=1, seconds=1, open_seconds=1, erased=4, long_history=40)


def setUpModule():
    global engine, bench
    engine = Engine()
    bench = Members(engine, FEW)
    bench.prepare()
    engine.house.gratis("program", "create", "empty")
    engine.make_key("backend", nobody(), program="empty")
    bench.requests_before = bench.requests()


def nobody():
    """The file with a key of a program without members."""
    return engine.house.home / "nobody.key"


def tearDownModule():
    engine.remove()


class Smoke(unittest.TestCase):
    def test_1_whoever_was_imported_is_found_by_their_phone_number(self):
        found = engine.house.answer("member", "find", "--phone", phone_of(FEW.members - 1), "--program", PROGRAM)
        self.assertEqual(found["greeting_name"], f"Member {FEW.members - 1}")
        self.assertEqual(bench.report.raw["import_members_per_s"]["members"], FEW.members)

    def test_2_every_workload_is_accepted(self):
        for workload in Members.IN_FLIGHT:
            with self.subTest(workload):
                told = bench.drive(workload, "--warmup-seconds", 0, "--seconds", 1)
                self.assertGreater(told["accepted"], 0)
                self.assertEqual(told["refused"], {})
                self.assertGreater(told["latency_us"]["max"], 0)

    def test_3_whoever_is_not_there_is_refused_and_not_counted(self):
        told = engine.drive("identify", "--people", 1, "--in-flight", 2, "--warmup-seconds", 0, "--seconds", 0.2)
        self.assertEqual(told["refused"], {})
        told = engine.drive("identify", "--people", 1, "--in-flight", 2, "--warmup-seconds", 0, "--seconds", 0.2, key=nobody())
        self.assertEqual(told["accepted_total"], 0)
        self.assertEqual(list(told["refused"]), ["MEMBER_NOT_FOUND"])

    def test_4_short_and_long_histories_are_made_and_erased(self):
        bench.erasures()
        self.assertGreater(bench.report.figures["erase_ms"][0], 0)
        self.assertGreater(bench.report.figures["erase_long_vs_short"][0], 0)
        erased = engine.house.psql("SELECT count(*) FROM gratis_members.erasure")
        self.assertEqual(int(erased), 2 * FEW.erased)

    def test_5_what_was_accepted_is_in_the_books(self):
        bench.check_books()

    def test_6_the_command_s_memory_is_measured(self):
        bench.export_people()
        for name in ("import_rss_mb", "export_rss_mb"):
            self.assertGreater(bench.report.figures[name][0], 1)

    def test_7_growth_is_measured_on_both_databases(self):
        bench.growth()
        self.assertEqual(set(bench.report.raw["growth"]), {"small", "grown"})
        for runs in bench.report.raw["growth"].values():
            self.assertEqual([run["refused"] for run in runs], [{}])


class Goals(unittest.TestCase):
    def test_a_ratio_may_have_to_be_small(self):
        report = Report(Members.GOALS)
        report.add("erase_long_vs_short", 1.6)
        report.add("growth", 0.95)
        self.assertEqual({name: line["reached"] for name, line in report.everything()["figures"].items()},
                         {"erase_long_vs_short": "ABOVE", "growth": "aim"})


if __name__ == "__main__":
    sys.exit(unittest.main())
