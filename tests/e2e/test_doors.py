"""Who may do what: every method, as the running processes tell of them, with every kind of key; and what
one program can learn of another."""

import json
import re
import time
import unittest
import uuid
from datetime import datetime

import calls
from calls import Caller, Failure
from contract import Contract
from house import TOP, House, wait_until

ROLES = ("admin", "backend", "pos", "marketing", "support", "finance", "auditor", "import")
# What an error of the door itself is, before anything of the request is looked at.
DOOR = ("KEY_MISSING", "KEY_INVALID", "KEY_REVOKED", "ROLE_NOT_ALLOWED", "PROGRAM_MISSING", "PROGRAM_NOT_FOUND",
        "RATE_LIMITED", "TOKEN_EXPIRED")
# These are about no one program; the last takes a key that is bound to none.
OF_THE_HOUSE = ("gratis.ledger.v1.KeyService", "gratis.ledger.v1.ProgramService", "gratis.members.v1.VaultService")


def setUpModule():
    global house, contract, keys
    house = House().start()
    for program in ("mine", "theirs"):
        house.gratis("program", "create", program, "--currency", "USD")
        # Without a ladder nobody stands on it, in either program.
        house.gratis("tiers", "set", "--rolling-months", 12, "--demotion", "recalculated", "--tier", "base",
                     "--tier", "silver=points:50", "--program", program)
    contract = Contract(house)
    keys = {(program, role): house.answer("key", "create", role, "--program", program)["secret"]
            for program in ("mine", "theirs") for role in ROLES}
    keys |= {("all", role): house.answer("key", "create", role)["secret"] for role in ("admin", "auditor")}


def tearDownModule():
    contract.close()
    house.remove()


def reason_of(*arguments, **more):
    """Why a call is refused; None when it is answered."""
    try:
        contract.call(*arguments, **more)
    except Failure as failure:
        return failure.reason
    return None


def written_table():
    """{"Ledger: Earn": {"admin", ...}} as proto/README.md has it."""
    lines = (TOP / "proto/README.md").read_text().splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("| call | admin |"))
    columns = [cell.strip() for cell in lines[begin].strip("|").split("|")][1:]
    table = {}
    for line in lines[begin + 2:]:
        if not line.startswith("|"):
            break
        name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        table[name] = {role for role, cell in zip(columns, cells) if cell in ("x", "p")}
    return table


class Table(unittest.TestCase):

    def test_is_what_the_contract_says(self):
        contracted = {m.row: m.roles - {"service"} for m in contract.methods if m.roles != {"service"}}
        written = written_table()
        for row in sorted(contracted.keys() | written.keys()):
            self.assertEqual(written.get(row), contracted.get(row), f"proto/README.md, row {row!r}")

    def test_is_what_happens(self):
        """An empty request changes nothing: whatever changes something needs a request_id."""
        for method in contract.methods:
            for role in ROLES:
                bound_to = "all" if role in method.roles and method.service == OF_THE_HOUSE[-1] else "mine"
                reason = reason_of(method, key=keys[bound_to, role])
                if role in method.roles:
                    self.assertNotIn(reason, DOOR, f"{method.path} as {role}")
                else:
                    self.assertEqual(reason, "ROLE_NOT_ALLOWED", f"{method.path} as {role}")

    def test_without_a_good_key_nobody_comes_in(self):
        revoked = house.answer("key", "create", "admin", "--program", "mine")
        house.gratis("key", "revoke", revoked["key"]["key_id"])
        good = keys["mine", "admin"]
        forged = good[:-1] + ("A" if good[-1] != "A" else "B")
        for method in contract.methods:
            for bad, reason in ((None, "KEY_MISSING"), ("garbage", "KEY_INVALID"), (forged, "KEY_INVALID"),
                                (revoked["secret"], "KEY_REVOKED")):
                # So many bad keys are noticed, too.
                self.assertIn(reason_of(method, key=bad), (reason, "RATE_LIMITED"), f"{method.path}, {reason}")
        self.assertNotIn(reason_of(contract.methods[0], key=good), DOOR, "a good key from the same address")

    def test_a_key_opens_no_other_program(self):
        for method in contract.methods:
            for role in sorted(method.roles - {"service", "member"}):
                if method.service not in OF_THE_HOUSE:
                    for program in ("mine", "nowhere"):
                        self.assertEqual(reason_of(method, key=keys["theirs", role], program=program),
                                         "PROGRAM_NOT_FOUND", f"{method.path} as {role} of another program")


