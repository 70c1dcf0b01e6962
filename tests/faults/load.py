"""Callers that earn, hold, spend and undo all at once, and remember every word of it."""

import collections
import random
import threading
import time

import calls
from calls import Caller, Failure, error_pb2, ledger_pb2
from house import wait_until

LANES = 6
MEMBERS_OF_A_LANE = 2
CALL_SECONDS = 4
PATIENCE_SECONDS = 90  # of a caller who does not give up
CHANNEL = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_reconnect_backoff_ms", 300),
           ("grpc.initial_reconnect_backoff_ms", 100))

# Nobody can say whether it was done, or only that it was not in time.
OUTAGES = {"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED"}
OUTAGE_CODES = {1, 4, 10, 14}  # the same, of an item of a batch
BATCH_FIELD = {"Earn": "earn", "Spend": "spend", "PlaceHold": "place_hold", "Transfer": "transfer"}
# The kind of the one row that each of these posts, besides what follows from it.
PRIMARY = {"Earn": 20, "Spend": 21, "PlaceHold": 22, "CaptureHold": 23, "VoidHold": 24, "Adjust": 28, "Transfer": 50}


class Order:
    """One request, the same for every try, and what became of it."""

    def __init__(self, method, member, **fields):
        self.method, self.member = method, member
        self.request_id = fields["request_id"]
        self.message = getattr(ledger_pb2, f"{method}Request")(**fields)
        self.answer = None    # as it was given first
        self.refused = None   # the reason, when it was surely not done
        self.batch = None     # the orders that go with it, all or none
        self.points = fields.get("points", 0)


class Lane(threading.Thread):
    """A caller that does one thing after the other for its own members."""

    def __init__(self, load, number, seed):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.random = random.Random(seed * 1000 + number)
        self.orders = []
        self.acknowledged = 0
        self.done = collections.defaultdict(list)  # acknowledged orders by method
        self.members = load.members[number::LANES]
        self.callers = load.callers()

    def run(self):
        try:
            while not self.load.over.is_set():
                self.ask_together() if self.random.random() < 0.15 else self.ask(self.new_order())
        except Exception as error:  # pylint: disable=broad-except
            self.load.problems.append(f"caller {self.number}: {type(error).__name__}: {error}")

    def request_id(self):
        return f"{self.number}-{len(self.orders)}-{self.random.randrange(1 << 40)}"

    def new_order(self, methods=("Earn", "Earn", "Spend", "PlaceHold", "CaptureHold", "VoidHold", "Reverse", "Adjust",
                                 "Transfer")):
        method = self.random.choice(methods)
        fields = {"request_id": self.request_id()}
        member = self.random.choice(self.members)
        points = self.random.randint(1, 60)
        if method in ("CaptureHold", "VoidHold"):
            held = self.random.choice(self.done["PlaceHold"][-4:]) if self.done["PlaceHold"] else None
            if held is None:
                return self.new_order()
            member = held.member
            fields["hold_id"] = held.answer.hold_id
            if method == "CaptureHold":
                fields["points"] = self.random.randint(0, held.points)
        elif method == "Reverse":
            known = self.done["Earn"][-5:] + self.done["Spend"][-5:] + self.done["CaptureHold"][-2:]
            if not known:
                return self.new_order()
            undone = self.random.choice(known)
            member = undone.member
            fields |= {"transaction_id": undone.answer.transaction_id, "points": self.random.choice((0, points))}
        else:
            fields |= {"member_id": member, "points": points}
            if method == "PlaceHold":
                fields["life_seconds"] = self.random.choice((0, 3 * 3600))
            elif method == "Adjust":
                fields |= {"points": self.random.choice((points, -points)), "reason": "a test"}
            elif method == "Transfer":
                fields["to_member_id"] = self.random.choice([m for m in self.load.members if m != member])
        return Order(method, member, **fields)

    def ask(self, order):
        """Until it is known what became of it; some give up at the first outage."""
        self.orders.append(order)
        gives_up = self.random.random() < 0.3
        for _ in self.tries():
            try:
                order.answer = self.call(order.method, order.message)
                self.learned(order)
                return
            except Failure as failure:
                if failure.code not in OUTAGES:
                    self.refuse(order, failure.code, failure.reason)
                    return
                if gives_up:
                    return
        self.load.problems.append(f"{order.request_id}: no answer in {PATIENCE_SECONDS} s")

    @staticmethod
    def tries():
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            yield

    def ask_together(self):
        batch = [self.new_order(tuple(BATCH_FIELD)) for _ in range(self.random.randint(2, 4))]
        for number, order in enumerate(batch):
            order.message.request_id = order.request_id = f"{order.request_id}-{number}"
            order.batch = batch
        self.orders += batch
        message = batch_of(batch)
        for _ in self.tries():
            try:
                results = self.call("PostBatch", message).results
            except Failure as failure:
                if failure.code not in OUTAGES:
                    self.load.problems.append(f"a batch: {failure}")
                    return
                continue
            if any(result.status.error.code in OUTAGE_CODES for result in results):
                continue
            for order, result in zip(batch, results):
                if result.HasField("response"):
                    order.answer = getattr(result, result.WhichOneof("response"))
                    self.learned(order)
                else:
                    self.refuse(order, result.status.error.code, reason_of(result.status.error))
            return
        self.load.problems.append(f"{batch[0].request_id}: no answer to a batch")

    def call(self, method, message):
        """By either engine; where there is none the next try is not at once."""
        caller = self.random.choice(self.callers)
        try:
            return caller("ledger", method, message)
        except Failure as failure:
            if failure.code == "UNAVAILABLE":
                self.load.pause.wait(0.05)
            raise

    def learned(self, order):
        self.acknowledged += 1
        self.done[order.method].append(order)

    def refuse(self, order, code, reason):
        order.refused = reason or code
        if not reason or reason == "INTERNAL" or reason == "BOOKS_DAMAGED":
            self.load.problems.append(f"{order.method} {order.request_id}: {code} {reason}")


