"""Birthday gifts with no strings attached, from outside: every kind of gift, choices, what is said before and after."""

import datetime
import re
import time
import unittest
import uuid

import calls
import letters
from calls import Caller, Failure, money
from house import House, scratch, wait_until
from mail_server import MailServer, PASSWORD


def setUpModule():
    global mail, house
    mail = MailServer(scratch())
    house = House(flags=["--development-clock", *mail.flags()], environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()


def tearDownModule():
    house.remove()
    mail.stop()


class Program:
    """A program of its own, in UTC, at a time that the test moves, with whoever calls it."""

    def __init__(self, day="2027-06-01"):
        self.code = f"p{uuid.uuid4().hex[:8]}"
        self.admin = Caller(house, program=self.code)
        self.shop = Caller(house, calls.new_program(house, self.code, time_zone="UTC"))
        self.at(day)
        self.emails = {}  # by member

    def gratis(self, *arguments, **more):
        return house.answer(*arguments, "--program", self.code, **more)

    def at(self, moment):
        """A day is its noon."""
        self.gratis("clock", "set", f"{moment}T12:00:00Z" if len(moment) == 10 else moment)

    def policy(self, *arguments):
        return self.gratis("birthdays", "policy", "set", *arguments)

    def run(self, moment):
        """Everything due by then is given when it returns, by this run or by the engine's own that came first."""
        self.at(moment)
        return self.admin("birthdays", "RunBirthdays")

    def born(self, month, day, **more):
        email = f"m{len(self.emails)}.{self.code}@example.org"
        profile = {"email": email, "birthday": {"month": month, "day": day} | more}
        member = self.shop("members", "EnrollMember", profile=profile).member_id
        self.emails[member] = email
        return member

    def writes(self, text):
        """The letter of a birthday says so, to those who agreed to marketing."""
        letters.founder_writes(self.admin)
        letters.template(self.admin, "birthday-gift", text + letters.OUT, purpose="MARKETING")

    def letter_to(self, member):
        return mail.letter_to(self.emails[member]).get_body(("plain",)).get_content()

    def unwritten(self, member):
        """Once it is decided that the member gets no letter."""
        withheld = calls.messages_pb2.MESSAGE_STATE_WITHHELD
        wait_until("it was decided not to write", 60, lambda: [m.state for m in self.shop(
            "messages", "ListMessages", member_id=member).messages] == [withheld])

    def gifts(self, member):
        return list(self.shop("birthdays", "ListGifts", member_id=member).gifts)

    def balance(self, member):
        return self.shop("ledger", "GetBalance", member_id=member).available_points

    def explain(self, member, year=2027):
        return self.admin("birthdays", "ExplainBirthday", member_id=member, year=year)

    def verify(self):
        house.gratis("ledger", "verify", "--program", self.code)


class Birthdays(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason, failed.exception)
        return failed.exception


class Story12(Birthdays):
    """Birthday gifts delight only when no strings are attached and nothing need be done for them."""

    def test_12_a_voucher_is_just_there_and_good_for_any_amount_beside_any_other_offer(self):
        program = Program()
        program.policy("--voucher", "5.00", "--text", "Five dollars, for whatever you like", "--valid-days", 30)
        # Nobody consented to anything, bought anything or has an app.
        mia = program.born(6, 15)
        program.shop("members", "RecordObjection", member_id=mia, source=calls.consents_pb2.CONSENT_SOURCE_TILL)
        program.run("2027-06-15T08:59:00Z")
        self.assertEqual(program.gifts(mia), [])
        program.run("2027-06-15T09:00:00Z")
        voucher = program.gifts(mia)[0].voucher_id
        seen = program.shop("ledger", "GetVoucher", voucher_id=voucher).voucher
        self.assertEqual((seen.fixed.minor_units, seen.origin, seen.one_live), (500, "birthday", False))
        issued = seen.issued_at.ToDatetime()
        self.assertGreaterEqual(seen.expires_at.ToDatetime() - issued, datetime.timedelta(days=30))

        # At a till that knows nothing but the code, for a cent, together with everything else.
        till = Caller(house, program.admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_POS,
                                           program=program.code, label="till").secret)
        program.shop("ledger", "IssueVoucher", member_id=mia, basis_points=2000, origin="summer", one_live=True)
        self.assertTrue(till("ledger", "ValidateVoucher", code=seen.code).live)
        cent = till("ledger", "RedeemVoucher", code=seen.code, amount=money(1), order_id="A-1")
        self.assertEqual(cent.voucher.remaining.minor_units, 499)
        # On its last day still, and it comes back when the order does.
        program.at("2027-07-15T23:00:00Z")
        rest = program.shop("ledger", "RedeemVoucher", code=seen.code, order_id="A-2")
        self.assertEqual(rest.redeemed.minor_units, 499)
        self.assertFalse(till("ledger", "ValidateVoucher", code=seen.code).live)
        program.shop("ledger", "Reverse", transaction_id=rest.transaction_id)
        back = till("ledger", "ValidateVoucher", code=seen.code)
        self.assertEqual((back.live, back.voucher.remaining.minor_units), (True, 499))
        program.verify()

    def test_12_without_a_consent_nobody_writes_and_the_till_shows_that_it_waits(self):
        program = Program()
        noa = program.born(6, 15)
        program.run("2027-06-15")
        program.at("2027-06-18")
        till = Caller(house, program.admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_POS,
                                           program=program.code, label="till").secret)
        qr = program.shop("members", "IssueQrToken", member_id=noa).qr_token
        shown = till("members", "GetBrief", identify={"qr_token": qr, "till_transaction": "1"})
        self.assertEqual((shown.sentence.text, shown.gift.points), ("A birthday gift is waiting for them.", 100))
        self.assertIn("Tell them that a birthday gift is waiting.", [s.text for s in shown.suggestions])
        self.assertEqual(shown.balances[0].available_points, 100)
        program.unwritten(noa)
        program.verify()

    def test_12_the_letter_brings_the_gift_and_who_wants_none_has_it_all_the_same(self):
        program = Program()
        program.policy("--voucher", "5.00", "--valid-days", 30)
        program.writes("Happy birthday!{{#voucher}} {{voucher.worth}} for whatever you like, until {{voucher.ends}}: "
                       "{{voucher.code}}{{/voucher}}")
        lia, noa = program.born(6, 15), program.born(6, 15)
        letters.agreed(program.shop, lia, "MARKETING")
        program.run("2027-06-15T09:00:00Z")
        text = program.letter_to(lia)
        said = re.search(r"Happy birthday! 5\.00 USD for whatever you like, until (2027-\d\d-\d\d): (\S+)", text)
        self.assertTrue(said, text)
        self.assertEqual(said.group(1), "2027-07-15", "the last day of 30 whole ones")
        # What stands there is good as it stands there, for a cent.
        cent = program.shop("ledger", "RedeemVoucher", code=said.group(2), amount=money(1))
        self.assertEqual((cent.voucher.member_id, cent.voucher.origin), (lia, "birthday"))
        program.unwritten(noa)
        self.assertEqual(mail.letters_to(program.emails[noa]), [])
        self.assertEqual(program.gifts(noa)[0].gift.voucher.minor_units, 500)

    def test_12_a_voucher_that_paid_comes_back_with_the_order(self):
        program = Program()
        program.policy("--voucher", "5.00")
        max_ = program.born(6, 15)
        program.run("2027-06-15")
        voucher = program.gifts(max_)[0].voucher_id
        order = {"source": "webshop", "order_id": "A-1"}
        used = program.shop("ledger", "RedeemVoucher", voucher_id=voucher, amount=money(500))
        program.shop("thanks", "RecordPurchase", order=order, member_id=max_, total=money(2000), payments=[
            {"tender": "voucher", "amount_minor": 500, "transaction_id": used.transaction_id},
            {"tender": "card", "amount_minor": 1500}])
        self.assertFalse(program.shop("ledger", "ValidateVoucher", voucher_id=voucher).live)
        program.shop("thanks", "RecordReturn", order=order, return_id="r1", everything=True)
        back = program.shop("ledger", "ValidateVoucher", voucher_id=voucher)
        self.assertEqual((back.live, back.voucher.remaining.minor_units), (True, 500))
        program.verify()

    def test_12_an_item_is_fetched_on_an_empty_basket(self):
        program = Program()
        program.policy("--item", "CAKE-1", "--text", "A slice of our lemon cake")
        ada = program.born(6, 15)
        program.run("2027-06-15")
        voucher = program.gifts(ada)[0].voucher_id
        used = program.shop("ledger", "RedeemVoucher", voucher_id=voucher)
        self.assertEqual((used.voucher.item, used.voucher.origin), ("CAKE-1", "birthday"))
        program.shop("ledger", "Reverse", transaction_id=used.transaction_id)
        self.assertTrue(program.shop("ledger", "ValidateVoucher", voucher_id=voucher).live)

    def test_12_no_gift_has_a_place_for_a_string(self):
        fields = {field.name for name in ("Gift", "GiftChoice", "GiftOption", "GiftItem")
                  for field in calls.birthdays_pb2.DESCRIPTOR.message_types_by_name[name].fields}
        self.assertEqual(fields, {"points", "voucher", "item", "choice", "text", "budget_id", "options",
                                  "default_option", "code", "minimum_age"})
        kinds = calls.birthdays_pb2.Gift.DESCRIPTOR.oneofs_by_name["kind"].fields
        self.assertEqual([kind.name for kind in kinds], ["points", "voucher", "item", "choice"])

    def test_12_words_that_promise_a_string_are_told_so(self):
        program = Program()
        for text, phrase in (("A coffee with any purchase of a cake", "with any purchase"),
                             ("20% off your next visit", "% off"),
                             ("Ein Kaffee ab einem Einkauf von 10 Franken", "ab einem einkauf")):
            refused = self.refused("STRINGS_ATTACHED", program.admin, "birthdays", "SetBirthdayPolicy", policy={
                "enabled": True, "leap_day_rule": 1, "gift": {"points": 100, "text": text}})
            self.assertEqual((refused.fields, refused.metadata["phrase"]), (["policy.gift.text"], phrase))
            self.assertIn(phrase, refused.message)
        failed = house.gratis("birthdays", "policy", "set", "--text", "Minimum spend 10", "--program", program.code,
                              check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("minimum spend", failed.stderr)
        self.assertEqual(program.gratis("birthdays", "policy", "show")["version"], 0)
        program.policy("--text", "100 points: no minimum spend, no strings")

    def test_12_nothing_is_done_by_anybody_and_the_gift_comes(self):
        program = Program()
        zoe = program.born(6, 15)
        program.at("2027-06-15T09:05:00Z")
        wait_until("the engine gives it by itself", 60, lambda: program.balance(zoe) == 100, every=0.5)


class Story7(Birthdays):
    """Not knowing is stress; exact information and a choice take it away."""

    OPTIONS = ("--option", "tea=item:TEA-1", "--option", "wine=item:WINE-3@18", "--option", "money=voucher:5.00",
               "--option", "points=points:200", "--default", "points")

    def test_7_the_day_and_hour_are_known_before_and_what_became_of_it_after(self):
        program = Program()
        ann = program.born(6, 15)
        told = program.explain(ann)
        self.assertEqual(calls.birthdays_pb2.BirthdayOutcome.Name(told.outcome), "BIRTHDAY_OUTCOME_DUE")
        self.assertEqual(told.due_local, "2027-06-15 09:00 UTC")
        self.assertEqual(told.sentence, "100 points will be given for the birthday of 2027 at 2027-06-15 09:00 UTC.")
        program.run("2027-06-15")
        self.assertIn("100 points were given", program.explain(ann).sentence)
        silent = program.shop("members", "EnrollMember", profile={"email": "silent@example.org"}).member_id
        self.assertEqual(program.explain(silent).sentence,
                         "No gift: the member has not said when their birthday is.")

    def test_7_the_letter_says_what_there_is_to_choose(self):
        program = Program()
        program.policy(*self.OPTIONS)
        program.writes("Happy birthday!{{#choice}} Choose what you like: {{choice.options}}.{{/choice}}")
        grown, unknown = program.born(6, 15, year=2000), program.born(6, 15)
        for member in (grown, unknown):
            letters.agreed(program.shop, member, "MARKETING")
        program.run("2027-06-15")
        self.assertIn("Choose what you like: tea, wine, money, points.", program.letter_to(grown))
        self.assertIn("Choose what you like: tea, money, points.", program.letter_to(unknown))

    def test_7_a_member_chooses_on_their_own_page_and_a_cashier_for_who_stands_there(self):
        program = Program()
        program.policy(*self.OPTIONS)
        page_member, at_till = program.born(6, 15, year=2000), program.born(6, 15)
        program.run("2027-06-15")
        gift = program.gifts(page_member)[0]
        self.assertEqual([o.code for o in gift.gift.choice.options], ["tea", "wine", "money", "points"])
        # Nobody knows how old they are, so there is no wine.
        self.assertEqual([o.code for o in program.gifts(at_till)[0].gift.choice.options], ["tea", "money", "points"])
        self.assertEqual(gift.choose_by.ToDatetime(), datetime.datetime(2027, 6, 29, 12))

        token = program.shop("members", "IssueMemberToken", member_id=page_member).token
        with Caller(house, token) as page:
            self.assertEqual(len(page("birthdays", "ListGifts", member_id=page_member).gifts), 1)
            time.sleep(1)  # the pace that a member's token has
            chosen = page("birthdays", "ChooseGift", request_id="mine", member_id=page_member, option="wine")
            self.assertEqual(page("birthdays", "ChooseGift", request_id="mine", member_id=page_member, option="wine"),
                             chosen)
            time.sleep(1)
            self.refused("MEMBER_NOT_ALLOWED", page, "birthdays", "ChooseGift", member_id=at_till, option="tea")
        self.assertEqual(program.shop("ledger", "GetVoucher", voucher_id=chosen.voucher_id).voucher.item, "WINE-3")

        key = program.admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_POS, program=program.code, label="t")
        self.refused("PROOF_REQUIRED", Caller(house, key.secret), "birthdays", "ChooseGift", member_id=at_till,
                     option="money")
        till = Caller(house, key.secret)
        qr = program.shop("members", "IssueQrToken", member_id=at_till).qr_token
        till.metadata.append(("gratis-proof", till("members", "IdentifyMember", qr_token=qr, till_transaction="1").proof))
        self.refused("FIELD_INVALID", till, "birthdays", "ChooseGift", member_id=at_till, option="wine")
        money_off = till("birthdays", "ChooseGift", member_id=at_till, option="money")
        self.assertEqual(money_off.option.voucher.minor_units, 500)
        again = self.refused("GIFT_CHOSEN", program.shop, "birthdays", "ChooseGift", member_id=at_till, option="tea",
                             year=2027)
        self.assertEqual(again.metadata["option"], "money")
        program.run("2027-07-05")
        self.assertEqual(program.balance(at_till), 0)
        self.assertIn("They chose money", program.explain(at_till).sentence)
        program.verify()

    def test_7_who_does_not_choose_gets_the_default_once_before_it_ends(self):
        program = Program()
        program.policy(*self.OPTIONS, "--choose-days", 10)
        lea = program.born(6, 15)
        program.run("2027-06-15")
        program.run("2027-06-25T11:59:00Z")
        self.assertFalse(program.gifts(lea)[0].HasField("chosen"))
        for again in ("2027-06-25T12:00:00Z", "2027-06-25T12:15:00Z", "2027-06-26"):
            program.run(again)
            self.assertEqual(program.balance(lea), 200)
        self.refused("GIFT_CHOSEN", program.shop, "birthdays", "ChooseGift", member_id=lea, option="tea", year=2027)
        self.assertIn("Nobody chose in time, so points came", program.explain(lea).sentence)
        gifts = program.gratis("birthdays", "gifts", lea)["gifts"]
        self.assertEqual((gifts[0]["chosen"]["option"], gifts[0]["chosen"]["by_default"]), ("points", True))
        program.verify()

    def test_7_what_it_costs_is_known_before(self):
        program = Program("2027-05-20")
        budget = program.admin("ledger", "SetBudget", code="gifts", limit=250).budget.budget_id
        program.policy("--points", 100, "--budget", "gifts")
        self.assertEqual(program.gratis("birthdays", "policy", "show")["gift"]["budget_id"], budget)
        members = [program.born(6, day) for day in (3, 3, 20)]
        month = program.gratis("birthdays", "calendar", "--month", "2027-06")
        self.assertEqual(len(month["days"]), 30)
        third, twentieth = month["days"][2], month["days"][19]
        self.assertEqual((third["day"], third["due"]["gifts"], third["due"]["points"]), ("2027-06-03", 2, 200))
        self.assertEqual((twentieth["due"]["gifts"], twentieth["over_budget"]), (0, 1))
        program.run("2027-06-03")
        month = program.gratis("birthdays", "calendar")
        self.assertEqual((month["given"]["gifts"], month["given"]["points"], month["due"]["gifts"]), (2, 200, 0))
        table = house.gratis("birthdays", "calendar", "--program", program.code).stdout
        self.assertRegex(table, r"Thu 2027-06-03 +2 +200 points")
        self.assertRegex(table, r"together +2 +200 points +1\n")
        # The last that fits is given, and who comes after is told why.
        program.run("2027-06-21")
        late = program.explain(members[2])
        self.assertEqual(late.why, calls.birthdays_pb2.WITHHELD_REASON_BUDGET)
        program.admin("ledger", "SetBudget", code="gifts", limit=1000)
        program.run("2027-06-22")
        self.assertEqual(program.balance(members[2]), 100)
        self.refused("FIELD_INVALID", program.admin, "birthdays", "ForecastBirthdays",
                     **{"from": {"year": 2027, "month": 1, "day": 1}, "to": {"year": 2027, "month": 12, "day": 31}})


