"""A parcel "To Stacy, from Stacy" on a random afternoon: drawn in public, within a budget, to people chosen fairly."""

import hashlib
import hmac
import unittest

import calls
import letters
from calls import Caller, Failure
from house import House, scratch, wait_until
from mail_server import MailServer, PASSWORD

SEED = "6 aus 49: 4 11 19 23 38 42"


def setUpModule():
    global mail, house, shop, admin
    mail = MailServer(scratch())
    house = House(flags=["--development-clock", *mail.flags()], environment={"GRATIS_SMTP_PASSWORD": PASSWORD}).start()
    shop = Caller(house, calls.new_program(house))
    admin = Caller(house, program="shop")
    letters.founder_writes(admin)
    letters.template(admin, "surprise-gift", "{{#gift}}{{points}} points, for no reason at all.{{/gift}}" + letters.OUT,
                     purpose="MARKETING")
    house.gratis("clock", "set", "2027-03-01T14:00:00Z", "--program", "shop")


def tearDownModule():
    house.remove()
    mail.stop()


def gratis(*arguments, **more):
    return house.answer(*arguments, "--program", "shop", **more)


class Story19(unittest.TestCase):
    def draw(self, code, **fields):
        fields = {"seed": SEED, "gift": {"points": 50}, "budget_id": self.budget, "winners": 4} | fields
        return admin("thanks", "DrawSurprise", code=code, **fields).surprise

    def refused(self, reason, code, **fields):
        with self.assertRaises(Failure) as failed:
            self.draw(code, **fields)
        self.assertEqual(failed.exception.reason, reason)

    def test_19_a_gift_for_no_reason_drawn_so_that_anybody_can_check(self):
        people = [shop("members", "EnrollMember", profile={"email": f"p{i}@example.org"}).member_id for i in range(12)]
        for member in people:
            letters.agreed(shop, member, "MARKETING")
        shop("members", "CreateGroup", kind=calls.groups_pb2.GROUP_KIND_HOUSEHOLD, name="A household")
        type(self).budget = admin("ledger", "SetBudget", code="surprises", limit=600).budget.budget_id
        shop("thanks", "OpenComplaint", member_id=people[0], topic="delivery")

        tried = self.draw("march", validate_only=True)
        self.assertEqual((tried.entrants, tried.won), (11, 4))
        drawn = self.draw("march", request_id="draw-march")
        self.assertEqual(self.draw("march", request_id="draw-march"), drawn)
        self.refused("SURPRISE_EXISTS", "march")

        # Anybody can do it again, with nothing of ours.
        entrants = admin("thanks", "ListSurpriseEntrants", code="march").entrants
        ids = [entrant.member_id for entrant in entrants]
        self.assertEqual(set(ids), set(people[1:]), "no purchase is needed, and no household takes part")
        digest = hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()
        self.assertEqual(digest, drawn.entrants_digest)
        tickets = {one: hmac.new(SEED.encode(), one.encode(), hashlib.sha256).digest() for one in ids}
        expected = set(sorted(ids, key=tickets.get)[:4])
        won = {entrant.member_id for entrant in entrants if entrant.outcome}
        self.assertEqual(won, expected)

        house.gratis("clock", "advance", 1, "--program", "shop")
        wait_until("all have their gifts", 60,
                   lambda: admin("thanks", "GetSurprise", code="march").surprise.given == 4, every=0.2)
        for member in people:
            points = shop("ledger", "GetBalance", member_id=member).available_points
            self.assertEqual(points, 50 if member in expected else 0)
        self.assertEqual(admin("ledger", "GetBudget", code="surprises").budget.spent, 200)
        # The parcel is in the letter box of whoever won, and of nobody else.
        for member in expected:
            letter = mail.letter_to(f"p{people.index(member)}@example.org")
            self.assertIn("50 points, for no reason at all.", letter.get_body(("plain",)).get_content())
        self.assertEqual(len(mail.messages()), 4)

        audit = gratis("surprises", "audit", "march")
        self.assertEqual((audit["holds"], audit["entrants"], audit["won"]), (True, 11, 4))
        self.assertIn("The draw holds", house.gratis("surprises", "audit", "march", "--program", "shop").stdout)

        # Nobody twice within the rest, and never beyond the budget.
        again = gratis("surprises", "draw", "april", "--seed", "another", "--budget", "surprises", "--winners", 8,
                       "--points", 50)
        self.assertEqual((again["entrants"], again["won"]), (7, 7))
        lucky = {one["member_id"] for one in gratis("surprises", "entrants", "april", "--winners")["entrants"]}
        self.assertFalse(lucky & expected)
        self.refused("BUDGET_EXHAUSTED", "may", gift={"points": 51}, winners=1_000)
        self.assertEqual([one["code"] for one in gratis("surprises", "list")["surprises"]], ["april", "march"])
        verified = house.gratis("ledger", "verify", "--program", "shop")
        self.assertEqual(verified.returncode, 0, verified.stdout)

        # Whoever tampers with who took part is found out.
        house.psql("UPDATE gratis_thanks.surprise_entrant SET outcome = 0 WHERE outcome = 2")
        tampered = house.gratis("surprises", "audit", "march", "--program", "shop", check=False)
        self.assertNotEqual(tampered.returncode, 0)
        self.assertIn("others won than the seed draws", tampered.stdout + tampered.stderr)


