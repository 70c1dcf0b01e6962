"""Who may do what: every method, as the running processes tell of them, with every kind of key; and what
one program can learn of another."""

import re
import unittest
import uuid

import calls
from calls import Caller, Failure
from contract import Contract
from house import TOP, House

ROLES = ("admin", "backend", "pos", "marketing", "support", "finance", "auditor", "import")
# What an error of the door itself is, before anything of the request is looked at.
DOOR = ("KEY_MISSING", "KEY_INVALID", "KEY_REVOKED", "ROLE_NOT_ALLOWED", "PROGRAM_MISSING", "PROGRAM_NOT_FOUND",
        "RATE_LIMITED")
OF_THE_HOUSE = ("gratis.ledger.v1.KeyService", "gratis.ledger.v1.ProgramService")


def setUpModule():
    global house, contract, keys
    house = House().start()
    for program in ("mine", "theirs"):
        house.gratis("program", "create", program, "--currency", "USD")
    contract = Contract(house)
    keys = {(program, role): house.answer("key", "create", role, "--program", program)["secret"]
            for program in ("mine", "theirs") for role in ROLES}


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
        table[name] = {role for role, cell in zip(columns, cells) if cell == "x"}
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
                reason = reason_of(method, key=keys["mine", role])
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
            for role in sorted(method.roles - {"service"}):
                if method.service not in OF_THE_HOUSE:
                    for program in ("mine", "nowhere"):
                        self.assertEqual(reason_of(method, key=keys["theirs", role], program=program),
                                         "PROGRAM_NOT_FOUND", f"{method.path} as {role} of another program")


# --- what one program can learn of another --------------------------------------------------------------

def nobodys(prefix):
    """An id that is well formed and names nothing."""
    return f"{prefix}_" + "01hz3v6q5s" + "".join("0123456789abcdefghjkmnpqrstvwxyz"[b % 32] for b in uuid.uuid4().bytes)


def world(program):
    """One of everything that has an id, in a program: by the names that the contract's fields have."""
    admin = Caller(house, program=program)
    name = f"{program}-{uuid.uuid4().hex[:8]}"
    phone = {"mine": "+41446681800", "theirs": "+41446681801"}[program]
    member = admin("members", "EnrollMember", profile={
        "email": f"{name}@example.org", "phone": phone, "external_ids": [{"source": "web", "id": name}]}).member_id
    earned = admin("ledger", "Earn", member_id=member, points=1000, source="x")
    pending = admin("ledger", "Earn", member_id=member, points=10, source="x", on_activation=True)
    hold = admin("ledger", "PlaceHold", member_id=member, points=10, source="x")
    admin("thanks", "RecordPurchase", order={"source": "web", "order_id": name}, member_id=member,
          total={"currency_code": "USD", "minor_units": 500})
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
        "budget_code": budget.code,
        "cursor": {"positions": [{"partition": entry.partition, "sequence": 1}]},
    }


def nowhere():
    """The same names, for what does not exist."""
    name = uuid.uuid4().hex
    return {
        "member_id": nobodys("mem"), "to_member_id": nobodys("mem"), "member_ids": [nobodys("mem")],
        "transaction_id": nobodys("txn"), "pending": nobodys("txn"), "hold_id": nobodys("hld"),
        "adjustment_id": nobodys("adj"), "voucher_id": nobodys("vch"), "budget_id": nobodys("bgt"),
        "key_id": nobodys("key"), "order": {"source": "web", "order_id": name},
        "external_id": {"source": "web", "id": name}, "email": f"{name}@example.org", "phone": "+41446681899",
        "partition": 60000, "program": "nowhere", "budget_code": "b-none",
        "cursor": {"positions": [{"partition": 60000, "sequence": 1}]},
    }


# What else a request needs to be looked at at all.
FILLING = {"points": 1, "source": "x", "reason": "x", "year": 2026, "origin": "gift", "item": "mug", "label": "x",
           "role": calls.access_pb2.ROLE_POS}


