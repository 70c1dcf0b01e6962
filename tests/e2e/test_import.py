"""The main job: a file of orders goes into the books, exactly once, however often it is sent."""

import csv
import os
import pathlib
import time
import unittest

from house import TOP, House
from orders import Orders

CDNOW = pathlib.Path(os.environ.get("GRATIS_CDNOW", TOP.parent / "shared/data/cdnow-orders.csv"))


def setUpModule():
    global house
    house = House().start()


def tearDownModule():
    house.remove()


def pick(summary, *names):
    return {name: summary[name] for name in names}


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.orders = Orders(3000, seed=11).add_bad_rows()
        cls.file = cls.orders.write(house.home / "orders.csv")
        house.gratis("program", "create", "music")
        cls.rejects = house.home / "rejects.csv"
        cls.first = house.answer("orders", "import", cls.file, "--program", "music", "--rejects", cls.rejects)
        cls.books = house.answer("ledger", "trial-balance", "--program", "music")

    def test_everything_is_counted(self):
        expected = self.orders.expected()
        self.assertEqual(pick(self.first, *expected), expected)
        self.assertEqual(pick(self.first, "thanks", "withheld", "replayed"),
                         {"thanks": 0, "withheld": expected["orders"], "replayed": 0})

    def test_books_hold_what_the_file_says(self):
        expected = self.orders.expected()
        balances = {b["account"]: b["points"] for b in self.books["balances"]}
        self.assertEqual(balances["AVAILABLE"], expected["points"])
        self.assertEqual(balances["ISSUED"], -expected["points"])
        self.assertEqual(self.books["members"], expected["members"])
        house.gratis("ledger", "verify", "--program", "music")
        for customer, points in sorted(self.orders.points_by_customer().items())[:10]:
            balance = house.answer("points", "balance", f"orders:{customer}", "--program", "music")
            self.assertEqual(balance["available_points"], points)

    def test_rejects_say_which_line_and_why(self):
        with open(self.rejects, newline="", encoding="utf-8") as file:
            rejects = {int(row["line"]): row["reason"] for row in csv.DictReader(file)}
        self.assertEqual(sorted(rejects), sorted(self.orders.bad))
        self.assertEqual(sorted(set(rejects.values())),
                         ["FIELD_MISSING", "INVALID_AMOUNT", "INVALID_CURRENCY", "INVALID_DATE"])

    def test_the_second_time_changes_nothing(self):
        again = house.answer("orders", "import", self.file, "--program", "music", "--rejects", self.rejects)
        expected = self.orders.expected()
        self.assertEqual(pick(again, *expected), expected)
        self.assertEqual(again["replayed"], expected["orders"])
        self.assertEqual(house.answer("ledger", "trial-balance", "--program", "music"), self.books)

    def test_old_orders_are_not_thanked_and_it_says_why(self):
        order = self.orders.good[0][0]
        told = house.gratis("orders", "explain", f"orders:{order}", "--program", "music", "--json").stdout
        self.assertIn("TOO_LATE", told)


@unittest.skipUnless(CDNOW.exists(), "the CDNOW orders are not there")
class Cdnow(unittest.TestCase):
    def test_69659_orders(self):
        house.gratis("program", "create", "cdnow")
        begin = time.monotonic()
        summary = house.answer("orders", "import", CDNOW, "--program", "cdnow", timeout=300)
        seconds = time.monotonic() - begin
        print(f"{summary['orders']} orders in {seconds:.1f} s")
        figures = {"orders": 69659, "members": 23570, "points": 2453159, "thanks": 0, "withheld": 69659,
                   "rejected": 0}
        self.assertEqual(pick(summary, *figures), figures)
        books = house.answer("ledger", "trial-balance", "--program", "cdnow")
        again = house.answer("orders", "import", CDNOW, "--program", "cdnow", timeout=300)
        self.assertEqual(pick(again, *figures, "replayed"), {**figures, "replayed": 69659})
        self.assertEqual(house.answer("ledger", "trial-balance", "--program", "cdnow"), books)
        house.gratis("ledger", "verify", "--program", "cdnow")


if __name__ == "__main__":
    unittest.main()
