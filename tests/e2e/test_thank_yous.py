"""Thank-yous, told from outside: a shop sets when somebody is thanked and for what, and people buy."""

import json
import pathlib
import tempfile
import unittest
import uuid

import calls
from calls import Caller, Failure, money
from house import House, wait_until

BEGINS = "2027-03-01T09:00:00Z"


def setUpModule():
    global house
    house = House(flags=["--development-clock", "--log-level=debug"]).start()


def tearDownModule():
    house.remove()


class Shop(unittest.TestCase):
    """A program of its own for each class, whose clock stands still until it is moved."""

    @classmethod
    def setUpClass(cls):
        cls.code = "s" + uuid.uuid4().hex[:8]
        cls.shop = Caller(house, calls.new_program(house, cls.code))
        cls.admin = Caller(house, program=cls.code)
        cls.clock(BEGINS)
        # Triggers say it better than the policy's own plain thank-you.
        policy = cls.admin("thanks", "GetThanksPolicy").policy
        policy.thank_you.enabled = False
        policy.ClearField("effective_from")
        cls.admin("thanks", "SetThanksPolicy", policy=policy)

    @classmethod
    def clock(cls, moment):
        house.gratis("clock", "set", moment, "--program", cls.code)

    def enrolled(self, who):
        return self.shop("members", "EnrollMember", profile={"email": f"{who}@example.org", "greeting_name": who}).member_id

    def trigger(self, code, **fields):
        fields = {"enabled": True, "event": calls.triggers_pb2.TRIGGER_EVENT_PURCHASE, "template": code,
                  "sender": {"code": "ceo", "name": "Anna Keller, founder"}} | fields
        if not fields["template"]:
            del fields["sender"]
        return self.admin("thanks", "SetTrigger", trigger=fields | {"code": code}).trigger

    def bought(self, member, order, amount=2000, **more):
        return self.shop("thanks", "RecordPurchase", order={"source": "web", "order_id": order}, member_id=member,
                         total=money(amount), **more)

    def explained(self, order):
        return self.shop("thanks", "ExplainThanks", order={"source": "web", "order_id": order})

    def became(self, order):
        """{trigger: (outcome, why)}, in the contract's words."""
        outcome, why = (calls.trigger_results_pb2.TriggerOutcome.Name, calls.trigger_results_pb2.TriggerWhy.Name)
        return {one.trigger: (outcome(one.outcome).removeprefix("TRIGGER_OUTCOME_"),
                              why(one.why).removeprefix("TRIGGER_WHY_"))
                for one in self.explained(order).triggers}

    def facts(self, member, kind):
        entries = house.answer("points", "statement", member, "--program", self.code)["entries"]
        return [entry for entry in entries if entry["kind"] == kind]

    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason)
        return failed.exception

    def waits_for(self, what, condition):
        wait_until(what, 60, condition, every=0.2)


class Story1(Shop):
    """After every purchase a note from the founder, a question, and 20% off with no end."""

    def test_1_a_named_note_a_question_and_an_evergreen_voucher(self):
        set_up = self.trigger("ceo-note", question=calls.triggers_pb2.TRIGGER_QUESTION_FEEDBACK,
                              voucher={"basis_points": 2000, "evergreen": True})
        self.assertEqual((set_up.version, set_up.purpose), (1, calls.triggers_pb2.TRIGGER_PURPOSE_MARKETING))
        self.trigger("welcome", event=calls.triggers_pb2.TRIGGER_EVENT_SIGN_UP, template="welcome")

        # New subscribers are welcomed.
        member = self.enrolled("ann")
        self.waits_for("a welcome", lambda: len(self.facts(member, "THANK_YOU")) == 1)

        first = self.bought(member, "A-1")
        told = next(one for one in first.followed if one.trigger == "ceo-note")
        self.assertEqual(told.outcome, "given")
        self.assertTrue(told.voucher_id)
        line = self.explained("A-1").cashier_line
        self.assertIn("Anna Keller, founder, said thank you and asked how it was and gave 20% off, with no end", line)

        # Renewed, never stacked.
        second = self.bought(member, "A-2")
        self.assertEqual(next(one for one in second.followed if one.trigger == "ceo-note").voucher_id, told.voucher_id)
        live = self.shop("ledger", "ListVouchers", member_id=member).vouchers
        self.assertEqual([(voucher.basis_points, voucher.HasField("expires_at")) for voucher in live], [(2000, False)])
        self.shop("ledger", "RedeemVoucher", voucher_id=told.voucher_id)
        third = self.bought(member, "A-3")
        self.assertNotEqual(next(one for one in third.followed if one.trigger == "ceo-note").voucher_id,
                            told.voucher_id)
        self.assertEqual(len(self.facts(member, "VOUCHER_ISSUED")), 2)

        # Asked again by a till that lost the answer, nobody is thanked twice.
        request = {"request_id": "again", "order": {"source": "web", "order_id": "A-4"}, "member_id": member,
                   "total": money(100)}
        answers = [self.shop("thanks", "RecordPurchase", **request) for _ in range(2)]
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(len(self.facts(member, "THANK_YOU")), 1 + 4)


