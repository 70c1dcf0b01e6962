"""Accounts that nobody uses: told beforehand, spared when they come back, forgotten when they do not."""

import unittest

from house import House, wait_until


def setUpModule():
    global house
    house = House(flags=["--development-clock"]).start()
    house.gratis("program", "create", "shop", "--time-zone", "Europe/Zurich")


def tearDownModule():
    house.remove()


def shop(*arguments):
    return house.answer(*arguments, "--program", "shop")


def on(day):
    house.gratis("clock", "set", f"{day}T09:00:00Z", "--program", "shop")


def kinds(member):
    return [entry["kind"] for entry in shop("points", "statement", member)["entries"]]


def refusal(*arguments):
    refused = house.gratis(*arguments, "--program", "shop", "--json", check=False)
    return refused.stdout + refused.stderr


class Inactivity(unittest.TestCase):
    def test_a_year_of_three_people(self):
        on("2027-01-10")
        ann, bob, cid = (shop("member", "enroll", "--email", f"{name}@example.org", "--name", name)["member_id"]
                         for name in ("ann", "bob", "cid"))
        self.assertEqual(shop("members", "inactive", "policy").get("months", 0), 0)
        on("2027-06-01")
        shop("points", "earn", cid, 5)
        # Before anything is set: whom would it reach?
        would = shop("members", "inactive", "list", "--months", 6, "--notice-days", 40)
        self.assertEqual({member["member_id"] for member in would["members"]}, {ann, bob})
        self.assertIn("FIELD_INVALID", refusal("members", "inactive", "policy", "--months", 1, "--notice-days", 30))
        policy = shop("members", "inactive", "policy", "--months", 6, "--notice-days", 40)
        self.assertEqual((policy["months"], policy["notice_days"], policy["version"]), (6, 40, 1))

        # The job comes round by itself, once a day.
        on("2027-06-02")
        wait_until("both are given notice", 60,
                   lambda: all("INACTIVITY_NOTICED" in kinds(member) for member in (ann, bob)), every=0.2)
        self.assertNotIn("INACTIVITY_NOTICED", kinds(cid))
        listed = house.gratis("members", "inactive", "list", "--program", "shop").stdout
        # Forty days after one of two runs.
        self.assertRegex(listed, "erased 2027-07-1[12] 09:00:00 UTC")
        timeline = house.gratis("member", "timeline", ann, "--program", "shop").stdout
        self.assertIn("Were told that their account ends if they do not come back", timeline)

        on("2027-06-20")
        shop("points", "earn", bob, 5)
        on("2027-07-13")
        wait_until("who did not come back is forgotten", 60,
                   lambda: "MEMBER_ERASED" in refusal("member", "show", ann), every=0.2)
        self.assertEqual(shop("member", "show", bob)["member_id"], bob)
        self.assertEqual(shop("member", "show", cid)["member_id"], cid)
        self.assertEqual(kinds(bob).count("INACTIVITY_NOTICED"), 1)
        self.assertEqual(house.gratis("members", "inactive", "list", "--program", "shop").stdout, "nobody is inactive\n")
        acts = house.gratis("audit", "--kind", "member-erased", "--program", "shop").stdout
        self.assertIn("service:members", acts)
        self.assertIn("never by inactivity",
                      house.gratis("members", "inactive", "policy", "--off", "--program", "shop").stdout)
        self.assertTrue(house.answer("ledger", "verify", "--program", "shop")["sound"])


if __name__ == "__main__":
    unittest.main()
