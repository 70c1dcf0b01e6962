"""Two members who are one person: merged, found by either id, and parted again."""

import datetime
import time
import unittest
import uuid
from concurrent.futures import ThreadPoolExecutor

import calls
from calls import Caller, Failure, money, new_program
from house import House


def setUpModule():
    global house, admin, shop
    house = House().start()
    shop = Caller(house, new_program(house))
    admin = Caller(house, program="shop")


def tearDownModule():
    for caller in (admin, shop):
        caller.__exit__()
    house.remove()


def enrolled(**profile):
    profile.setdefault("greeting_name", "Mia Lind")
    return shop("members", "EnrollMember", profile=profile).member_id


def pair():
    """Somebody with an address, and the same person with an external id."""
    who = uuid.uuid4().hex[:12]
    far = datetime.date.today() + datetime.timedelta(days=100)  # no gift comes in between
    birthday = {"month": far.month, "day": far.day}
    return (enrolled(email=f"{who}@example.org", birthday=birthday, greeting_name=who),
            enrolled(external_ids=[{"source": "webshop", "id": who}], birthday=birthday, greeting_name=who.upper()), who)


def available(member):
    return shop("ledger", "GetBalance", member_id=member).available_points


def settle():
    """Until another process knows of a merge, if services live apart."""
    if house.split:
        time.sleep(1)


def merge(duplicate, survivor, **more):
    answer = shop("members", "MergeMembers", duplicate_id=duplicate, survivor_id=survivor, **more)
    settle()
    return answer


