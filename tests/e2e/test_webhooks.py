"""Webhooks, from a fact in the books to a receiver that checks signatures with a library that is not ours."""

import json
import time
import unittest
import uuid

from google.protobuf import json_format

import calls
from calls import Caller, Failure, deliveries_pb2, suppressions_pb2, webhooks_pb2
from house import House, scratch, wait_until
from receiver import Answer, Receiver, verified

DEAD = deliveries_pb2.DELIVERY_STATE_DEAD
DELIVERED = deliveries_pb2.DELIVERY_STATE_DELIVERED
WAITING = deliveries_pb2.DELIVERY_STATE_WAITING


def setUpModule():
    global house, shop, receiver, folder
    folder = scratch()
    receiver = Receiver(folder)
    house = House(flags=["--webhook-allow=127.0.0.0/8", f"--webhook-ca={receiver.ca}"]).start()
    shop = Caller(house, calls.new_program(house))


def tearDownModule():
    house.remove()
    receiver.stop()


def subscribed(path, caller=None, kinds=("ENTRY_KIND_EARN",), from_start=False, **settings):
    request = webhooks_pb2.CreateSubscriptionRequest(
        request_id=f"subscribe {path} {time.monotonic()}",
        settings={"url": receiver.url(path), "kinds": list(kinds), **settings})
    if from_start:
        getattr(request, "from").SetInParent()
    return (caller or shop)("messages", "CreateSubscription", request)


def member(caller=None):
    return (caller or shop)("members", "EnrollMember", profile={"email": f"{uuid.uuid4()}@example.org"}).member_id


def earn(who, points=1, caller=None):
    return (caller or shop)("ledger", "Earn", member_id=who, points=points, source="e2e")


def shown(subscription):
    return shop("messages", "GetSubscription", subscription_id=subscription.subscription_id).subscription


def delivery(identifier):
    return shop("messages", "GetDelivery", delivery_id=identifier)


def listed(subscription, **more):
    return shop("messages", "ListDeliveries", subscription_id=subscription.subscription_id, **more).deliveries


def settled(subscription, state, count=1, seconds=30):
    return wait_until(f"{count} deliveries are {deliveries_pb2.DeliveryState.Name(state)}", seconds,
                      lambda: listed(subscription, state=state) if len(listed(subscription, state=state)) >= count
                      else None)


