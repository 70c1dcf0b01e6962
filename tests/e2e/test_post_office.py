"""Letters through a mail server that people run: what arrives in the letter box is what was written."""

import re
import unittest

import calls
from calls import Caller, deliveries_pb2
from house import House, scratch, wait_until
from post_office import PASSWORD, PostOffice

SECONDS = 60
TEXT = "Grüezi {{member.name}},\n\n.this line begins with a dot\nFrom here on: " + "long " * 300 + "\n--\nIda"
OUT = "{{#voucher}} {{voucher.code}}{{/voucher}}{{#unsubscribe}} {{unsubscribe.url}}{{/unsubscribe}}"
HTML = "<p>Grüezi <b title='{{member.name}}'>{{member.name}}</b>" + OUT + "</p>"


def setUpModule():
    global office, house, shop, admin
    office = PostOffice(scratch())
    house = House(flags=["--development-clock", *office.flags()],
                  environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()
    shop = Caller(house, calls.new_program(house, currency_code="USD"))
    admin = Caller(house, program="shop")
    house.gratis("clock", "set", "2030-03-02T10:00:00Z", "--program", "shop")
    admin("messages", "SetMessagingPolicy", policy={
        "senders": [{"code": "ida", "name": "Ida Märki", "address": "ida@shop.example"}],
        "quiet_from_hour": 21, "quiet_until_hour": 8, "cap_messages": 100, "cap_days": 7, "max_age_days": 7,
        "unsubscribe_url": "https://shop.example/unsubscribe"})
    admin("messages", "SetTemplate", template={
        "code": "note", "purpose": "MESSAGE_PURPOSE_MARKETING", "sender": "ida", "default_language": "en",
        "wordings": [{"language": "en", "subject": "Für {{member.name}}", "text": TEXT + OUT, "html": HTML}]})
    admin("thanks", "SetTrigger", trigger={
        "code": "note", "event": "TRIGGER_EVENT_PURCHASE", "template": "note", "enabled": True,
        "sender": {"code": "ida", "name": "Ida Märki"}, "voucher": {"basis_points": 2000, "evergreen": True}})


def tearDownModule():
    house.remove()
    office.stop()


def thanked(who):
    member = shop("members", "EnrollMember",
                  profile={"email": f"{who}@example.org", "greeting_name": 'Zoë "Z" <zoe>'}).member_id
    shop("members", "RecordConsent", member_id=member, source="CONSENT_SOURCE_WEB_FORM", wording_version="1",
         decisions=[{"purpose": "CONSENT_PURPOSE_MARKETING", "channel": "CONSENT_CHANNEL_EMAIL",
                     "state": "CONSENT_STATE_GRANTED"}])
    shop("thanks", "RecordPurchase", order={"source": "web", "order_id": who}, member_id=member,
         total=calls.money(2000))
    return member


def letters_to(who):
    return [letter for letter in office.messages() if letter["To"].addresses[0].addr_spec == f"{who}@example.org"]


def delivery_of(member):
    return next(iter(shop("messages", "ListDeliveries", member_id=member).deliveries), None)


def attempts_of(member):
    outcome = deliveries_pb2.AttemptOutcome.Name
    attempts = shop("messages", "GetDelivery", delivery_id=delivery_of(member).delivery_id).attempts
    return [(outcome(one.outcome).removeprefix("ATTEMPT_OUTCOME_"), one.answer_code // 100) for one in attempts]


class PostOffices(unittest.TestCase):
    def test_what_arrives_is_what_was_written(self):
        member = thanked("zoe")
        wait_until("it arrives", SECONDS, lambda: letters_to("zoe"))
        [letter] = letters_to("zoe")
        self.assertEqual(letter["From"].addresses[0].display_name, "Ida Märki")
        self.assertEqual(letter["From"].addresses[0].addr_spec, "ida@shop.example")
        self.assertEqual(letter["Subject"], 'Für Zoë "Z" <zoe>')
        self.assertRegex(letter["Message-ID"], rf"^<{delivery_of(member).delivery_id}@shop\.example>$")
        self.assertEqual(letter["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
        [way_out] = re.findall(r"^<(https://shop\.example/unsubscribe\?token=\S+)>$", letter["List-Unsubscribe"])
        self.assertIn("ESMTPSA", "".join(letter["Received"].split()), "with TLS and AUTH")

        self.assertEqual(letter.get_content_type(), "multipart/alternative")
        self.assertEqual([part.get_content_type() for part in letter.iter_parts()], ["text/plain", "text/html"])
        text = letter.get_body(("plain",)).get_content()
        begun = TEXT.replace("{{member.name}}", 'Zoë "Z" <zoe>')
        self.assertEqual(text.replace("\r\n", "\n")[:len(begun)], begun)
        self.assertIn(way_out, text)
        html = letter.get_body(("html",)).get_content()
        name = "Zoë &quot;Z&quot; &lt;zoe&gt;"
        self.assertIn(f"<p>Grüezi <b title='{name}'>{name}</b>", html)
        self.assertEqual(attempts_of(member), [("DELIVERED", 2)])
        self.assertEqual(delivery_of(member).state, deliveries_pb2.DELIVERY_STATE_DELIVERED)

    def test_greylisted_it_comes_again_and_arrives_once(self):
        member = thanked("grey-ann")
        wait_until("it arrives", SECONDS, lambda: letters_to("grey-ann"))
        wait_until("it is written down", SECONDS,
                   lambda: delivery_of(member).state == deliveries_pb2.DELIVERY_STATE_DELIVERED)
        self.assertEqual(attempts_of(member), [("FAILED", 4), ("DELIVERED", 2)])
        self.assertEqual(len(letters_to("grey-ann")), 1)
        self.assertFalse(delivery_of(member).in_doubt)

    def test_what_is_refused_for_good_is_given_up_at_once(self):
        member = thanked("spam-ben")
        wait_until("it is given up", SECONDS, lambda: delivery_of(member)
                   and delivery_of(member).state == deliveries_pb2.DELIVERY_STATE_DEAD)
        self.assertEqual(delivery_of(member).reason, "letter_rejected")
        self.assertEqual(attempts_of(member), [("REFUSED", 5)])
        self.assertEqual(letters_to("spam-ben"), [])


if __name__ == "__main__":
    unittest.main()
