"""Cards and proofs, from outside: a box of cards, tills, and what a printed card is good for."""

import json
import unittest
import uuid

import calls
from calls import Caller, Failure, money, new_program
from house import House


def setUpModule():
    global house, admin, shop, till
    house = House().start()
    shop = Caller(house, new_program(house))
    admin = Caller(house, program="shop")
    till = Caller(house, admin("ledger", "CreateKey", role=calls.access_pb2.ROLE_POS, program="shop",
                               label="till").secret)


def tearDownModule():
    for caller in (admin, shop, till):
        caller.__exit__()
    house.remove()


def with_proof(proof):
    """The till, with what it was given for a member."""
    other = Caller(house, till.metadata[0][1].removeprefix("Bearer "))
    other.metadata.append(("gratis-proof", proof))
    return other


def new_card(member=None):
    """A printed card's number, linked to the member."""
    batch = f"b{uuid.uuid4().hex[:8]}"
    shop("members", "IssueCards", count=1, batch=batch)
    number = shop("members", "ListCards", batch=batch).cards[0].number
    if member:
        till("members", "LinkCard", member_id=member, card={"number": number})
    return number


def new_member(name):
    return shop("members", "EnrollMember", profile={"email": f"{name}@example.org", "greeting_name": name}).member_id


# What a till may call, and how it goes for who has nothing but a printed card. Whoever adds a call for tills says
# here what such a person gets from it.
GREETS, EARNS, REFUSED, NOT_THEIRS = "greets", "earns", "is refused", "is not about what is the member's"
AT_A_TILL = {
    "BirthdayService": {"ListGifts": REFUSED, "ChooseGift": REFUSED},
    "BriefService": {"GetBrief": GREETS, "ListTimeline": REFUSED},
    "CardService": {"LinkCard": NOT_THEIRS, "ReplaceCard": NOT_THEIRS, "ReportCardLost": NOT_THEIRS},
    "ClockService": {"GetClock": NOT_THEIRS},
    "ComplaintService": {"OpenComplaint": NOT_THEIRS},
    "ConsentService": {"RecordConsent": NOT_THEIRS, "RecordObjection": NOT_THEIRS, "GetConsents": REFUSED},
    "LedgerService": {"Earn": EARNS, "Spend": REFUSED, "PlaceHold": REFUSED, "CaptureHold": NOT_THEIRS,
                      "VoidHold": NOT_THEIRS, "Reverse": NOT_THEIRS, "Activate": NOT_THEIRS, "PostBatch": REFUSED,
                      "GetBalance": REFUSED},
    "MemberService": {"EnrollMember": NOT_THEIRS, "GetMember": REFUSED, "IdentifyMember": GREETS,
                      "UpdateMember": REFUSED},
    "PreferenceService": {"SetPreferences": NOT_THEIRS, "GetPreferences": REFUSED},
    "ProgramService": {"GetProgram": NOT_THEIRS},
    "ProofService": {"VerifyOneTimeCode": REFUSED, "GetProofPolicy": NOT_THEIRS},
    "QueueService": {"SendQueue": EARNS},
    "ReturnService": {"RecordReturn": NOT_THEIRS, "BatchRecordReturns": NOT_THEIRS, "ListReturns": NOT_THEIRS,
                      "RecordDelivery": NOT_THEIRS, "BatchRecordDeliveries": NOT_THEIRS},
    "StatementService": {"GetBalances": REFUSED, "ListLots": REFUSED, "ListUpcoming": REFUSED},
    "TaskService": {"ListTasks": NOT_THEIRS, "TakeTask": NOT_THEIRS, "EndTask": NOT_THEIRS},
    "ThanksService": {"RecordPurchase": EARNS, "BatchRecordPurchases": EARNS, "GetPurchase": NOT_THEIRS,
                      "ExplainThanks": NOT_THEIRS, "Quote": EARNS, "ClaimPurchase": EARNS, "IdentifyByReceipt": GREETS},
    "TierService": {"GetTierPolicy": NOT_THEIRS, "GetMemberTier": REFUSED},
    "UnitService": {"ListUnits": NOT_THEIRS},
    "VoucherService": {"IssueVoucher": NOT_THEIRS, "ValidateVoucher": NOT_THEIRS, "RedeemVoucher": REFUSED,
                       "HoldVoucher": REFUSED, "ListVouchers": REFUSED},
    "WishService": {"NoteWish": NOT_THEIRS, "WithdrawWish": NOT_THEIRS},
}