class Webhooks(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason, arguments)

    def test_every_entry_arrives_signed_and_is_what_the_journal_says(self):
        made = subscribed("/all", kinds=(), from_start=True)
        who = member()
        earn(who, 70)
        shop("thanks", "RecordPurchase", order={"source": "web", "order_id": "W-1"}, member_id=who,
             total=calls.money(1200))
        journal = [json.loads(line) for line in house.gratis(
            "ledger", "watch", "--until-now", "--program", "shop", "--json").stdout.splitlines()]
        got = receiver.wait("/all", len(journal))
        self.assertEqual(verified(made.secret, got), [one.id for one in got], "the public library takes each")
        self.assertEqual(verified("whsec_" + "A" * 43 + "=", got[:1]), [None], "and none under another secret")
        events = {one.id: one.event for one in got}
        self.assertEqual(set(events), {f"evt_{entry['partition']}_{entry['sequence']}" for entry in journal})
        entries = shop("ledger", "ListEntries", member_id=who).entries
        self.assertGreaterEqual(len(entries), 3)
        for entry in entries:
            event = events[f"evt_{entry.partition}_{entry.sequence}"]
            self.assertEqual(json_format.ParseDict(event["data"], calls.ledger_pb2.Entry()), entry)
            self.assertEqual((event["specversion"], event["source"]), ("1.0", "/gratis/programs/shop"))
            kind = calls.ledger_pb2.EntryKind.Name(entry.kind).removeprefix("ENTRY_KIND_").lower()
            self.assertEqual((event["type"], event["subject"]), (f"gratis.entry.{kind}", who))
        self.assertEqual(got[0].headers["content-type"], "application/cloudevents+json; charset=utf-8")
        self.assertEqual(len({one.id for one in got}), len(got), "none twice")

    def test_only_the_kinds_asked_for(self):
        subscribed("/kinds", kinds=("ENTRY_KIND_SPEND",))
        who = member()
        earn(who, 10)
        shop("ledger", "Spend", member_id=who, points=4, source="e2e")
        got = receiver.wait("/kinds", 1)
        self.assertEqual([one.event["type"] for one in got], ["gratis.entry.spend"])

    def test_what_fails_comes_again_with_the_same_id(self):
        receiver.plan["/flaky"] += [Answer(500), Answer(503)]
        made = subscribed("/flaky").subscription
        earn(member())
        got = receiver.wait("/flaky", 3, seconds=40)
        self.assertEqual(len({one.id for one in got}), 1)
        done = settled(made, DELIVERED)[0]
        self.assertEqual(done.attempts, 3)
        attempts = delivery(done.delivery_id).attempts
        self.assertEqual([a.reason for a in attempts], ["http_500", "http_503", ""])
        self.assertEqual([a.answer_code for a in attempts], [500, 503, 200])
        self.assertEqual(json.loads(delivery(done.delivery_id).body), got[0].event)

    def test_a_receiver_is_left_alone_as_long_as_it_asks(self):
        receiver.plan["/later"] += [Answer(429, {"retry-after": "4"})]
        subscribed("/later")
        who = member()
        earn(who)
        first = receiver.wait("/later", 1)[0]
        earn(who)
        got = receiver.wait("/later", 3)
        self.assertGreaterEqual(got[1].at - first.at, 3.9, "and nothing else goes there meanwhile")

    def test_a_slow_receiver_delays_no_other(self):
        receiver.usual["/slow"] = Answer(seconds=20)
        slow = subscribed("/slow", max_in_flight=256).subscription
        subscribed("/fast")
        who = member()
        for _ in range(40):
            earn(who)
        begin = time.monotonic()
        receiver.wait("/fast", 40, seconds=10)
        self.assertLess(time.monotonic() - begin, 5)
        # Looked for first: the pause is a few seconds long, and the attempts that end with it stay as they are.
        wait_until("it is left alone after 15 seconds", 25,
                   lambda: shown(slow).circuit == webhooks_pb2.CIRCUIT_STATE_OPEN)
        waiting = wait_until("attempts have ended", 10, lambda: [
            d for d in listed(slow, state=WAITING) if d.reason == "timeout"])
        self.assertGreaterEqual(delivery(waiting[0].delivery_id).attempts[0].elapsed_ms, 14_900)
        receiver.usual["/slow"] = Answer()
        shop("messages", "DeleteSubscription", subscription_id=slow.subscription_id)

    def test_redirects_are_not_followed(self):
        receiver.plan["/moved"] += [Answer(302, {"location": receiver.url("/elsewhere")})]
        subscribed("/moved")
        earn(member())
        receiver.wait("/moved", 2)
        self.assertEqual(receiver.at("/elsewhere"), [])

    def test_both_secrets_sign_while_one_goes_over_to_the_other(self):
        made = subscribed("/rotated")
        who = member()
        rotated = shop("messages", "RotateSecret", subscription_id=made.subscription.subscription_id,
                       overlap_seconds=3600)
        self.assertNotEqual(rotated.secret, made.secret)
        earn(who)
        got = receiver.wait("/rotated", 1)
        for secret in (made.secret, rotated.secret):
            self.assertEqual(verified(secret, got), [got[0].id])
        last = shop("messages", "RotateSecret", subscription_id=made.subscription.subscription_id)
        earn(who)
        got = receiver.wait("/rotated", 2)[1:]
        self.assertEqual(verified(last.secret, got), [got[0].id])
        self.assertEqual(verified(rotated.secret, got), [None], "no overlap was asked for")

    def test_a_retry_of_the_creation_tells_the_secret_again(self):
        request = webhooks_pb2.CreateSubscriptionRequest(request_id="create once",
                                                         settings={"url": receiver.url("/once")})
        first = shop("messages", "CreateSubscription", request)
        self.assertEqual(shop("messages", "CreateSubscription", request), first)
        request.settings.url = receiver.url("/twice")
        self.refused("REQUEST_ID_REUSED", shop, "messages", "CreateSubscription", request)
        stored = house.dump("--data-only").decode()
        for form in (first.secret, first.secret.encode().hex()):
            self.assertNotIn(form, stored, "and it is stored nowhere")

    def test_paused_and_resumed_loses_nothing(self):
        made = subscribed("/paused").subscription
        shop("messages", "PauseSubscription", subscription_id=made.subscription_id)
        who = member()
        points = [1, 2, 3]
        for number in points:
            earn(who, number)
        time.sleep(1.5)
        self.assertEqual(receiver.at("/paused"), [])
        shop("messages", "ResumeSubscription", subscription_id=made.subscription_id)
        got = receiver.wait("/paused", 3)
        self.assertEqual(sorted(int(one.event["data"]["points"]) for one in got), points)

    def test_a_replay_sends_the_same_ids_again(self):
        made = subscribed("/replayed").subscription
        who = member()
        cursor = shown(made).cursor
        for number in range(3):
            earn(who, number + 1)
        first = receiver.wait("/replayed", 3)
        wait_until("all is settled", 10, lambda: shown(made).waiting_deliveries == 0)
        again = shop("messages", "ReplaySubscription", subscription_id=made.subscription_id, cursor=cursor)
        self.assertGreaterEqual(again.entries, 3)
        both = receiver.wait("/replayed", 6)
        self.assertEqual(sorted(one.id for one in both[3:]), sorted(one.id for one in first))
        ahead = {"positions": [{"partition": cursor.positions[0].partition, "sequence": 10**9}]}
        self.refused("CURSOR_INVALID", shop, "messages", "ReplaySubscription",
                     subscription_id=made.subscription_id, cursor=ahead)

    def test_what_was_given_up_is_sent_again_by_hand(self):
        receiver.plan["/gone"] += [Answer(410), Answer(410)]
        made = subscribed("/gone").subscription
        who = member()
        earn(who)
        earn(who)
        dead = settled(made, DEAD, 2)
        self.assertEqual({d.reason for d in dead}, {"http_410"})
        self.assertEqual(shown(made).dead_deliveries, 2)
        shop("messages", "ReplayDelivery", delivery_id=dead[0].delivery_id)
        self.assertEqual(settled(made, DELIVERED)[0].delivery_id, dead[0].delivery_id)
        self.refused("DELIVERY_NOT_DEAD", shop, "messages", "ReplayDelivery", delivery_id=dead[0].delivery_id)
        self.assertEqual(shop("messages", "ReplayDeadDeliveries", subscription_id=made.subscription_id).deliveries, 1)
        settled(made, DELIVERED, 2)

    def test_a_test_event_says_that_it_is_one(self):
        made = subscribed("/tried")
        sent = shop("messages", "SendTestEvent", subscription_id=made.subscription.subscription_id)
        got = receiver.wait("/tried", 1)
        self.assertEqual(got[0].event["type"], "gratis.webhook.test")
        self.assertEqual(verified(made.secret, got), [got[0].id])
        wait_until("it is delivered", 10, lambda: delivery(sent.delivery_id).delivery.state == DELIVERED)

    def test_what_is_about_one_member_comes_in_order_where_it_was_asked_for(self):
        receiver.plan["/ordered"] += [Answer(500), Answer(500)]
        subscribed("/ordered", ordered=True)
        who = member()
        for number in range(1, 11):
            earn(who, number)
        got = receiver.wait("/ordered", 12, seconds=60)
        taken = [int(one.event["data"]["points"]) for one in got]
        self.assertEqual(taken[:3], [1, 1, 1], "nothing passes what fails")
        self.assertEqual(taken[2:], list(range(1, 11)))

    def test_deleted_is_gone(self):
        made = subscribed("/deleted").subscription
        shop("messages", "DeleteSubscription", subscription_id=made.subscription_id)
        earn(member())
        time.sleep(1)
        self.assertEqual(receiver.at("/deleted"), [])
        for method in ("GetSubscription", "PauseSubscription", "DeleteSubscription", "SendTestEvent"):
            self.refused("SUBSCRIPTION_NOT_FOUND", shop, "messages", method, subscription_id=made.subscription_id)

    def test_another_program_sees_nothing_of_it(self):
        made = subscribed("/private").subscription
        with Caller(house, calls.new_program(house, "other")) as other:
            self.assertEqual(len(other("messages", "ListSubscriptions").subscriptions), 0)
            for method in ("GetSubscription", "PauseSubscription", "ReplaySubscription"):
                self.refused("SUBSCRIPTION_NOT_FOUND", other, "messages", method,
                             subscription_id=made.subscription_id)
            earn(member(other), caller=other)
        time.sleep(0.5)
        self.assertEqual(receiver.at("/private"), [])

    def test_what_cannot_be_a_webhook_is_refused(self):
        for url, reason in (("", "FIELD_MISSING"), ("ftp://shop.example/", "ENDPOINT_NOT_ALLOWED"),
                            ("https://10.0.0.1/", "ENDPOINT_NOT_ALLOWED"),
                            ("https://a:b@shop.example/", "ENDPOINT_NOT_ALLOWED")):
            self.refused(reason, shop, "messages", "CreateSubscription", settings={"url": url})
        self.refused("FIELD_INVALID", shop, "messages", "CreateSubscription",
                     settings={"url": receiver.url("/x"), "max_in_flight": 1000})
        self.refused("INVALID_ID", shop, "messages", "GetSubscription", subscription_id="whk_1")

    def test_by_the_command_line(self):
        made = house.answer("webhooks", "create", receiver.url("/cli"), "--kind", "earn", "--label", "till",
                            "--program", "shop")
        identifier = made["subscription"]["subscription_id"]
        self.assertTrue(made["secret"].startswith("whsec_"))
        earn(member(), 5)
        receiver.wait("/cli", 1)
        text = house.gratis("deliveries", "list", identifier, "--program", "shop").stdout
        self.assertIn("earn evt_", text)
        one = house.answer("deliveries", "list", identifier, "--program", "shop")["deliveries"][0]["delivery_id"]
        self.assertIn("200", house.gratis("deliveries", "show", one, "--program", "shop").stdout)
        for command in ("pause", "resume", "test", "show"):
            house.gratis("webhooks", command, identifier, "--program", "shop")
        acts = house.answer("audit", "--kind", "subscription-set", "--program", "shop")["acts"]
        resumed = next(act for act in acts if act["entry"]["source"] == identifier
                       and json.loads(act["entry"]["detail"])["action"] == "resumed")
        self.assertTrue(json.loads(resumed["before"])["paused"])
        house.gratis("webhooks", "replay", identifier, "--from", "start", "--program", "shop")
        house.gratis("webhooks", "rotate", identifier, "--program", "shop")
        self.assertIn(identifier, house.gratis("webhooks", "list", "--program", "shop").stdout)
        house.gratis("webhooks", "delete", identifier, "--program", "shop")
        self.assertNotIn(identifier, house.gratis("webhooks", "list", "--program", "shop").stdout)


