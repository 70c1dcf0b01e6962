"""Files of orders made from a seed, and what must come of importing them."""

import collections
import csv
import datetime
import random

COLUMNS = ("order_id", "customer_id", "ordered_on", "quantity", "total", "currency")


class Orders:
    """`count` orders of about a third as many customers, in `days` days from `start`.

    Expectations are counted here, by the rule as documented: one point for each whole dollar of each
    order.
    """

    def __init__(self, count, seed, start=datetime.date(2019, 1, 1), days=500):
        rng = random.Random(seed)
        customers = max(1, count // 3)
        self.rows = []
        for number in range(count):
            day = start + datetime.timedelta(days=number * days // count)
            cents = 0 if rng.random() < 0.01 else rng.randrange(1, 20_000)
            self.rows.append((f"O{seed}-{number:06d}", f"{rng.randrange(customers):05d}", day.isoformat(),
                              rng.randrange(1, 6), f"{cents // 100}.{cents % 100:02d}", "USD"))
        self.bad = []

    def add_bad_rows(self):
        """Rows that cannot be recorded, spread over the file: (line, what is wrong)."""
        for at, row in ((10, ("", "00001", "2019-01-02", 1, "5.00", "USD")),
                        (40, ("BAD-2", "00001", "2019-02-30", 1, "5.00", "USD")),
                        (41, ("BAD-3", "00001", "2019-02-20", 1, "-5.00", "USD")),
                        (70, ("BAD-4", "", "2019-02-20", 1, "5.00", "USD")),
                        (90, ("BAD-5", "00001", "2019-02-20", 1, "5.00", "XYZ")),
                        (95, ("BAD-6", "00001", "2019-02-20", 1, "five", "USD"))):
            self.rows.insert(at, row)
            self.bad.append(at + 2)  # the header is line 1
        return self

    def write(self, path):
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            writer.writerows(self.rows)
        return path

    @property
    def good(self):
        bad = {line - 2 for line in self.bad}
        return [row for number, row in enumerate(self.rows) if number not in bad]

    def points_by_customer(self):
        points = collections.Counter()
        for _, customer, _, _, total, _ in self.good:
            points[customer] += int(total.split(".")[0])
        return points

    def expected(self):
        points = self.points_by_customer()
        return {"orders": len(self.good), "members": len(points), "points": sum(points.values()),
                "rejected": len(self.bad)}
