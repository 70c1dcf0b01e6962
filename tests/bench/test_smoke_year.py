"""A small year of birthdays, as tests/bench/run year plays it: killed twice, everybody has one gift, and the checks would
see it if somebody had not."""

import sys
import unittest

from engine import Engine
from year import Scale, Year

FEW = Scale(members=2_000, kills=2, seed=7, hours=9, sample=20)


def setUpModule():
    global engine, bench
    engine = Engine()
    bench = Year(engine, FEW)
    try:
        bench.measure()
    except BaseException:
        engine.remove()
        raise


def tearDownModule():
    engine.remove()


class Smoke(unittest.TestCase):
    def test_1_the_year_was_played_and_everybody_has_one_gift(self):
        # What was belated may all have been given when it was killed for the first time.
        self.assertEqual({*bench.report.figures, "gifts_per_s"}, set(Year.GOALS))
        self.assertEqual(len(bench.report.raw["days"]), 365)
        self.assertIn(f"2,000 gifts of {bench.year}, one each", bench.report.notes[0])
        self.assertGreater(bench.report.raw["busiest_day"]["given"], 0.03 * FEW.members)
        self.assertLess(bench.report.raw["busiest_day"]["given"], 0.08 * FEW.members)

    def test_2_it_was_killed_in_both_ways(self):
        self.assertEqual([kill["everything"] for kill in bench.killed], [False, True])

    def test_3_a_gift_that_is_missing_is_seen(self):
        engine.house.psql("UPDATE gratis_birthdays.gift SET year = year - 3 WHERE ctid ="
                          f" (SELECT ctid FROM gratis_birthdays.gift WHERE year = {bench.year} LIMIT 1)")
        with self.assertRaisesRegex(SystemExit, "1 gifts are lacking, 1 are too many"):
            bench.check_gifts()
        engine.house.psql(f"UPDATE gratis_birthdays.gift SET year = year + 3 WHERE year = {bench.year - 3}")
        bench.check_gifts()

    def test_4_a_gift_at_another_hour_is_seen(self):
        engine.house.psql("UPDATE gratis_birthdays.gift SET due_at = due_at + interval '15 minutes' WHERE ctid ="
                          f" (SELECT ctid FROM gratis_birthdays.gift WHERE year = {bench.year} LIMIT 1)")
        with self.assertRaisesRegex(SystemExit, "1 gifts are lacking, 1 are too many"):
            bench.check_gifts()


if __name__ == "__main__":
    sys.exit(unittest.main())