# --- what one program can learn of another --------------------------------------------------------------

def nobodys(prefix, like=None):
    """An id that is well formed and names nothing; it leads to the same place as the one it is like."""
    digits = "".join("0123456789abcdefghjkmnpqrstvwxyz"[b % 32] for b in uuid.uuid4().bytes)
    return f"{prefix}_01hz3v6q5s{digits}" if like is None else like[:-10] + digits[:10]


def world(program):
    """One of everything that has an id, in a program: by the names that the contract's fields have."""
    admin = Caller(house, program=program)
    name = f"{program}-{uuid.uuid4().hex[:8]}"
    phone = f"+4144668{uuid.uuid4().int % 10000:04}"
    member = admin("members", "EnrollMember", profile={
        "email": f"{name}@example.org", "phone": phone, "external_ids": [{"source": "web", "id": name}]}).member_id
    earned = admin("ledger", "Earn", member_id=member, points=1000, source="x")
    pending = admin("ledger", "Earn", member_id=member, points=10, source="x", on_activation=True)
    hold = admin("ledger", "PlaceHold", member_id=member, points=10, source="x")
    purchase = admin("thanks", "RecordPurchase", order={"source": "web", "order_id": name}, member_id=member,
                     total={"currency_code": "USD", "minor_units": 500}).purchase_id
    complaint = admin("thanks", "OpenComplaint", member_id=member, topic="delivery").complaint.complaint_id
    hook = admin("messages", "CreateSubscription", settings={"label": name, "url": "https://example.org/hook"})
    subscription = hook.subscription.subscription_id
    admin("messages", "PauseSubscription", subscription_id=subscription)
    admin("members", "IssueCards", count=1, batch=name)
    card = admin("members", "ListCards", batch=name).cards[0]
    admin("members", "LinkCard", member_id=member, card={"number": card.number})
    merged, twin = (admin("members", "EnrollMember", profile={
        "external_ids": [{"source": "web", "id": f"{name}-{again}"}]}).member_id for again in ("merged", "twin"))
    merge = admin("members", "MergeMembers", survivor_id=member, duplicate_id=merged, source="x").merge.merge_id
    home, firm = (admin("members", "CreateGroup", kind=kind, name=name).group_id
                  for kind in (calls.groups_pb2.GROUP_KIND_HOUSEHOLD, calls.groups_pb2.GROUP_KIND_ORGANIZATION))
    for group in (home, firm):
        admin("members", "AddGroupMember", group_id=group, member_id=member)
    budget = admin("ledger", "SetBudget", code=f"b-{program}", unit="points", limit=1000).budget
    voucher = admin("ledger", "IssueVoucher", member_id=member, item="mug", origin="gift")
    admin("ledger", "SetUnit", unit={"code": "points", "adjust_limit_points": 1})
    adjustment = admin("ledger", "Adjust", member_id=member, points=50, reason="x").adjustment_id
    key = admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_POS, program=program).key.key_id
    entry = admin("ledger", "ListEntries", member_id=member).entries[0]
    return {
        "member_id": member, "to_member_id": member, "member_ids": [member], "transaction_id": earned.transaction_id,
        "pending": pending.transaction_id, "hold_id": hold.hold_id, "adjustment_id": adjustment,
        "voucher_id": voucher.voucher.voucher_id, "budget_id": budget.budget_id, "key_id": key,
        "order": {"source": "web", "order_id": name}, "external_id": {"source": "web", "id": name},
        "email": f"{name}@example.org", "phone": phone, "partition": entry.partition, "program": program,
        "budget_code": budget.code, "card_id": card.card_id, "card": {"number": card.number},
        "new_card": {"number": card.number}, "voucher_code": voucher.voucher.code,
        "cursor": {"positions": [{"partition": entry.partition, "sequence": 1}]},
        "group_id": home, "organization_id": firm, "survivor_id": member, "duplicate_id": twin, "merge_id": merge,
        "purchase_id": purchase, "complaint_id": complaint, "subscription_id": subscription, "staff_member_id": member,
        # What only comes of sending something.
        "message_id": nobodys("msg"), "delivery_id": nobodys("dlv"), "task_id": nobodys("msg"),
    }