class WhatFails(unittest.TestCase):
    def test_what_is_due_and_cannot_be_done_holds_up_no_gift_and_no_news(self):
        corner = Caller(house, calls.new_program(house, "corner"))
        owner = Caller(house, program="corner")
        house.gratis("clock", "set", "2027-03-01T14:00:00Z", "--program", "corner")
        # A thank-you of nobody's, by a trigger that there is not.
        house.psql("INSERT INTO gratis_thanks.trigger_result (partition, subject, trigger, version, member, signed_up,"
                   " outcome, why, due_at, acts_at, old_at, position, store, counts, points)"
                   " SELECT first_partition, gen_random_uuid(), 'none', 1, gen_random_uuid(), false,"
                   " 2, 0, '2027-03-01', '2027-03-01', '2027-03-08', 1, '', true, 0"
                   " FROM ledger.program WHERE code = 'corner'")
        kim, lee = (corner("members", "EnrollMember", profile={"email": f"{who}@example.org"}).member_id
                    for who in ("kim", "lee"))
        corner("thanks", "NoteWish", member_id=kim, sku="quilt", origin="WISH_ORIGIN_ASKED")
        budget = owner("ledger", "SetBudget", code="surprises", limit=100).budget.budget_id
        owner("thanks", "DrawSurprise", code="march", seed=SEED, gift={"points": 50}, budget_id=budget, winners=1)
        # Whoever draws gives at once, and whoever restocks tells at once. Here both are left to the job: the other has
        # won, too, and what is back was recorded by a process that ended then.
        house.psql("UPDATE gratis_thanks.surprise_entrant SET outcome = 1 WHERE outcome = 0 AND draw ="
                   " (SELECT draw FROM gratis_thanks.surprise s JOIN ledger.program p ON s.program = p.number"
                   " WHERE p.code = 'corner')")
        house.psql("INSERT INTO gratis_thanks.restock (program, restock, sku, store, item, restocked_at, recorded_at)"
                   " SELECT number, gen_random_uuid(), 'quilt', '', 'Quilt', '2027-03-01T14:05Z', '2027-03-01T14:05Z'"
                   " FROM ledger.program WHERE code = 'corner'")
        house.gratis("clock", "set", "2027-03-01T14:10:00Z", "--program", "corner")
        wait_until("both have their gifts", 60, lambda: [
            corner("ledger", "GetBalance", member_id=who).available_points for who in (kim, lee)] == [50, 50], every=0.2)
        met = calls.wishes_pb2.WISH_STATE_MET
        wait_until("the news, too", 60,
                   lambda: corner("thanks", "ListWishes", member_id=kim).wishes[0].state == met, every=0.2)
        failed = "what is due names a version that is not there"
        wait_until("the log tells of what failed", 60, lambda: failed in house.log(), every=0.2)


if __name__ == "__main__":
    unittest.main()
