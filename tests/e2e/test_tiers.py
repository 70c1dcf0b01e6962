"""Tiers: set, reached, lost and told by the real programs, with the journal following by itself."""

import json
import unittest

from house import House, wait_until


def setUpModule():
    global house
    house = House(flags=["--development-clock"]).start()
    house.gratis("program", "create", "shop", "--currency", "USD", "--time-zone", "Europe/Zurich")


def tearDownModule():
    house.remove()


def shop(*arguments):
    return house.answer(*arguments, "--program", "shop")


LADDER = ["--rolling-months", 12, "--demotion", "recalculated", "--grace-days", 10, "--tier", "base", "--tier",
          "silver=points:50", "--tier", "gold=spend:100.00", "--name", "gold=Gold", "--multiplier", "gold=15000",
          "--gift", "gold=espresso", "--text", "gold=Coffee is on us"]


class Tiers(unittest.TestCase):
    def test_a_member_climbs_and_falls(self):
        house.gratis("clock", "set", "2027-03-01T09:00:00Z", "--program", "shop")
        refused = house.gratis("tiers", "show", "--program", "shop", "--json", check=False)
        self.assertIn("TIER_POLICY_NOT_FOUND", refused.stdout + refused.stderr)
        mia = shop("member", "enroll", "--external-id", "webshop:77", "--name", "Mia")["member_id"]
        shop("orders", "record", "webshop:A-1", "--member", "webshop:77", "--total", "60.00")

        self.assertNotIn("tier", shop("member", "export", mia)["person"])
        preview = shop("tiers", "preview", *LADDER)
        self.assertEqual([(t["tier"], t["members"]) for t in preview["tiers"]],
                         [("base", 0), ("silver", 1), ("gold", 0)])
        policy = shop("tiers", "set", *LADDER, "--dry-run")
        self.assertEqual(policy["version"], 1)
        policy = shop("tiers", "set", *LADDER)
        self.assertEqual((policy["version"], policy["tiers"][2]["benefits"]["gifts"]), (1, ["espresso"]))
        self.assertIn("100.00 USD spent", house.gratis("tiers", "show", "--program", "shop").stdout)

        tier = shop("member", "tier", mia)
        self.assertEqual((tier["tier"]["code"], tier["ahead"][0]["missing"]), ("silver", 4000))
        self.assertEqual(tier["safe_until"], "2028-03-11T23:00:00.000000Z")
        self.assertEqual(shop("member", "export", mia)["person"]["tier"]["tier"]["code"], "silver")
        shop("orders", "record", "webshop:A-2", "--member", "webshop:77", "--total", "40.00")
        tier = shop("member", "tier", "webshop:77")
        self.assertEqual((tier["tier"]["code"], tier["tier"]["display_name"]), ("gold", "Gold"))
        self.assertEqual(tier["tier"]["benefits"]["points_multiplier_basis_points"], 15000)
        shown = house.gratis("member", "tier", mia, "--program", "shop").stdout
        self.assertIn("Coffee is on us", shown)

        # The follower journals both by itself, once.
        def journaled():
            entries = shop("points", "statement", mia)["entries"]
            return [json.loads(e["detail"])["to"] for e in entries if e["kind"] == "TIER_CHANGED"]
        wait_until("both are journaled", 30, lambda: journaled() == ["gold", "silver"])

        shop("points", "reverse", shop("orders", "show", "webshop:A-2")["transaction_id"])
        # What had reached it came back; the grace lasts.
        tier = shop("member", "tier", mia)
        self.assertEqual((tier["tier"]["code"], tier["next_change"]["to"]), ("gold", "silver"))
        house.gratis("clock", "set", "2027-03-11T09:00:00Z", "--program", "shop")
        self.assertEqual(shop("member", "tier", mia)["tier"]["code"], "silver")
        house.gratis("clock", "set", "2028-06-01T00:00:00Z", "--program", "shop")
        self.assertEqual(shop("member", "tier", mia)["tier"]["code"], "base")
        wait_until("the falls are journaled", 30, lambda: journaled() == ["base", "silver", "gold", "silver"])
        changes = shop("member", "tier", mia, "--history")["changes"]
        self.assertEqual([c["reason"] for c in changes], ["FELL_SHORT", "FELL_SHORT", "REACHED", "REACHED"])
        self.assertTrue(all(c["transaction_id"] for c in changes))
        explained = shop("member", "tier", mia, "--explain")
        self.assertIn("base since 2028-03-12", explained["sentence"])
        self.assertEqual(explained["by"]["to"], "base")

        verified = shop("tiers", "verify")
        self.assertEqual((verified["sound"], verified["members"], verified["changes"]), (True, 1, 4))
        self.assertTrue(shop("ledger", "verify")["sound"])
        self.assertEqual(len(shop("tiers", "history")["policies"]), 1)

    def test_a_segment_brings_a_tier_while_it_lasts(self):
        house.gratis("program", "create", "guild", "--currency", "USD", "--time-zone", "UTC")

        def guild(*arguments):
            return house.answer(*arguments, "--program", "guild")

        house.gratis("clock", "set", "2027-03-01T09:00:00Z", "--program", "guild")
        people = house.home / "guild.csv"
        people.write_text("Nr,name,segments\nK-1,Ann,press since 2019-05-01|student until 2027-08-31\nK-2,Bob,\n"
                          "K-3,Cleo,Press corps\n")
        imported = guild("members", "import", people, "--source", "crm", "--map", "external_id=Nr")
        self.assertEqual((imported["members"], imported["segments"], imported["rejected"]), (2, 1, 1))
        ladder = ["--rolling-months", 12, "--demotion", "recalculated", "--tier", "base", "--tier", "silver=points:50",
                  "--tier", "gold=segment:press"]
        preview = guild("tiers", "preview", *ladder)
        self.assertEqual([(t["tier"], t["members"]) for t in preview["tiers"]],
                         [("base", 1), ("silver", 0), ("gold", 1)])
        guild("tiers", "set", *ladder)
        self.assertIn("being in press", house.gratis("tiers", "show", "--program", "guild").stdout)
        tier = guild("member", "tier", "crm:K-1")
        self.assertEqual((tier["tier"]["code"], tier["keeping"]["missing"]), ("gold", 0))
        ahead = guild("member", "tier", "crm:K-2")["ahead"][1]
        self.assertEqual((ahead["tier"]["segment"], ahead["missing"]), ("press", 1))

        dry = guild("member", "segments", "crm:K-2", "--in", "press until 2027-06-01T00:00:00Z", "--dry-run")
        self.assertEqual([m["segment"] for m in dry["segments"]], ["press"])
        self.assertEqual(guild("member", "segments", "crm:K-2").get("segments", []), [])
        guild("member", "segments", "crm:K-2", "--in", "press until 2027-06-01T00:00:00Z", "--in", "vip")
        self.assertEqual(guild("member", "tier", "crm:K-2")["safe_until"], "2027-06-01T00:00:00.000000Z")
        self.assertEqual([m["segment"] for m in guild("member", "brief", "crm:K-2")["segments"]], ["press", "vip"])
        self.assertIn("is for whoever is in press; they are in it",
                      guild("member", "tier", "crm:K-2", "--explain")["sentence"])
        self.assertIn("Were put into press and vip",
                      [e["text"] for e in guild("member", "timeline", "crm:K-2")["entries"]])
        guild("member", "segments", "crm:K-1", "--out", "press,student")
        self.assertEqual(guild("member", "tier", "crm:K-1")["tier"]["code"], "base")

        out = house.home / "guild-out.csv"
        guild("members", "export", out)
        self.assertIn("press since 2027-03-01T09:00:00.000000Z until 2027-06-01T00:00:00.000000Z|vip since",
                      out.read_text())
        house.gratis("clock", "set", "2027-06-01T00:00:00Z", "--program", "guild")
        self.assertEqual(guild("member", "tier", "crm:K-2")["tier"]["code"], "base")
        self.assertEqual([m["segment"] for m in guild("member", "segments", "crm:K-2")["segments"]], ["vip"])

        def journaled():
            return [c["to"] for c in guild("member", "tier", "crm:K-2", "--history")["changes"] if c["transaction_id"]]
        wait_until("the fall is journaled", 30, lambda: journaled() == ["base", "gold"])
        verified = guild("tiers", "verify")
        self.assertEqual((verified["sound"], verified["members"]), (True, 2))
        self.assertTrue(guild("ledger", "verify")["sound"])

    def test_mistakes_are_told(self):
        def refused(*arguments):
            done = house.gratis("tiers", "set", *arguments, "--program", "shop", "--json", check=False)
            return done.returncode, json.loads((done.stdout + done.stderr).strip().splitlines()[-1])["error"]
        code, error = refused("--calendar-year", "--demotion", "never", "--tier", "base", "--tier", "gold")
        self.assertEqual((code, error["reason"]), (1, "FIELD_MISSING"))
        code, error = refused("--calendar-year", "--demotion", "never", "--tier", "base", "--tier", "gold=nights:3")
        self.assertEqual((code, error["reason"]), (1, "UNIT_NOT_FOUND"))
        code, error = refused("--calendar-year", "--demotion", "never", "--tier", "base", "--tier", "gold=spend:x")
        self.assertEqual(code, 2)


if __name__ == "__main__":
    unittest.main()