def printed(twelve):
    """Twelve digits as they stand on a card, with their check digit."""
    total = sum(int(digit) * (1 if i % 2 == 0 else 3) for i, digit in enumerate(twelve))
    return f"{twelve}{-total % 10}"


def nowhere(like=None):
    """The same names, for what does not exist; ids are much like those of a world."""
    name = uuid.uuid4().hex
    if like:
        return nowhere() | {field: nobodys(None, value) for field, value in like.items()
                            if isinstance(value, str) and re.fullmatch("[a-z]{3}_[0-9a-z]{26}", value)} | {
            "member_ids": [nobodys(None, like["member_id"])],
            # As long: in the details of an item's error, which are bytes, a length stands before the text.
            "order": {"source": "web", "order_id": name[:len(like["order"]["order_id"])]}}
    return {
        "member_id": nobodys("mem"), "to_member_id": nobodys("mem"), "member_ids": [nobodys("mem")],
        "transaction_id": nobodys("txn"), "pending": nobodys("txn"), "hold_id": nobodys("hld"),
        "adjustment_id": nobodys("adj"), "voucher_id": nobodys("vch"), "budget_id": nobodys("bgt"),
        "key_id": nobodys("key"), "order": {"source": "web", "order_id": name},
        "external_id": {"source": "web", "id": name}, "email": f"{name}@example.org", "phone": "+41316341899",
        "partition": 60000, "program": "nowhere", "budget_code": "b-none",
        "card_id": nobodys("crd"), "card": {"number": printed("209999999999")},
        "new_card": {"number": printed("209999999999")}, "voucher_code": "0000-0000-0000-0",
        "cursor": {"positions": [{"partition": 60000, "sequence": 1}]},
        "group_id": nobodys("mem"), "organization_id": nobodys("mem"), "survivor_id": nobodys("mem"),
        "duplicate_id": nobodys("mem"), "merge_id": nobodys("txn"), "purchase_id": nobodys("pur"),
        "complaint_id": nobodys("cmp"), "subscription_id": nobodys("whk"), "staff_member_id": nobodys("mem"),
        "message_id": nobodys("msg"), "delivery_id": nobodys("dlv"), "task_id": nobodys("msg"),
    }


# The fields that name something, by which `world` has it.
KNOWN = ("member_id", "to_member_id", "member_ids", "transaction_id", "hold_id", "adjustment_id", "voucher_id",
         "budget_id", "key_id", "order", "external_id", "email", "phone", "partition", "program", "cursor", "card_id",
         "group_id", "organization_id", "survivor_id", "duplicate_id", "merge_id", "purchase_id", "complaint_id",
         "subscription_id", "staff_member_id", "message_id", "delivery_id", "task_id")
# What only looks as if: names that are given, not looked up, and the shop's own.
UNNAMED = ("request_id", "order_id", "add_external_ids", "remove_external_ids", "staff_id", "return_id")
# What reads something that these worlds do not have: a code that was sent, a person who was erased, a message, a draw.
NEED_MORE = ("VerifyOneTimeCode", "GetErasure", "GetMessage", "ExplainMessage", "GetDelivery", "ListSurpriseEntrants")
# What else a request needs to be looked at at all.
FILLING = {"points": 1, "source": "x", "reason": "x", "year": 2026, "origin": "gift", "item": "mug", "label": "x", "sku": "mug",
           "life_seconds": 60,
           "role": calls.access_pb2.ROLE_POS}


def named_in(method):
    """Of a method's request: {field: the name of what it names}, for all that name something."""
    named = {}
    fields = [field.name for field in method.request.DESCRIPTOR.fields]
    area = method.service.rsplit(".", 1)[1].removesuffix("Service").lower()
    for field in fields:
        if field == "code":
            if area == "voucher":
                named[field] = "voucher_code"
            elif area == "program" or (area == "budget" and "budget_id" not in fields):
                named[field] = "program" if area == "program" else "budget_code"
        elif field in ("card", "new_card") and area == "card":
            named[field] = field
        elif field == "transaction_id" and method.name == "Activate":
            named[field] = "pending"
        elif field == "cursor" and method.name != "Watch":
            pass  # of a list, sealed like a page token
        elif field == "member_id" and method.name == "ListDeliveries":
            pass  # of a subscription or of a member
        elif field in KNOWN and method.name != "IdentifyMember":  # which has a test of its own
            named[field] = field
        elif re.search(r"_ids?$", field) and field not in UNNAMED + KNOWN:
            raise AssertionError(f"{method.path} names {field}, and this test does not know what to put there")
    return named


