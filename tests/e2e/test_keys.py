"""Keys over several processes: what one process does to a key, the others heed."""

import time
import unittest

import calls
from calls import Caller, Failure
from house import House, wait_until

PROMISED_SECONDS = 1.0
SLACK_SECONDS = 0.5  # of a busy machine, beyond what a call takes


class Keys(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.house = House().start()
        cls.house.gratis("program", "create", "shop", "--currency", "USD")

    @classmethod
    def tearDownClass(cls):
        cls.house.remove()

    def make(self, *options):
        return self.house.answer("key", "create", "backend", "--program", "shop", *options)

    def refusal(self, caller):
        """The reason why the members' service does not let the caller in; None if it does."""
        try:
            caller("members", "GetMember", member_id="mem_nobody")
        except Failure as failure:
            return failure.reason if failure.code in ("UNAUTHENTICATED", "RESOURCE_EXHAUSTED") else None
        return None

    def test_a_revoked_key_is_refused_everywhere(self):
        made = self.make()
        with Caller(self.house, made["secret"]) as caller:
            self.assertIsNone(self.refusal(caller))
            # The ledger's process ends it; the members' process is asked.
            with Caller(self.house) as admin:
                admin("ledger", "RevokeKey", key_id=made["key"]["key_id"])
            revoked = last_let_in = time.monotonic()
            while self.refusal(caller) is None:
                last_let_in = time.monotonic()
                self.assertLess(last_let_in - revoked, PROMISED_SECONDS + SLACK_SECONDS)
            self.assertEqual(self.refusal(caller), "KEY_REVOKED")
            if not self.house.split:
                self.assertLess(last_let_in - revoked, 0.1, "at once in the process that ended it")

    def test_a_new_secret_works_at_once_everywhere_and_the_old_one_ends(self):
        made = self.make()
        with Caller(self.house, made["secret"]) as before:
            self.assertIsNone(self.refusal(before))
            with Caller(self.house) as admin:
                rotated = admin("ledger", "RotateKey", key_id=made["key"]["key_id"], overlap_seconds=3)
            rotated_at = time.monotonic()
            with Caller(self.house, rotated.secret) as after:
                self.assertIsNone(self.refusal(after))
                self.assertIsNone(self.refusal(before))
                wait_until("the old secret ends", 3 + PROMISED_SECONDS + SLACK_SECONDS,
                           lambda: self.refusal(before) == "KEY_REVOKED")
                self.assertGreater(time.monotonic() - rotated_at, 2.5)
                self.assertIsNone(self.refusal(after))

    def test_a_rotated_key_on_the_command_line(self):
        made = self.make("--label", "web shop")
        rotated = self.house.answer("key", "rotate", made["key"]["key_id"], "--overlap-hours", 0)
        self.assertNotEqual(rotated["secret"], made["secret"])
        with Caller(self.house, rotated["secret"]) as caller:
            self.assertIsNone(self.refusal(caller))

    def test_the_first_key_may_be_rotated_too(self):
        first = self.house.answer("key", "list")["keys"][-1]
        self.house.gratis("key", "rotate", first["key_id"], "--overlap-hours", 1)
        before = self.house.admin_key
        self.house.stop()
        self.house.start()
        self.assertNotEqual(self.house.admin_key, before)
        self.house.gratis("key", "list")

    def test_what_is_not_named_of_a_key_stays(self):
        key = self.house.answer("key", "create", "admin", "--label", "till", "--rate", 5)["key"]["key_id"]
        limit = {"calls_per_second": 5, "burst_calls": 10}
        renamed = self.house.answer("key", "set", key, "--label", "web")
        self.assertEqual((renamed["label"], renamed["rate_limit"]), ("web", limit))
        faster = self.house.answer("key", "set", key, "--rate", 7)
        self.assertEqual((faster["label"], faster["rate_limit"]["calls_per_second"]), ("web", 7))
        nameless = self.house.answer("key", "set", key, "--label", "")
        self.assertEqual((nameless["label"], nameless["rate_limit"]["calls_per_second"]), ("", 7))
        self.assertNotIn("rate_limit", self.house.answer("key", "set", key, "--rate", 0))

    def test_last_use_is_listed(self):
        made = self.make("--label", "to be used")
        with Caller(self.house, made["secret"]) as caller:
            self.assertIsNone(self.refusal(caller))
        self.house.stop()  # what is not noted yet is noted at the end
        self.house.start()
        listed = {key["key_id"]: key for key in self.house.answer("key", "list")["keys"]}
        self.assertTrue(listed[made["key"]["key_id"]]["last_used_at"])
        self.assertIn("LAST USED", self.house.gratis("key", "list").stdout)

    def test_a_tills_key_deals_with_its_stores_orders_only(self):
        made = self.house.answer("key", "create", "pos", "--program", "shop", "--store", "basel")
        with Caller(self.house, made["secret"]) as till:
            member = till("members", "EnrollMember", profile={"phone": "+41446681800"}).member_id
            bought = {"member_id": member, "total": calls.money(100)}
            till("thanks", "RecordPurchase", order={"source": "basel", "order_id": "1"}, **bought)
            order = calls.thanks_pb2.OrderKey(source="bern", order_id="1")
            for method, more in (("RecordPurchase", bought), ("GetPurchase", {}), ("ExplainThanks", {})):
                with self.assertRaises(Failure) as refused:
                    till("thanks", method, order=order, **more)
                self.assertEqual((refused.exception.code, refused.exception.reason),
                                 ("PERMISSION_DENIED", "STORE_NOT_ALLOWED"), method)
                self.assertEqual(refused.exception.fields, ["order.source"])

    def test_a_limited_key_is_told_what_is_left(self):
        made = self.make("--rate", 1, "--burst", 4)
        with Caller(self.house, made["secret"]) as caller:
            caller("ledger", "ListUnits")
            self.assertEqual(caller.trailing["ratelimit-limit"], "4")
            self.assertEqual(caller.trailing["ratelimit-remaining"], "3")
            with self.assertRaises(Failure) as refused:
                for _ in range(10):
                    caller("ledger", "ListUnits")
            self.assertEqual((refused.exception.code, refused.exception.reason),
                             ("RESOURCE_EXHAUSTED", "RATE_LIMITED"))
            self.assertGreater(refused.exception.retry_ms, 0)
            time.sleep(refused.exception.retry_ms / 1000)
            caller("ledger", "ListUnits")


if __name__ == "__main__":
    unittest.main()