class Story2And3(Shop):
    """A mission statement, once to each; and no flood of mail."""

    def test_2_a_mission_once_and_3_a_cap_over_all(self):
        self.trigger("mission", brand_story=True, once_per_member=True)
        member = self.enrolled("bob")
        self.bought(member, "B-1")
        self.bought(member, "B-2")
        self.assertEqual(self.became("B-1")["mission"], ("GIVEN", "UNSPECIFIED"))
        self.assertEqual(self.became("B-2")["mission"], ("WITHHELD", "HAD_IT"))

        self.trigger("note", rest_days=0)
        self.admin("thanks", "SetTriggerLimits", limits={"most": 2, "within_days": 7})
        self.bought(member, "B-3")
        self.bought(member, "B-4")
        self.assertEqual(self.became("B-3")["note"], ("GIVEN", "UNSPECIFIED"))
        self.assertEqual(self.became("B-4")["note"], ("WITHHELD", "LIMIT"))
        self.assertIn("as often as the limits allow", next(
            one.sentence for one in self.explained("B-4").triggers if one.trigger == "note"))
        self.clock("2027-03-08T09:00:01Z")
        self.bought(member, "B-5")
        self.assertEqual(self.became("B-5")["note"], ("GIVEN", "UNSPECIFIED"))

        # An import of old orders thanks nobody.
        self.admin("thanks", "RecordPurchase", order={"source": "web", "order_id": "old"}, member_id=member,
                   total=money(100), purchased_at={"seconds": 1_700_000_000})
        self.assertEqual(self.became("old")["note"], ("WITHHELD", "TOO_LATE"))


class Story4(Shop):
    """A design that could not be had; a note in the parcel; a review, once promises are kept."""

    def test_4_what_was_lacking_makes_a_task_and_a_review_waits_for_the_delivery(self):
        self.trigger("sorry", template="", task="hand-written-note", audience={"lacking": True})
        self.trigger("review", event=calls.triggers_pb2.TRIGGER_EVENT_DELIVERY, delay_minutes=60 * 24 * 14,
                     question=calls.triggers_pb2.TRIGGER_QUESTION_REVIEW)
        mother = self.enrolled("mother")
        lines = [{"sku": "duvet-stars", "category": "bedding", "quantity": 1, "unit_price_minor": 8000},
                 {"sku": "duvet-moons", "category": "bedding", "quantity": 1, "unit_price_minor": 0, "unfulfilled": 1}]
        self.bought(mother, "C-1", 8000, lines=lines)
        self.assertEqual(self.became("C-1")["sorry"], ("GIVEN", "UNSPECIFIED"))
        task = self.facts(mother, "THANK_YOU")[0]
        self.assertEqual(json.loads(task["detail"])["task"] if "detail" in task else "hand-written-note",
                         "hand-written-note")
        self.bought(self.enrolled("other"), "C-2", 8000, lines=lines[:1])
        self.assertEqual(self.became("C-2")["sorry"], ("NOT_MEANT", "NOTHING_LACKING"))

        # A review is asked of everyone whose order was kept and who has no open complaint.
        for order in ("C-1", "C-2"):
            self.shop("thanks", "RecordDelivery", order={"source": "web", "order_id": order})
            self.assertEqual(self.became(order)["review"], ("DUE", "UNSPECIFIED"))
        self.shop("thanks", "RecordReturn", order={"source": "web", "order_id": "C-2"}, return_id="R-1", everything=True)
        self.assertEqual(self.became("C-2")["review"], ("CANCELLED", "RETURNED"))
        complaint = self.shop("thanks", "OpenComplaint", member_id=mother, topic="stain").complaint.complaint_id
        self.clock("2027-03-15T10:00:00Z")
        self.waits_for("the review to wait",
                       lambda: self.became("C-1")["review"] == ("HELD_BACK", "COMPLAINT_OPEN"))
        self.shop("thanks", "ResolveComplaint", complaint_id=complaint, outcome="COMPLAINT_OUTCOME_MENDED")
        self.clock("2027-03-15T10:05:00Z")
        self.waits_for("the review", lambda: self.became("C-1")["review"] == ("GIVEN", "UNSPECIFIED"))