def request_of(method, ids, by=None):
    """A request that names what `ids` says; of several ways to name one thing, by the field `by`, or the first. It
    changes nothing where that can be asked for."""
    request, named = method.request(), named_in(method)
    for oneof in method.request.DESCRIPTOR.oneofs:
        ways = [field.name for field in oneof.fields if field.name in named]
        for way in ways:
            if way != (by if by in ways else ways[0]):
                del named[way]
    for field in method.request.DESCRIPTOR.fields:
        name, value = field.name, None
        if name == "request_id":
            value = f"{method.name}-{uuid.uuid4()}"
        elif name == "validate_only":
            value = True
        elif name in named:
            value = ids[named[name]]
        elif name in FILLING and (field.type != field.TYPE_ENUM or name == "role"):
            value = FILLING[name]
        if value is None:
            continue
        if field.label == field.LABEL_REPEATED:
            getattr(request, name).extend(value)
        elif field.message_type:
            getattr(request, name).CopyFrom(type(getattr(request, name))(**value))
        else:
            setattr(request, name, value)
    return request


MASKED = re.compile(r"\b[a-z]{3}_[0-9a-z]{26}\b|\b(seconds|nanos): \d+")


def answer_of(method, request, said, key):
    """What a caller sees, without the `said` it brought along and without the hour."""
    try:
        seen = "\n".join(str(message) for message in contract.call(method, request, key=key))
    except Failure as failure:
        seen = f"{failure.code} {failure.reason} {failure.fields} {failure.message} {failure.metadata}"
    # In the details of an item's error, which are bytes, no boundary of a word tells where an id begins.
    seen = re.sub(r"[a-z]{3}_[0-9a-z]{26}", "…", seen)
    for text in re.findall(r"[\w@.+-]{5,}|\b\d+\b", str(said)):
        seen = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", seen)
    return MASKED.sub("…", seen)


def held_in(method):
    """The requests of other methods that this one's request holds: (the fields that lead to one, its method)."""
    calls_of = {one.request.DESCRIPTOR.full_name: one for one in contract.methods}
    for field in method.request.DESCRIPTOR.fields:
        inner = field.message_type.fields if field.message_type else ()
        for path in ((field,), *((field, one) for one in inner)):
            held = path[-1].message_type and calls_of.get(path[-1].message_type.full_name)
            if held:
                yield path, held


# What a request that is held by another one needs to be looked at at all.
HELD = {"RecordPurchase": {"total": {"currency_code": "USD", "minor_units": 500}},
        "RecordReturn": {"return_id": "x", "everything": True},
        "ClaimPurchase": {"receipt_code": "0000-0000-0000-0"},
        "RecordConsent": {"source": "CONSENT_SOURCE_WEB_FORM", "wording_version": "1", "decisions": [
            {"purpose": "CONSENT_PURPOSE_PROFILING", "state": "CONSENT_STATE_GRANTED"}]},
        "SetPreferences": {"set": [{"key": "seat", "text": "x"}]},
        "SetMemberSegments": {"add": [{"segment": "press"}]}}


def to_be_held(method, ids, by):
    """As request_of, with what it needs; a purchase of an order that nobody knows, unless `by` it."""
    if method.name == "RecordPurchase" and by != "order":
        ids = {**ids, "order": {"source": "web", "order_id": "of-nobody"}}
    request = request_of(method, ids, by)
    request.MergeFrom(method.request(**HELD.get(method.name, {})))
    return request


def holding(method, path, held):
    """A request of the method's with nothing in it but the one that is `held`, at the end of the path."""
    request = place = method.request()
    for field in path:
        place = getattr(place, field.name)
        if field.label == field.LABEL_REPEATED:
            place = place.add()
    place.MergeFromString(held.SerializeToString())
    return request


