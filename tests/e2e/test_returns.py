"""What comes back: taken line by line, exactly, whatever the order, and said before."""

import random
import unittest

import calls
from calls import Caller, Failure
from house import House


def setUpModule():
    global house, shop
    house = House().start()
    shop = Caller(house, calls.new_program(house))


def tearDownModule():
    house.remove()


def gratis(*arguments, **more):
    return house.answer(*arguments, "--program", "shop", **more)


def enrolled(who):
    return shop("members", "EnrollMember", profile={"email": f"{who}@example.org"}).member_id


def web(order_id):
    return {"source": "webshop", "order_id": order_id}


LINES = [{"sku": "coat", "category": "coats", "unit_price_minor": 7990, "quantity": 3},
         {"sku": "sock", "category": "socks", "unit_price_minor": 333, "quantity": 10},
         {"sku": "parcel", "kind": "LINE_KIND_SHIPPING", "unit_price_minor": 500, "quantity": 1}]


def buy(order_id, member, **more):
    return shop("thanks", "RecordPurchase", order=web(order_id), member_id=member, lines=LINES,
                total={"currency_code": "USD"}, **more)


def back(order_id, return_id, **what):
    return shop("thanks", "RecordReturn", order=web(order_id), return_id=return_id, **what)


def available(member):
    return shop("ledger", "GetBalance", member_id=member).available_points


class Returns(unittest.TestCase):
    def refused(self, reason, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            shop(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason, arguments)
        return failed.exception

    def test_any_sequence_ends_where_one_full_return_does(self):
        chance = random.Random(16)
        for turn in range(4):
            member = enrolled(f"any-{turn}")
            bought = buy(f"any-{turn}", member)
            taken = 0
            for step in range(6):
                kept = shop("thanks", "GetPurchase", order=web(f"any-{turn}")).purchase
                lines = [(number + 1, recorded.line.quantity - recorded.returned_quantity)
                         for number, recorded in enumerate(kept.lines)
                         if recorded.line.quantity > recorded.returned_quantity]
                left = kept.total.minor_units - kept.returned.minor_units
                if not lines or not left:
                    break
                number, pieces = chance.choice(lines)
                what = chance.choice([{"lines": [{"line": number, "quantity": chance.randint(1, pieces)}]},
                                      {"amount": calls.money(chance.randint(1, left // 2 + 1))}])
                said = back(f"any-{turn}", f"r{step}", validate_only=True, **what)
                done = back(f"any-{turn}", f"r{step}", **what)
                self.assertEqual((said.points_taken, list(said.line_points_taken)),
                                 (done.points_taken, list(done.line_points_taken)))
                self.assertGreaterEqual(done.points_taken, 0)
                taken += done.points_taken
                self.assertEqual(available(member), bought.points - taken)
            if not shop("thanks", "GetPurchase", order=web(f"any-{turn}")).purchase.returned_whole:
                back(f"any-{turn}", "the rest", everything=True)
            self.assertEqual(available(member), 0)
            returns = gratis("thanks", "returns", f"webshop:any-{turn}")["returns"]
            self.assertEqual(sum(entry["points_taken"] for entry in returns), bought.points)
        house.gratis("ledger", "verify", "--program", "shop")

    def test_more_than_is_left_does_not_come_back(self):
        member = enrolled("greta")
        buy("more-1", member)
        failure = self.refused("RETURN_TOO_LARGE", "thanks", "RecordReturn", order=web("more-1"), return_id="r1",
                               lines=[{"line": 1, "quantity": 4}])
        self.assertEqual(failure.metadata, {"line": "1", "left_quantity": "3"})
        back("more-1", "r1", everything=True)
        self.refused("RETURN_TOO_LARGE", "thanks", "RecordReturn", order=web("more-1"), return_id="r2", everything=True)
        self.refused("RETURN_EXISTS", "thanks", "RecordReturn", order=web("more-1"), return_id="r1", everything=True)

    def test_points_that_paid_come_back_and_what_they_paid_does_not_earn(self):
        member = enrolled("petra")
        shop("ledger", "Earn", member_id=member, points=1000)
        hold = shop("ledger", "PlaceHold", member_id=member, points=600).hold_id
        bought = buy("paid-1", member, payments=[{"tender": "points", "amount_minor": 6000, "hold_id": hold},
                                                 {"tender": "card", "amount_minor": 21800}])
        self.assertEqual(sum(line.lowered_minor for line in bought.lines), 6000)
        self.assertEqual(available(member), 400 + bought.points)
        half = back("paid-1", "r1", lines=[{"line": 1, "quantity": 3}])
        self.assertGreater(half.points_back, 0)
        rest = back("paid-1", "r2", everything=True)
        self.assertEqual(half.points_back + rest.points_back, 600)
        self.assertEqual(available(member), 1000)
        house.gratis("ledger", "verify", "--program", "shop")

    def test_a_voucher_that_paid_comes_back(self):
        member = enrolled("vito")
        voucher = shop("ledger", "IssueVoucher", member_id=member, fixed=calls.money(5000), origin="sorry")
        used = shop("ledger", "RedeemVoucher", code=voucher.voucher.code, amount=calls.money(5000))
        buy("voucher-1", member, payments=[{"tender": "voucher", "amount_minor": 5000,
                                            "transaction_id": used.transaction_id}])
        done = back("voucher-1", "r1", everything=True)
        self.assertEqual([(entry.transaction_id, entry.worth) for entry in done.vouchers_back],
                         [(used.transaction_id, 5000)])

    def test_a_delivery_is_told_once_and_shown(self):
        member = enrolled("delia")
        buy("delivery-1", member)
        first = gratis("thanks", "delivery", "webshop:delivery-1")
        self.assertFalse(first["known"])
        self.assertTrue(gratis("thanks", "delivery", "webshop:delivery-1")["known"])
        shown = shop("thanks", "GetPurchase", order=web("delivery-1")).purchase
        self.assertTrue(shown.HasField("delivered_at"))
        self.assertTrue(shop("thanks", "RecordDelivery", order=web("none")).parked)

    def test_gratis_returns_by_line_amount_and_all(self):
        member = enrolled("gina")
        buy("cli-1", member)
        said = gratis("thanks", "return", "webshop:cli-1", "--id", "r1", "--line", "2x5", "--dry-run")
        done = gratis("thanks", "return", "webshop:cli-1", "--id", "r1", "--line", "2x5")
        self.assertEqual(said["points_taken"], done["points_taken"])
        gratis("thanks", "return", "webshop:cli-1", "--id", "r2", "--line", "1=10.00")
        gratis("thanks", "return", "webshop:cli-1", "--id", "r3", "--amount", "5.00")
        self.assertTrue(gratis("thanks", "return", "webshop:cli-1", "--id", "r4", "--all")["whole"])
        self.assertEqual(available(member), 0)
        text = house.gratis("thanks", "returns", "webshop:cli-1", "--program", "shop").stdout
        self.assertEqual(sum(text.count(name) for name in ("r1", "r2", "r3", "r4")), 4)


if __name__ == "__main__":
    unittest.main()
