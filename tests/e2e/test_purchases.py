"""Purchases, line by line: what earns and why, quotes, receipts without a card, queues of tills that were offline."""

import datetime
import json
import unittest
import uuid

import calls
from calls import Caller, Failure
from house import House, wait_until


def setUpModule():
    global house, shop, marketing
    house = House().start()
    shop = Caller(house, calls.new_program(house))
    with Caller(house) as admin:
        key = admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_MARKETING, program="shop", label="rules")
    marketing = Caller(house, key.secret)


def tearDownModule():
    house.remove()


def gratis(*arguments, **more):
    return house.answer(*arguments, "--program", "shop", **more)


def enrolled(who):
    return shop("members", "EnrollMember", profile={"email": f"{who}@example.org"}).member_id


def web(order_id):
    return {"source": "webshop", "order_id": order_id}


def receipt(number):
    day = datetime.date.today()
    return {"source": "pos", "store": "zurich", "till": "3", "receipt": number,
            "business_date": {"year": day.year, "month": day.month, "day": day.day}}


def line(sku, category, price, quantity=1, **more):
    return {"sku": sku, "category": category, "unit_price_minor": price, "quantity": quantity} | more


def buy(order, member="", lines=(), **more):
    return shop("thanks", "RecordPurchase", order=order, member_id=member, lines=lines,
                total={"currency_code": "USD"}, **more)


