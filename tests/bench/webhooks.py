"""How fast webhooks go out: facts of the journal, each a POST to a receiver on the same processors."""

import subprocess
import sys
import uuid

from engine import BUILD, PROGRAM, House, say

import calls

RECEIVER = BUILD / "tests" / "gratis-bench-receiver"
IN_FLIGHT = 256
EARNS_IN_A_BATCH = 500
MEMBERS = 50


def post_earns(shop, members, count):
    """`count` facts to tell of, posted in batches."""
    for first in range(0, count, EARNS_IN_A_BATCH):
        shop("ledger", "PostBatch", postings=[
            {"earn": {"request_id": f"{uuid.uuid4()}", "member_id": members[i % len(members)], "points": 1,
                      "source": "bench"}}
            for i in range(first, min(first + EARNS_IN_A_BATCH, count))])


def webhooks_per_s(house, key, count):
    """Webhooks a second at the receiver, from the first of `count` facts that are in the journal to the last. What
    is posted before the subscription is made is told of from the beginning, so the line is never empty.
    `house` was started with --webhook-allow=127.0.0.0/8; `key` is of a back end of its program."""
    with calls.Caller(house, key) as shop:
        members = [shop("members", "EnrollMember", profile={"email": f"{uuid.uuid4()}@example.org"}).member_id
                   for _ in range(MEMBERS)]
        request = calls.webhooks_pb2.CreateSubscriptionRequest(request_id=f"{uuid.uuid4()}")
        heads = {p.partition: p.sequence for p in heads_of(shop)}
        post_earns(shop, members, count)
        receiver = subprocess.Popen([RECEIVER, str(count)], stdout=subprocess.PIPE, text=True)
        try:
            port = int(receiver.stdout.readline().split()[1])
            request.settings.url = f"http://127.0.0.1:{port}/"
            request.settings.max_in_flight = IN_FLIGHT
            request.settings.kinds.append(calls.ledger_pb2.ENTRY_KIND_EARN)
            for partition, sequence in heads.items():
                getattr(request, "from").positions.add(partition=partition, sequence=sequence)
            made = shop("messages", "CreateSubscription", request).subscription.subscription_id
            seconds = float(receiver.stdout.readline().split()[1])
        finally:
            receiver.kill()
            receiver.wait()
            receiver.stdout.close()
        shop("messages", "DeleteSubscription", subscription_id=made)
    return (count - 1) / seconds


def heads_of(shop):
    """How far the journal is, as a subscription that begins now says it."""
    made = shop("messages", "CreateSubscription", settings={"url": "http://127.0.0.1:9/"}).subscription
    cursor = shop("messages", "GetSubscription", subscription_id=made.subscription_id).subscription.cursor
    shop("messages", "DeleteSubscription", subscription_id=made.subscription_id)
    return cursor.positions


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    house = House(split=False, flags=["--webhook-allow=127.0.0.0/8"]).start()
    try:
        key = calls.new_program(house, PROGRAM)
        for _ in range(3):
            say(f"webhooks_per_s {webhooks_per_s(house, key, count):,.0f}")
    finally:
        house.remove()


if __name__ == "__main__":
    main()
