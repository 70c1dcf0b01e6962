"""Households, communities and organizations, from outside; the numbers are those of the stories they tell."""

import unittest
import uuid

import calls
from calls import Caller, Failure, money, new_program
from house import House

HOUSEHOLD, COMMUNITY, ORGANIZATION = (calls.groups_pb2.GROUP_KIND_HOUSEHOLD, calls.groups_pb2.GROUP_KIND_COMMUNITY,
                                      calls.groups_pb2.GROUP_KIND_ORGANIZATION)


def setUpModule():
    global house, admin, shop
    house = House().start()
    shop = Caller(house, new_program(house))
    admin = Caller(house, program="shop")


def tearDownModule():
    for caller in (admin, shop):
        caller.__exit__()
    house.remove()


def new_member(name):
    return shop("members", "EnrollMember", profile={"email": f"{name}-{uuid.uuid4().hex[:8]}@example.org",
                                                    "greeting_name": name}).member_id


def new_group(kind, name, *members):
    group = shop("members", "CreateGroup", kind=kind, name=name).group_id
    for member in members:
        shop("members", "AddGroupMember", group_id=group, member_id=member)
    return group


def buy(member, amount, **more):
    return shop("thanks", "RecordPurchase", member_id=member, total=money(amount),
                order={"source": "web", "order_id": str(uuid.uuid4())}, **more)


def has(member):
    return shop("ledger", "GetBalance", member_id=member).available_points


def own(member):
    """The member's own app."""
    return Caller(house, shop("members", "IssueMemberToken", member_id=member).token)


class Groups(unittest.TestCase):
    def refused(self, reason, caller, *arguments, **more):
        with self.assertRaises(Failure) as raised:
            caller(*arguments, **more)
        self.assertEqual(raised.exception.reason, reason, raised.exception)

    def test_a_group_is_no_person_to_be_merged_or_forgotten_while_it_is_open(self):
        ann = new_member("ann")
        home = new_group(HOUSEHOLD, "The Hills", ann)
        shop("ledger", "Earn", member_id=ann, points=9)
        shop("members", "ContributeToGroup", group_id=home, member_id=ann, points=9)
        self.refused("FIELD_INVALID", admin, "members", "EraseMember", member_id=home)
        for pair in ({"duplicate_id": home, "survivor_id": new_member("bob")},
                     {"duplicate_id": new_member("cat"), "survivor_id": home}):
            self.refused("MERGE_REFUSED", shop, "members", "MergeMembers", **pair)
        self.assertEqual(has(home), 9)
        shop("members", "CloseGroup", group_id=home)
        self.assertEqual(has(ann), 9)
        admin("members", "EraseMember", member_id=home)
        self.verified()

    def verified(self):
        self.assertEqual(house.gratis("ledger", "verify", "--program", "shop").returncode, 0)


class Story26(Groups):
    """Greeted by name; business is easy; part of a community."""

    def test_26_a_community_has_perks_of_its_own(self):
        ann = new_member("Ann")
        club = new_group(COMMUNITY, "Early birds")
        shop("members", "SetGroupPerks", group_id=club, perks=["Coffee on the house before eight", "A key to the door"])
        shop("members", "InviteGroupMember", group_id=club, member_id=ann)
        with own(ann) as app:
            [asked] = app("members", "ListGroups", member_id=ann).groups
            self.assertEqual(asked.membership, calls.groups_pb2.GROUP_MEMBERSHIP_INVITED)
            app("members", "AddGroupMember", group_id=club, member_id=ann)
            [mine] = app("members", "ListGroups", member_id=ann).groups
        self.assertEqual((mine.group.name, mine.membership), ("Early birds", calls.groups_pb2.GROUP_MEMBERSHIP_JOINED))
        self.assertEqual(list(mine.group.perks), ["Coffee on the house before eight", "A key to the door"])

    def test_26_a_household_keeps_points_together_and_who_leaves_takes_theirs(self):
        ann, bob = new_member("Ann"), new_member("Bob")
        buy(ann, 6000)
        buy(bob, 4000)
        home = new_group(HOUSEHOLD, "The Kellers", ann, bob)
        shop("members", "ContributeToGroup", group_id=home, member_id=ann, points=60)
        with own(bob) as app:
            app("members", "ContributeToGroup", request_id="bob-gives", group_id=home, member_id=bob, points=40)
            app("members", "ContributeToGroup", request_id="bob-gives", group_id=home, member_id=bob, points=40)
        self.assertEqual((has(home), has(ann), has(bob)), (100, 0, 0))
        shop("ledger", "Spend", member_id=home, points=70)
        listed = shop("members", "ListGroupMembers", group_id=home).members
        self.assertEqual({m.member_id: [p.points for p in m.contributed] for m in listed}, {ann: [], bob: [30]})

        with own(bob) as app:
            told = app("members", "RemoveGroupMember", group_id=home, member_id=bob, validate_only=True)
            left = app("members", "RemoveGroupMember", group_id=home, member_id=bob)
        self.assertEqual(told, left)
        self.assertEqual([(p.unit, p.points) for p in left.returned], [("points", 30)])
        self.assertEqual((has(home), has(bob)), (0, 30))
        self.verified()

    def test_26_what_a_member_does_is_told_to_no_group(self):
        ann, bob = new_member("Ann"), new_member("Bob")
        home = new_group(HOUSEHOLD, "Home", ann, bob)
        bought = buy(ann, 123400)
        seen = "\n".join(str(answer) for answer in (
            shop("members", "GetGroup", group_id=home), shop("members", "ListGroupMembers", group_id=home),
            shop("ledger", "ListEntries", member_id=home), shop("thanks", "ListPurchases", member_id=home)))
        for secret in (bought.purchase_id, "123400"):
            self.assertNotIn(secret, seen)
        # Of a group that one is not in, one's app is told nothing at all.
        cem = new_member("Cem")
        with own(cem) as app:
            self.refused("NOT_INVITED", app, "members", "AddGroupMember", group_id=home, member_id=cem)
            self.refused("ROLE_NOT_ALLOWED", app, "members", "ListGroupMembers", group_id=home)
            self.refused("MEMBER_NOT_ALLOWED", app, "members", "ListGroups", member_id=ann)


