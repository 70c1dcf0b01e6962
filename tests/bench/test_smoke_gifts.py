"""What tests/bench/run gifts measures takes place, all of it; how fast does not matter here."""

import sys
import unittest

from engine import PROGRAM, Engine
from gifts import CDNOW, Gifts, Scale
from orders import Orders
from report import Report

# As the journal has them.
PURCHASE, THANK_YOU = 30, 31


def setUpModule():
    global engine, bench
    engine = Engine()
    try:
        Orders(90, seed=5).write(engine.house.home / CDNOW)
        bench = Gifts(engine, Scale(members=300, celebrants=200, rounds=2, seconds=1, open_seconds=2, webhooks=1_000,
                                    imports=1, data=str(engine.house.home)))
        bench.measure()
    except BaseException:
        engine.remove()
        raise


def tearDownModule():
    engine.remove()


class Smoke(unittest.TestCase):
    def test_every_figure_is_there(self):
        self.assertEqual(set(bench.report.figures), set(Gifts.GOALS))
        for name, (value, _) in bench.report.figures.items():
            self.assertGreater(value, 0, name)

    def test_gifts_are_given_by_one_run_for_each_party(self):
        runs = bench.report.raw["rounds"]["birthdays"]
        self.assertEqual([run["accepted_total"] for run in runs], [200, 200])
        self.assertEqual(engine.house.psql("SELECT count(*), sum(worth) FROM gratis_birthdays.gift"), "400|40000")

    def test_every_purchase_earned_by_every_rule_and_was_thanked_for(self):
        runs = [*bench.report.raw["rounds"]["purchase"], bench.report.raw["trigger_delay_p99_ms"]["load"]]
        self.assertEqual([run["refused"] for run in runs], [{}, {}, {}])
        count = sum(run["accepted_total"] for run in runs)
        # 25.00 at two points, 44.00 at one, half as much again, 5 besides, and no more than 100.
        self.assertEqual(engine.house.psql(
            "SELECT kind, points, count(*) FROM ledger.journal JOIN ledger.head USING (partition)"
            " JOIN ledger.program ON program.number = head.program"
            f" WHERE code = '{PROGRAM}' AND kind IN ({PURCHASE}, {THANK_YOU}) GROUP BY 1, 2 ORDER BY 1").splitlines(),
            [f"{PURCHASE}|100|{count}", f"{THANK_YOU}|10|{count}"])
        order = engine.house.psql("SELECT order_id FROM gratis_thanks.purchase WHERE source = 'web' LIMIT 1")
        lines = engine.house.answer("orders", "show", f"web:{order}", "--program", PROGRAM)["lines"]
        self.assertEqual([set(line["trace"]["rules"]) for line in lines],
                         [{"coffee", "web", "by-card", "most"}, {"web", "by-card", "most"}, {"no-wrapping"}])

    def test_every_thank_you_was_handed_over_after_its_purchase(self):
        told = bench.report.raw["trigger_delay_p99_ms"]
        self.assertEqual(told["receiver"]["received"], told["load"]["accepted_total"])
        delay = told["receiver"]["delay_us"]
        self.assertTrue(0 < delay["p50"] <= delay["p99"] <= delay["max"] < 60_000_000, delay)

    def test_every_fact_was_told_by_webhook(self):
        for run in bench.report.raw["webhooks"]:
            self.assertGreaterEqual(run["received"], 1_000)

    def test_the_books_hold_what_was_counted_and_nothing_else(self):
        bench.check_books()
        for counted in ("accepted", "given"):
            with self.subTest(counted):
                setattr(bench, counted, getattr(bench, counted) + 1)
                with self.assertRaises(SystemExit):
                    bench.check_books()
                setattr(bench, counted, getattr(bench, counted) - 1)


class Goals(unittest.TestCase):
    def test_a_figure_may_have_to_be_reached_without_an_aim(self):
        for value, reached in ((2_000, "must"), (1_999, "BELOW")):
            report = Report(Gifts.GOALS)
            report.add("webhooks_per_s", value)
            self.assertEqual(report.everything()["figures"]["webhooks_per_s"]["reached"], reached)
            self.assertNotIn("None", report.table())


if __name__ == "__main__":
    sys.exit(unittest.main())