class MembersOwn(unittest.TestCase):
    """What a member's token opens: the calls that the contract opens to members, for this member."""

    @classmethod
    def setUpClass(cls):
        cls.me, cls.other = world("mine"), world("mine")
        cls.issuer = house.answer("key", "create", "backend", "--program", "mine")
        cls.shop = Caller(house, cls.issuer["secret"])
        cls.token = cls.shop("members", "IssueMemberToken", member_id=cls.me["member_id"]).token

    def answers(self, *arguments, **more):
        """What the page is answered, at the pace that a member's token has."""
        while True:
            try:
                return contract.call(*arguments, key=self.token, **more)
            except Failure as failure:
                if failure.reason != "RATE_LIMITED":
                    raise
                time.sleep(failure.retry_ms / 1000)

    def wait(self, *arguments, **more):
        """reason_of, at the same pace."""
        try:
            self.answers(*arguments, **more)
        except Failure as failure:
            return failure.reason
        return None

    @staticmethod
    def reading():
        """The methods that read what is kept of a member, and are open to them."""
        return [method for method in contract.methods if "member" in method.roles
                and method.name.startswith(("Get", "List", "Explain", "Export"))]

    def test_opens_nothing_that_the_contract_does_not_name(self):
        opened = 0
        for method in contract.methods:
            reason = self.wait(method, request_of(method, self.me))
            if "member" in method.roles:
                self.assertNotIn(reason, DOOR + ("MEMBER_NOT_ALLOWED",), method.path)
                opened += 1
            else:
                self.assertEqual(reason, "ROLE_NOT_ALLOWED", method.path)
        self.assertGreaterEqual(opened, 30)

    def test_opens_nothing_of_anybody_else(self):
        for method in contract.methods:
            if "member" in method.roles:
                for request in (request_of(method, self.other), request_of(method, nowhere()), None):
                    self.assertEqual(self.wait(method, request), "MEMBER_NOT_ALLOWED", method.path)

    def test_of_the_own_reading_is_answered(self):
        for method in self.reading():
            self.assertIsNone(self.wait(method, request_of(method, self.me)), method.path)

    def test_of_the_own_reading_names_no_staff(self):
        order = {"source": "web", "order_id": uuid.uuid4().hex}
        self.shop("thanks", "RecordPurchase", order=order, member_id=self.me["member_id"], staff_id="rung-by-otto",
                  staff_member_id=self.other["member_id"], total={"currency_code": "USD", "minor_units": 500})
        staff = re.compile(rf"\bkey_[0-9a-z]{{26}}\b|rung-by-otto|{self.other['member_id']}")
        for method in self.reading():
            seen = "\n".join(map(str, self.answers(method, request_of(method, self.me | {"order": order}))))
            self.assertNotRegex(seen, staff, method.path)

    def test_shows_no_purchase_of_anybody_else(self):
        for name in ("GetPurchase", "ListReturns"):
            method = next(m for m in contract.methods if m.name == name)
            for order in (self.other["order"], nowhere()["order"]):
                self.assertEqual(self.wait(method, request_of(method, self.me | {"order": order})),
                                 "PURCHASE_NOT_FOUND", method.path)

    def test_shows_nothing_of_a_complaint(self):
        for name in ("ListTimeline", "ListEntries"):
            method = next(m for m in contract.methods if m.name == name)
            [answer] = self.answers(method, request_of(method, self.me))
            self.assertTrue(answer.entries)
            self.assertNotIn("COMPLAINT", str(answer), method.path)
            self.assertNotIn("ADJUSTMENT_REQUESTED", str(answer), method.path)

    def test_is_good_for_both_ids_after_a_merge(self):
        admin = Caller(house, program="mine")
        survivor, duplicate = (admin("members", "EnrollMember", profile={
            "external_ids": [{"source": "web", "id": uuid.uuid4().hex}]}).member_id for _ in range(2))
        token = self.shop("members", "IssueMemberToken", member_id=duplicate).token
        balance = next(m for m in contract.methods if m.name == "GetBalance")

        def refusal(member):
            return reason_of(balance, request_of(balance, self.me | {"member_id": member}), key=token)
        self.assertEqual(refusal(survivor), "MEMBER_NOT_ALLOWED")
        admin("members", "MergeMembers", survivor_id=survivor, duplicate_id=duplicate, source="x")
        for member in (survivor, duplicate):
            wait_until("the token is good for both", 5, lambda: refusal(member) is None)
        self.assertEqual(refusal(self.me["member_id"]), "MEMBER_NOT_ALLOWED")

    def test_a_statement_names_no_staff(self):
        listed = next(m for m in contract.methods if m.name == "ListEntries")
        [answer] = contract.call(listed, request_of(listed, self.me), key=self.token)
        self.assertTrue(answer.entries)
        for entry in answer.entries:
            self.assertEqual((entry.actor, entry.detail), ("", ""))

    def test_opens_no_other_program(self):
        balance = next(m for m in contract.methods if m.name == "GetBalance")
        self.assertEqual(self.wait(balance, request_of(balance, self.me), program="theirs"),
                         "PROGRAM_NOT_FOUND")

    def test_ends_at_its_time_and_with_its_key(self):
        balance = next(m for m in contract.methods if m.name == "GetBalance")
        asked = request_of(balance, self.me)
        brief = self.shop("members", "IssueMemberToken", member_id=self.me["member_id"], life_seconds=1).token
        wait_until("the token is over", 5, lambda: reason_of(balance, asked, key=brief) == "TOKEN_EXPIRED")
        ending = house.answer("key", "create", "backend", "--program", "mine")
        token = Caller(house, ending["secret"])("members", "IssueMemberToken", member_id=self.me["member_id"]).token
        self.assertIsNone(reason_of(balance, asked, key=token))
        house.gratis("key", "revoke", ending["key"]["key_id"])
        wait_until("the token ends with its key", 3, lambda: reason_of(balance, asked, key=token) == "KEY_REVOKED")

    def test_is_issued_on_the_command_line_with_a_back_ends_key(self):
        key_file = house.home / "back-end.key"
        key_file.write_text(self.issuer["secret"])
        balance = next(m for m in contract.methods if m.name == "GetBalance")
        command = ("member", "token", self.me["member_id"], "--life", 3600, "--program", "mine")
        issued = house.answer(*command, "--key-file", key_file)
        self.assertIsNone(reason_of(balance, request_of(balance, self.me), key=issued["token"]))
        ends = datetime.fromisoformat(issued["expires_at"].replace("Z", "+00:00"))
        self.assertAlmostEqual(ends.timestamp() - time.time(), 3600, delta=60)
        self.assertIn("ROLE_NOT_ALLOWED", house.gratis(*command, "--json", check=False).stderr)

    def test_an_export_says_what_the_token_may_not_read(self):
        member = self.shop("members", "EnrollMember", profile={
            "external_ids": [{"source": "web", "id": uuid.uuid4().hex}]}).member_id
        admins, members = house.home / "whole.json", house.home / "own.json"
        whole = house.gratis("member", "export", member, "--out", admins, "--program", "mine")
        self.assertNotIn("left out", whole.stderr)
        self.assertIn("has all that is known", whole.stdout)
        key_file = house.home / "member.key"
        key_file.write_text(self.shop("members", "IssueMemberToken", member_id=member).token)
        own = house.gratis("member", "export", member, "--out", members, "--program", "mine", "--key-file", key_file)
        left_out = json.loads(members.read_text())["left_out"]
        self.assertIn("complaints", left_out)
        self.assertIn(f"left out, since this key may not read it: {', '.join(left_out)}\n", own.stderr)
        self.assertIn("has not all that is known", own.stdout)

    def test_is_issued_for_members_only(self):
        for member, reason in ((self.theirs_member(), "MEMBER_NOT_FOUND"), (nobodys("mem"), "MEMBER_NOT_FOUND"),
                               ("mem_x", "INVALID_ID")):
            with self.assertRaises(Failure) as refused:
                self.shop("members", "IssueMemberToken", member_id=member)
            self.assertEqual(refused.exception.reason, reason)
        for life in (-1, 3601):
            with self.assertRaises(Failure) as refused:
                self.shop("members", "IssueMemberToken", member_id=self.me["member_id"], life_seconds=life)
            self.assertEqual((refused.exception.reason, refused.exception.fields), ("FIELD_INVALID", ["life_seconds"]))

    @staticmethod
    def theirs_member():
        return Caller(house, keys["theirs", "backend"])("members", "EnrollMember", profile={
            "external_ids": [{"source": "web", "id": uuid.uuid4().hex}]}).member_id


