"""Stories of people, each played from its start to its end: its number is in the name of its test."""

import json
import time
import unittest

import calls
import letters
from calls import Caller, Failure
from house import House, scratch
from mail_server import MailServer, PASSWORD
from receiver import Receiver, verified


def setUpModule():
    global mail, receiver, house, shop, shop_key, admin
    mail, receiver = MailServer(scratch()), Receiver(scratch())
    house = House(flags=["--log-level=debug", "--webhook-allow=127.0.0.0/8", f"--webhook-ca={receiver.ca}",
                         *mail.flags()], environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()
    shop_key = calls.new_program(house)
    shop = Caller(house, shop_key)
    admin = Caller(house, program="shop")
    letters.founder_writes(admin)


def tearDownModule():
    house.remove()
    receiver.stop()
    mail.stop()


def gratis(*arguments, **more):
    return house.answer(*arguments, "--program", "shop", **more)


def enrolled(who, **more):
    profile = {"email": f"{who}@example.org", "greeting_name": who.title()} | more
    return shop("members", "EnrollMember", profile=profile).member_id


def bought(member, order, amount=2000):
    return shop("thanks", "RecordPurchase", order={"source": "web", "order_id": order}, member_id=member,
                total=calls.money(amount))


def subscribed(path, *kinds):
    """The secret of a subscription to entries of these kinds, from now on."""
    return shop("messages", "CreateSubscription", settings={
        "url": receiver.url(path), "kinds": [f"ENTRY_KIND_{kind}" for kind in kinds]}).secret


class Story(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason, arguments)
        return failed.exception

    def events(self, path, secret, count):
        """What arrived there, once it is so much, signed as the public library has it: (kind, whose, detail) each."""
        got = receiver.wait(path, count)
        self.assertEqual(verified(secret, got), [one.id for one in got])
        return [(one.event["type"].removeprefix("gratis.entry."), one.event["subject"],
                 json.loads(one.event["data"].get("detail") or "{}")) for one in got]

    def found(self, who):
        return shop("members", "IdentifyMember", email=f"{who}@example.org")

    def shown(self, member):
        return shop("members", "GetMember", member_id=member).member


class Story13(Story):
    """Most brands forget the customer once payment is received."""

    def test_13_payment_is_thanked_for_and_leaving_is_easy_and_kind(self):
        letters.template(admin, "arrived", "Dear {{member.name}}, is everything as you hoped? {{sender.name}}")
        admin("thanks", "SetTrigger", trigger={
            "code": "arrived", "enabled": True, "event": "TRIGGER_EVENT_DELIVERY", "template": "arrived",
            "sender": {"code": "founder", "name": "Anna Keller"}})
        secret = subscribed("/13", "PURCHASE", "DELIVERY")
        member = enrolled("thea")
        paid = bought(member, "T-1")
        self.assertGreater(len(paid.thank_you.sender), 0, "payment is received, and a person says thank you")

        # After payment nobody is forgotten: it arrives, and somebody asks. The shop's own systems hear of both.
        shop("thanks", "RecordDelivery", order={"source": "web", "order_id": "T-1"})
        letter = mail.letter_to("thea@example.org")
        self.assertEqual(letter["From"].addresses[0].display_name, "Anna Keller")
        self.assertIn("Dear Thea, is everything as you hoped? Anna Keller",
                      letter.get_body(("plain",)).get_content())
        self.assertEqual({(kind, whose) for kind, whose, _ in self.events("/13", secret, 2)},
                         {("purchase", member), ("delivery", member)})
        shop("ledger", "IssueVoucher", member_id=member, fixed=calls.money(500), origin="sorry")

        # What leaving costs is said before, exactly, and asking changes nothing.
        told = shop("members", "CloseMember", member_id=member, validate_only=True)
        self.assertEqual([(lost.unit, lost.points) for lost in told.lost], [("points", 20)])
        self.assertEqual(told.lost_vouchers, 1)
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 20)

        # Everything may be taken along.
        taken = gratis("member", "export", member)
        self.assertEqual([purchase["order"]["order_id"] for purchase in taken["purchases"]], ["T-1"])

        # One call, no question that has to be answered, at once; asked again it is the same answer.
        left = shop("members", "CloseMember", request_id="thea-leaves", member_id=member)
        self.assertEqual(left, told)
        self.assertEqual(shop("members", "CloseMember", request_id="thea-leaves", member_id=member), told)
        self.assertEqual(self.shown(member).leaving_answer, "")

        # Nobody greets who left, counts on them, or asks them again.
        self.assertEqual(self.found("thea").greeting_name, "")
        self.refused("MEMBER_NOT_ACTIVE", shop, "ledger", "Earn", member_id=member, points=1)
        self.refused("MEMBER_NOT_ACTIVE", shop, "members", "CloseMember", member_id=member)
        # What they bring back is dealt with as if they were there: nothing is owed.
        purchase = next(entry for entry in gratis("points", "statement", member)["entries"]
                        if entry["kind"] == "PURCHASE")
        self.assertEqual(gratis("points", "reverse", purchase["transaction_id"])["debt_points"], 0)

        # The door is open: as they were, without what they had.
        shop("members", "ReopenMember", member_id=member)
        back = self.found("thea")
        self.assertEqual((back.member_id, back.greeting_name), (member, "Thea"))
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 0)
        self.assertEqual(bought(member, "T-2").points, 20)
        self.assertEqual(len(mail.letters_to("thea@example.org")), 1)
        house.gratis("ledger", "verify", "--program", "shop")


