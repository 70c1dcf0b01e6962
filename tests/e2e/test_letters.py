"""What is promised of a letter when the engine dies: to a mail server that is not ours, with TLS and AUTH."""

import time
import unittest

from google.protobuf.timestamp_pb2 import Timestamp

import calls
from calls import Caller, deliveries_pb2
from house import House, scratch, wait_until
from mail_server import MailServer, PASSWORD

SECONDS = 40
SENDER = "gratis-messages"


def setUpModule():
    global mail, house, shop, shop_key, admin
    mail = MailServer(scratch())
    house = House(flags=["--development-clock", *mail.flags()], environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()
    shop_key = calls.new_program(house, currency_code="USD")
    shop = Caller(house, shop_key)
    admin = Caller(house, program="shop")
    admin("ledger", "SetClock", now=Timestamp(seconds=1_898_676_000))  # 2 March 2030, 10:00
    admin("messages", "SetMessagingPolicy", policy={
        "senders": [{"code": "founder", "name": "Anna Keller", "address": "anna@shop.example"}],
        "quiet_from_hour": 21, "quiet_until_hour": 8, "cap_messages": 100, "cap_days": 7, "max_age_days": 7,
        "unsubscribe_url": "https://shop.example/unsubscribe"})
    admin("messages", "SetTemplate", template={
        "code": "note", "purpose": "MESSAGE_PURPOSE_SERVICE", "sender": "founder", "default_language": "en",
        "wordings": [{"language": "en", "subject": "Thank you", "text": "Thank you, {{member.name}}."}]})
    admin("thanks", "SetTrigger", trigger={
        "code": "note", "event": "TRIGGER_EVENT_PURCHASE", "template": "note", "enabled": True,
        "sender": {"code": "founder", "name": "Anna Keller"}})


def tearDownModule():
    house.remove()
    mail.stop()


def thanked(who):
    """Somebody who buys something, and is thanked for it."""
    member = shop("members", "EnrollMember", profile={"email": f"{who}@example.org", "greeting_name": "Bo"}).member_id
    shop("thanks", "RecordPurchase", order={"source": "web", "order_id": who}, member_id=member,
         total=calls.money(2000))
    return member


def sent_to(who):
    return [letter for letter in mail.letters() if letter["to"] == f"{who}@example.org"]


def deliveries_of(member):
    return shop("messages", "ListDeliveries", member_id=member).deliveries


def killed_and_back():
    global shop
    house.kill(SENDER if house.split else "gratisd")
    house.start()
    shop = Caller(house, shop_key)


class Letters(unittest.TestCase):
    def test_killed_between_attempts_all_arrive_and_none_twice(self):
        people = [f"grey-2-{number}" for number in range(20)]
        members = [thanked(who) for who in people]
        # The third attempt comes four seconds after the second at the earliest.
        wait_until("all were turned away twice", SECONDS, lambda: all(
            d and d[0].attempts == 2 and d[0].state == deliveries_pb2.DELIVERY_STATE_WAITING
            for d in map(deliveries_of, members)), every=0.1)
        killed_and_back()
        wait_until("all arrive", SECONDS, lambda: all(sent_to(who) for who in people), every=0.2)
        time.sleep(1)
        self.assertEqual([len(sent_to(who)) for who in people], [1] * len(people))
        self.assertFalse(any(deliveries_of(member)[0].in_doubt for member in members))

    def test_killed_in_the_window_that_smtp_leaves_open_the_doubt_is_recorded(self):
        member = thanked("silent-1")
        wait_until("all of the letter was sent", SECONDS, lambda: sent_to("silent-1"))
        killed_and_back()
        # As if the three minutes had passed that a letter is a process's own.
        house.psql("UPDATE gratis_messages.delivery SET lease_until = now() WHERE state = 2")
        wait_until("it arrives", SECONDS, lambda: [letter for letter in sent_to("silent-1") if letter["taken"]])
        wait_until("it is written down", SECONDS,
                   lambda: deliveries_of(member)[0].state == deliveries_pb2.DELIVERY_STATE_DELIVERED)
        delivery = deliveries_of(member)[0]
        self.assertTrue(delivery.in_doubt)
        attempts = shop("messages", "GetDelivery", delivery_id=delivery.delivery_id).attempts
        self.assertEqual([attempt.outcome for attempt in attempts],
                         [deliveries_pb2.ATTEMPT_OUTCOME_IN_DOUBT, deliveries_pb2.ATTEMPT_OUTCOME_DELIVERED])
        twice = sent_to("silent-1")
        self.assertEqual(len(twice), 2)
        self.assertEqual(twice[0]["bytes"], twice[1]["bytes"], "the same letter, with the same Message-ID")

    def test_a_mailbox_that_is_not_there_is_written_to_no_more(self):
        member = thanked("nobody-here")
        wait_until("it is given up", SECONDS, lambda: deliveries_of(member)
                   and deliveries_of(member)[0].state == deliveries_pb2.DELIVERY_STATE_DEAD)
        self.assertEqual(deliveries_of(member)[0].reason, "mailbox_rejected")
        found = wait_until("it is on the list", SECONDS, lambda: [
            s for s in shop("messages", "ListSuppressions").suppressions if s.set_by == "service:messages"])
        self.assertEqual(shop("messages", "GetSuppression", address="nobody-here@example.org").suppression, found[0])


if __name__ == "__main__":
    unittest.main()
