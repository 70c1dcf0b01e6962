"""Orders lived through: the clock follows their dates, thank-yous and birthdays come on the day."""

import datetime
import unittest

from house import House
from orders import Orders

START = datetime.date(2024, 2, 1)
DAYS = 42  # over a leap day


def setUpModule():
    global house
    house = House(flags=["--development-clock"]).start()


def tearDownModule():
    house.remove()


class Replay(unittest.TestCase):
    def test_six_weeks(self):
        orders = Orders(1500, seed=5, start=START, days=DAYS)
        expected = orders.expected()
        file = orders.write(house.home / "orders.csv")
        house.gratis("program", "create", "lived", "--time-zone", "Europe/Zurich")
        summary = house.answer("orders", "import", file, "--program", "lived", "--replay", "--demo-birthdays", "3")
        self.assertEqual({name: summary[name] for name in (*expected, "thanks", "withheld")},
                         {**expected, "thanks": expected["orders"], "withheld": 0})

        def books():
            return house.answer("ledger", "trial-balance", "--program", "lived")

        balances = {b["account"]: b["points"] for b in books()["balances"]}
        given = balances["AVAILABLE"] - expected["points"]
        self.assertGreater(given, 0, "birthdays have come")
        self.assertEqual(given % 100, 0, "each is worth 100 points")

        clock = house.gratis("clock", "show", "--program", "lived", "--json").stdout
        self.assertIn("2024-03-1", clock)

        before = books()
        house.gratis("birthdays", "run", "--program", "lived")
        house.gratis("birthdays", "run", "--program", "lived")
        self.assertEqual(books(), before, "each member due has had exactly one gift")

        future = house.gratis("birthdays", "run", "--through", "2024-12-31", "--program", "lived", "--json", check=False)
        self.assertNotEqual(future.returncode, 0)
        self.assertIn("FUTURE_DATE", future.stdout + future.stderr)

        house.gratis("clock", "advance", 370, "--program", "lived")
        house.gratis("birthdays", "run", "--program", "lived")
        after = books()
        house.gratis("birthdays", "run", "--program", "lived")
        self.assertEqual(books(), after)
        self.assertGreater(after["entries"], before["entries"])

        back = house.gratis("clock", "set", "2024-01-01", "--program", "lived", "--json", check=False)
        self.assertNotEqual(back.returncode, 0)
        self.assertIn("CLOCK_BACKWARDS", back.stdout + back.stderr)
        house.gratis("ledger", "verify", "--program", "lived")

        again = house.answer("orders", "import", file, "--program", "lived")
        self.assertEqual(again["replayed"], expected["orders"])


if __name__ == "__main__":
    unittest.main()