def open_to_tills():
    """{service: methods} that the contracts open to the role of tills."""
    found = {}
    for modules in calls.FILES.values():
        for module in modules:
            for name, service in module.DESCRIPTOR.services_by_name.items():
                for method in service.methods:
                    access = method.GetOptions().Extensions[calls.access_pb2.access]
                    if calls.access_pb2.ROLE_POS in access.roles:
                        found.setdefault(name, set()).add(method.name)
    return found


class PrintedCard(unittest.TestCase):
    """Somebody stands at the till with a card, theirs or found."""

    @classmethod
    def setUpClass(cls):
        cls.member = new_member("mia")
        cls.number = new_card(cls.member)
        shop("ledger", "Earn", member_id=cls.member, points=500)
        cls.voucher = shop("ledger", "IssueVoucher", member_id=cls.member, item="coffee").voucher.voucher_id
        shop("members", "IssueOneTimeCode", member_id=cls.member)
        cls.found = till("members", "IdentifyMember", card={"number": cls.number})
        cls.till = with_proof(cls.found.proof)

    def refused(self, area, method, reason="PROOF_REQUIRED", **fields):
        with self.assertRaises(Failure) as raised:
            self.till(area, method, **fields)
        self.assertEqual(raised.exception.reason, reason, raised.exception)

    def test_every_call_of_a_till_is_thought_of(self):
        self.assertEqual(open_to_tills(), {k: set(v) for k, v in AT_A_TILL.items()})

    def test_it_greets(self):
        self.assertEqual((self.found.member_id, self.found.greeting_name), (self.member, "mia"))
        told = {field.name for field, _ in self.found.ListFields()}
        self.assertEqual(told, {"member_id", "greeting_name", "state", "proof", "proof_strength", "proof_expires_at"})

        brief = self.till("members", "GetBrief", member_id=self.member)
        self.assertEqual({field.name for field, _ in brief.ListFields()}, {"member", "sentence", "as_of"})
        self.assertEqual({field.name for field, _ in brief.member.ListFields()},
                         {"member_id", "greeting_name", "state"})

    def test_it_earns_and_tells_no_balance(self):
        earned = self.till("ledger", "Earn", member_id=self.member, points=5)
        self.assertEqual(earned.earned_points, 5)
        self.assertEqual({f.name for f, _ in earned.ListFields()}, {"transaction_id", "recorded_at", "earned_points"})
        bought = self.till("thanks", "RecordPurchase", member_id=self.member, total=money(1000),
                           order={"source": "till", "order_id": str(uuid.uuid4())})
        self.assertEqual(bought.points, 10)
        self.assertFalse(bought.HasField("available_points"))
        undone = self.till("ledger", "Reverse", transaction_id=earned.transaction_id)
        self.assertFalse(undone.HasField("available_points"))

    def test_it_spends_nothing(self):
        before = shop("ledger", "GetBalance", member_id=self.member).available_points
        self.refused("ledger", "Spend", member_id=self.member, points=1)
        self.refused("ledger", "PlaceHold", member_id=self.member, points=1)
        self.refused("ledger", "RedeemVoucher", voucher_id=self.voucher)
        self.refused("ledger", "HoldVoucher", voucher_id=self.voucher, life_seconds=60)
        self.refused("birthdays", "ChooseGift", member_id=self.member, option="tea")
        batch = self.till("ledger", "PostBatch",
                          postings=[{"spend": {"request_id": str(uuid.uuid4()), "member_id": self.member, "points": 1}}])
        info = calls.error_pb2.ErrorInfo.FromString(batch.results[0].status.error.details[0].value)
        self.assertEqual(info.reason, "PROOF_REQUIRED")
        self.assertEqual(shop("ledger", "GetBalance", member_id=self.member).available_points, before)

    def test_it_sees_nothing(self):
        self.refused("members", "GetMember", member_id=self.member)
        self.refused("members", "GetConsents", member_id=self.member)
        self.refused("members", "GetPreferences", member_id=self.member)
        self.refused("members", "GetMemberTier", member_id=self.member)
        self.refused("members", "ListTimeline", member_id=self.member)
        self.refused("ledger", "GetBalance", member_id=self.member)
        self.refused("ledger", "GetBalances", member_id=self.member)
        self.refused("ledger", "ListLots", member_id=self.member)
        self.refused("ledger", "ListUpcoming", member_id=self.member)
        self.refused("ledger", "ListVouchers", member_id=self.member)
        self.refused("birthdays", "ListGifts", member_id=self.member)

    def test_it_is_not_made_more_of_by_guessing(self):
        self.refused("members", "UpdateMember", member_id=self.member, profile={"phone": "+41446681800"},
                     update_mask={"paths": ["phone"]})
        self.refused("members", "VerifyOneTimeCode", "CODE_WRONG", member_id=self.member, code="000000")
        self.refused("members", "IssueOneTimeCode", "ROLE_NOT_ALLOWED", member_id=self.member)
        self.refused("members", "IssueQrToken", "ROLE_NOT_ALLOWED", member_id=self.member)
        self.refused("members", "ListCards", "ROLE_NOT_ALLOWED", member_id=self.member)
        self.refused("members", "SetProofPolicy", "ROLE_NOT_ALLOWED", policy={"weak_limit_points": 1000})


