"""Story 4, from the order in which something lacked to the review: in a shop for bedding, with a mail server."""

import json
import pathlib
import tempfile
import unittest

import calls
from calls import Caller
from house import House, scratch, wait_until
from mail_server import MailServer, PASSWORD

SECONDS = 60
BEGINS = "2030-03-01T09:00:00Z"
OUT = " {{#unsubscribe}}{{unsubscribe.url}}{{/unsubscribe}}"


def setUpModule():
    global mail, house, shop, admin
    mail = MailServer(scratch())
    house = House(flags=["--development-clock", *mail.flags()], environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()
    shop = Caller(house, calls.new_program(house, time_zone="Europe/Zurich", currency_code="CHF"))
    admin = Caller(house, program="shop")
    admin("messages", "SetMessagingPolicy", policy={
        "senders": [{"code": "owner", "name": "Ida Marti", "title": "owner", "address": "ida@shop.example"}],
        "quiet_from_hour": 21, "quiet_until_hour": 8, "cap_messages": 3, "cap_days": 7, "max_age_days": 7,
        "unsubscribe_url": "https://shop.example/unsubscribe", "feedback_url": "https://shop.example/how"})
    template("back-in-stock", "{{#restock}}{{restock.item}} is there again.{{/restock}}" + OUT)
    template("hand-written-note", "-")
    template("review", "{{#feedback}}How do you sleep? {{feedback.url}}{{/feedback}}" + OUT, purpose="SURVEYS")
    at(BEGINS)


def tearDownModule():
    house.remove()
    mail.stop()


def at(moment):
    """Moves the program's time."""
    house.gratis("clock", "set", moment, "--program", "shop")


def template(code, text, purpose="SERVICE"):
    admin("messages", "SetTemplate", template={
        "code": code, "purpose": f"MESSAGE_PURPOSE_{purpose}", "sender": "owner", "default_language": "en",
        "wordings": [{"language": "en", "subject": "For {{member.name}}", "text": text,
                      "task": "A card for {{member.name}}: the other design was sold out"}]})


def trigger(code, **fields):
    fields = {"event": "TRIGGER_EVENT_PURCHASE", "template": code, "sender": {"code": "owner", "name": "Ida Marti"},
              "enabled": True} | fields
    if not fields["template"]:
        del fields["sender"]
    admin("thanks", "SetTrigger", trigger={"code": code, **fields})


def enrolled(who, consents=()):
    member = shop("members", "EnrollMember",
                  profile={"email": f"{who}@example.org", "greeting_name": who.title()}).member_id
    if consents:
        shop("members", "RecordConsent", member_id=member, source="CONSENT_SOURCE_WEB_FORM", wording_version="1",
             decisions=[{"purpose": f"CONSENT_PURPOSE_{purpose}", "channel": "CONSENT_CHANNEL_EMAIL",
                         "state": "CONSENT_STATE_GRANTED"} for purpose in consents])
    return member


def bought(member, order, *lines):
    return shop("thanks", "RecordPurchase", order={"source": "web", "order_id": order}, member_id=member,
                total=calls.money(sum(line.get("unit_price_minor", 0) for line in lines), "CHF"), lines=lines)


STARS = {"sku": "duvet-stars", "category": "bedding", "quantity": 1, "unit_price_minor": 8000}
MOONS = {"sku": "duvet-moons", "category": "bedding", "quantity": 1, "unit_price_minor": 8000}
NO_MOONS = MOONS | {"unit_price_minor": 0, "unfulfilled": 1}


def back(sku, **fields):
    return shop("thanks", "RecordRestock", sku=sku, **fields).waiting


def wishes(member, **fields):
    state = calls.wishes_pb2.WishState.Name
    return {one.sku: state(one.state).removeprefix("WISH_STATE_")
            for one in shop("thanks", "ListWishes", member_id=member, **fields).wishes}


def letters_to(who):
    return [letter for letter in mail.messages() if letter["To"].addresses[0].addr_spec == f"{who}@example.org"]


def text_to(who, count=1):
    """What the last of so many letters says, once it has come."""
    wait_until(f"{count} letters to {who}", SECONDS, lambda: len(letters_to(who)) >= count)
    return letters_to(who)[count - 1].get_body(("plain",)).get_content()


def messages_of(member):
    state, why = calls.messages_pb2.MessageState.Name, calls.messages_pb2.MessageReason.Name
    return [(one.template_code, state(one.state).removeprefix("MESSAGE_STATE_"), why(one.why).removeprefix("MESSAGE_REASON_"))
            for one in shop("messages", "ListMessages", member_id=member).messages]


class Story4(unittest.TestCase):
    """A mother could not find a second design: a note in the parcel, a letter when it is back, later a review."""

    # Time only goes on: test cases run in the order of their names.
    def test_1_a_note_in_the_parcel_the_news_that_it_is_back_and_a_review_once_promises_are_kept(self):
        trigger("sorry", template="", task="hand-written-note", audience={"lacking": True})
        trigger("review", event="TRIGGER_EVENT_DELIVERY", delay_minutes=60 * 24 * 14, max_age_days=7,
                question="TRIGGER_QUESTION_REVIEW")
        mother = enrolled("ruth", ["MARKETING", "SURVEYS"])
        bought(mother, "C-1", STARS, NO_MOONS)
        task = wait_until("the task", SECONDS, lambda: [
            one for one in shop("messages", "ListTasks").tasks if one.member_id == mother])[0]
        self.assertEqual(task.text, "A card for Ruth: the other design was sold out")
        self.assertEqual(wishes(mother), {"duvet-moons": "WAITING"})

        # It is back: she is told, once.
        at("2030-03-04T09:00:00Z")
        self.assertEqual(back("duvet-moons", item="The duvet with moons"), 1)
        text = text_to("ruth")
        self.assertIn("The duvet with moons is there again.", text)
        self.assertIn("https://shop.example/unsubscribe?token=", text)
        self.assertTrue(letters_to("ruth")[0]["List-Unsubscribe"])
        self.assertEqual(wishes(mother), {"duvet-moons": "MET"})
        self.assertEqual(back("duvet-moons", item="The duvet with moons"), 0)

        # A review is asked once what was promised was kept, of whoever has no open complaint.
        shop("thanks", "RecordDelivery", order={"source": "web", "order_id": "C-1"})
        complaint = shop("thanks", "OpenComplaint", member_id=mother, topic="stain").complaint.complaint_id
        at("2030-03-18T10:00:00Z")
        explained = lambda: next(one for one in shop(  # noqa: E731
            "thanks", "ExplainThanks", order={"source": "web", "order_id": "C-1"}).triggers if one.trigger == "review")
        wait_until("the review to wait", SECONDS,
                   lambda: explained().why == calls.trigger_results_pb2.TRIGGER_WHY_COMPLAINT_OPEN)
        shop("thanks", "ResolveComplaint", complaint_id=complaint, outcome="COMPLAINT_OUTCOME_MENDED")
        at("2030-03-18T10:05:00Z")
        self.assertIn("How do you sleep? https://shop.example/how?message=", text_to("ruth", 2))
        self.assertEqual(len(letters_to("ruth")), 2)

    def test_2_who_asked_is_told_who_was_only_noticed_must_have_agreed(self):
        at("2030-03-20T09:00:00Z")
        asked, noticed = enrolled("ana"), enrolled("ben")
        shop("thanks", "NoteWish", member_id=asked, sku="pillow", store="zurich-1", origin="WISH_ORIGIN_ASKED")
        bought(noticed, "C-2", STARS, NO_MOONS | {"sku": "pillow"})
        self.assertEqual(back("pillow", store="bern-2"), 1, "who waits in Zurich is not told of Bern")
        self.assertEqual(back("pillow", store="zurich-1", item="The pillow"), 1)
        text = text_to("ana")
        self.assertEqual(text.strip(), "The pillow is there again.")
        wait_until("it was decided", SECONDS,
                   lambda: ("back-in-stock", "WITHHELD", "NO_CONSENT") in messages_of(noticed))
        self.assertEqual(letters_to("ben"), [])

    def test_3_at_night_it_waits_and_what_came_back_meanwhile_is_not_told(self):
        at("2030-03-21T22:00:00Z")
        keeper, returner = enrolled("kim", ["MARKETING"]), enrolled("rod", ["MARKETING"])
        bought(keeper, "C-3", STARS, NO_MOONS | {"sku": "sheet"})
        bought(returner, "C-4", STARS, NO_MOONS | {"sku": "sheet"})
        self.assertEqual(back("sheet"), 2)
        for member in (keeper, returner):
            wait_until("it waits for the morning", SECONDS,
                       lambda who=member: ("back-in-stock", "WAITING", "QUIET_HOURS") in messages_of(who))
        shop("thanks", "RecordReturn", order={"source": "web", "order_id": "C-4"}, return_id="R-4", everything=True)
        wait_until("it is unsaid", SECONDS,
                   lambda: ("back-in-stock", "WITHHELD", "CANCELLED") in messages_of(returner))
        at("2030-03-22T09:00:00Z")
        self.assertIn("sheet is there again", text_to("kim"))
        self.assertEqual(letters_to("rod"), [])

    def test_4_not_who_bought_it_or_needs_it_no_more_and_everybody_after_a_crash(self):
        at("2030-03-24T09:00:00Z")
        people = {who: enrolled(who) for who in ("una", "vic", "wes")}
        for member in people.values():
            shop("thanks", "NoteWish", member_id=member, sku="quilt", origin="WISH_ORIGIN_ASKED")
        at("2030-03-24T09:05:00Z")
        bought(people["una"], "C-5", STARS | {"sku": "quilt"})
        self.assertTrue(shop("thanks", "WithdrawWish", member_id=people["vic"], sku="quilt").waited)
        self.assertEqual(shop("thanks", "RecordRestock", sku="quilt", validate_only=True).waiting, 2)
        request = {"request_id": "quilt is back", "sku": "quilt", "item": "The quilt"}
        first = shop("thanks", "RecordRestock", **request)
        house.kill()
        house.start()
        for caller in (shop, admin):
            caller.__exit__()
            caller._channels.clear()
        self.assertEqual(shop("thanks", "RecordRestock", **request), first)
        at("2030-03-24T09:10:00Z")
        self.assertIn("The quilt is there again.", text_to("wes"))
        self.assertEqual([wishes(member)["quilt"] for member in people.values()], ["OVERTAKEN", "WITHDRAWN", "MET"])
        self.assertEqual([len(letters_to(who)) for who in people], [0, 0, 1])

    def test_5_everything_also_through_gratis_and_in_the_export(self):
        member = enrolled("zoe")

        def run(*arguments):
            return house.answer("wishes", *arguments, "--program", "shop")

        noted = run("note", member, "--sku", "blanket", "--store", "zurich-1")
        self.assertEqual((noted["state"], noted["origin"], noted["store"]), ("WAITING", "ASKED", "zurich-1"))
        run("note", member, "--sku", "cushion", "--noticed")
        listed = run("list", member, "--waiting")["wishes"]
        self.assertEqual([(one["sku"], one["origin"]) for one in listed], [("blanket", "ASKED"), ("cushion", "NOTICED")])
        self.assertEqual(run("withdraw", member, "--sku", "cushion")["waited"], True)
        self.assertEqual(run("restocked", "blanket", "--store", "zurich-1", "--dry-run")["waiting"], 1)
        self.assertEqual(run("restocked", "blanket", "--store", "zurich-1", "--item", "The blanket")["waiting"], 1)
        self.assertIn("The blanket is there again.", text_to("zoe"))
        self.assertIn("blanket", house.gratis("wishes", "list", member, "--program", "shop").stdout)
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "zoe.json"
            house.gratis("member", "export", member, "--out", path, "--program", "shop")
            kept = json.loads(path.read_text())["wishes"]
        self.assertEqual({one["sku"]: one["state"] for one in kept}, {"blanket": "MET", "cushion": "WITHDRAWN"})
        line = shop("members", "ListTimeline", member_id=member).entries
        self.assertTrue(any("Were told that The blanket is back" in one.text for one in line), line)


if __name__ == "__main__":
    unittest.main()
