"""A receiver of webhooks on the same processors, and subscriptions that lead to it."""

import contextlib
import json
import subprocess

from engine import BUILD, PROGRAM
from house import wait_until

RECEIVER = BUILD / "tests" / "gratis-bench-receiver"
# What gratisd is started with, so that webhooks may go to this machine.
ALLOW = "--webhook-allow=127.0.0.0/8"
IN_FLIGHT = 256
SECONDS = 600  # until all that is in line has come


class Receiver:
    """gratis-bench-receiver while it runs."""

    def __enter__(self):
        self.process = subprocess.Popen([RECEIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def told(self):
        """What it has had until now: see receiver.cc."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def wait_for(self, count):
        """What it has had, once it is so many or more."""
        wait_until(f"{count:,} webhooks", SECONDS, lambda: self.told()["received"] >= count)
        return self.told()


@contextlib.contextmanager
def subscribed(house, receiver, kind, after=None):
    """While it is open, the receiver is told of entries of a kind behind a place in the journal: now if left out."""
    begin = ["--from", after] if after else []
    made = house.answer("webhooks", "create", f"http://127.0.0.1:{receiver.port}/", "--kind", kind,
                        "--max-in-flight", IN_FLIGHT, *begin, "--program", PROGRAM)
    subscription = made["subscription"]["subscription_id"]
    yield subscription
    house.gratis("webhooks", "delete", subscription, "--program", PROGRAM)


def end_of_journal(house):
    """The place behind all that is recorded, as subscriptions take it."""
    return house.psql("SELECT string_agg(partition || ':' || seq, ',') FROM ledger.head"
                      f" JOIN ledger.program ON program.number = head.program WHERE code = '{PROGRAM}'")