class ProvenMembers(unittest.TestCase):
    def test_the_app_at_the_till(self):
        member = new_member("ann")
        shop("ledger", "Earn", member_id=member, points=100)
        token = shop("members", "IssueQrToken", member_id=member).qr_token
        found = till("members", "IdentifyMember", qr_token=token, till_transaction="receipt 1")
        self.assertEqual((found.member_id, found.proof_strength), (member, calls.proofs_pb2.PROOF_STRENGTH_STRONG))
        proven = with_proof(found.proof)
        spent = proven("ledger", "Spend", request_id="ann-1", member_id=member, points=30)
        self.assertEqual(spent.available_points, 70)
        self.assertEqual(proven("members", "GetMember", member_id=member).member.profile.email, "ann@example.org")
        with self.assertRaises(Failure) as used:
            till("members", "IdentifyMember", qr_token=token, till_transaction="receipt 2")
        self.assertEqual(used.exception.reason, "QR_TOKEN_USED")
        again = till("ledger", "Spend", request_id="ann-1", member_id=member, points=30)
        self.assertEqual((again.available_points, till.trailing.get("gratis-replayed")), (70, "true"))

    def test_a_code_read_out_at_the_till(self):
        member = new_member("bob")
        shop("ledger", "Earn", member_id=member, points=100)
        code = shop("members", "IssueOneTimeCode", member_id=member).code
        proven = with_proof(till("members", "VerifyOneTimeCode", member_id=member, code=code).proof)
        self.assertEqual(proven("ledger", "GetBalance", member_id=member).available_points, 100)

    def test_a_small_spend_on_a_printed_card(self):
        member = new_member("cid")
        shop("ledger", "Earn", member_id=member, points=100)
        number = new_card(member)
        admin("members", "SetProofPolicy", policy={"weak_limit_points": 20})
        try:
            weak = with_proof(till("members", "IdentifyMember", card={"number": number}).proof)
            weak("ledger", "Spend", member_id=member, points=20)
            with self.assertRaises(Failure) as refused:
                weak("ledger", "Spend", member_id=member, points=21)
            self.assertEqual((refused.exception.reason, refused.exception.metadata["why"]), ("PROOF_REQUIRED", "weak"))
        finally:
            admin("members", "SetProofPolicy", policy={"weak_limit_points": 0})

    def test_who_set_the_policy_and_how_it_was_before(self):
        for points in (30, 0):
            admin("members", "SetProofPolicy", policy={"weak_limit_points": points})
        acts = admin("ledger", "ListActs", kinds=[calls.ledger_pb2.ENTRY_KIND_PROOF_POLICY_SET]).acts
        newest = acts[0]
        self.assertTrue(newest.entry.actor.startswith("key_"))
        self.assertEqual([json.loads(text)["weak_limit_points"] for text in (newest.before, newest.entry.detail)], [30, 0])


