"""What bad input gets: a clear error with a reason and the field, and nothing changed."""

import time
import unittest

import calls
from calls import Caller, Failure, money
from house import House, wait_until

NOBODY = "mem_" + "0" * 25 + "1"


def setUpModule():
    global house, key, shop, admin, member, other
    house = House().start()
    key = calls.new_program(house)
    shop = Caller(house, key)
    admin = Caller(house, program="shop")
    member = shop("members", "EnrollMember", profile={"email": "a@example.org"}).member_id
    other = shop("members", "EnrollMember", profile={
        "email": "b@example.org", "external_ids": [{"source": "web", "id": "b"}]}).member_id
    shop("thanks", "RecordPurchase", order={"source": "web", "order_id": "1"}, member_id=member, total=money(500))


def tearDownModule():
    house.remove()


def purchase(**changes):
    fields = {"order": {"source": "web", "order_id": "2"}, "member_id": member, "total": money(100)}
    return {**fields, **changes}


class BadInput(unittest.TestCase):
    def setUp(self):
        self.books = admin("ledger", "GetTrialBalance")

    def tearDown(self):
        books = admin("ledger", "GetTrialBalance")
        self.assertEqual((books.entries, books.members), (self.books.entries, self.books.members), "nothing changed")

    def refused(self, status, reason, field, caller, area, method, *message, **fields):
        with self.assertRaises(Failure) as caught:
            caller(area, method, *message, **fields)
        failure = caught.exception
        self.assertEqual((failure.code, failure.reason, failure.fields), (status, reason, [field] if field else []), failure)
        self.assertGreater(len(failure.message), 10, "a sentence that helps")
        return failure

    def invalid(self, reason, field, caller, area, method, *message, **fields):
        return self.refused("INVALID_ARGUMENT", reason, field, caller, area, method, *message, **fields)

    def test_request_id(self):
        self.invalid("REQUEST_ID_MISSING", "request_id", shop, "ledger", "Earn",
                     request_id="", member_id=member, points=1)
        for bad in ("x" * 129, "with\nnewline", "größe"):
            self.invalid("REQUEST_ID_INVALID", "request_id", shop, "ledger", "Earn",
                         request_id=bad, member_id=member, points=1)

    def test_request_id_used_before(self):
        with self.subTest("same id, other content"):
            shop("ledger", "Earn", request_id="once", member_id=member, points=3)
            self.books = admin("ledger", "GetTrialBalance")
            self.invalid("REQUEST_ID_REUSED", "request_id", shop, "ledger", "Earn",
                         request_id="once", member_id=member, points=4)
            self.invalid("REQUEST_ID_REUSED", "request_id", shop, "ledger", "Spend",
                         request_id="once", member_id=member, points=3)

    def test_unknown_program_and_member(self):
        with Caller(house, program="nowhere") as lost:
            self.refused("NOT_FOUND", "PROGRAM_NOT_FOUND", None, lost, "ledger", "GetTrialBalance")
        with Caller(house) as unnamed:
            self.invalid("PROGRAM_MISSING", None, unnamed, "ledger", "GetTrialBalance")
        self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", "member_id", shop, "ledger", "GetBalance", member_id=NOBODY)
        self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", "member_id", shop, "ledger", "Earn", member_id=NOBODY, points=1)
        self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", "member_id", shop, "thanks", "RecordPurchase",
                     **purchase(member_id=NOBODY))
        self.refused("NOT_FOUND", "MEMBER_NOT_FOUND", None, shop, "members", "IdentifyMember", email="c@example.org")

    def test_ids(self):
        for bad in ("", "mem_", "mem_!", "mem_" + "0" * 26, member.upper(), member.replace("mem_", "txn_"), "' OR 1=1 --"):
            reason = "INVALID_ID" if bad else "FIELD_MISSING"
            with self.assertRaises(Failure) as caught:
                shop("ledger", "Earn", member_id=bad, points=1)
            self.assertIn(caught.exception.reason, (reason, "INVALID_ID"))
            self.assertEqual(caught.exception.fields, ["member_id"])

    def test_points(self):
        for points in (0, -1, -(2**63)):
            self.invalid("POINTS_NOT_POSITIVE", "points", shop, "ledger", "Earn", member_id=member, points=points)
        for points in (10**12 + 1, 2**63 - 1):
            self.invalid("POINTS_OVERFLOW", "points", shop, "ledger", "Earn", member_id=member, points=points)
        self.refused("FAILED_PRECONDITION", "INSUFFICIENT_POINTS", None, shop, "ledger", "Spend",
                     member_id=other, points=10**12)

    def test_money(self):
        for currency in ("XYZ", "usd", "", "US", "DOLLARS"):
            with self.assertRaises(Failure) as caught:
                shop("thanks", "RecordPurchase", **purchase(total=money(100, currency)))
            self.assertIn(caught.exception.reason, ("INVALID_CURRENCY", "FIELD_MISSING"))
            self.assertEqual(caught.exception.fields, ["total.currency_code"])
        self.invalid("INVALID_AMOUNT", "total.minor_units", shop, "thanks", "RecordPurchase",
                     **purchase(total=money(-1)))
        self.invalid("INVALID_CURRENCY", "currency_code", admin, "ledger", "CreateProgram",
                     code="other", currency_code="XYZ")

    def test_dates_and_zones(self):
        for day in ({"month": 2, "day": 30}, {"month": 13, "day": 1}, {"month": 4, "day": 31},
                    {"month": 2, "day": 29, "year": 1999}):
            failure = self.invalid("INVALID_DATE", "profile.birthday", shop, "members", "EnrollMember",
                                   profile={"email": "d@example.org", "birthday": day})
            self.assertNotIn("d@example.org", failure.message)
        self.invalid("INVALID_TIME_ZONE", "profile.time_zone", shop, "members", "EnrollMember",
                     profile={"email": "d@example.org", "time_zone": "Europe/Atlantis"})
        self.invalid("INVALID_TIME_ZONE", "time_zone", admin, "ledger", "CreateProgram",
                     code="other", time_zone="Mars/Olympus")
        self.invalid("FUTURE_DATE", "through", admin, "birthdays", "RunBirthdays",
                     through={"year": 9999, "month": 1, "day": 1})
        self.invalid("INVALID_DATE", "through", admin, "birthdays", "RunBirthdays",
                     through={"year": 2026, "month": 2, "day": 30})

    def test_effective_time(self):
        ahead = {"seconds": int(time.time()) + 3600}
        self.invalid("EFFECTIVE_TIME_INVALID", "effective_at", shop, "ledger", "Earn",
                     member_id=member, points=1, effective_at=ahead)
        self.invalid("EFFECTIVE_TIME_INVALID", "purchased_at", shop, "thanks", "RecordPurchase",
                     **purchase(purchased_at=ahead))
        self.invalid("EFFECTIVE_TIME_INVALID", "purchased_at", shop, "thanks", "RecordPurchase",
                     **purchase(purchased_at={"seconds": int(time.time()) - 40 * 86400}))

    def test_text(self):
        self.invalid("FIELD_TOO_LONG", "profile.greeting_name", shop, "members", "EnrollMember",
                     profile={"email": "d@example.org", "greeting_name": "ü" * 101})
        self.invalid("FIELD_TOO_LONG", "source", shop, "ledger", "Earn", member_id=member, points=1, source="x" * 129)
        self.invalid("INVALID_EMAIL", "profile.email", shop, "members", "EnrollMember", profile={"email": "nobody"})
        self.invalid("INVALID_PHONE", "profile.phone", shop, "members", "EnrollMember", profile={"phone": "12"})

    def test_text_that_is_not_utf8(self):
        message = calls.members_pb2.EnrollMemberRequest(
            request_id="utf8", profile={"email": "d@example.org", "greeting_name": "@@"}).SerializeToString()
        self.assertIn(b"@@", message)
        self.invalid("INVALID_UTF8", "profile.greeting_name", shop, "members", "EnrollMember",
                     message.replace(b"@@", b"\xff\xfe"))
        self.invalid("INVALID_UTF8", "profile.greeting_name", shop, "members", "EnrollMember",
                     message.replace(b"@@", b"a\x00"))

    def test_unknown_fields(self):
        known = calls.ledger_pb2.EarnRequest(request_id="unknown", member_id=member, points=1).SerializeToString()
        with self.assertRaises(Failure) as caught:
            shop("ledger", "Earn", known + b"\xf8\x07\x01")  # field 127, a number
        self.assertEqual((caught.exception.code, caught.exception.reason), ("INVALID_ARGUMENT", "FIELD_UNKNOWN"))

    def test_page_token_of_another_query(self):
        for points in (1, 2, 3):
            shop("ledger", "Earn", member_id=member, points=points)
            shop("ledger", "Earn", member_id=other, points=points)
        self.books = admin("ledger", "GetTrialBalance")
        page = shop("ledger", "ListEntries", member_id=member, page_size=1)
        self.assertTrue(page.next_page_token)
        self.assertEqual(len(shop("ledger", "ListEntries", member_id=member, page_size=1,
                                  page_token=page.next_page_token).entries), 1)
        for token in (page.next_page_token[:-2], "abc", page.next_page_token + "A"):
            self.invalid("INVALID_PAGE_TOKEN", "page_token", shop, "ledger", "ListEntries",
                         member_id=member, page_size=1, page_token=token)
        self.invalid("INVALID_PAGE_TOKEN", "page_token", shop, "ledger", "ListEntries",
                     member_id=other, page_size=1, page_token=page.next_page_token)

    def test_keys_and_roles(self):
        with Caller(house, "gk_nobody_nothing") as stranger:
            self.refused("UNAUTHENTICATED", "KEY_INVALID", None, stranger, "ledger", "GetBalance", member_id=member)
        with Caller(house) as nameless:
            nameless.metadata = []
            self.refused("UNAUTHENTICATED", "KEY_MISSING", None, nameless, "ledger", "GetBalance", member_id=member)
        self.refused("PERMISSION_DENIED", "ROLE_NOT_ALLOWED", None, shop, "ledger", "CreateProgram", code="mine")
        self.refused("PERMISSION_DENIED", "ROLE_NOT_ALLOWED", None, shop, "ledger", "GetTrialBalance")
        self.refused("PERMISSION_DENIED", "ROLE_NOT_ALLOWED", None, admin, "members", "ListBirthdays")
        self.refused("FAILED_PRECONDITION", "DEVELOPMENT_CLOCK_OFF", None, admin, "ledger", "SetClock",
                     now={"seconds": 2_000_000_000})

    def test_a_key_that_was_revoked(self):
        made = admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_POS, program="shop", label="till")
        with Caller(house, made.secret) as till:
            till("ledger", "ListUnits")
            admin("ledger", "RevokeKey", key_id=made.key.key_id)
            def is_refused():
                try:
                    till("ledger", "ListUnits")
                except Failure as failure:
                    return failure
            failure = wait_until("the key is refused", 2, is_refused)
            self.assertEqual((failure.code, failure.reason), ("UNAUTHENTICATED", "KEY_REVOKED"))

    def test_what_is_there_already(self):
        self.refused("ALREADY_EXISTS", "PURCHASE_EXISTS", None, shop, "thanks", "RecordPurchase",
                     **purchase(order={"source": "web", "order_id": "1"}))
        taken = self.refused("ALREADY_EXISTS", "IDENTIFIER_TAKEN", "profile.email", shop, "members", "EnrollMember",
                             profile={"email": "A@Example.org"})
        self.assertEqual(taken.metadata["member_id"], member)
        self.refused("ALREADY_EXISTS", "PROGRAM_EXISTS", "code", admin, "ledger", "CreateProgram", code="shop")

    def test_identifiers_of_different_members(self):
        self.refused("FAILED_PRECONDITION", "MEMBER_AMBIGUOUS", None, shop, "members", "IdentifyMember",
                     email="a@example.org", external_id={"source": "web", "id": "b"})

    def test_batches(self):
        requests = [{"request_id": f"b{i}", **purchase(order={"source": "web", "order_id": f"b{i}"})}
                    for i in range(1001)]
        self.refused("INVALID_ARGUMENT", "BATCH_TOO_LARGE", None, shop, "thanks", "BatchRecordPurchases",
                     requests=requests)

    def test_a_bad_item_of_a_batch_harms_no_other(self):
        requests = [{"request_id": "c0", **purchase(order={"source": "web", "order_id": "c0"})},
                    {"request_id": "c1", **purchase(order={"source": "web", "order_id": "c1"}, total=money(1, "XYZ"))},
                    {"request_id": "c2", **purchase(order={"source": "web", "order_id": "c2"})}]
        results = shop("thanks", "BatchRecordPurchases", requests=requests).results
        self.assertEqual([r.HasField("response") for r in results], [True, False, True])
        error = results[1].status.error
        info = calls.error_pb2.ErrorInfo.FromString(error.details[0].value)
        self.assertEqual((error.code, info.reason), (3, "INVALID_CURRENCY"))
        self.books = admin("ledger", "GetTrialBalance")

    def test_books_hold(self):
        for partition in admin("ledger", "GetTrialBalance").partitions:
            self.assertEqual(len(admin("ledger", "VerifyPartition", partition=partition).damages), 0)


if __name__ == "__main__":
    unittest.main()
