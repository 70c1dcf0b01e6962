"""What whoever serves a member should know: stories 8, 10 and 26, told by the real programs."""

import unittest
import uuid

import calls
from calls import Caller, Failure, money
from house import House, wait_until


def setUpModule():
    global house, shop, till
    house = House(flags=["--development-clock"]).start()
    house.gratis("program", "create", "shop", "--currency", "USD", "--time-zone", "Europe/Zurich")
    house.gratis("clock", "set", "2027-03-05T09:00:00Z", "--program", "shop")
    with Caller(house) as admin:
        key = lambda role: admin("ledger", "CreateKey", role=role, program="shop", label="e2e").secret  # noqa: E731
        shop = Caller(house, key(calls.access_pb2.ROLE_BACKEND))
        till = Caller(house, key(calls.access_pb2.ROLE_POS))


def tearDownModule():
    for caller in (shop, till):
        caller.__exit__()
    house.remove()


def with_proof(proof):
    other = Caller(house, till.metadata[0][1].removeprefix("Bearer "))
    other.metadata.append(("gratis-proof", proof))
    return other


def new_member(name, **profile):
    return shop("members", "EnrollMember",
                profile={"email": f"{name}@example.org", "greeting_name": name.capitalize(), **profile}).member_id


def buy(caller, member, minor_units):
    return caller("thanks", "RecordPurchase", member_id=member, total=money(minor_units, "USD"),
                  order={"source": "e2e", "order_id": str(uuid.uuid4())})


def by_qr(member):
    """The full brief, as a till has it from the code that the member's app shows."""
    token = shop("members", "IssueQrToken", member_id=member).qr_token
    return till("members", "GetBrief", identify={"qr_token": token, "till_transaction": str(uuid.uuid4())})


class Stories(unittest.TestCase):
    def test_story_8_one_timeline_at_every_touchpoint(self):
        member = new_member("mia")
        buy(shop, member, 1250)
        proven = with_proof(by_qr(member).member.proof)
        buy(proven, member, 500)
        proven("ledger", "Spend", member_id=member, points=3)
        house.gratis("points", "earn", member, "7", "--program", "shop")
        # Nobody waits for anything: what was posted by one is there for the others at once.
        told = [[(e.text, e.transaction_id) for e in caller("members", "ListTimeline", member_id=member).entries]
                for caller in (shop, proven)]
        shown = house.answer("member", "timeline", member, "--program", "shop")["entries"]
        told.append([(e["text"], e["transaction_id"]) for e in shown])
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0], told[2])
        texts = [text for text, _ in told[0]]
        self.assertEqual([texts[0], texts[1], texts[-1]], ["Earned 7 points", "Spent 3 points", "Became a member"])
        self.assertEqual([t.partition(",")[0] for t in texts if t.startswith("Bought")],
                         ["Bought for 5.00 USD", "Bought for 12.50 USD"])
        # Page by page it is the same.
        pages, token = [], ""
        while True:
            page = shop("members", "ListTimeline", member_id=member, page_size=2, page_token=token)
            pages += [e.text for e in page.entries]
            token = page.next_page_token
            if not token:
                break
        self.assertEqual(pages, texts)
        brief = shop("members", "GetBrief", member_id=member)
        self.assertEqual((brief.visits.visits, brief.visits.purchases), (1, 2))
        self.assertEqual([p.total.minor_units for p in brief.purchases], [500, 1250])
        self.assertEqual(brief.balances[0].available_points,
                         shop("ledger", "GetBalance", member_id=member).available_points)

    def test_story_10_preferences_are_shown_before_the_visit(self):
        member = new_member("ben")
        house.gratis("member", "prefer", member, "station=Swiss Jazz", "seat:choice=window", "--program", "shop")
        for brief in (shop("members", "GetBrief", member_id=member), by_qr(member)):
            kept = {p.preference.key: p.preference for p in brief.preferences}
            self.assertEqual((kept["station"].text, kept["seat"].choice), ("Swiss Jazz", "window"))
        shown = house.gratis("member", "brief", "ben@example.org", "--program", "shop").stdout
        self.assertRegex(shown, r"likes +station: Swiss Jazz")

    def test_story_26_greeted_by_name(self):
        member = new_member("zoe", phone="+41446681800", birthday={"month": 3, "day": 5})
        buy(shop, member, 1000)
        # Said aloud by somebody in the queue: a name and one sentence, in one call, and nothing else.
        said = till("members", "GetBrief", identify={"phone": "+41 44 668 18 00"})
        self.assertEqual({f.name for f, _ in said.ListFields()}, {"member", "sentence", "as_of"})
        self.assertEqual((said.member.greeting_name, said.sentence.text), ("Zoe", "A member since today."))
        again = with_proof(said.member.proof)("members", "GetBrief", member_id=member)
        self.assertEqual((again.full, again.sentence.text), (False, "A member since today."))
        with self.assertRaises(Failure) as refused:
            till("members", "GetBrief", member_id=member)
        self.assertEqual(refused.exception.reason, "PROOF_REQUIRED")
        # They show their app: the rest, with what to do about it.
        shown = by_qr(member)
        self.assertEqual((shown.full, shown.sentence.text), (True, "Birthday today."))
        self.assertEqual([s.text for s in shown.suggestions],
                         ["Wish them a happy birthday.", "Welcome them: they became a member today."])

    def test_what_follows_the_journal_gets_there_by_itself(self):
        member = new_member("kim")
        for _ in range(3):
            buy(shop, member, 100)
        wait_until("the purchases were followed", 30, lambda: house.psql(
            f"SELECT purchases FROM gratis_members.brief_member WHERE member = '{uuid_of(member)}'").strip() == "3")
        self.assertEqual(shop("members", "GetBrief", member_id=member).visits.purchases, 3)


def uuid_of(member_id):
    """The UUID inside of an id of ours: 26 digits of Crockford's base 32."""
    number = 0
    for digit in member_id.removeprefix("mem_").upper():
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(digit)
    return str(uuid.UUID(int=number))


if __name__ == "__main__":
    unittest.main()