class Story5(unittest.TestCase):
    """Nobody needs to remember a number: whatever somebody says or shows, they are the same person."""

    def test_5_one_person_however_they_are_known(self):
        admin("members", "SetMembersPolicy", policy={"default_region": "CH"})
        member = shop("members", "EnrollMember", profile={
            "email": "Zoé.Quill@Bücher.example", "phone": "044 668 18 00", "greeting_name": "Zoé",
            "external_ids": [{"source": "webshop", "id": "77"}]}).member_id
        number = new_card(member)
        till("members", "LinkCard", member_id=member, card={"number": "ab 12-345", "issuer": "oldclub"})
        weak, strong = calls.proofs_pb2.PROOF_STRENGTH_WEAK, calls.proofs_pb2.PROOF_STRENGTH_STRONG
        shown = [
            *[({"phone": phone}, weak) for phone in
              ("044 668 18 00", "+41 44 668 18 00", "0041446681800", "044/668 18 00", "０４４ ６６８ １８ ００")],
            *[({"email": email}, weak) for email in
              ("Zoé.Quill@Bücher.example", "zoé.quill@xn--bcher-kva.example", " mailto:ZOÉ.QUILL@bücher.example ")],
            *[({"card": {"number": card}}, weak) for card in
              (number, f" {number[0]} {number[1:7]} {number[7:]} ", f"{number[:4]}-{number[4:]}")],
            ({"card": {"number": "AB12345", "issuer": "oldclub"}}, weak),
            ({"external_id": {"source": "webshop", "id": "77"}}, weak),
            ({"member_id": member}, weak),
            ({"member_id": member, "phone": "044 668 18 00"}, weak),
            # More than one way at once is still one person, as strong as the strongest.
            ({"phone": "044 668 18 00", "card": {"number": number}}, weak),
            ({"qr_token": shop("members", "IssueQrToken", member_id=member).qr_token}, strong),
            ({"qr_token": shop("members", "IssueQrToken", member_id=member).qr_token.lower(),
              "phone": "044 668 18 00"}, strong),
        ]
        for i, (way, strength) in enumerate(shown):
            with self.subTest(way=way):
                found = till("members", "IdentifyMember", **way)
                self.assertEqual((found.member_id, found.greeting_name, found.proof_strength),
                                 (member, "Zoé", strength))
                # And in the call that follows they earn; who they are was asked once.
                bought = with_proof(found.proof)("thanks", "RecordPurchase", member_id=member, total=money(1000),
                                                 order={"source": "till", "order_id": f"story-5-{i}"})
                self.assertEqual((bought.points, bought.HasField("available_points")), (10, strength == strong))
        self.assertEqual(shop("ledger", "GetBalance", member_id=member).available_points, 10 * len(shown))

    def test_5_a_receipt_leads_to_who_claimed_it_and_is_good_for_what_a_printed_card_is(self):
        member = new_member("noa")
        shop("ledger", "Earn", member_id=member, points=100)
        code = till("thanks", "RecordPurchase", total=money(1000),
                    order={"source": "till", "order_id": "story-5-receipt"}).receipt_code

        def refused(reason, caller, area, method, **fields):
            with self.assertRaises(Failure) as raised:
                caller(area, method, **fields)
            self.assertEqual(raised.exception.reason, reason, raised.exception)

        refused("RECEIPT_NOT_CLAIMED", till, "thanks", "IdentifyByReceipt", receipt_code=code)
        refused("PURCHASE_NOT_FOUND", till, "thanks", "IdentifyByReceipt", receipt_code="0000-0000-0000-0")
        refused("FIELD_INVALID", till, "thanks", "IdentifyByReceipt", receipt_code="A-17")
        till("thanks", "ClaimPurchase", member_id=member, receipt_code=code)

        for written in (code, code.lower().replace("-", " ")):
            found = till("thanks", "IdentifyByReceipt", receipt_code=written).member
            self.assertEqual((found.member_id, found.greeting_name, found.proof_strength),
                             (member, "noa", calls.proofs_pb2.PROOF_STRENGTH_WEAK))
        told = {field.name for field, _ in found.ListFields()}
        self.assertEqual(told, {"member_id", "greeting_name", "state", "proof", "proof_strength", "proof_expires_at"})
        weak = with_proof(found.proof)
        bought = weak("thanks", "RecordPurchase", member_id=member, total=money(1000),
                      order={"source": "till", "order_id": "story-5-by-receipt"})
        self.assertEqual((bought.points, bought.HasField("available_points")), (10, False))
        self.assertFalse(weak("members", "GetBrief", member_id=member).full)
        refused("PROOF_REQUIRED", weak, "ledger", "Spend", member_id=member, points=1)
        refused("PROOF_REQUIRED", weak, "members", "GetMember", member_id=member)

        # Nobody else is given a proof; and who became part of another is found as who they are.
        self.assertEqual(shop("thanks", "IdentifyByReceipt", receipt_code=code).member.proof, "")
        survivor = new_member("noah")
        shop("members", "MergeMembers", duplicate_id=member, survivor_id=survivor)
        self.assertEqual(house.answer("member", "identify", "--receipt", code, "--program", "shop")["member_id"], survivor)