class Whom(Birthdays):
    def test_gifts_go_by_tier(self):
        program = Program()
        program.admin("members", "SetTierPolicy", policy={
            "period": calls.tiers_pb2.TIER_PERIOD_ROLLING_MONTHS, "rolling_months": 12,
            "demotion": calls.tiers_pb2.TIER_DEMOTION_RECALCULATED,
            "tiers": [{"code": "base"}, {"code": "gold", "points": {"points": 300}}]})
        program.policy("--tier-gift", "gold=voucher:20.00")
        gold, base = program.born(6, 15), program.born(6, 15)
        program.shop("ledger", "Earn", member_id=gold, points=300, origin=calls.ledger_pb2.ORIGIN_PURCHASE)
        self.assertIn("20.00 USD", program.explain(gold).sentence)
        program.run("2027-06-15")
        self.assertEqual(program.gifts(gold)[0].gift.voucher.minor_units, 2000)
        self.assertEqual(program.balance(base), 100)

    def test_a_tier_that_the_program_does_not_have_is_refused(self):
        program = Program()
        failed = house.gratis("birthdays", "policy", "set", "--tier-gift", "gold=voucher:20.00", "--program",
                              program.code, check=False)
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("nobody is in tier gold", failed.stderr)
        self.assertEqual(program.gratis("birthdays", "policy", "show")["version"], 0)

    def test_a_first_correction_costs_nobody_a_gift(self):
        program = Program("2027-11-20")
        ida = program.born(12, 1)
        program.run("2027-12-01")
        program.run("2028-06-10T11:00:00Z")
        # Their day was in March, 101 days ago: this year's comes now, and next year's on the day.
        program.gratis("member", "update", ida, "--birthday", "03-01")
        self.assertEqual(program.explain(ida, 2028).due_local, "2028-06-10 11:00 UTC")
        program.run("2028-06-10T11:15:00Z")
        self.assertEqual([gift.year for gift in program.gifts(ida)], [2027, 2028])
        program.run("2028-12-01")
        self.assertEqual(program.balance(ida), 200)
        program.run("2029-03-01T09:00:00Z")
        self.assertEqual([gift.year for gift in program.gifts(ida)], [2027, 2028, 2029])
        # Whoever thinks of other days has no more of it.
        program.gratis("member", "update", ida, "--birthday", "02-01")
        program.run("2029-03-02")
        self.assertEqual(program.balance(ida), 300)
        program.verify()

    def test_a_minor_gets_theirs_once_a_guardian_agrees(self):
        program = Program()
        kim = program.born(6, 15, year=2012)
        self.assertEqual(program.run("2027-06-15").withheld, 1)
        self.assertEqual(program.explain(kim).why, calls.birthdays_pb2.WITHHELD_REASON_GUARDIAN)
        decision = {"purpose": calls.consents_pb2.CONSENT_PURPOSE_GUARDIAN,
                    "state": calls.consents_pb2.CONSENT_STATE_GRANTED}
        said = {"member_id": kim, "decisions": [decision], "source": calls.consents_pb2.CONSENT_SOURCE_PAPER,
                "wording_version": "2027-06"}
        # It is not the minor's to say.
        with Caller(house, program.shop("members", "IssueMemberToken", member_id=kim).token) as page:
            self.refused("FIELD_INVALID", page, "members", "RecordConsent", **said)
        program.shop("members", "RecordConsent", **said)
        program.run("2027-06-20")
        self.assertEqual(program.balance(kim), 100)

    def test_two_who_are_one_get_one_gift(self):
        program = Program()
        survivor, duplicate = program.born(6, 15), program.born(6, 15)
        program.gratis("member", "update", survivor, "--time-zone", "Pacific/Pago_Pago")
        program.run("2027-06-15")
        self.assertEqual((program.balance(survivor), program.balance(duplicate)), (0, 100))
        program.shop("members", "MergeMembers", duplicate_id=duplicate, survivor_id=survivor)
        program.run("2027-06-16")
        self.assertEqual(program.balance(survivor), 100)
        self.assertEqual([gift.year for gift in program.gifts(survivor)], [2027])

    def test_who_complains_is_given_theirs_without_a_word(self):
        """Story 9: the gift is given and nobody makes a fuss; the message waits."""
        program = Program()
        cross = program.born(6, 15)
        program.shop("thanks", "OpenComplaint", member_id=cross, topic="delivery")
        program.run("2027-06-15")
        gift = program.gifts(cross)[0]
        self.assertTrue(gift.quiet)
        self.assertEqual(program.balance(cross), 100)
        self.assertIn("without a word", program.explain(cross).sentence)


if __name__ == "__main__":
    unittest.main(verbosity=2)
