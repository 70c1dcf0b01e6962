"""What is known of a person can be had, whole."""

import json
import stat
import unittest

from house import House


def setUpModule():
    global house
    house = House(flags=["--development-clock"]).start()
    house.gratis("program", "create", "shop", "--currency", "CHF", "--time-zone", "Europe/Zurich")


def tearDownModule():
    house.remove()


def gratis(*arguments, **more):
    return house.answer(*arguments, "--program", "shop", **more)


class Export(unittest.TestCase):
    def test_one_document_has_everything(self):
        member = gratis("member", "enroll", "--external-id", "webshop:77", "--email", "mia@example.org", "--phone",
                        "+41 44 668 18 00", "--name", "Mia", "--birthday", "1990-05-03", "--language", "de-CH")["member_id"]
        gratis("member", "enroll", "--external-id", "webshop:78", "--name", "Bob")
        for number in range(60):
            gratis("orders", "record", f"webshop:A-{number}", "--member", "webshop:77", "--total", "10.00")
        gratis("orders", "record", "webshop:B-1", "--member", "webshop:78", "--total", "10.00")
        gratis("points", "spend", member, 15)
        voucher = gratis("vouchers", "issue", member, "--fixed", "5.00", "--origin", "sorry")
        gratis("clock", "set", "2040-05-04T00:00:00Z")
        gratis("birthdays", "run")

        path = house.home / "mia.json"
        house.gratis("member", "export", "mia@example.org", "--out", path, "--program", "shop")
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        document = json.loads(path.read_text())
        self.assertEqual((document["schema"], document["program"]), ("gratis.export/1", "shop"))
        person = document["person"]["member"]
        self.assertEqual(person["member_id"], member)
        profile = person["profile"]
        self.assertEqual((profile["email"], profile["phone"], profile["greeting_name"], profile["language"]),
                         ("mia@example.org", "+41446681800", "Mia", "de-CH"))
        self.assertEqual(profile["external_ids"], [{"source": "webshop", "id": "77"}])
        self.assertEqual(len(document["purchases"]), 60)
        self.assertEqual({p["member_id"] for p in document["purchases"]}, {member})
        self.assertEqual([g["year"] for g in document["birthday_gifts"]], [2040])
        self.assertEqual([v["voucher_id"] for v in document["vouchers"]], [voucher["voucher"]["voucher_id"]])
        self.assertEqual({b["unit"]: b["available_points"] for b in document["balances"]},
                         {"points": 60 * 10 - 15 + 100, "voucher-money": 500})
        self.assertEqual(sum(lot["available_points"] for lot in document["lots"] if lot["unit"] == "points"), 685)
        statement = gratis("points", "statement", member, "--limit", 1000)["entries"]
        self.assertEqual(document["journal"], statement)
        self.assertEqual(document["journal"][-1]["kind"], "MEMBER_ENROLLED")
        self.assertNotIn("webshop:78", path.read_text())
        self.assertEqual(gratis("member", "export", member)["person"], document["person"])

        again = house.gratis("member", "export", member, "--out", path, "--program", "shop", check=False)
        self.assertEqual(again.returncode, 2, "a file that is there is left alone")

    def test_a_till_exports_nobody(self):
        member = gratis("member", "enroll", "--external-id", "webshop:90")["member_id"]
        key_file = house.home / "till.key"
        key_file.write_text(gratis("key", "create", "pos")["secret"])
        refused = house.gratis("member", "export", member, "--key-file", key_file, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("ROLE_NOT_ALLOWED", refused.stderr)


if __name__ == "__main__":
    unittest.main()