class Foreign(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.mine, cls.theirs = world("mine"), world("theirs")

    def asked(self):
        """(method, a role that may call it, a field of its request that names something)."""
        for method in contract.methods:
            roles = sorted(method.roles - {"service", "member"}, key=ROLES.index)
            for field in named_in(method) if roles else ():
                yield method, roles[0], field

    def test_what_is_anothers_answers_as_what_does_not_exist(self):
        asked = 0
        for method, role, field in self.asked():
            with self.subTest(method=method.path, field=field):
                # All else is the caller's own.
                name = named_in(method)[field]
                foreign, absent = ({**self.mine, name: ids[name]} for ids in (self.theirs, nowhere(self.theirs)))
                self.assertEqual(*(answer_of(method, request_of(method, ids, field), ids[name], keys["mine", role])
                                   for ids in (foreign, absent)))
                asked += 1
        self.assertGreater(asked, 40)

    def test_nor_in_a_batch_a_queue_or_a_quote(self):
        telling, silent = 0, []
        for method in contract.methods:
            roles = sorted(method.roles - {"service", "member"}, key=ROLES.index)
            for path, held in held_in(method) if roles else ():
                for field, name in named_in(held).items():
                    with self.subTest(method=method.path, field=f"{path[-1].name}.{field}"):
                        answers = []
                        for ids in (self.theirs, nowhere(self.theirs), self.mine):
                            one = to_be_held(held, {**self.mine, name: ids[name]}, field)
                            answers.append(answer_of(method, holding(method, path, one), ids[name],
                                                     keys["mine", roles[0]]))
                        foreign, absent, own = answers
                        self.assertEqual(foreign, absent)
                        # Whatever is refused before it is looked up compares nothing.
                        if own == absent:
                            silent.append(f"{method.name}: {path[-1].name}.{field}: {own}")
                        else:
                            telling += 1
        self.assertGreater(telling, 25, f"nothing is looked up for {silent}")

    def test_what_was_spent_or_held_in_another_program_pays_for_nothing(self):
        shop = Caller(house, keys["mine", "backend"])
        for field, reason in (("hold_id", "HOLD_NOT_FOUND"), ("transaction_id", "TRANSACTION_NOT_FOUND")):
            said = set()
            for ids in (self.theirs, nowhere(self.theirs)):
                with self.assertRaises(Failure) as refused:
                    shop("thanks", "RecordPurchase", order={"source": "web", "order_id": uuid.uuid4().hex},
                         member_id=self.mine["member_id"], total={"currency_code": "USD", "minor_units": 500},
                         payments=[{"tender": "points", "amount_minor": 100, field: ids[field]}])
                said.add((refused.exception.reason, MASKED.sub("…", refused.exception.message)))
            self.assertEqual({one for one, _ in said}, {reason})
            self.assertEqual(len(said), 1, said)

    def test_what_a_member_of_another_program_shows_proves_nothing(self):
        tills = {program: Caller(house, keys[program, "pos"]) for program in ("mine", "theirs")}
        token = Caller(house, keys["theirs", "backend"])(
            "members", "IssueQrToken", member_id=self.theirs["member_id"]).qr_token
        said = set()
        for shown in (token, token[:-1] + ("0" if token[-1] != "0" else "1")):
            with self.assertRaises(Failure) as refused:
                tills["mine"]("members", "IdentifyMember", qr_token=shown, till_transaction="1")
            said.add((refused.exception.reason, refused.exception.message))
        self.assertEqual({reason for reason, _ in said}, {"QR_TOKEN_INVALID"})
        self.assertEqual(len(said), 1, said)

        proof = tills["theirs"]("members", "IdentifyMember", qr_token=token, till_transaction="1").proof
        said = set()
        for brought in (proof, proof[:-2] + ("AA" if proof[-2:] != "AA" else "BB")):
            till = Caller(house, keys["mine", "pos"])
            till.metadata.append(("gratis-proof", brought))
            with self.assertRaises(Failure) as refused:
                till("members", "GetMember", member_id=self.mine["member_id"])
            said.add((refused.exception.reason, refused.exception.message, str(refused.exception.metadata)))
        self.assertEqual({one[0] for one in said}, {"PROOF_REQUIRED"})
        self.assertEqual(len(said), 1, said)

    def test_and_its_own_program_gets_another_answer(self):
        """Or the test above would compare nothing."""
        telling = 0
        for method, role, field in self.asked():
            if not method.name.startswith(("Get", "List", "Explain", "Validate", "Verify")) or method.name in NEED_MORE:
                continue
            with self.subTest(method=method.path):
                try:
                    contract.call(method, request_of(method, self.theirs, field), key=keys["theirs", role])
                except Failure as failure:
                    self.fail(f"{failure}")
                telling += 1
        self.assertGreater(telling, 12)

    def test_names_of_another_programs_members_lead_nowhere(self):
        shop = Caller(house, keys["mine", "backend"])
        for kind in ("external_id", "email", "phone", "card"):
            self.assertTrue(Caller(house, keys["theirs", "backend"])(
                "members", "IdentifyMember", **{kind: self.theirs[kind]}).member_id)
            said = set()
            for ids in (self.theirs, nowhere()):
                with self.assertRaises(Failure) as refused:
                    shop("members", "IdentifyMember", **{kind: ids[kind]})
                said.add((refused.exception.reason, refused.exception.message))
            self.assertEqual({reason for reason, _ in said}, {"CARD_NOT_FOUND" if kind == "card" else "MEMBER_NOT_FOUND"})
            self.assertEqual(len(said), 1, said)

    def test_a_receipt_of_another_program_leads_nowhere(self):
        theirs, mine = Caller(house, keys["theirs", "backend"]), Caller(house, keys["mine", "backend"])
        code = theirs("thanks", "RecordPurchase", order={"source": "web", "order_id": uuid.uuid4().hex},
                      total={"currency_code": "USD", "minor_units": 500}).receipt_code
        theirs("thanks", "ClaimPurchase", member_id=self.theirs["member_id"], receipt_code=code)
        found = theirs("thanks", "IdentifyByReceipt", receipt_code=code).member
        self.assertEqual(found.member_id, self.theirs["member_id"])
        for method, more in (("IdentifyByReceipt", {}), ("ClaimPurchase", {"member_id": self.mine["member_id"]})):
            said = set()
            for asked in (code, "0000-0000-0000-0"):
                with self.assertRaises(Failure) as refused:
                    mine("thanks", method, receipt_code=asked, **more)
                said.add((refused.exception.reason, refused.exception.message))
            self.assertEqual({reason for reason, _ in said}, {"PURCHASE_NOT_FOUND"}, method)
            self.assertEqual(len(said), 1, said)

    def test_lists_hold_ones_own_only(self):
        """Whatever a list shows, none of it is another program's."""
        for method in contract.methods:
            if not method.name.startswith("List") or method.roles == {"service"} or method.name in NEED_MORE:
                continue
            request = request_of(method, self.mine)
            if "page_size" in request.DESCRIPTOR.fields_by_name:
                request.page_size = 1000
            seen = "".join(map(str, contract.call(method, request, key=keys["mine", "admin"])))
            for name, value in self.theirs.items():
                if isinstance(value, str):
                    self.assertNotIn(f'"{value}"', seen, f"{method.path} shows a {name} of another program")

    def test_a_page_token_of_another_program_is_none(self):
        for program, other in (("mine", "theirs"), ("theirs", "mine")):
            for caller, method in (("ledger", "ListKeys"), ("ledger", "ListUnits")):
                with Caller(house, keys[program, "admin"]) as own, Caller(house, keys[other, "admin"]) as foreign:
                    if method == "ListUnits":
                        own("ledger", "SetUnit", unit={"code": "stamps"})
                    token = own(caller, method, page_size=1).next_page_token
                    self.assertTrue(token)
                    with self.assertRaises(Failure) as refused:
                        foreign(caller, method, page_size=1, page_token=token)
                    self.assertEqual(refused.exception.reason, "INVALID_PAGE_TOKEN")

    def test_nor_is_it_in_any_other_list(self):
        told = 0
        for method in contract.methods:
            if "page_token" not in method.request.DESCRIPTOR.fields_by_name or "admin" not in method.roles \
                    or method.service in OF_THE_HOUSE or method.name in NEED_MORE:
                continue
            request = request_of(method, self.mine)
            request.page_size = 1
            [page] = contract.call(method, request, key=keys["mine", "admin"])
            if not page.next_page_token:
                continue
            request.page_token = page.next_page_token
            self.assertIsNone(reason_of(method, request, key=keys["mine", "admin"]), method.path)
            # Of what they have themselves: whom a list is of may be looked for before the token.
            foreign = request_of(method, self.theirs)
            foreign.page_size = 1
            self.assertIsNone(reason_of(method, foreign, key=keys["theirs", "admin"]), method.path)
            foreign.page_token = page.next_page_token
            reason = reason_of(method, foreign, key=keys["theirs", "admin"])
            self.assertEqual(reason, "INVALID_PAGE_TOKEN", method.path)
            told += 1
        self.assertGreater(told, 3)


if __name__ == "__main__":
    unittest.main()