class Story9(Shop):
    """The champagne came to the room whose air-conditioning had not been mended."""

    def test_9_while_a_complaint_is_open_nobody_celebrates(self):
        self.trigger("bubbly", points=100)
        guest = self.enrolled("guest")
        open_since = self.shop("thanks", "OpenComplaint", member_id=guest, topic="air-conditioning", reference="T-1")
        complaint = open_since.complaint.complaint_id
        self.assertEqual(self.bought(guest, "D-1").followed[0].outcome, "held_back")
        self.assertEqual(self.shop("ledger", "GetBalance", member_id=guest).available_points, 20)

        # Whoever serves them sees what to mend, and nothing else to do.
        self.waits_for("the brief to tell of it",
                       lambda: self.shop("members", "GetBrief", member_id=guest).open_complaints)
        brief = self.shop("members", "GetBrief", member_id=guest)
        self.assertEqual([(one.complaint_id, one.topic) for one in brief.open_complaints],
                         [(complaint, "air-conditioning")])
        self.assertEqual([one.kind for one in brief.suggestions], [calls.briefs_pb2.SUGGESTION_KIND_MEND_COMPLAINT])
        self.clock("2027-03-02T09:00:00Z")
        self.assertEqual(self.became("D-1")["bubbly"], ("HELD_BACK", "COMPLAINT_OPEN"))
        self.assertIn("It waits: a complaint is open", self.explained("D-1").cashier_line)

        self.shop("thanks", "ResolveComplaint", complaint_id=complaint, outcome="COMPLAINT_OUTCOME_MENDED")
        self.refused("COMPLAINT_RESOLVED", self.shop, "thanks", "ResolveComplaint", complaint_id=complaint,
                     outcome="COMPLAINT_OUTCOME_MENDED")
        self.clock("2027-03-02T09:10:00Z")
        self.waits_for("the gift", lambda: self.became("D-1")["bubbly"] == ("GIVEN", "UNSPECIFIED"))
        self.assertEqual(self.shop("ledger", "GetBalance", member_id=guest).available_points, 120)
        self.assertFalse(self.shop("members", "GetBrief", member_id=guest).open_complaints)

        # One that takes too long: what would be odd by then does not come at all.
        self.shop("thanks", "OpenComplaint", member_id=guest, topic="noise")
        self.bought(guest, "D-2")
        self.clock("2027-03-12T09:00:00Z")
        self.waits_for("it to be given up",
                       lambda: self.became("D-2")["bubbly"] == ("WITHHELD", "COMPLAINT_OPEN"))
        listed = self.shop("thanks", "ListComplaints", member_id=guest)
        self.assertEqual([one.topic for one in listed.complaints], ["noise", "air-conditioning"])
        self.assertEqual([one.topic for one in self.shop("thanks", "ListComplaints", member_id=guest,
                                                         open_only=True).complaints], ["noise"])


class Story13(Shop):
    """Most brands forget the customer once payment is received."""

    def test_13_after_payment_after_delivery_and_a_restart_in_between(self):
        self.trigger("paid")
        self.trigger("arrived", event=calls.triggers_pb2.TRIGGER_EVENT_DELIVERY, delay_minutes=120,
                     question=calls.triggers_pb2.TRIGGER_QUESTION_FEEDBACK)
        member = self.enrolled("thea")
        self.bought(member, "T-1")
        self.shop("thanks", "RecordDelivery", order={"source": "web", "order_id": "T-1"})
        self.assertEqual(self.became("T-1"), {"paid": ("GIVEN", "UNSPECIFIED"), "arrived": ("DUE", "UNSPECIFIED")})
        house.kill()
        house.start()
        for caller in (self.shop, self.admin):
            caller.__exit__()
            caller._channels.clear()
        self.clock("2027-03-01T11:00:00Z")
        self.waits_for("what was due to survive", lambda: self.became("T-1")["arrived"][0] == "GIVEN")
        self.clock("2027-03-01T13:00:00Z")
        results = self.shop("thanks", "ListTriggerResults", member_id=member).results
        self.assertEqual([one.trigger for one in results], ["arrived", "paid"])
        self.assertEqual(len(self.facts(member, "THANK_YOU")), 2)


