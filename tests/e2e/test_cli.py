"""`gratis`, the operator's tool: finds the instance by itself, answers people and programs."""

import json
import unittest

from house import House, wait_until


def setUpModule():
    global house
    house = House(flags=["--development-clock"]).start()
    house.gratis("program", "create", "shop", "--name", "The shop", "--currency", "CHF", "--time-zone", "Europe/Zurich")


def tearDownModule():
    house.remove()


class Cli(unittest.TestCase):
    def failing(self, code, *arguments):
        """The error of a command that must fail with this exit code, as programs read it."""
        done = house.gratis(*arguments, "--json", check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads((done.stdout + done.stderr).strip().splitlines()[-1])["error"]

    def test_a_member_buys_and_spends(self):
        member = house.answer("member", "enroll", "--external-id", "webshop:77", "--email", "mia@example.org",
                              "--name", "Mia", "--program", "shop")["member_id"]
        bought = house.answer("orders", "record", "webshop:A-1", "--member", "webshop:77", "--total", "59.90",
                              "--program", "shop")
        self.assertEqual((bought["points"], bought["available_points"], bought["thank_you"]["outcome"]),
                         (59, 59, "GIVEN"))
        self.assertEqual(house.answer("points", "spend", member, 9, "--program", "shop")["available_points"], 50)
        self.assertEqual(house.answer("points", "earn", "mia@example.org", 5, "--source", "sorry", "--program",
                                      "shop")["available_points"], 55)
        self.assertEqual(house.answer("points", "balance", "--email", "mia@example.org", "--program",
                                      "shop")["available_points"], 55)
        kinds = [entry["kind"] for entry in house.answer("points", "statement", member, "--program", "shop")["entries"]]
        self.assertEqual(kinds, ["EARN", "SPEND", "THANK_YOU", "PURCHASE", "MEMBER_ENROLLED"])
        self.assertEqual(house.answer("member", "find", "webshop:77", "--program", "shop")["greeting_name"], "Mia")
        shown = house.gratis("orders", "show", "webshop:A-1", "--program", "shop").stdout
        self.assertIn("59.90 CHF", shown)

    def test_points_are_held_undone_and_moved(self):
        house.gratis("program", "create", "points")

        def points(*arguments):
            return house.answer("points", *arguments, "--program", "points")

        for name in "xy":
            house.gratis("member", "enroll", "--external-id", f"shop:{name}", "--program", "points")
        unit = house.answer("units", "set", "points", "--transferable", "true", "--adjust-limit", 100,
                            "--program", "points")
        self.assertEqual((unit["transferable"], unit["adjust_limit_points"], unit["version"]), (True, 100, 1))
        house.gratis("units", "set", "stamps", "--calendar", "12-31", "--rounding", "up", "--program", "points")
        listed = house.gratis("units", "list", "--program", "points").stdout
        self.assertIn("on 12-31", listed)

        bought = points("earn", "shop:x", 100, "--bought")
        self.assertEqual(points("earn", "shop:x", 1001, "--milli", "--unit", "stamps")["earned_points"], 2)
        held = points("hold", "shop:x", 60, "--life", 600)
        self.assertEqual((held["available_points"], held["held_points"]), (40, 60))
        captured = points("capture", held["hold_id"], "--points", 45, "--dry-run")
        self.assertEqual((captured["available_points"], captured["transaction_id"]), (55, ""))
        captured = points("capture", held["hold_id"], "--points", 45)
        self.assertEqual((captured["captured_points"], captured["released_points"]), (45, 15))
        self.assertEqual(points("reverse", captured["transaction_id"])["restored_points"], 45)
        self.assertEqual(points("void", points("hold", "shop:x", 5)["hold_id"])["released_points"], 5)
        self.assertEqual(points("reverse", bought["transaction_id"], "--points", 10)["available_points"], 90)

        waits = points("earn", "shop:x", 7, "--on-activation")
        self.assertEqual(points("balance", "shop:x")["pending_points"], 7)
        self.assertEqual(points("activate", waits["transaction_id"])["available_points"], 97)
        self.assertEqual(points("transfer", "shop:x", 17, "--to", "shop:y")["available_points"], 80)
        self.assertEqual(points("adjust", "shop:y", "-7", "--reason", "counted twice")["available_points"], 10)

        asked = points("adjust", "shop:y", 101, "--reason", "lost parcel")
        self.assertEqual((asked["state"], asked["available_points"]), ("PENDING_APPROVAL", 10))
        refused = self.failing(1, "points", "approve", asked["adjustment_id"], "--program", "points")
        self.assertEqual(refused["reason"], "SECOND_PERSON_NEEDED")
        key_file = house.home / "finance.key"
        key_file.write_text(house.answer("key", "create", "finance", "--program", "points")["secret"])
        approved = house.answer("points", "approve", asked["adjustment_id"], "--key-file", key_file)
        self.assertEqual(approved["available_points"], 111)
        house.gratis("ledger", "verify", "--program", "points")

    def test_the_same_request_id_changes_nothing_twice(self):
        for _ in range(3):
            house.gratis("member", "enroll", "--external-id", "webshop:88", "--request-id", "enroll-88", "--program", "shop")
        for _ in range(3):
            earned = house.answer("points", "earn", "webshop:88", 7, "--request-id", "earn-88", "--program", "shop")
            self.assertEqual(earned["available_points"], 7)
        error = self.failing(1, "points", "earn", "webshop:88", 8, "--request-id", "earn-88", "--program", "shop")
        self.assertEqual(error["reason"], "REQUEST_ID_REUSED")

    def test_errors_say_what_and_where(self):
        error = self.failing(1, "member", "enroll", "--email", "nobody", "--program", "shop")
        self.assertEqual((error["reason"], error["field"]), ("INVALID_EMAIL", "profile.email"))
        self.assertEqual(self.failing(1, "points", "balance", "webshop:none", "--program", "shop")["reason"],
                         "MEMBER_NOT_FOUND")
        self.assertEqual(self.failing(1, "member", "find", "webshop:none", "--program", "nowhere")["reason"],
                         "PROGRAM_NOT_FOUND")
        self.assertEqual(house.gratis("points", "frobnicate", check=False).returncode, 2)
        self.assertEqual(house.gratis("orders", "import", "/nowhere.csv", "--program", "shop", check=False).returncode, 2)

    def test_no_engine_is_an_error_of_its_own(self):
        lost = house.gratis("program", "list", "--home", "/tmp/nowhere", check=False)
        self.assertEqual(lost.returncode, 3, lost.stdout + lost.stderr)

    def test_keys_open_and_are_revoked(self):
        made = house.answer("key", "create", "pos", "--label", "till 1", "--program", "shop")
        key_file = house.home / "till.key"
        key_file.write_text(made["secret"])
        house.gratis("member", "enroll", "--external-id", "till:1", "--key-file", key_file)
        house.gratis("key", "revoke", made["key"]["key_id"])
        wait_until("the key is refused", 3, lambda: house.gratis(
            "member", "find", "till:1", "--key-file", key_file, check=False).returncode != 0)
        listed = house.gratis("key", "list").stdout
        self.assertIn("till 1", listed)
        self.assertNotIn(made["secret"], listed)

    def test_birthdays_on_the_development_clock(self):
        house.gratis("program", "create", "gifts", "--time-zone", "UTC")
        house.gratis("clock", "set", "2027-05-01T08:00:00Z", "--program", "gifts")
        house.gratis("member", "enroll", "--external-id", "x:1", "--birthday", "05-03", "--program", "gifts")
        explained = house.answer("birthdays", "explain", "x:1", "--year", "2027", "--program", "gifts")
        self.assertEqual(explained["outcome"], "DUE")
        house.gratis("clock", "advance", 3, "--program", "gifts")
        house.gratis("birthdays", "run", "--program", "gifts")
        self.assertEqual(house.answer("points", "balance", "x:1", "--program", "gifts")["available_points"], 100)
        explained = house.answer("birthdays", "explain", "x:1", "--year", "2027", "--program", "gifts")
        self.assertEqual(explained["outcome"], "GIVEN")

    def test_books(self):
        verified = house.answer("ledger", "verify", "--program", "shop")
        self.assertEqual((verified["sound"], verified["damages"], verified["total_points"]), (True, 0, 0))
        self.assertIn("total", house.gratis("ledger", "trial-balance", "--program", "shop").stdout)

    def test_damage_is_found(self):
        house.gratis("program", "create", "damaged", "--partitions", "2")
        for number in range(5):
            house.gratis("member", "enroll", "--external-id", f"x:{number}", "--program", "damaged")
            house.gratis("points", "earn", f"x:{number}", 10, "--program", "damaged")
        house.gratis("ledger", "verify", "--program", "damaged")
        house.psql("UPDATE ledger.wallet SET available = available + 1 WHERE (partition, member) IN"
                   " (SELECT partition, member FROM ledger.wallet w JOIN ledger.head h USING (partition)"
                   "  JOIN ledger.program p ON p.number = h.program WHERE p.code = 'damaged' LIMIT 1)")
        done = house.gratis("ledger", "verify", "--program", "damaged", check=False)
        self.assertEqual(done.returncode, 4, done.stdout + done.stderr)

    def test_shows_its_settings(self):
        shown = house.gratis("config").stdout
        self.assertIn(str(house.home), shown)
        self.assertNotIn(house.admin_key, shown)


if __name__ == "__main__":
    unittest.main()