class Suppressions(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **fields):
        with self.assertRaises(Failure) as failed:
            caller(*arguments, **fields)
        self.assertEqual(failed.exception.reason, reason, arguments)

    def test_an_address_goes_on_the_list_and_off_it_and_stands_nowhere_in_the_clear(self):
        put = shop("messages", "SuppressAddress", address="Noor.Suppressed@Example.org",
                   scope=suppressions_pb2.SUPPRESSION_SCOPE_MARKETING,
                   cause=suppressions_pb2.SUPPRESSION_CAUSE_COMPLAINED).suppression
        found = shop("messages", "GetSuppression", address=" noor.suppressed@example.org").suppression
        self.assertEqual(found, put)
        self.assertIn(put.suppression_id, [s.suppression_id for s in shop("messages", "ListSuppressions").suppressions])
        self.assertNotIn("noor.suppressed", house.dump("--data-only").decode().lower())
        shop("messages", "UnsuppressAddress", address="noor.suppressed@example.org")
        self.refused("SUPPRESSION_NOT_FOUND", shop, "messages", "GetSuppression", address="noor.suppressed@example.org")
        self.refused("SUPPRESSION_NOT_FOUND", shop, "messages", "UnsuppressAddress", address="noor.suppressed@example.org")
        self.refused("INVALID_EMAIL", shop, "messages", "SuppressAddress", address="noor", scope=2)
        self.refused("FIELD_INVALID", shop, "messages", "SuppressAddress", address="noor@example.org")

    def test_by_the_command_line(self):
        house.gratis("suppressions", "add", "cli@example.org", "--program", "shop")
        self.assertIn("by hand", house.gratis("suppressions", "show", "cli@example.org", "--program", "shop").stdout)
        self.assertIn("sup_", house.gratis("suppressions", "list", "--program", "shop").stdout)
        house.gratis("suppressions", "remove", "cli@example.org", "--program", "shop")
        self.assertEqual(house.gratis("suppressions", "show", "cli@example.org", "--program", "shop",
                                      check=False).returncode, 1)
        newest = house.answer("audit", "--kind", "suppression-set", "--program", "shop")["acts"][0]
        on = [json.loads(text)["on"] for text in (newest["before"], newest["entry"]["detail"])]
        self.assertEqual(on, [True, False])