def request_of(method, ids, own):
    """A request of the method that names what `ids` says; None when it names nothing. What it needs besides
    is of the caller's own."""
    fields = {field.name: field for field in method.request.DESCRIPTOR.fields}
    request, names = method.request(), False

    def put(name, value):
        field = fields[name]
        if field.label == field.LABEL_REPEATED:
            getattr(request, name).extend(value)
        elif field.message_type:
            getattr(request, name).CopyFrom(type(getattr(request, name))(**value))
        else:
            setattr(request, name, value)

    for name, field in fields.items():
        if name == "request_id":
            put(name, f"{method.name}-{uuid.uuid4()}")
        elif name == "validate_only":
            put(name, True)
        elif name == "code":
            kind = method.service.rsplit(".", 1)[1].removesuffix("Service").lower()
            if f"{kind}_code" in ids and f"{kind}_id" not in fields:
                put(name, ids[f"{kind}_code"])
                names = True
            elif kind == "program":
                put(name, ids["program"])
                names = True
        elif name == "transaction_id" and method.name == "Activate":
            put(name, ids["pending"])
            names = True
        elif name in ids and method.name != "IdentifyMember":
            put(name, ids[name])
            names = True
        elif re.search(r"_ids?$", name) and name not in ("order_id",):
            raise AssertionError(f"{method.path} names {name}, and this test does not know what to put there")
        elif name in FILLING and (field.type != field.TYPE_ENUM or name == "role"):
            put(name, FILLING[name])
    return request if names else None


MASKED = re.compile(r"\b[a-z]{3}_[0-9a-z]{26}\b|\b(seconds|nanos): \d+")


def answer_of(method, request, ids, key):
    """What a caller sees, without what it said itself and without the hour."""
    try:
        seen = "\n".join(str(message) for message in contract.call(method, request, key=key))
    except Failure as failure:
        seen = f"{failure.code} {failure.reason} {failure.fields} {failure.message} {failure.metadata}"
    for said in ids.values():
        for text in re.findall(r"[\w@.+-]{5,}|\b\d+\b", str(said)):
            seen = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", seen)
    return MASKED.sub("…", seen)


class Foreign(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.mine, cls.theirs = world("mine"), world("theirs")

    def asked(self):
        for method in contract.methods:
            roles = sorted(method.roles - {"service"}, key=ROLES.index)
            if roles and request_of(method, self.theirs, self.mine) is not None:
                yield method, roles[0]

    def test_what_is_anothers_answers_as_what_does_not_exist(self):
        asked = 0
        for method, role in self.asked():
            with self.subTest(method=method.path):
                none = nowhere()
                foreign = answer_of(method, request_of(method, self.theirs, self.mine), self.theirs, keys["mine", role])
                absent = answer_of(method, request_of(method, none, self.mine), none, keys["mine", role])
                self.assertEqual(foreign, absent)
                asked += 1
        self.assertGreater(asked, 30)

    def test_and_its_own_program_gets_another_answer(self):
        """Or the test above would compare nothing."""
        telling = 0
        for method, role in self.asked():
            if not method.name.startswith(("Get", "List", "Explain", "Validate", "Verify")):
                continue
            with self.subTest(method=method.path):
                try:
                    contract.call(method, request_of(method, self.theirs, self.theirs), key=keys["theirs", role])
                except Failure as failure:
                    self.fail(f"{failure}")
                telling += 1
        self.assertGreater(telling, 12)

    def test_names_of_another_programs_members_lead_nowhere(self):
        shop = Caller(house, keys["mine", "backend"])
        for kind in ("external_id", "email", "phone"):
            self.assertTrue(Caller(house, keys["theirs", "backend"])(
                "members", "IdentifyMember", **{kind: self.theirs[kind]}).member_id)
            said = set()
            for ids in (self.theirs, nowhere()):
                with self.assertRaises(Failure) as refused:
                    shop("members", "IdentifyMember", **{kind: ids[kind]})
                said.add((refused.exception.reason, refused.exception.message))
            self.assertEqual({reason for reason, _ in said}, {"MEMBER_NOT_FOUND"})
            self.assertEqual(len(said), 1, said)

    def test_lists_hold_ones_own_only(self):
        """Whatever a list shows, none of it is another program's."""
        for method in contract.methods:
            if not method.name.startswith("List") or method.roles == {"service"}:
                continue
            request = request_of(method, self.mine, self.mine) or method.request()
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


if __name__ == "__main__":
    unittest.main()