class CommandLine(unittest.TestCase):
    def test_a_box_of_cards_from_the_printer_to_the_drawer(self):
        numbers_file = house.home / "numbers.csv"
        house.gratis("card", "generate", "box-7", "--count", 12, "--out", numbers_file, "--program", "shop")
        numbers = numbers_file.read_text().splitlines()[1:]
        self.assertEqual(len(set(numbers)), 12)
        for number in numbers:
            weights = [int(d) * (1 if i % 2 == 0 else 3) for i, d in enumerate(number)]
            self.assertEqual((len(number), number[:2], sum(weights) % 10), (13, "20", 0))
        member = new_member("dot")
        house.gratis("card", "link", member, "--number", numbers[0], "--program", "shop")
        found = house.answer("member", "identify", "--card", f" {numbers[0][:1]} {numbers[0][1:7]} {numbers[0][7:]}",
                             "--program", "shop")
        self.assertEqual((found["member_id"], found["greeting_name"], found["proof"]), (member, "dot", ""))
        house.gratis("card", "lost", numbers[0], "--program", "shop")
        done = house.gratis("member", "identify", "--card", numbers[0], "--program", "shop", "--json", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stderr)["error"]["reason"], "CARD_LOST")
        house.gratis("card", "replace", numbers[0], numbers[1], "--program", "shop")
        listed = house.gratis("card", "list", member, "--program", "shop").stdout
        self.assertIn("lost", listed)
        self.assertIn(numbers[1], listed)
        house.gratis("card", "link", member, "--number", "AB-1234", "--issuer", "oldclub", "--program", "shop")
        self.assertEqual(house.answer("member", "identify", "--card", "ab1234", "--issuer", "oldclub", "--program",
                                      "shop")["member_id"], member)
        self.assertEqual(len(house.answer("card", "list", "--batch", "box-7", "--program", "shop")["cards"]), 12)

    def test_a_till_on_the_command_line(self):
        member = new_member("eve")
        house.gratis("points", "earn", member, 50, "--program", "shop")
        key_file = house.home / "till.key"
        key_file.write_text(house.answer("key", "create", "pos", "--program", "shop")["secret"])
        token = house.answer("member", "qr-token", member, "--program", "shop")["qr_token"]
        refused = house.gratis("points", "spend", member, 5, "--key-file", key_file, "--json", check=False)
        self.assertEqual(json.loads(refused.stderr)["error"]["reason"], "PROOF_REQUIRED")
        proof = house.answer("member", "identify", "--qr", token, "--key-file", key_file)["proof"]
        spent = house.answer("points", "spend", member, 5, "--key-file", key_file, "--proof", proof)
        self.assertEqual(spent["available_points"], 45)
        code = house.answer("member", "one-time-code", member, "--program", "shop")["code"]
        proof = house.answer("member", "verify-code", member, "--code", code, "--key-file", key_file)["proof"]
        self.assertEqual(house.answer("points", "balance", member, "--key-file", key_file, "--proof",
                                      proof)["available_points"], 45)
        policy = house.answer("member", "proof-policy", "--program", "shop")
        self.assertEqual(policy["weak_limit_points"], 0)

    def test_books_hold(self):
        house.gratis("ledger", "verify", "--program", "shop")


if __name__ == "__main__":
    unittest.main()