def reason_of(status):
    for detail in status.details:
        if detail.type_url.endswith("ErrorInfo"):
            return error_pb2.ErrorInfo.FromString(detail.value).reason
    return None


def batch_of(orders):
    postings = [ledger_pb2.Posting(**{BATCH_FIELD[order.method]: order.message}) for order in orders]
    return ledger_pb2.PostBatchRequest(postings=postings, atomic=True)


class Load:
    """All lanes of one round, in a program of their own."""

    def __init__(self, estate, program, seed):
        self.estate, self.program = estate, program
        self.problems = []
        self.over = threading.Event()
        self.pause = threading.Event()  # never set
        with Caller(estate.engines[1]) as admin:
            admin("ledger", "CreateProgram", code=program)
        with Caller(estate.engines[1], program=program) as admin:
            admin("ledger", "SetUnit", unit={"code": "points", "transferable": True, "return_grace_days": 1,
                                             "expiry": {"rolling_months": 1}})
            self.members = [admin("members", "EnrollMember", profile={"email": f"{i}@example.org"}).member_id
                            for i in range(LANES * MEMBERS_OF_A_LANE)]
        self.lanes = [Lane(self, number, seed) for number in range(LANES)]
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reads = 0
        self.number = int(estate.postgres.psql(f"SELECT number FROM ledger.program WHERE code = '{program}'"))

    def callers(self):
        return [Caller(engine, program=self.program, timeout=CALL_SECONDS, options=CHANNEL)
                for engine in self.estate.engines]

    def start(self):
        for thread in (*self.lanes, self.reader):
            thread.start()

    def acknowledged(self):
        return [lane.acknowledged for lane in self.lanes]

    def goes_on(self, what, count, seconds=60):
        """Waits until every lane has had `count` more answers."""
        before = self.acknowledged()
        wait_until(what, seconds, lambda: self.problems or
                   all(now - then >= count for now, then in zip(self.acknowledged(), before)))

    def stop(self):
        self.over.set()
        for thread in (*self.lanes, self.reader):
            thread.join()

    def read(self):
        """What anyone is shown meanwhile balances."""
        callers, number = self.callers(), 0
        while not self.over.is_set():
            number += 1
            caller = callers[number % 2]
            try:
                total = caller("ledger", "GetTrialBalance").total_points
                shown = caller("ledger", "GetBalance", member_id=self.members[number % len(self.members)])
            except Failure as failure:
                if failure.code not in OUTAGES:
                    self.problems.append(f"a read: {failure}")
                self.over.wait(0.05)
                continue
            self.reads += 1
            if total != 0 or (shown.available_points > 0 and shown.debt_points > 0) or min(
                    shown.available_points, shown.pending_points, shown.held_points, shown.debt_points) < 0:
                self.problems.append(f"a read shows books that do not balance: {total}, {shown}")
            self.over.wait(0.02)

    # --- what must be true when all is quiet again ---

    def check(self):
        """Adds to the problems whatever callers were told and the journal does not know, or vice versa."""
        orders = [order for lane in self.lanes for order in lane.orders]
        self.check_journal(orders)
        self.check_order()
        self.check_replays(orders)
        self.check_books()
        if self.reads == 0:
            self.problems.append("nobody could read anything")
        return orders

    def check_books(self):
        verified = self.estate.engines[1].gratis("ledger", "verify", "--program", self.program, check=False)
        if verified.returncode != 0:
            self.problems.append(f"verify: {verified.stdout[-2000:]}{verified.stderr[-500:]}")

    def check_journal(self, orders):
        stored = {}
        for line in self.estate.postgres.psql(
                f"SELECT request_id || ' ' || encode(answer, 'hex') FROM ledger.request WHERE program = {self.number}"
                ).splitlines():
            request_id, _, answer = line.partition(" ")
            stored[request_id] = bytes.fromhex(answer)
        self.rows = collections.defaultdict(list)  # transaction -> its rows: (kind, partition, seq)
        for line in self.estate.postgres.psql(
                "SELECT transaction, kind, j.partition, j.seq FROM ledger.journal j JOIN ledger.head h USING (partition)"
                f" WHERE h.program = {self.number} AND kind BETWEEN 20 AND 69 AND actor <> 'engine'").splitlines():
            transaction, *row = line.split("|")
            self.rows[transaction].append(tuple(map(int, row)))

        asked = set()
        for order in orders:
            done = order.request_id in stored
            if order.answer is not None and not done:
                self.problems.append(f"{order.method} {order.request_id} was acknowledged, and is lost")
            if order.refused and done:
                self.problems.append(f"{order.method} {order.request_id} was refused, and is there")
            if order.batch and len({other.request_id in stored for other in order.batch}) > 1:
                self.problems.append(f"the batch of {order.request_id} was done in part")
            if not done:
                continue
            answer = getattr(ledger_pb2, f"{order.method}Response").FromString(stored[order.request_id])
            if order.answer is not None and answer != order.answer:
                self.problems.append(f"{order.request_id} was answered {order.answer}, and kept is {answer}")
            transaction = uuid_of(answer.transaction_id)
            asked.add(transaction)
            kinds = [row[0] for row in self.rows.get(transaction, [])]
            if not kinds or kinds.count(PRIMARY.get(order.method)) != (order.method in PRIMARY):
                self.problems.append(f"{order.method} {order.request_id} is in the journal as rows of kinds {kinds}")
        for transaction in self.rows.keys() - asked:
            self.problems.append(f"transaction {transaction} in the journal is nobody's: {self.rows[transaction]}")

    def check_order(self):
        """Of a member, who has one caller, what was answered earlier is in the journal earlier."""
        for lane in self.lanes:
            last = collections.defaultdict(int)
            for order in lane.orders:
                if order.answer is None:
                    continue
                places = [row[2] for row in self.rows.get(uuid_of(order.answer.transaction_id), [])
                          if row[0] == PRIMARY.get(order.method)]
                if not places:
                    continue
                if places[0] <= last[order.member]:
                    self.problems.append(f"{order.request_id} is before what was answered before it")
                last[order.member] = max(last[order.member], places[0])

    def check_replays(self, orders):
        """Same id, same content: the same answer, whoever is asked."""
        callers = self.callers()
        batches = set()
        for number, order in enumerate(orders):
            if order.answer is None or id(order.batch) in batches:
                continue
            caller = callers[number % 2]
            if order.batch:
                batches.add(id(order.batch))
                results = caller("ledger", "PostBatch", batch_of(order.batch)).results
                again = [getattr(result, result.WhichOneof("response") or "status") for result in results]
                same = again == [other.answer for other in order.batch]
            else:
                again = caller("ledger", order.method, order.message)
                same = again == order.answer and caller.trailing.get("gratis-replayed") == "true"
            if not same:
                self.problems.append(f"{order.request_id} was answered {order.answer}, and now {again}")


ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def uuid_of(text):
    """The UUID in an id, as PostgreSQL writes it."""
    number = 0
    for digit in text.split("_")[1]:
        number = number * 32 + ALPHABET.index(digit)
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