class TriggersForOperators(Shop):
    def run_gratis(self, *arguments):
        return house.answer(*arguments, "--program", self.code)

    def test_a_trigger_from_a_file_tried_out_and_switched_off(self):
        member = self.enrolled("olga")
        for day in range(1, 6):
            self.clock(f"2027-03-0{day}T09:00:00Z")
            self.bought(member, f"O-{day}")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "trigger.json"
            path.write_text(json.dumps({
                "code": "every-second", "enabled": True, "event": "TRIGGER_EVENT_NTH_PURCHASE", "nth": 2, "every": True,
                "template": "ceo-note", "sender": {"code": "ceo", "name": "Anna Keller"}, "points": 30}))
            tested = self.run_gratis("triggers", "backtest", "--file", path, "--from", "2027-03-01", "--until", "2027-03-06")
            self.assertEqual((tested["purchases"], tested["given"], tested["points"]), (5, 2, 60))
            preview = self.run_gratis("triggers", "preview", "--file", path, "--order", "web:O-2")
            self.assertEqual((preview["result"]["outcome"], preview["gift"]), ("GIVEN", "30 points"))
            self.assertNotIn("Anna", preview["figures"])
            self.run_gratis("triggers", "set", "--file", path)
        self.bought(member, "O-6")
        self.assertEqual(self.became("O-6")["every-second"], ("GIVEN", "UNSPECIFIED"))
        shown = house.gratis("triggers", "list", "--program", self.code).stdout
        self.assertIn("every-second", shown)
        self.run_gratis("triggers", "off", "every-second")
        self.assertEqual(self.run_gratis("triggers", "show", "every-second")["version"], 2)
        self.bought(member, "O-7")
        self.bought(member, "O-8")
        self.assertEqual(self.became("O-8"), {})
        results = self.run_gratis("triggers", "results", member)["results"]
        self.assertEqual([one["outcome"] for one in results], ["GIVEN"])
        self.run_gratis("triggers", "limits", "set", "--most", 3, "--within-days", 30)
        self.assertEqual(self.run_gratis("triggers", "limits", "show")["most"], 3)
        opened = self.run_gratis("complaints", "open", member, "--topic", "delivery")
        closed = self.run_gratis("complaints", "resolve", opened["complaint_id"], "--outcome", "apologized")
        self.assertEqual(closed["outcome"], "APOLOGIZED")
        self.assertEqual(len(self.run_gratis("complaints", "list", member)["complaints"]), 1)
        act = house.answer("audit", "--program", self.code)
        of_trigger = [one for one in act["acts"]
                      if (one["entry"]["kind"], one["entry"]["source"]) == ("TRIGGER_SET", "every-second")]
        self.assertEqual([[json.loads(text)["enabled"] for text in (one["before"], one["entry"]["detail"])]
                          for one in of_trigger[:1]], [[True, False]], act)
        self.assertIn("enabled true → false",
                      house.gratis("audit", "--kind", "trigger-set", "--program", self.code).stdout)

    def test_bad_triggers_are_refused_by_field(self):
        base = {"code": "x", "enabled": True, "event": "TRIGGER_EVENT_PURCHASE", "receipt_line": "Thank you"}
        for field, more in (("trigger.code", {"code": "Two words"}), ("trigger.nth", {"nth": 3}),
                            ("trigger.sender", {"template": "note"}), ("trigger.points", {"points": -1}),
                            ("trigger.voucher", {"voucher": {"valid_days": 3}})):
            failed = self.refused_any(base | more)
            self.assertEqual(failed.fields, [field], failed)
        self.refused("TRIGGER_NOT_FOUND", self.admin, "thanks", "GetTrigger", code="nobody")
        self.refused("BUDGET_NOT_FOUND", self.admin, "thanks", "SetTrigger",
                     trigger=base | {"points": 5, "budget_id": "bgt_" + "0" * 25 + "1"})
        self.refused("ROLE_NOT_ALLOWED", self.shop, "thanks", "SetTrigger", trigger=base)

    def refused_any(self, trigger):
        with self.assertRaises(Failure) as failed:
            self.admin("thanks", "SetTrigger", trigger=trigger)
        return failed.exception


if __name__ == "__main__":
    unittest.main()