class Story32(Groups):
    """Even if I do not keep the space I rented on behalf of my employer, my relationship will not end."""

    def test_32_the_relationship_outlives_the_employer(self):
        ann = new_member("Ann")
        firm = new_group(ORGANIZATION, "Keller Ltd", ann)
        # Until the program says otherwise, who buys earns.
        first = buy(ann, 10000, organization_id=firm)
        self.assertEqual((first.points, first.organization_points), (100, 0))
        for percent, points, organization_points in ((100, 0, 100), (30, 70, 30)):
            admin("members", "SetGroupsPolicy", policy={"organization_percent": percent})
            bought = buy(ann, 10000, organization_id=firm)
            self.assertEqual((bought.points, bought.organization_points), (points, organization_points))
        self.assertEqual((has(ann), has(firm)), (170, 130))
        who_earns = ("group", "who-earns", firm, ann, "--program", "shop")
        self.assertEqual(house.answer(*who_earns)["organization_percent"], 30)
        self.assertRegex(house.gratis(*who_earns).stdout, r"who buys for it earns +70%")
        shop("ledger", "Spend", member_id=firm, points=30)

        # The firm goes; what it earned goes with it, and Ann stays who she was.
        shop("members", "RemoveGroupMember", group_id=firm, member_id=ann)
        self.refused("NOT_IN_GROUP", shop, "thanks", "RecordPurchase", member_id=ann, total=money(100),
                     order={"source": "web", "order_id": "after"}, organization_id=firm)
        self.assertIn("NOT_IN_GROUP", house.gratis(*who_earns, "--json", check=False).stderr)
        closed = shop("members", "CloseGroup", group_id=firm)
        self.assertEqual([(p.unit, p.points) for p in closed.lost], [("points", 100)])
        self.assertEqual(has(ann), 170)
        self.assertEqual(len(shop("thanks", "ListPurchases", member_id=ann).purchases), 3)
        self.assertEqual(buy(ann, 1000).points, 10)
        self.verified()

    def test_32_an_order_is_answered_again_as_it_was_whoever_left_since(self):
        ann = new_member("Ann")
        firm = new_group(ORGANIZATION, "Keller Ltd", ann)
        order = dict(request_id=str(uuid.uuid4()), member_id=ann, total=money(10000), organization_id=firm,
                     order={"source": "web", "order_id": str(uuid.uuid4())})
        first = shop("thanks", "RecordPurchase", **order)
        shop("members", "RemoveGroupMember", group_id=firm, member_id=ann)
        self.assertEqual(shop("thanks", "RecordPurchase", **order), first)


class Operator(Groups):
    def test_a_household_from_the_command_line(self):
        def gratis(*arguments):
            return house.answer(*arguments, "--program", "shop")
        ann, bob = new_member("Ann"), new_member("Bob")
        shop("ledger", "Earn", member_id=ann, points=100)
        home = gratis("group", "create", "household", "The Kellers")["group_id"]
        gratis("group", "invite", home, ann)
        for member in (ann, bob):
            gratis("group", "add", home, member)
        gratis("group", "contribute", home, ann, "--points", 40)
        listed = gratis("group", "members", home)["members"]
        self.assertEqual({m["member_id"]: m.get("contributed", []) for m in listed},
                         {ann: [{"unit": "points", "points": 40}], bob: []})
        self.assertEqual(gratis("group", "list", ann)["groups"][0]["group"]["name"], "The Kellers")
        self.assertIn("The Kellers", house.gratis("group", "show", home, "--program", "shop").stdout)
        self.assertEqual(gratis("group", "remove", home, ann, "--dry-run")["returned"],
                         [{"unit": "points", "points": 40}])
        self.assertEqual(gratis("group", "close", home)["returned"][0]["member_id"], ann)
        self.assertEqual(has(ann), 100)
        club = gratis("group", "create", "community", "Club")["group_id"]
        gratis("group", "perks", club, "--perk", "Coffee", "--perk", "Cake")
        self.assertIn("Cake", house.gratis("group", "show", club, "--program", "shop").stdout)
        self.assertIn("organization_percent", str(gratis("group", "policy")))


if __name__ == "__main__":
    unittest.main()