class Story16(Story):
    """Two thirds of shoppers read the returns policy first."""

    LINES = [{"sku": "coat", "category": "coats", "unit_price_minor": 15900, "quantity": 1},
             {"sku": "scarf", "category": "scarves", "unit_price_minor": 3950, "quantity": 2}]

    def back(self, return_id, **what):
        return shop("thanks", "RecordReturn", order={"source": "web", "order_id": "R-1"}, return_id=return_id, **what)

    def test_16_what_a_return_does_to_points_is_said_before_and_exact_after(self):
        secret = subscribed("/16", "PURCHASE", "RETURN")
        member = enrolled("rita")
        # Before anything is bought, each line says what it will give, and so what it will take.
        quoted = shop("thanks", "Quote", purchase={"member_id": member, "lines": self.LINES,
                                                   "total": {"currency_code": "USD"}})
        bought_now = shop("thanks", "RecordPurchase", order={"source": "web", "order_id": "R-1"}, member_id=member,
                          lines=self.LINES, total={"currency_code": "USD"})
        self.assertEqual([line.points for line in quoted.lines], [line.points for line in bought_now.lines])
        shop("ledger", "Spend", member_id=member, points=100)

        # Before she sends a scarf back, she is told to the point; asking changes nothing.
        one_scarf = {"lines": [{"line": 2, "quantity": 1}]}
        told = self.back("scarf", validate_only=True, **one_scarf)
        self.assertEqual(told, self.back("scarf", validate_only=True, **one_scarf))
        had = shop("ledger", "GetBalance", member_id=member).available_points
        self.assertEqual(had, bought_now.points - 100)
        scarf = done = self.back("scarf", **one_scarf)
        self.assertEqual(done.points_taken, told.points_taken)
        self.assertEqual(done.available_points, told.available_points)
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, had - told.points_taken)

        # And so with the rest, of which a part was spent: what she will owe is said before.
        told = self.back("rest", validate_only=True, everything=True)
        self.assertEqual(told.points_owed, 100)
        done = self.back("rest", everything=True)
        self.assertEqual((done.points_taken, done.points_owed), (told.points_taken, told.points_owed))
        balance = shop("ledger", "GetBalance", member_id=member)
        self.assertEqual((balance.available_points, balance.debt_points), (0, 100))
        # Whoever asks later finds why.
        kinds = [entry["kind"] for entry in gratis("points", "statement", member)["entries"]]
        self.assertEqual(kinds.count("RETURN"), 2)
        # And the shop's own systems heard of each as it was done, to the point.
        events = self.events("/16", secret, 3)
        self.assertEqual({whose for _, whose, _ in events}, {member})
        self.assertEqual(sorted(kind for kind, _, _ in events), ["purchase", "return", "return"])
        self.assertEqual(sorted((detail["whole"], detail["points"]) for kind, _, detail in events if kind == "return"),
                         [(False, scarf.points_taken), (True, done.points_taken)])
        house.gratis("ledger", "verify", "--program", "shop")


