"""One shop, one purchase and its mistakes, through clients that are not ours."""

import json
import os
import subprocess
import unittest

import calls
from calls import Caller, Failure, money
from house import TOP, House


def setUpModule():
    global house, key
    house = House().start()
    key = calls.new_program(house, display_name="The shop")


def tearDownModule():
    house.remove()


class Python(unittest.TestCase):
    def test_purchase_balance_spend_replay(self):
        with Caller(house, key) as shop:
            enroll = calls.members_pb2.EnrollMemberRequest(
                request_id="py-1", profile={"email": "py@example.org", "greeting_name": "Pia"})
            member = shop("members", "EnrollMember", enroll).member_id
            self.assertRegex(member, r"^mem_[0-9a-z]{26}$")
            self.assertEqual(shop("members", "EnrollMember", enroll).member_id, member)
            self.assertEqual(shop.trailing.get("gratis-replayed"), "true")
            self.assertEqual(shop("members", "IdentifyMember", email="PY@example.org").greeting_name, "Pia")

            purchase = calls.thanks_pb2.RecordPurchaseRequest(
                request_id="py-2", order={"source": "webshop", "order_id": "py-1"}, member_id=member,
                total=money(1177))
            first = shop("thanks", "RecordPurchase", purchase)
            self.assertEqual((first.points, first.available_points), (11, 11))
            self.assertEqual(first.thank_you.outcome, calls.thanks_pb2.THANK_YOU_OUTCOME_GIVEN)
            self.assertNotIn("gratis-replayed", shop.trailing)
            again = shop("thanks", "RecordPurchase", purchase)
            self.assertEqual(again.SerializeToString(), first.SerializeToString())
            self.assertEqual(shop.trailing.get("gratis-replayed"), "true")

            spent = shop("ledger", "Spend", member_id=member, points=4, source="a coffee")
            self.assertEqual(spent.available_points, 7)
            self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 7)
            entries = shop("ledger", "ListEntries", member_id=member).entries
            kinds = [calls.ledger_pb2.EntryKind.Name(e.kind) for e in entries]
            self.assertEqual(kinds, ["ENTRY_KIND_SPEND", "ENTRY_KIND_THANK_YOU", "ENTRY_KIND_PURCHASE",
                                     "ENTRY_KIND_MEMBER_ENROLLED"])

            with self.assertRaises(Failure) as refused:
                shop("ledger", "Spend", member_id=member, points=8)
            self.assertEqual((refused.exception.code, refused.exception.reason, refused.exception.metadata),
                             ("FAILED_PRECONDITION", "INSUFFICIENT_POINTS", {"available_points": "7"}))
            with self.assertRaises(Failure) as refused:
                shop("thanks", "RecordPurchase", order={"source": "webshop", "order_id": "py-2"},
                     member_id=member, total=money(1, "XYZ"))
            self.assertEqual((refused.exception.reason, refused.exception.fields),
                             ("INVALID_CURRENCY", ["total.currency_code"]))

    def test_health_and_reflection_need_no_key(self):
        import grpc
        trust = grpc.ssl_channel_credentials(house.ca.read_bytes())
        for area in ("ledger", "members", "birthdays", "thanks", "messages"):
            with grpc.secure_channel(house.address(area), trust) as channel:
                check = channel.unary_unary("/grpc.health.v1.Health/Check", request_serializer=bytes,
                                            response_deserializer=bytes)
                self.assertEqual(check(b"", timeout=10), b"\x08\x01", "SERVING")


class BufCurl(unittest.TestCase):
    def test_purchase_balance_spend_replay(self):
        enrolled, error = house.buf_curl("gratis.members.v1.MemberService/EnrollMember", {
            "request_id": "buf-1", "profile": {"external_ids": [{"source": "webshop", "id": "buf"}]}}, key)
        self.assertIsNotNone(enrolled, error)
        member = enrolled["memberId"]
        purchase = {"request_id": "buf-2", "order": {"source": "webshop", "order_id": "buf-1"},
                    "member_id": member, "total": money(2599)}
        first, error = house.buf_curl("gratis.thanks.v1.ThanksService/RecordPurchase", purchase, key)
        self.assertIsNotNone(first, error)
        self.assertEqual((first["points"], first["availablePoints"]), ("25", "25"))
        again, _ = house.buf_curl("gratis.thanks.v1.ThanksService/RecordPurchase", purchase, key)
        self.assertEqual(again, first)
        spent, error = house.buf_curl("gratis.ledger.v1.LedgerService/Spend", {
            "request_id": "buf-3", "member_id": member, "points": 5}, key)
        self.assertEqual(spent["availablePoints"], "20", error)
        balance, _ = house.buf_curl("gratis.ledger.v1.LedgerService/GetBalance", {"member_id": member}, key)
        self.assertEqual(balance["availablePoints"], "20")

    def test_errors_are_decoded(self):
        answer, error = house.buf_curl("gratis.members.v1.MemberService/EnrollMember", {
            "request_id": "buf-4", "profile": {"email": "not an address"}}, key)
        self.assertIsNone(answer)
        failure = json.loads(error[error.index("{"):])
        self.assertEqual(failure["code"], "invalid_argument")
        details = {d["type"]: d for d in failure["details"]}
        self.assertIn("google.rpc.ErrorInfo", details)
        self.assertIn("google.rpc.BadRequest", details)
        for detail in details.values():
            self.assertTrue(detail["value"])


class Node(unittest.TestCase):
    def test_purchase_balance_spend_replay_and_errors(self):
        done = subprocess.run(
            ["node", str(TOP / "tests/e2e/node/shop.js")], capture_output=True, text=True, timeout=60,
            env={**os.environ, "CA": str(house.ca), "KEY": key, "PROTO": str(TOP / "proto"),
                 "LEDGER": house.address("ledger"), "MEMBERS": house.address("members"),
                 "THANKS": house.address("thanks")})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1]), {
            "points": "42", "replayed": True, "same": True, "after_spending": "40",
            "overspent": {"code": 9, "reason": "INSUFFICIENT_POINTS", "metadata": {"available_points": "40"},
                          "fields": []},
            "bad_currency": {"code": 3, "reason": "INVALID_CURRENCY", "metadata": {},
                             "fields": ["total.currency_code"]}})


if __name__ == "__main__":
    unittest.main()