class Merging(unittest.TestCase):
    def tearDown(self):
        done = house.gratis("ledger", "verify", "--program", "shop")
        self.assertEqual(done.returncode, 0, done.stdout)

    def refused(self, reason, area, method, **fields):
        with self.assertRaises(Failure) as failed:
            shop(area, method, **fields)
        self.assertEqual(failed.exception.reason, reason)
        return failed.exception.metadata

    def test_both_ids_work_and_the_undo_restores(self):
        duplicate, survivor, who = pair()
        first = dict(request_id=f"earn-{who}", member_id=duplicate, points=100)
        earned = shop("ledger", "Earn", **first)
        spent = shop("ledger", "Spend", member_id=duplicate, points=30)
        shop("ledger", "Earn", member_id=survivor, points=7)
        voucher = shop("ledger", "IssueVoucher", member_id=duplicate, fixed=money(500), origin="sorry").voucher
        self.assertEqual(list(shop("members", "ListDuplicates", member_id=survivor).duplicate_ids), [duplicate])

        preview = merge(duplicate, survivor, validate_only=True)
        self.assertEqual((preview.merge.merge_id, preview.moved.vouchers), ("", 1))
        self.assertEqual(available(duplicate), 70)
        done = merge(duplicate, survivor, request_id=f"merge-{who}")
        self.assertEqual({p.unit: p.available_points for p in done.moved.points}, {"points": 70, "voucher-money": 500})
        again = shop("members", "MergeMembers", duplicate_id=duplicate, survivor_id=survivor, request_id=f"merge-{who}")
        self.assertEqual(again, done)

        for member in (duplicate, survivor):
            self.assertEqual(available(member), 77)
            self.assertEqual(shop("members", "GetMember", member_id=member).member.member_id, survivor)
            listed = shop("ledger", "ListVouchers", member_id=member).vouchers
            self.assertEqual([v.code for v in listed], [voucher.code])
            self.assertEqual(shop("ledger", "ValidateVoucher", code=voucher.code).voucher.member_id, survivor)
        self.assertEqual(shop("members", "IdentifyMember", email=f"{who}@example.org").member_id, survivor)
        self.assertEqual(shop("members", "IdentifyMember", email=f"{who}@example.org",
                              external_id={"source": "webshop", "id": who}).member_id, survivor)
        self.assertEqual(shop("ledger", "Earn", **first), earned, "a retry has its first answer")

        with Caller(house, shop.metadata[0][1].removeprefix("Bearer ")) as historian:
            historian.metadata.append(("gratis-as-named", "true"))
            past = historian("ledger", "ListEntries", member_id=duplicate).entries
            self.assertEqual({entry.member_id for entry in past}, {duplicate})
            self.assertEqual(past[0].kind, calls.ledger_pb2.ENTRY_KIND_MEMBERS_MERGED)
            self.assertEqual(historian("members", "GetMember", member_id=duplicate).member.state,
                             calls.standing_pb2.MEMBER_STATE_MERGED)

        undone = shop("members", "UndoMerge", merge_id=done.merge.merge_id)
        settle()
        self.assertTrue(undone.merge.HasField("undone_at"))
        self.assertEqual((available(duplicate), available(survivor)), (70, 7))
        self.assertEqual(shop("members", "IdentifyMember", email=f"{who}@example.org").member_id, duplicate)
        shop("ledger", "RedeemVoucher", code=voucher.code)
        shop("ledger", "Reverse", transaction_id=spent.transaction_id)
        self.assertEqual(available(duplicate), 100)
        self.assertEqual(self.refused("MERGE_CONTRADICTED", "members", "UndoMerge",
                                      merge_id=done.merge.merge_id)["why"], "state")

    def test_the_past_of_both_is_read_as_one_until_they_are_parted(self):
        duplicate, survivor, who = pair()

        def buy(member, number):
            shop("thanks", "RecordPurchase", member_id=member, total=money(1000),
                 order={"source": "webshop", "order_id": f"{who}-{number}"})

        def paged(caller, area, method, field, member):
            items, token = [], ""
            while True:
                page = caller(area, method, member_id=member, page_size=2, page_token=token)
                items += getattr(page, field)
                token = page.next_page_token
                if not token:
                    return items

        def bought(caller, member):
            purchases = paged(caller, "thanks", "ListPurchases", "purchases", member)
            return [int(p.order.order_id.removeprefix(f"{who}-")) for p in purchases]

        def told(caller, member):
            entries = paged(caller, "members", "ListTimeline", "entries", member)
            recorded = [(e.recorded_at.seconds, e.recorded_at.nanos) for e in entries]
            self.assertEqual(recorded, sorted(recorded, reverse=True))
            return [e.transaction_id for e in entries if e.kind == calls.ledger_pb2.ENTRY_KIND_PURCHASE]

        for number, member in enumerate((duplicate, survivor, duplicate, survivor)):
            buy(member, number)
        done = merge(duplicate, survivor)
        buy(duplicate, 4)
        for member in (duplicate, survivor):
            self.assertEqual(bought(shop, member), [0, 1, 2, 3, 4])
            brief = shop("members", "GetBrief", member_id=member)
            self.assertEqual(told(shop, member), [p.transaction_id for p in brief.purchases])
            self.assertEqual((len(brief.purchases), brief.visits.purchases), (5, 5))
        with Caller(house, shop.metadata[0][1].removeprefix("Bearer ")) as historian:
            historian.metadata.append(("gratis-as-named", "true"))
            self.assertEqual(bought(historian, duplicate), [0, 2])
            self.assertEqual(bought(historian, survivor), [1, 3, 4])
            self.assertEqual([len(told(historian, member)) for member in (duplicate, survivor)], [2, 3])

        shop("members", "UndoMerge", merge_id=done.merge.merge_id)
        settle()
        self.assertEqual((bought(shop, duplicate), bought(shop, survivor)), ([0, 2], [1, 3, 4]))
        self.assertEqual([len(told(shop, member)) for member in (duplicate, survivor)], [2, 3])
        self.assertEqual(shop("members", "GetBrief", member_id=survivor).visits.purchases, 3)

    def test_what_was_done_before_is_corrected_at_the_survivors_cost(self):
        duplicate, survivor, _ = pair()
        earned = shop("ledger", "Earn", member_id=duplicate, points=100)
        spent = shop("ledger", "Spend", member_id=duplicate, points=40)
        voucher = shop("ledger", "IssueVoucher", member_id=duplicate, fixed=money(500), origin="sorry").voucher
        done = merge(duplicate, survivor)
        shop("ledger", "Reverse", transaction_id=spent.transaction_id)
        self.assertEqual(available(survivor), 100)
        shop("ledger", "Reverse", transaction_id=earned.transaction_id, points=30)
        self.assertEqual(available(duplicate), 70)
        shop("ledger", "RedeemVoucher", voucher_id=voucher.voucher_id)
        self.assertEqual(shop("ledger", "GetVoucher", code=voucher.code).voucher.state,
                         calls.vouchers_pb2.VOUCHER_STATE_USED_UP)
        self.refused("MERGE_CONTRADICTED", "members", "UndoMerge", merge_id=done.merge.merge_id)

    def test_a_step_of_a_chain_stays_once_something_of_before_it_was_corrected(self):
        first, second, _ = pair()
        third = pair()[1]
        shop("ledger", "Earn", member_id=first, points=100)
        spent = shop("ledger", "Spend", member_id=first, points=40)
        merge(first, second)
        step = merge(second, third)
        shop("ledger", "Reverse", transaction_id=spent.transaction_id)
        self.assertEqual(available(third), 100)
        self.assertEqual(self.refused("MERGE_CONTRADICTED", "members", "UndoMerge",
                                      merge_id=step.merge.merge_id)["why"], "correction")

    def test_of_an_evergreen_voucher_both_stay(self):
        """Each of the two had one; both are the person's now, and a third is not issued beside them."""
        duplicate, survivor, _ = pair()
        codes = {shop("ledger", "IssueVoucher", member_id=member, basis_points=2000, origin="evergreen",
                      one_live=True).voucher.code for member in (duplicate, survivor)}
        merge(duplicate, survivor)
        self.assertEqual({v.code for v in shop("ledger", "ListVouchers", member_id=survivor).vouchers}, codes)
        again = dict(member_id=duplicate, basis_points=2000, origin="evergreen", one_live=True)
        self.refused("VOUCHER_LIVE", "ledger", "IssueVoucher", **again)
        for code in codes:
            shop("ledger", "RedeemVoucher", code=code)
        shop("ledger", "IssueVoucher", **again)

    def test_an_adjustment_that_waited_is_the_survivors(self):
        admin("ledger", "SetUnit", unit={"code": "points", "adjust_limit_points": 10})
        duplicate, survivor, _ = pair()
        key = admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_SUPPORT, program="shop", label="support").secret
        with Caller(house, key) as support:
            given, taken, rejected, late = (
                support("ledger", "Adjust", member_id=duplicate, points=points, reason="goodwill").adjustment_id
                for points in (100, -60, 50, 70))
        merge(duplicate, survivor)
        self.assertEqual(admin("ledger", "ApproveAdjustment", adjustment_id=given).available_points, 100)
        self.assertEqual(available(survivor), 100)
        self.assertEqual(admin("ledger", "ApproveAdjustment", adjustment_id=taken).available_points, 40)
        admin("ledger", "RejectAdjustment", adjustment_id=rejected, reason="no")
        self.assertEqual(available(duplicate), 40)
        for done in (given, taken):
            with self.assertRaises(Failure) as failed:
                admin("ledger", "ApproveAdjustment", adjustment_id=done)
            self.assertEqual(failed.exception.metadata["state"], "POSTED")
        third, _, _ = pair()
        merge(survivor, third)
        admin("ledger", "ApproveAdjustment", adjustment_id=late)
        self.assertEqual([available(member) for member in (duplicate, survivor, third)], [110] * 3)

    def test_requests_under_way_land_on_the_survivor(self):
        """Many earn for a chain of members while they are merged: what was answered is there, once."""
        first, second, _ = pair()
        third = enrolled(external_ids=[{"source": "webshop", "id": uuid.uuid4().hex}])

        def earn(number):
            shop("ledger", "Earn", member_id=(first, second)[number % 2], points=1)

        with ThreadPoolExecutor(16) as pool:
            earning = [pool.submit(earn, number) for number in range(600)]
            time.sleep(0.05)
            shop("members", "MergeMembers", duplicate_id=first, survivor_id=second)
            shop("members", "MergeMembers", duplicate_id=second, survivor_id=third)
            for one in earning:
                one.result()
        settle()
        self.assertEqual([available(member) for member in (first, second, third)], [600] * 3)

    def test_of_consents_the_newest_counts_and_objections_always(self):
        duplicate, survivor, _ = pair()
        marketing, email, sms = (calls.consents_pb2.CONSENT_PURPOSE_MARKETING,
                                 calls.consents_pb2.CONSENT_CHANNEL_EMAIL, calls.consents_pb2.CONSENT_CHANNEL_SMS)
        web = calls.consents_pb2.CONSENT_SOURCE_WEB_FORM

        def says(member, channel, state):
            shop("members", "RecordConsent", member_id=member, source=web, wording_version="v1",
                 decisions=[{"purpose": marketing, "channel": channel, "state": state}])

        granted = calls.consents_pb2.CONSENT_STATE_GRANTED
        shop("members", "RecordObjection", member_id=duplicate, source=web)
        says(survivor, email, granted)
        merge(duplicate, survivor)
        in_force = {(c.purpose, c.channel): c.state
                    for c in shop("members", "GetConsents", member_id=duplicate).consents.consents}
        self.assertEqual(in_force[(marketing, email)], calls.consents_pb2.CONSENT_STATE_WITHDRAWN)
        self.assertEqual(in_force[(marketing, sms)], calls.consents_pb2.CONSENT_STATE_WITHDRAWN)

    def test_what_is_not_exact_is_refused(self):
        duplicate, survivor, _ = pair()
        shop("ledger", "Earn", member_id=duplicate, points=100)
        hold = shop("ledger", "PlaceHold", member_id=duplicate, points=10, life_seconds=3600)
        why = self.refused("MERGE_REFUSED", "members", "MergeMembers", duplicate_id=duplicate, survivor_id=survivor)
        self.assertEqual(why["why"], "holds")
        shop("ledger", "VoidHold", hold_id=hold.hold_id)
        merge(duplicate, survivor)
        other = enrolled(external_ids=[{"source": "webshop", "id": uuid.uuid4().hex}])
        self.assertEqual(self.refused("MEMBER_MERGED", "members", "MergeMembers", duplicate_id=duplicate,
                                      survivor_id=other)["survivor_id"], survivor)

    def test_erasing_the_survivor_forgets_both(self):
        duplicate, survivor, who = pair()
        merge(duplicate, survivor)
        admin("members", "EraseMember", member_id=duplicate)
        settle()
        for member in (duplicate, survivor):
            self.refused("MEMBER_ERASED", "members", "GetMember", member_id=member)
        self.refused("MEMBER_NOT_FOUND", "members", "IdentifyMember", email=f"{who}@example.org")

    def test_an_erasure_that_is_refused_forgets_nobody(self):
        duplicate, survivor, who = pair()
        merge(duplicate, survivor)
        admin("members", "EraseMember", member_id=enrolled(email=f"other-{who}@example.org"), request_id=f"erase-{who}")
        with self.assertRaises(Failure) as failed:
            admin("members", "EraseMember", member_id=survivor, request_id=f"erase-{who}")
        self.assertEqual(failed.exception.reason, "REQUEST_ID_REUSED")
        self.assertEqual(shop("members", "IdentifyMember", email=f"{who}@example.org").member_id, survivor)

    def test_an_operator_merges_and_parts(self):
        duplicate, survivor, who = pair()
        shop("ledger", "Earn", member_id=duplicate, points=12)
        shown = house.gratis("member", "merge", duplicate, survivor, "--dry-run", "--program", "shop").stdout
        self.assertIn("12 points", shown)
        self.assertIn(duplicate, house.gratis("member", "duplicates", survivor, "--program", "shop").stdout)
        done = house.answer("member", "merge", duplicate, survivor, "--source", "case 4711", "--program", "shop")
        settle()
        listed = house.answer("member", "merges", f"{who}@example.org", "--program", "shop")
        self.assertEqual([m["duplicate_id"] for m in listed["merges"]], [duplicate])
        merge_id = done["merge"]["merge_id"]
        shown = house.answer("member", "show-merge", merge_id, "--program", "shop")["merge"]
        self.assertEqual((shown["survivor_id"], shown["duplicate_id"]), (survivor, duplicate))
        self.assertIn("may be undone until", house.gratis("member", "show-merge", merge_id, "--program", "shop").stdout)
        house.gratis("member", "unmerge", merge_id, "--program", "shop")
        settle()
        self.assertEqual(available(duplicate), 12)
        self.assertRegex(house.gratis("member", "show-merge", merge_id, "--program", "shop").stdout, r"undone +\d")


if __name__ == "__main__":
    unittest.main()