class Story23(Story):
    """What customers expect: self-service, mobile, safe data."""

    def setUp(self):
        self.me = enrolled("sami", phone="+41446681801")
        self.other = enrolled("otto", phone="+41446681802")
        bought(self.me, f"S-{self.me}")

    def tearDown(self):
        for member in (self.me, self.other):
            gratis("member", "erase", member, "--yes")

    def test_23_a_members_page_does_for_itself_what_a_member_may(self):
        token = shop("members", "IssueMemberToken", member_id=self.me).token
        with Caller(house, token) as page:
            self.assertEqual(page("members", "GetMember", member_id=self.me).member.profile.greeting_name, "Sami")
            self.assertEqual(page("ledger", "GetBalance", member_id=self.me).available_points, 20)
            time.sleep(1)  # the pace that a member's token has
            page("members", "UpdateMember", member_id=self.me, profile={"greeting_name": "Sam", "language": "fr"},
                 update_mask={"paths": ["greeting_name", "language"]})
            page("members", "SetPreferences", member_id=self.me, set=[{"key": "no_celebrations", "flag": True}])
            time.sleep(1)
            # Theirs to say, and nothing else: not where codes are sent, nor how the shop knows them.
            for path in ("email", "phone", "acquisition_source"):
                self.refused("FIELD_INVALID", page, "members", "UpdateMember", member_id=self.me,
                             profile={"email": "thief@example.org"}, update_mask={"paths": [path]})
        seen = self.shown(self.me).profile
        self.assertEqual((seen.greeting_name, seen.language, seen.email), ("Sam", "fr", "sami@example.org"))

    def test_23_a_page_sees_nobody_else_and_gives_itself_nothing(self):
        token = shop("members", "IssueMemberToken", member_id=self.me).token
        with Caller(house, token) as page:
            self.refused("MEMBER_NOT_ALLOWED", page, "members", "GetMember", member_id=self.other)
            self.refused("MEMBER_NOT_ALLOWED", page, "ledger", "GetBalance", member_id=self.other)
            self.refused("ROLE_NOT_ALLOWED", page, "ledger", "Earn", member_id=self.me, points=1_000)
            time.sleep(1)
            self.refused("ROLE_NOT_ALLOWED", page, "members", "IdentifyMember", phone="+41446681802")
        # Safe data: what the engine writes down of all this has neither name, number nor token.
        for secret in ("sami@example.org", "446681801", token):
            self.assertNotIn(secret, house.log())


class Story25(Story):
    """How do they find you?"""

    def test_25_where_members_came_from_is_kept_and_is_theirs_to_take(self):
        by_friend = enrolled("frida", acquisition_source="a-friend")
        file = house.home / "found.csv"
        file.write_text("external_id,name,acquisition_source\ncrm:1,Fritz,fair-2026\ncrm:2,Fay,\n")
        self.assertEqual(gratis("members", "import", file)["members"], 2)
        came = {"crm:1": "fair-2026", "crm:2": ""}
        for who, source in came.items():
            self.assertEqual(gratis("member", "show", who)["profile"].get("acquisition_source", ""), source)
        self.assertIn("a-friend", house.gratis("member", "show", by_friend, "--program", "shop").stdout)
        # Learned later, it is put right; and it is part of what a person may have of themselves.
        shop("members", "UpdateMember", member_id=by_friend, profile={"acquisition_source": "thea"},
             update_mask={"paths": ["acquisition_source"]})
        self.assertEqual(gratis("member", "export", by_friend)["person"]["member"]["profile"]["acquisition_source"], "thea")
        # For all members at once, by whoever counts.
        out = house.home / "members.jsonl"
        gratis("members", "export", out)
        lines = out.read_text()
        self.assertEqual([lines.count(source) for source in ('"thea"', "fair-2026")], [1, 1])


class Story31(Story):
    """If you are losing customers, find out why."""

    ANSWER = "You stopped making the blue one, said Wilhelmina"

    def test_31_one_optional_question_and_what_became_of_the_answer(self):
        member = enrolled("wilma")
        bought(member, "W-1")
        too_long = self.refused("FIELD_TOO_LONG", shop, "members", "CloseMember", member_id=member,
                                leaving_answer="x" * 2001)
        self.assertEqual(too_long.fields, ["leaving_answer"])
        self.assertEqual(self.found("wilma").greeting_name, "Wilma", "whoever writes too much has not left")
        shop("members", "CloseMember", member_id=member, leaving_answer=self.ANSWER)
        # Whoever can do something about it reads it where the member is shown.
        self.assertEqual(self.shown(member).leaving_answer, self.ANSWER)
        self.assertIn(self.ANSWER, house.gratis("member", "show", member, "--program", "shop").stdout)
        # Said in confidence: it is nowhere else, not even in the clear in the database.
        self.assertNotIn("Wilhelmina", str(gratis("points", "statement", member)))
        self.assertNotIn("Wilhelmina", house.log())
        self.assertNotIn(b"Wilhelmina", house.dump())
        # Theirs: it is in what they take along, and it goes with them.
        self.assertEqual(gratis("member", "export", member)["person"]["member"]["leaving_answer"], self.ANSWER)
        gratis("member", "erase", member, "--yes")
        self.refused("MEMBER_ERASED", shop, "members", "GetMember", member_id=member)


if __name__ == "__main__":
    unittest.main()