class Purchases(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason, arguments)
        return failed.exception

    def set_rules(self, rules, **more):
        policy = marketing("thanks", "GetThanksPolicy").policy
        del policy.earning.rules[:]
        for rule in rules:
            policy.earning.rules.add(**rule)
        request = calls.thanks_pb2.SetThanksPolicyRequest(request_id=f"rules-{uuid.uuid4()}", policy=policy)
        for name, value in more.items():
            getattr(request.policy, name).CopyFrom(value)
        return marketing("thanks", "SetThanksPolicy", request).policy

    def tearDown(self):
        self.set_rules([])

    def test_every_line_says_what_it_earned_and_by_which_rule(self):
        version = self.set_rules([
            {"code": "wine", "scope": {"categories": ["wine"]}, "rate": {"points_per_unit": 3}},
            {"code": "no-tobacco", "scope": {"categories": ["tobacco"]}, "exclusion": {}},
            {"code": "app-double", "scope": {"channels": ["app"]}, "multiplier": {"percent": 200}},
            {"code": "first", "bonus": {"points": 100, "positions": [1]}}]).version
        member = enrolled("linda")
        lines = [line("red", "wine", 1500, 2), line("pipe", "tobacco", 2000), line("tea", "tea", 999),
                 line("parcel", "", 500, kind="LINE_KIND_SHIPPING")]
        quoted = shop("thanks", "Quote", purchase={"member_id": member, "lines": lines, "channel": "app",
                                                   "total": {"currency_code": "USD"}})
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 0)
        bought = buy(web("lines-1"), member, lines, channel="app")
        self.assertEqual(bought.points, 30 * 3 * 2 + 19 + 100)  # 9.99 doubled is 19.98, rounded down once
        self.assertEqual((quoted.points, list(quoted.lines)), (bought.points, list(bought.lines)))
        self.assertEqual(sum(trace.points for trace in bought.lines), bought.points)
        self.assertEqual([list(trace.rules) for trace in bought.lines],
                         [["wine", "app-double", "first"], ["no-tobacco"], ["app-double", "first"], []])
        kept = shop("thanks", "GetPurchase", order=web("lines-1")).purchase
        self.assertEqual([recorded.trace for recorded in kept.lines], list(bought.lines))
        self.assertEqual(kept.earning.policy_version, version)
        self.assertEqual(kept.position, 1)
        # Who explains the posting sees them, too.
        told = house.gratis("ledger", "explain", kept.transaction_id, "--program", "shop").stdout
        for rule in ("wine", "app-double", "first", "no-tobacco"):
            points = sum(trace.points for trace in bought.lines if rule in trace.rules)
            self.assertIn(f"rule {rule} had a part in {points} points\n", told)
        # The second is the second, and rules of later change nothing about the first.
        self.set_rules([])
        self.assertEqual(buy(web("lines-2"), member, lines, channel="app").points, 30 + 20 + 9)
        self.assertEqual(shop("thanks", "GetPurchase", order=web("lines-1")).purchase.lines, kept.lines)

    def test_a_version_is_kept_for_ever_and_holds_from_its_instant(self):
        before = marketing("thanks", "GetThanksPolicy").policy
        instant = calls.thanks_pb2.RecordPurchaseRequest().purchased_at
        instant.FromDatetime(datetime.datetime.utcnow() + datetime.timedelta(days=3))
        later = self.set_rules([{"code": "double", "multiplier": {"percent": 200}}], effective_from=instant)
        member = enrolled("vera")
        self.assertEqual(buy(web("version-1"), member, [line("a", "a", 1000)]).points, 10)
        shown = marketing("thanks", "GetThanksPolicy", version=later.version).policy
        self.assertEqual(shown, later)
        self.assertEqual(marketing("thanks", "GetThanksPolicy", at=instant).policy, later)
        self.assertEqual(marketing("thanks", "GetThanksPolicy").policy.version, before.version)
        self.refused("FIELD_INVALID", marketing, "thanks", "GetThanksPolicy", version=later.version + 100)
        instant.FromDatetime(datetime.datetime.utcnow() - datetime.timedelta(days=3))
        policy = marketing("thanks", "GetThanksPolicy").policy
        policy.effective_from.CopyFrom(instant)
        failure = self.refused("FIELD_INVALID", marketing, "thanks", "SetThanksPolicy", policy=policy)
        self.assertEqual(failure.fields, ["policy.effective_from"])

    def test_what_would_earn_too_much_is_looked_at_by_somebody(self):
        self.set_rules([{"code": "cap", "cap": {"points": 50, "action": "CAP_ACTION_REFUSE"}}])
        member = enrolled("max")
        failure = self.refused("EARNING_CAP_EXCEEDED", shop, "thanks", "RecordPurchase", order=web("cap-1"),
                               member_id=member, total=calls.money(5100))
        self.assertEqual(failure.metadata, {"rule": "cap", "points": "51"})
        self.assertEqual(shop("thanks", "RecordPurchase", order=web("cap-1"), member_id=member,
                              total=calls.money(5000)).points, 50)

    def test_a_day_earns_so_much_and_what_came_back_is_free_again(self):
        self.set_rules([{"code": "a-day", "cap": {"points": 100, "per": "CAP_PERIOD_DAY", "action": "CAP_ACTION_CLIP"}}])
        member = enrolled("casper")
        now = {"seconds": int(datetime.datetime.now(datetime.timezone.utc).timestamp())}
        coat = [line("coat", "coats", 8000)]
        self.assertEqual(buy(web("caps-1"), member, coat, purchased_at=now).points, 80)
        quoted = shop("thanks", "Quote", purchase={"member_id": member, "lines": coat, "purchased_at": now,
                                                   "total": {"currency_code": "USD"}})
        bought = buy(web("caps-2"), member, coat, purchased_at=now)
        self.assertEqual((quoted.points, list(quoted.caps)), (bought.points, list(bought.caps)))
        self.assertEqual([(cap.rule, cap.points, cap.clipped_points) for cap in bought.caps], [("a-day", 20, 60)])
        self.assertIn("60 cut off", house.gratis("orders", "show", "webshop:caps-2", "--program", "shop").stdout)
        self.assertIn("at most 100 a day, else clip", house.gratis("thanks", "rules", "show", "--program", "shop").stdout)
        back = shop("thanks", "RecordReturn", order=web("caps-1"), return_id="r1", everything=True)
        self.assertEqual(back.points_taken, 80)
        self.assertEqual(buy(web("caps-3"), member, coat, purchased_at=now).points, 80)
        # What was clipped stays clipped.
        self.assertEqual(shop("thanks", "GetPurchase", order=web("caps-2")).purchase.earning.caps, bought.caps)
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 100)

    def test_a_tier_earns_more_and_gives_back_just_that(self):
        gratis("tiers", "set", "--rolling-months", 12, "--demotion", "never", "--tier", "base",
               "--tier", "gold=points:5000", "--multiplier", "gold=15000")
        self.set_rules([{"code": "gold", "scope": {"tiers": ["gold"]}, "multiplier": {"percent": 150}}])
        member = enrolled("goldie")
        self.assertEqual(buy(web("tier-1"), member, [line("a", "a", 500000)]).points, 5000)
        wait_until("the rise is journaled", 30, lambda: any(
            entry["kind"] == "TIER_CHANGED" for entry in gratis("points", "statement", member)["entries"]))
        bought = buy(web("tier-2"), member, [line("a", "a", 1001, 7)])
        self.assertEqual((bought.points, list(bought.lines[0].rules)), (105, ["gold"]))
        self.assertEqual(shop("thanks", "GetPurchase", order=web("tier-2")).purchase.earning.tier, "gold")
        self.set_rules([])
        taken = [shop("thanks", "RecordReturn", order=web("tier-2"), return_id=f"r{pieces}",
                      lines=[{"line": 1, "quantity": pieces}]).points_taken for pieces in (2, 5)]
        self.assertEqual(taken, [30, 75])

    def test_a_receipt_without_a_card_is_claimed_by_who_has_it(self):
        bought = buy(receipt("1"), lines=[line("a", "a", 4200)])
        self.assertRegex(bought.receipt_code, r"^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]$")
        self.assertEqual(bought.points, 0)
        member, other = enrolled("claire"), enrolled("carl")
        code = bought.receipt_code.replace("-", "").lower()
        said = shop("thanks", "ClaimPurchase", member_id=member, receipt_code=code, validate_only=True)
        self.assertEqual(said.points, 42)
        request = calls.thanks_pb2.ClaimPurchaseRequest(request_id="claire-claims", member_id=member, receipt_code=code)
        claimed = shop("thanks", "ClaimPurchase", request)
        self.assertEqual((claimed.points, claimed.available_points), (42, 42))
        self.assertEqual(shop("thanks", "ClaimPurchase", request), claimed)
        self.refused("PURCHASE_CLAIMED", shop, "thanks", "ClaimPurchase", member_id=other, receipt_code=code)
        self.assertEqual(shop("thanks", "GetPurchase", order=receipt("1")).purchase.member_id, member)
        wrong = code[:-2] + code[-1] + code[-2]
        if wrong != code:
            self.refused("FIELD_INVALID", shop, "thanks", "ClaimPurchase", member_id=other, receipt_code=wrong)
        self.refused("PURCHASE_NOT_FOUND", shop, "thanks", "ClaimPurchase", member_id=other,
                     receipt_code="0000-0000-0000-0")

    def test_a_day_has_so_many_claims(self):
        policy = marketing("thanks", "GetThanksPolicy").policy
        policy.earning.claims_per_day = 2
        marketing("thanks", "SetThanksPolicy", policy=policy)
        member = enrolled("daisy")
        codes = [buy(receipt(f"day-{i}"), lines=[line("a", "a", 100)]).receipt_code for i in range(3)]
        for code in codes[:2]:
            shop("thanks", "ClaimPurchase", member_id=member, receipt_code=code)
        failure = self.refused("CLAIM_LIMIT_REACHED", shop, "thanks", "ClaimPurchase", member_id=member,
                               receipt_code=codes[2])
        self.assertEqual(failure.metadata, {"claims_per_day": "2"})

    def test_click_and_collect_earns_once_under_both_names(self):
        member = enrolled("cora")
        first = buy(web("collect-1"), member, [line("a", "a", 1000)])
        second = buy(receipt("collect"), member, [line("a", "a", 1000)], same_as=web("collect-1"))
        self.assertTrue(second.same_as_recorded)
        self.assertEqual(second.purchase_id, first.purchase_id)
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 10)
        shown = shop("thanks", "GetPurchase", order=receipt("collect")).purchase
        self.assertEqual(shown.order.order_id, "collect-1")

    def test_staff_do_not_earn_on_what_they_ring(self):
        clerk = enrolled("stan")
        bought = buy(web("own-1"), clerk, [line("a", "a", 1000)], staff_member_id=clerk, staff_id="till-7")
        self.assertEqual(bought.points, 0)
        kept = shop("thanks", "GetPurchase", order=web("own-1")).purchase
        self.assertEqual((kept.earning.note, kept.staff_id), ("OWN_SALE", "till-7"))

    def test_a_tills_queue_may_come_out_of_order_late_and_doubled(self):
        member = enrolled("quentin")
        now = datetime.datetime.now(datetime.timezone.utc)
        sales = [{"request_id": f"queue-{i}", "order": receipt(f"queue-{i}"), "member_id": member,
                  "total": calls.money(100 * (i + 1)),
                  "purchased_at": {"seconds": int((now - datetime.timedelta(days=i)).timestamp())}} for i in range(20)]
        backs = [{"request_id": f"queue-back-{i}", "order": receipt(f"queue-{i}"), "return_id": "back",
                  "everything": True} for i in range(0, 20, 4)]
        # What came back is told first, the sales backwards and twice over.
        parked = shop("thanks", "BatchRecordReturns", requests=backs)
        self.assertTrue(all(result.response.parked for result in parked.results))
        first = shop("thanks", "BatchRecordPurchases", requests=list(reversed(sales)) + sales[:5])
        self.assertEqual([result.status.error.code for result in first.results], [0] * 25)
        again = shop("thanks", "BatchRecordPurchases", requests=sales)
        self.assertTrue(all(result.status.replayed for result in again.results))
        self.assertTrue(all(result.status.replayed
                            for result in shop("thanks", "BatchRecordReturns", requests=backs).results))
        kept = sum(i + 1 for i in range(20) if i % 4)
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, kept)
        house.gratis("ledger", "verify", "--program", "shop")

    def test_a_queue_is_answered_entry_by_entry_and_may_be_sent_again(self):
        member = enrolled("sonja")
        entries = [{"purchase": {"request_id": f"stream-{i}", "order": receipt(f"stream-{i}"), "member_id": member,
                                 "total": calls.money(100)}} for i in range(50)]
        # What came back and was delivered stands behind its purchase; nothing of it need wait.
        entries += [{"return_of": {"request_id": "stream-back", "order": receipt("stream-3"), "return_id": "1",
                                   "everything": True}},
                    {"delivery": {"request_id": "stream-there", "order": receipt("stream-4")}},
                    {"purchase": {"request_id": "stream-bad", "order": receipt("stream-50"), "member_id": "mem_1",
                                  "total": calls.money(100)}}, {}]
        queue = calls.queue_pb2.SendQueueRequest(entries=entries)
        answers = self.sent(queue)
        self.assertEqual([answer.entry for answer in answers], list(range(1, 55)))
        self.assertEqual({answer.purchase.points for answer in answers[:50]}, {1})
        self.assertEqual(answers[50].return_of.points_taken, 1)
        self.assertFalse(answers[51].delivery.known)
        self.assertEqual([answer.status.HasField("error") for answer in answers], [False] * 52 + [True] * 2)
        again = self.sent(queue)
        self.assertEqual([answer.status.replayed for answer in again], [True] * 52 + [False] * 2)
        self.assertEqual([answer.purchase for answer in again], [answer.purchase for answer in answers])
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 49)

        file = house.home / "queue.jsonl"
        file.write_text("".join(json.dumps({"purchase": {
            "request_id": f"file-{i}", "order": {"source": "till", "orderId": str(i)}, "memberId": member,
            "total": {"currencyCode": "USD", "minorUnits": "100"}}}) + "\n" for i in range(3)))
        self.assertEqual(gratis("thanks", "send", str(file)), {"done": 3, "replayed": 0, "failed": 0})
        self.assertEqual(gratis("thanks", "send", str(file)), {"done": 0, "replayed": 3, "failed": 0})

        # More than one request carries, entries counted through: nothing is sent of a file that is not one throughout.
        many = [json.dumps({"purchase": {"request_id": f"many-{i}", "order": {"source": "till", "orderId": f"many-{i}"},
                                         "memberId": member, "total": {"currencyCode": "USD", "minorUnits": "100"}}})
                for i in range(2050)]
        file.write_text("\n".join(many + ["{"]))
        broken = house.gratis("thanks", "send", str(file), "--program", "shop", check=False)
        self.assertIn(":2051 is no entry", broken.stderr)
        many[2047] = json.dumps({"purchase": {"request_id": "many-bad"}})
        file.write_text("\n".join(many))
        refused = house.gratis("thanks", "send", str(file), "--program", "shop", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("entry 2048:", refused.stderr)
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 49 + 3 + 2049)

    def test_a_queue_out_of_order_late_and_doubled_ends_as_it_happened(self):
        member = enrolled("stella")
        three_days_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=3)
        late = {"seconds": int(three_days_ago.timestamp())}
        backs = [{"return_of": {"request_id": f"mixed-back-{i}", "order": receipt(f"mixed-{i}"), "return_id": "1",
                                "everything": True}} for i in range(0, 20, 4)]
        sales = []
        for i in reversed(range(20)):
            sale = {"member_id": member, "total": calls.money(100 * (i + 1)), "purchased_at": late}
            # A sale, at once under its other name, and the sale once more.
            sales += [{"purchase": {"request_id": f"mixed-{i}", "order": receipt(f"mixed-{i}"), **sale}},
                      {"purchase": {"request_id": f"mixed-web-{i}", "order": web(f"mixed-{i}"),
                                    "same_as": receipt(f"mixed-{i}"), **sale}},
                      {"purchase": {"request_id": f"mixed-{i}", "order": receipt(f"mixed-{i}"), **sale}}]
        queue = calls.queue_pb2.SendQueueRequest(entries=backs + sales)
        answers = self.sent(queue)
        self.assertEqual([answer.status.error.code for answer in answers], [0] * 65)
        self.assertTrue(all(answer.return_of.parked for answer in answers[:5]))
        self.assertTrue(all(answer.status.replayed for answer in self.sent(queue)))
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points,
                         sum(i + 1 for i in range(20) if i % 4))
        house.gratis("ledger", "verify", "--program", "shop")

    def sent(self, queue):
        call = shop._channel("thanks").unary_stream(
            "/gratis.thanks.v1.QueueService/SendQueue",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=calls.queue_pb2.SendQueueResponse.FromString)
        return list(call(queue, metadata=shop.metadata, timeout=60))

    def test_gratis_quotes_shows_rules_and_records_lines(self):
        rules = house.home / "rules.json"
        shown = gratis("thanks", "rules", "show")
        earning = shown["earning"] | {"rules": [{"code": "tea", "scope": {"categories": ["tea"]},
                                                 "rate": {"points_per_unit": 5}}]}
        earning["rounding"] = f"ROUNDING_{earning['rounding']}"
        rules.write_text(json.dumps(earning))
        self.assertEqual(gratis("thanks", "rules", "set", "--file", str(rules))["earning"]["rules"][0]["code"], "tea")
        self.assertIn("tea", house.gratis("thanks", "rules", "show", "--program", "shop").stdout)
        member = enrolled("tess")
        what = ("--member", member, "--line", "assam:tea:2x5.00", "--line", "cup:cups:1x3.00")
        quoted = gratis("thanks", "quote", *what)
        self.assertEqual(quoted["points"], 53)
        bought = gratis("orders", "record", "webshop:tea-1", *what, "--channel", "web")
        self.assertEqual((bought["points"], bought["lines"]), (53, quoted["lines"]))
        anonymous = gratis("orders", "record", "pos#zurich/3/2026-11-28/88", "--line", "assam:tea:1x5.00")
        claimed = gratis("thanks", "claim", anonymous["receipt_code"], "--member", member)
        self.assertEqual(claimed["points"], 25)

    def test_points_of_what_is_sent_wait_until_it_has_arrived(self):
        policy = gratis("thanks", "policy", "set", "--until-delivery", "true", "--days-after-delivery", "0",
                        "--days-at-most", "40", "--pending-channel", "parcel")
        self.assertEqual(policy["pending"]["days_at_most"], 40)
        member = enrolled("wanda")
        quoted = shop("thanks", "Quote", purchase={"member_id": member, "total": calls.money(5000), "channel": "parcel"})
        bought = shop("thanks", "RecordPurchase", order=web("parcel-1"), member_id=member, total=calls.money(5000),
                      channel="parcel")
        self.assertEqual((bought.points, bought.pending_points), (50, 50))
        waits = bought.points_available_at.ToDatetime() - quoted.points_available_at.ToDatetime()
        self.assertLess(abs(waits), datetime.timedelta(minutes=1))
        balance = shop("ledger", "GetBalance", member_id=member)
        self.assertEqual((balance.available_points, balance.pending_points), (0, 50))
        half = shop("thanks", "RecordReturn", order=web("parcel-1"), return_id="1", amount=calls.money(2500))
        self.assertEqual((half.points_taken, half.points_owed), (25, 0))

        arrived = shop("thanks", "RecordDelivery", order=web("parcel-1"))
        self.assertEqual(arrived.activated_points, 25)
        self.assertEqual(arrived.points_available_at, arrived.delivered_at)
        self.assertTrue(shop("thanks", "RecordDelivery", order=web("parcel-1")).known)
        balance = shop("ledger", "GetBalance", member_id=member)
        self.assertEqual((balance.available_points, balance.pending_points), (25, 0))
        shown = shop("thanks", "GetPurchase", order=web("parcel-1")).purchase
        self.assertEqual(shown.points_available_at, arrived.delivered_at)
        # What is taken home from the store waits for nothing, and rules that are set change no terms.
        self.assertEqual(buy(receipt("home"), member, [line("tea", "tea", 500)]).pending_points, 0)
        self.assertTrue(self.set_rules([]).pending.until_delivery)
        self.assertFalse(gratis("thanks", "policy", "set", "--until-delivery", "false").get("pending"))
        house.gratis("ledger", "verify", "--program", "shop")

    def test_a_return_that_named_the_order_otherwise_is_done_when_the_names_are_known_to_be_one(self):
        member = enrolled("otto")
        first = buy(web("twin-1"), member, [line("coat", "coats", 1000, 8)])
        back = shop("thanks", "RecordReturn", order=receipt("twin-1"), return_id="1", lines=[{"line": 1, "quantity": 3}])
        self.assertTrue(back.parked)
        # The till that rings the parcel out does not know whose it is.
        twin = buy(receipt("twin-1"), lines=[line("coat", "coats", 1000, 8)], same_as=web("twin-1"))
        self.assertTrue(twin.same_as_recorded)
        self.assertEqual((twin.purchase_id, twin.returned_points), (first.purchase_id, 30))
        returns = shop("thanks", "ListReturns", order=receipt("twin-1")).returns
        self.assertEqual([(one.return_id, one.points_taken) for one in returns], [("1", 30)])
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 50)
        stranger = enrolled("oskar")
        self.refused("PURCHASE_EXISTS", buy, receipt("twin-2"), stranger, [line("coat", "coats", 1000)],
                     same_as=web("twin-1"))


if __name__ == "__main__":
    unittest.main()
