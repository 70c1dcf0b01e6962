"""What members are told: from a purchase to the letter in a mail server that is not ours, and why not."""

import json
import re
import unittest

from google.protobuf.timestamp_pb2 import Timestamp

import calls
from calls import Caller, Failure, access_pb2
from house import House, scratch, wait_until
from mail_server import MailServer, PASSWORD

SECONDS = 20
URL = "https://shop.example/unsubscribe"

CEO_NOTE = """Dear {{member.name}},

thank you for your purchase.
{{#voucher}}
Here are {{voucher.worth}} off your next one{{^voucher.ends}}, whenever that is{{/voucher.ends}}: {{voucher.code}}
{{/voucher}}
{{#feedback}}
How was it? Tell me: {{feedback.url}}
{{/feedback}}

{{sender.name}}, {{sender.title}}
{{#unsubscribe}}
No more of these: {{unsubscribe.url}}
{{/unsubscribe}}
"""
OUT = " {{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}"


def setUpModule():
    global mail, house, shop, admin, support
    mail = MailServer(scratch())
    house = House(flags=["--development-clock", *mail.flags()], environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()
    shop_key = calls.new_program(house, time_zone="Europe/Zurich", currency_code="CHF")
    shop = Caller(house, shop_key)
    admin = Caller(house, program="shop")
    with Caller(house) as root:
        support = Caller(house, root("ledger", "CreateKey", role=access_pb2.ROLE_SUPPORT, program="shop",
                                     label="e2e").secret)
    marketing("SetMessagingPolicy", policy={
        "senders": [{"code": "founder", "name": "Anna Keller", "title": "founder", "address": "anna@shop.example"}],
        "quiet_from_hour": 21, "quiet_until_hour": 8, "cap_messages": 3, "cap_days": 7, "max_age_days": 7,
        "unsubscribe_url": URL, "feedback_url": "https://shop.example/how"})
    at("2030-03-01T09:00:00Z")


def tearDownModule():
    house.remove()
    mail.stop()


def marketing(method, **fields):
    return admin("messages", method, **fields)


def at(time):
    """Moves the program's time."""
    admin("ledger", "SetClock", now=instant(time))


def instant(text):
    time = Timestamp()
    time.FromJsonString(text)
    return time


def template(code, *texts, purpose="SERVICE", html=""):
    marketing("SetTemplate", template={
        "code": code, "purpose": f"MESSAGE_PURPOSE_{purpose}", "sender": "founder", "default_language": "en",
        "wordings": [{"language": "en", "subject": "For {{member.name}}", "text": text, "html": html,
                      "task": "A card for {{member.name}}, please"} for text in texts]})


def trigger(code, **fields):
    fields = {"event": "TRIGGER_EVENT_PURCHASE", "template": code, "sender": {"code": "founder", "name": "Anna Keller"},
              "enabled": True} | fields
    admin("thanks", "SetTrigger", trigger={"code": code, **fields})


def off(code, **fields):
    trigger(code, enabled=False, **fields)


def enrolled(who, consents=("MARKETING", "SURVEYS"), **profile):
    member = shop("members", "EnrollMember",
                  profile={"email": f"{who}@example.org", "greeting_name": who.title()} | profile).member_id
    if consents:
        shop("members", "RecordConsent", member_id=member, source="CONSENT_SOURCE_WEB_FORM", wording_version="1",
             decisions=[{"purpose": f"CONSENT_PURPOSE_{purpose}", "channel": "CONSENT_CHANNEL_EMAIL",
                         "state": "CONSENT_STATE_GRANTED"} for purpose in consents])
    return member


def bought(member, order, **more):
    return shop("thanks", "RecordPurchase", order={"source": "web", "order_id": order}, member_id=member,
                total=calls.money(2000, "CHF"), **more)


def letters_to(who):
    return [letter for letter in mail.messages() if letter["To"].addresses[0].addr_spec == f"{who}@example.org"]


def letter_to(who, count=1):
    """The last of so many letters, once it has come."""
    wait_until(f"{count} letters to {who}", SECONDS, lambda: len(letters_to(who)) >= count)
    return letters_to(who)[count - 1]


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


def messages_of(member):
    return shop("messages", "ListMessages", member_id=member).messages


def decided(member, count=1):
    """The member's messages, once so many were looked at: newest first."""
    def looked_at():
        found = messages_of(member)
        settled = [m for m in found if m.state != 1 or m.why != 0]
        return found if len(settled) >= count else None
    return wait_until(f"{count} messages decided", SECONDS, looked_at)


def names(message):
    state = calls.messages_pb2.MessageState.Name(message.state).removeprefix("MESSAGE_STATE_")
    why = calls.messages_pb2.MessageReason.Name(message.why).removeprefix("MESSAGE_REASON_")
    return state if why == "UNSPECIFIED" else f"{state} {why}"


class Story(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason)
        return failed.exception


class Story1(Story):
    """After every purchase a note from the founder by name: thank you, how was it, and 20% off with no end date."""

    def setUp(self):
        at("2030-03-04T09:00:00Z")
        template("ceo-note", CEO_NOTE, html="<p>Dear {{member.name}}, thank you.</p>{{#voucher}}<p>"
                 "{{voucher.worth}}: {{voucher.code}}</p>{{/voucher}}{{#unsubscribe}}<p><a href=\"{{unsubscribe.url}}\">"
                 "No more</a></p>{{/unsubscribe}}")
        trigger("ceo-note", question="TRIGGER_QUESTION_FEEDBACK", voucher={"basis_points": 2000, "evergreen": True})

    def tearDown(self):
        off("ceo-note")

    def test_1_a_purchase_is_thanked_for_by_the_founder_with_twenty_percent_for_ever_and_a_question(self):
        member = enrolled("ada", greeting_name="Ada <Lovelace>")
        bought(member, "A-1")
        letter = letter_to("ada")
        self.assertEqual(letter["From"].addresses[0].display_name, "Anna Keller")
        self.assertEqual(letter["From"].addresses[0].addr_spec, "anna@shop.example")
        self.assertEqual(letter["Subject"], "For Ada <Lovelace>")
        text = text_of(letter)
        self.assertIn("Dear Ada <Lovelace>,", text)
        self.assertIn("Anna Keller, founder", text)
        code = re.search(r"20% off your next one, whenever that is: (\S+)", text).group(1)
        self.assertRegex(text, r"Tell me: https://shop\.example/how\?message=msg_\w+")
        html = letter.get_body(("html",)).get_content()
        self.assertIn("Dear Ada &lt;Lovelace&gt;", html)
        # The voucher is good at any till, and has no end.
        seen = shop("ledger", "ValidateVoucher", code=code)
        self.assertTrue(seen.live)
        self.assertFalse(seen.voucher.HasField("expires_at"))
        # Another purchase, another note, the same voucher: one lives, never stacked.
        bought(member, "A-2")
        self.assertIn(code, text_of(letter_to("ada", 2)))
        self.assertEqual(len(shop("ledger", "ListVouchers", member_id=member).vouchers), 1)
        # What was said can be read as it went out, and explained.
        decided(member, 2)
        second = text_of(letters_to("ada")[1])
        message = re.search(r"msg_\w+", second).group()
        kept = support("messages", "GetMessage", message_id=message).rendered
        self.assertEqual(kept.text.split(), second.split())
        self.assertIn("It went to e-mail on 2030-03-04",
                      support("messages", "ExplainMessage", message_id=message).sentence)

    def test_1_without_consent_it_is_a_bare_thank_you(self):
        member = enrolled("bare", consents=())
        bought(member, "B-1")
        text = text_of(letter_to("bare"))
        self.assertIn("thank you for your purchase", text)
        self.assertNotIn("%", text)
        self.assertNotIn("How was it", text)
        self.assertIsNone(letter_to("bare")["List-Unsubscribe"])
        self.assertEqual(set(decided(member)[0].left_out), {"voucher", "feedback"})

    def test_1_one_press_takes_them_off_the_list(self):
        member = enrolled("olga")
        bought(member, "O-1")
        letter = letter_to("olga")
        self.assertEqual(letter["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        url = re.fullmatch(r"<(.*)>", letter["List-Unsubscribe"]).group(1)
        self.assertTrue(url.startswith(URL + "?token="), url)
        token = url.split("token=")[1]
        self.assertEqual(shop("messages", "Unsubscribe", token=token).member_id, member)
        consents = shop("members", "GetConsents", member_id=member).consents.consents
        self.assertEqual({c.state for c in consents}, {calls.consents_pb2.CONSENT_STATE_WITHDRAWN})
        self.assertEqual({c.source for c in consents}, {calls.consents_pb2.CONSENT_SOURCE_UNSUBSCRIBE_LINK})
        bought(member, "O-2")
        self.assertNotIn("%", text_of(letter_to("olga", 2)))
        self.refused("UNSUBSCRIBE_TOKEN_INVALID", shop, "messages", "Unsubscribe", token=token[:-2])
        # In another program it is good for nothing, and says no more than one that is damaged.
        with Caller(house, calls.new_program(house, "elsewhere")) as stranger:
            self.refused("UNSUBSCRIBE_TOKEN_INVALID", stranger, "messages", "Unsubscribe", token=token)

    def test_1_an_import_of_old_orders_sends_nothing_and_one_of_today_sends_one(self):
        member = enrolled("ivy")
        for day in range(1, 9):
            bought(member, f"I-{day}", purchased_at=instant(f"2030-02-1{day}T10:00:00Z"))
        bought(member, "I-today")
        letter_to("ivy")
        for message in messages_of(member):
            self.assertIn(names(message), ("SENT", "WITHHELD TOO_LATE"))
        self.assertEqual(len(letters_to("ivy")), 1)

    def test_1_of_those_who_were_erased_no_text_is_left(self):
        member = enrolled("gone")
        bought(member, "G-1")
        letter_to("gone")
        message = decided(member)[0].message_id
        self.assertTrue(support("messages", "GetMessage", message_id=message).HasField("rendered"))
        kept = self.kept_texts()
        house.gratis("member", "erase", member, "--yes", "--program", "shop")
        # From then on it is told no more, and soon it is not there.
        self.assertFalse(support("messages", "GetMessage", message_id=message).HasField("rendered"))
        wait_until("the text is gone", SECONDS, lambda: self.kept_texts() < kept)

    def kept_texts(self):
        return int(house.psql("SELECT count(sealed) FROM gratis_messages.message"))


class Story2(Story):
    """A boot maker sends its mission statement to everyone who buys: once, if they want to hear of it."""

    def test_2_the_mission_is_told_once_to_those_who_want_to_hear_it(self):
        at("2030-03-05T09:00:00Z")
        template("mission", "We mend what we make." + OUT, purpose="MARKETING")
        trigger("mission", brand_story=True, once_per_member=True)
        wants, wants_not = enrolled("mia"), enrolled("mel", consents=("SURVEYS",))
        for member, order in ((wants, "M-1"), (wants_not, "M-2"), (wants, "M-3")):
            bought(member, order)
        self.assertIn("We mend what we make.", text_of(letter_to("mia")))
        self.assertEqual([names(m) for m in decided(wants_not)], ["WITHHELD NO_CONSENT"])
        self.assertEqual([names(m) for m in messages_of(wants)], ["SENT"])
        self.assertEqual(len(letters_to("mia")), 1)
        off("mission", brand_story=True)


class Story3(Story):
    """One e-mail of hundreds in the holiday season stood out: a cap, quiet nights, wording that varies, and it is known
    what was opened and redeemed."""

    def test_3_few_messages_by_day_in_words_that_vary(self):
        at("2030-03-06T09:00:00Z")
        template("varied", "First words", "Other words", "Third words")
        trigger("varied")
        member = enrolled("cap")
        for number in range(3):
            bought(member, f"C-{number}")
            letter_to("cap", number + 1)
        self.assertEqual([text_of(letter).strip() for letter in letters_to("cap")],
                         ["First words", "Other words", "Third words"])
        # The fourth of the week waits for the week to pass, whatever trigger it is of.
        off("varied")
        template("other", "Yet other words")
        trigger("other")
        bought(member, "C-3")
        self.assertEqual(sorted(names(message) for message in decided(member, 4)),
                         ["SENT", "SENT", "SENT", "WAITING CAP"])
        self.assertEqual(len(letters_to("cap")), 3)
        # At night, where they live, nobody is written to; in the morning they are.
        at("2030-03-06T20:30:00Z")
        night = enrolled("night")
        bought(night, "N-1")
        waiting = decided(night)[0]
        self.assertEqual(names(waiting), "WAITING QUIET_HOURS")
        self.assertEqual(waiting.due_at.ToJsonString(), "2030-03-07T07:00:00Z")
        self.assertIn("2030-03-07 08:00 Europe/Zurich",
                      support("messages", "ExplainMessage", message_id=waiting.message_id).sentence)
        elsewhere = enrolled("york", time_zone="America/New_York")
        bought(elsewhere, "N-2")
        letter_to("york")
        self.assertEqual(letters_to("night"), [])
        at("2030-03-07T07:00:00Z")
        letter_to("night")
        off("other")

    def results(self, template):
        """What came of messages, by day, wording, trigger and channel."""
        return {(f"{r.day.year}-{r.day.month:02}-{r.day.day:02}", r.variant, r.trigger, r.channel): r
                for r in admin("messages", "ListMessageResults", template_code=template).results}

    def test_3_what_was_opened_and_redeemed_is_known_by_wording_trigger_and_day(self):
        at("2030-03-08T09:00:00Z")
        words = " words.{{#voucher}} {{voucher.code}}{{/voucher}}" + OUT
        template("told", "First" + words, "Second" + words)
        trigger("told", voucher={"basis_points": 2000, "evergreen": True})
        people = {who: enrolled(who) for who in ("opal", "otto", "olaf")}
        # Otto wants nobody to know what he reads.
        shop("members", "RecordConsent", member_id=people["otto"], source="CONSENT_SOURCE_WEB_FORM", decisions=[
            {"purpose": "CONSENT_PURPOSE_PROFILING", "state": "CONSENT_STATE_WITHDRAWN"}])
        for who, member in people.items():
            bought(member, f"told-{who}")
        mails = {who: re.match(r"<(dlv_\w+)@", letter_to(who)["Message-ID"]).group(1) for who in people}
        key = ("2030-03-08", 0, "told", calls.messages_pb2.MESSAGE_CHANNEL_EMAIL)
        self.assertEqual(self.results("told")[key].sent, 3)
        self.assertFalse(self.results("told")[key].HasField("opened"), "nobody said, which is not none")

        # The shop's mail service says what it saw, once or more often.
        for _ in range(2):
            self.assertTrue(shop("messages", "RecordEngagement", delivery_id=mails["opal"],
                                 kind="ENGAGEMENT_KIND_OPENED").recorded)
        message = decided(people["olaf"])[0].message_id
        self.assertTrue(shop("messages", "RecordEngagement", message_id=message,
                             kind="ENGAGEMENT_KIND_CLICKED").recorded)
        ignored = shop("messages", "RecordEngagement", delivery_id=mails["otto"], kind="ENGAGEMENT_KIND_OPENED")
        self.assertEqual((ignored.recorded, ignored.ignored),
                         (False, calls.engagements_pb2.ENGAGEMENT_IGNORED_OBJECTION))
        self.refused("FIELD_INVALID", shop, "messages", "RecordEngagement", message_id=message)
        nobodys = message[:-1] + ("1" if message.endswith("0") else "0")
        self.refused("MESSAGE_NOT_FOUND", shop, "messages", "RecordEngagement", message_id=nobodys,
                     kind="ENGAGEMENT_KIND_OPENED")
        told = self.results("told")[key]
        self.assertEqual((told.opened, told.clicked), (2, 1))

        # What the note gave is used, comes back, and is used again: the journal says so.
        voucher = shop("ledger", "ListVouchers", member_id=people["opal"]).vouchers[0].voucher_id
        used = shop("ledger", "RedeemVoucher", voucher_id=voucher)
        wait_until("it is redeemed", SECONDS, lambda: self.results("told")[key].redeemed == 1)
        shop("ledger", "Reverse", transaction_id=used.transaction_id)
        wait_until("it is not", SECONDS, lambda: self.results("told")[key].redeemed == 0)
        shop("ledger", "RedeemVoucher", voucher_id=voucher)
        wait_until("it is again", SECONDS, lambda: self.results("told")[key].redeemed == 1)
        pressed = re.search(r"token=([^>]+)>", letter_to("olaf")["List-Unsubscribe"]).group(1)
        shop("messages", "Unsubscribe", token=pressed)
        self.assertEqual(self.results("told")[key].unsubscribed, 1)
        off("told")

        # The inbox needs nobody to say so: to read it is a call.
        template("shown", "Look here")
        trigger("shown", channels=["inbox"])
        bought(people["otto"], "shown-1")
        waiting = wait_until("the inbox", SECONDS, lambda: shop(
            "messages", "ListInbox", member_id=people["otto"]).messages)[0]
        shop("messages", "MarkRead", member_id=people["otto"], message_id=waiting.message_id)
        key = ("2030-03-08", 0, "shown", calls.messages_pb2.MESSAGE_CHANNEL_INBOX)
        self.assertEqual((self.results("shown")[key].sent, self.results("shown")[key].opened), (1, 1))
        off("shown")

        # As a table, page by page, and the texts are the member's to take away.
        on_the_day = ("--from", "2030-03-08", "--to", "2030-03-08", "--program", "shop")
        listed = house.answer("messages", "results", "--template", "told", *on_the_day)["results"]
        self.assertEqual([(r["sent"], r["opened"], r["redeemed"], r["unsubscribed"]) for r in listed], [(3, 2, 1, 1)])
        self.assertEqual(len(house.answer("messages", "results", "--limit", "1", *on_the_day)["results"]), 1)
        self.assertRegex(house.gratis("messages", "results", "--template", "told", *on_the_day).stdout,
                         r"2030-03-08 +told v1 +0 +told +email +3 +2 +1 +1 +1")
        kept = house.answer("member", "export", people["olaf"], "--program", "shop")["message_texts"]
        self.assertEqual([k["message_id"] for k in kept], [message])
        self.assertIn("First words.", kept[0]["rendered"]["text"])
        self.assertEqual({e["kind"] for e in kept[0]["engagements"]}, {"OPENED", "CLICKED", "UNSUBSCRIBED"})
        self.assertTrue(house.answer("messages", "engaged", mails["opal"], "--kind", "clicked",
                                     "--program", "shop")["recorded"])


class Story9(Story):
    """A bottle of champagne came to the room whose air-conditioning had not been mended."""

    def test_9_while_a_complaint_is_open_the_message_waits_then_comes_as_one_tactful_line(self):
        at("2030-03-10T08:30:00Z")
        template("birthday-gift", "Happy birthday!{{#gift}} {{points}} points.{{/gift}}" + OUT, purpose="MARKETING")
        template("after-complaint", "We are glad it is mended.{{#gift}} {{points}} points are yours.{{/gift}}" + OUT,
                 purpose="MARKETING")
        member = enrolled("rita", birthday={"month": 3, "day": 12})
        complaint = shop("thanks", "OpenComplaint", member_id=member, topic="air-conditioning").complaint.complaint_id
        at("2030-03-12T09:30:00Z")
        admin("birthdays", "RunBirthdays")
        self.assertEqual([names(m) for m in decided(member)], ["WAITING COMPLAINT"])
        self.assertGreater(shop("ledger", "GetBalance", member_id=member).available_points, 0, "the gift is there")
        self.assertEqual(letters_to("rita"), [])
        shop("thanks", "ResolveComplaint", complaint_id=complaint, outcome="COMPLAINT_OUTCOME_MENDED")
        text = text_of(letter_to("rita"))
        self.assertIn("We are glad it is mended. 100 points are yours.", text)
        self.assertNotIn("Happy birthday", text)
        self.assertEqual(len(letters_to("rita")), 1)


# Time only goes on: test cases run in the order of their names.
class Staff(Story):
    """Story 4's tasks: a hand-written note in this parcel."""

    def test_4_a_task_for_staff_is_taken_by_one_and_done(self):
        at("2030-03-03T09:00:00Z")
        template("hand-written-note", "-")
        trigger("parcel-note", template="", task="hand-written-note")
        member = enrolled("tess")
        bought(member, "T-1")
        task = wait_until("the task", SECONDS, lambda: [
            t for t in shop("messages", "ListTasks").tasks if t.member_id == member])[0]
        self.assertEqual(task.text, "A card for Tess, please")
        shop("messages", "TakeTask", task_id=task.task_id, staff="anna")
        self.refused("TASK_TAKEN", shop, "messages", "TakeTask", task_id=task.task_id, staff="ben")
        done = shop("messages", "EndTask", task_id=task.task_id, staff="anna", state="TASK_STATE_DONE")
        self.assertTrue(done.transaction_id.startswith("txn_"))
        self.refused("TASK_ENDED", shop, "messages", "EndTask", task_id=task.task_id, staff="anna",
                     state="TASK_STATE_DONE")
        self.assertEqual(shop("messages", "ListTasks", state="TASK_STATE_DONE").tasks[0].staff, "anna")
        off("parcel-note", template="", task="hand-written-note")


class Templates(Story):
    def test_what_cannot_be_said_is_refused_with_its_place(self):
        refused = self.refused("TEMPLATE_INVALID", admin, "messages", "SetTemplate", template={
            "code": "wrong", "purpose": "MESSAGE_PURPOSE_SERVICE", "sender": "founder", "default_language": "en",
            "wordings": [{"language": "en", "subject": "s", "text": "Dear {{member.surname}}"}]})
        self.assertEqual(refused.metadata, {"where": "wordings[0].text line 1 column 6"})

    def test_a_trigger_that_is_not_set_yet_is_read_as_its_letter_over_a_real_purchase(self):
        at("2030-03-13T09:00:00Z")
        template("ahead", "Thank you for {{purchase.id}}, of {{occurred.day}}.{{#voucher}} {{voucher.worth}} off until "
                 "{{voucher.ends}}: {{voucher.code}}{{/voucher}}{{#feedback}} {{feedback.url}}{{/feedback}}" + OUT)
        member = enrolled("pia")
        purchase = bought(member, "P-1").purchase_id
        fields = {"question": "TRIGGER_QUESTION_FEEDBACK", "voucher": {"basis_points": 2000, "valid_days": 30}}
        file = house.home / "ahead.json"
        file.write_text(json.dumps({"code": "ahead", "enabled": True, "event": "TRIGGER_EVENT_PURCHASE",
                                    "template": "ahead", "sender": {"code": "founder", "name": "Anna"}} | fields))
        said = house.gratis("triggers", "preview", "--file", file, "--order", "web:P-1", "--program", "shop", "--json")
        letter = ("templates", "preview", "--template", "ahead", "--figures", "-", "--program", "shop")
        shown = house.answer(*letter, member, input=said.stdout)
        self.assertIn(f"Thank you for {purchase}, of 2030-03-13. 20% off until 2030-04-12: PREVIEW",
                      shown["message"]["text"])
        self.assertEqual((shown["consented"], shown["left_out"]), (True, []))
        bare = house.answer(*letter, enrolled("pim", consents=()), input=said.stdout)
        self.assertEqual(bare["message"]["text"].strip(), f"Thank you for {purchase}, of 2030-03-13.")
        self.assertEqual(bare["left_out"], ["voucher", "feedback"])
        self.assertFalse(messages_of(member), "nothing was said")

        # Once it is set, the next purchase's letter is that one, but for what is its own.
        trigger("ahead", **fields)
        other = bought(member, "P-2").purchase_id
        code = shop("ledger", "ListVouchers", member_id=member).vouchers[0].code
        sent = re.sub(r"(message|token)=\S+", r"\1=*", text_of(letter_to("pia"))).replace(other, purchase)
        self.assertEqual(sent.replace(code, "PREVIEW").split(),
                         re.sub(r"(message|token)=\S+", r"\1=*", shown["message"]["text"]).split())
        off("ahead", **fields)
        self.refused("FIELD_INVALID", admin, "messages", "PreviewTemplate", code="ahead", member_id=member,
                     figures="a note")

    def test_everything_also_through_gratis(self):
        file = house.home / "template.json"
        file.write_text(json.dumps({
            "code": "by-hand", "purpose": "MESSAGE_PURPOSE_SERVICE", "sender": "founder", "default_language": "en",
            "wordings": [{"language": "en", "subject": "Hello", "text": "Hello {{member.name}}"}]}))
        said = house.answer("templates", "set", "--file", str(file), "--program", "shop")
        self.assertEqual((said["code"], said["version"]), ("by-hand", 1))
        self.assertEqual(house.answer("templates", "set", "--file", str(file), "--program", "shop")["version"], 2)
        newest = house.answer("audit", "--kind", "template-set", "--program", "shop")["acts"][0]
        versions = [json.loads(text)["template_version"] for text in (newest["before"], newest["entry"]["detail"])]
        self.assertEqual(versions, [1, 2])
        member = enrolled("cleo")
        shown = house.answer("templates", "preview", member, "--template", "by-hand", "--program", "shop")
        self.assertEqual(shown["message"]["text"], "Hello Cleo")
        self.assertIn("by-hand", [t["code"] for t in
                                  house.answer("templates", "list", "--program", "shop")["templates"]])
        self.assertEqual(house.answer("messages", "list", member, "--program", "shop")["messages"], [])
        policy = house.answer("messages", "policy", "show", "--program", "shop")
        self.assertEqual(policy["senders"][0]["name"], "Anna Keller")
        self.assertEqual(house.answer("inbox", "list", member, "--program", "shop")["messages"], [])
        house.gratis("tasks", "list", "--program", "shop")


if __name__ == "__main__":
    unittest.main()