class WebhooksOutages(unittest.TestCase):
    def test_killed_while_sending_nothing_is_lost_and_what_was_answered_is_not_doubled(self):
        other = House(flags=["--webhook-allow=127.0.0.0/8", f"--webhook-ca={receiver.ca}"]).start()
        self.addCleanup(other.remove)
        with Caller(other, calls.new_program(other)) as caller:
            who = member(caller)
            subscribed("/killed", caller, max_in_flight=4)
            receiver.usual["/killed"] = Answer(seconds=0.02)
            for number in range(1, 201):
                earn(who, number, caller)
        sender = "gratis-messages" if other.split else "gratisd"
        for round_ in (40, 90):
            receiver.wait("/killed", round_, seconds=40)
            other.kill(sender)
            other.start()
        got = wait_until("all 200 arrive", 120, lambda: receiver.at("/killed")
                         if len({one.id for one in receiver.at("/killed")}) == 200 else None)
        # Twice at most what was under way when it was killed, or answered and not yet written down.
        self.assertLessEqual(len(got) - 200, 2 * 4 * 3)
        self.assertEqual({int(one.event["data"]["points"]) for one in got}, set(range(1, 201)))

    def test_a_name_that_leads_inside_is_not_followed(self):
        other = House(flags=[f"--webhook-ca={receiver.ca}"]).start()
        self.addCleanup(other.remove)
        with Caller(other, calls.new_program(other)) as caller:
            made = subscribed("/inside", caller).subscription
            earn(member(caller), caller=caller)
            dead = wait_until("it is given up", 20, lambda: caller(
                "messages", "ListDeliveries", subscription_id=made.subscription_id, state=DEAD).deliveries)
            self.assertEqual(dead[0].reason, "address_refused")
        self.assertEqual(receiver.at("/inside"), [])

    def test_a_certificate_by_nobody_known_is_not_trusted(self):
        other = House(flags=["--webhook-allow=127.0.0.0/8"]).start()
        self.addCleanup(other.remove)
        with Caller(other, calls.new_program(other)) as caller:
            made = subscribed("/untrusted", caller).subscription
            earn(member(caller), caller=caller)
            wait_until("it fails", 20, lambda: [d for d in caller(
                "messages", "ListDeliveries", subscription_id=made.subscription_id).deliveries if d.reason == "tls"])
        self.assertEqual(receiver.at("/untrusted"), [])


if __name__ == "__main__":
    unittest.main()
