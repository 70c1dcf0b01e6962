"""Members over their whole life, through the operator's tool: completed, corrected, suspended, gone, back."""

import json
import unittest

from house import House


def setUpModule():
    global house
    house = House().start()
    for program in ("shop", "names"):
        house.gratis("program", "create", program, "--currency", "CHF", "--time-zone", "Europe/Zurich")


def tearDownModule():
    house.remove()


def gratis(*arguments, program="shop"):
    return house.answer(*arguments, "--program", program)


class Members(unittest.TestCase):
    def refused(self, *arguments, program="shop"):
        """Why the engine refuses a command."""
        done = house.gratis(*arguments, "--json", "--program", program, check=False)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return json.loads((done.stdout + done.stderr).strip().splitlines()[-1])["error"]

    def test_one_person_however_they_are_written(self):
        def member(*arguments):
            return gratis("member", *arguments, program="names")

        self.assertEqual(self.refused("member", "enroll", "--phone", "044 668 18 00", program="names")["reason"],
                         "INVALID_PHONE")
        self.assertEqual(member("policy", "set", "--default-region", "CH")["version"], 1)
        ann = member("enroll", "--phone", "044 668 18 00")["member_id"]
        for spelling in ("+41 44 668 18 00", "0041446681800", "044/668 18 00", "０４４ ６６８ １８ ００"):
            self.assertEqual(member("find", "--phone", spelling)["member_id"], ann, spelling)
        self.assertEqual(self.refused("member", "enroll", "--phone", "+41446681800", program="names")["reason"],
                         "IDENTIFIER_TAKEN")
        self.assertEqual(member("update", "044 668 18 00", "--email", "Ann@Bücher.example", "--name", "Ann",
                                "--home-store", "main")["changed_fields"], ["email", "greeting_name", "home_store"])
        self.assertEqual(member("find", "--email", "ANN@xn--bcher-kva.example")["greeting_name"], "Ann")

        bob = member("enroll", "--external-id", "crm:2", "--email", "bob@example.com")["member_id"]
        both = self.refused("member", "find", "--email", "bob@example.com", "--phone", "044 668 18 00", program="names")
        self.assertEqual(both["reason"], "MEMBER_AMBIGUOUS")
        self.assertEqual(set(both["metadata"]["member_ids"].split(",")), {ann, bob})

    def test_an_identifier_that_was_given_up_is_somebody_elses(self):
        ann = gratis("member", "enroll", "--phone", "+41446681801")["member_id"]
        self.assertEqual(gratis("member", "update", ann, "--phone", "+41446681802")["changed_fields"], ["phone"])
        bob = gratis("member", "enroll", "--phone", "+41446681801")["member_id"]
        self.assertEqual(gratis("member", "find", "+41446681801")["member_id"], bob)
        self.assertEqual(self.refused("member", "update", bob, "--phone", "")["reason"], "FIELD_MISSING")
        kinds = [entry["kind"] for entry in gratis("points", "statement", ann)["entries"]]
        self.assertEqual(kinds, ["MEMBER_UPDATED", "NAME_RELEASED", "MEMBER_ENROLLED"])

    def test_a_corrected_birthday_is_known_to_be_corrected(self):
        ann = gratis("member", "enroll", "--phone", "+41446681803")["member_id"]
        gratis("member", "update", ann, "--birthday", "02-28")
        self.assertNotIn("birthday_changed_at", gratis("member", "show", ann))
        gratis("member", "update", ann, "--birthday", "02-29")
        self.assertIn("birthday_changed_at", gratis("member", "show", ann))

    def test_who_is_suspended_earns_and_does_not_spend(self):
        ann = gratis("member", "enroll", "--phone", "+41446681804")["member_id"]
        gratis("orders", "record", "till:1", "--member", ann, "--total", "20.00")
        held = gratis("points", "hold", ann, 5)["hold_id"]
        gratis("member", "state", ann, "suspended", "--source", "case 7")
        bought = gratis("orders", "record", "till:2", "--member", ann, "--total", "10.00")
        self.assertEqual((bought["points"], bought["thank_you"]["why"]), (10, "MEMBER_STATE"))
        self.assertIn("the member was suspended", gratis("orders", "explain", "till:2")["sentence"])
        spent = self.refused("points", "spend", ann, 1)
        self.assertEqual((spent["reason"], spent["metadata"]["state"]), ("MEMBER_NOT_ACTIVE", "suspended"))
        self.assertEqual(gratis("points", "capture", held)["captured_points"], 5)
        gratis("member", "state", ann, "active")
        self.assertEqual(gratis("points", "spend", ann, 1)["available_points"], 24)

    def test_leaving_is_easy_and_coming_back_is_too(self):
        ann = gratis("member", "enroll", "--phone", "+41446681805", "--name", "Ann")["member_id"]
        gratis("orders", "record", "till:3", "--member", ann, "--total", "20.00")
        gratis("vouchers", "issue", ann, "--fixed", "10.00", "--origin", "gesture")
        lost = gratis("member", "close", ann, "--dry-run")
        self.assertEqual((lost["lost"], lost["lost_vouchers"]), ([{"unit": "points", "points": 20}], 1))
        told = house.gratis("member", "close", ann, "--dry-run", "--program", "shop").stdout
        self.assertIn(f"gratis member export {ann}", told, "leaving costs nobody what is known of them")
        self.assertEqual(gratis("member", "find", "+41446681805")["state"], "ACTIVE")
        self.assertEqual(gratis("member", "close", ann, "--why", "Moving away"), lost)
        found = gratis("member", "find", "+41446681805")
        self.assertEqual((found["state"], found["greeting_name"]), ("CLOSED", ""))
        self.assertEqual(gratis("member", "show", ann)["leaving_answer"], "Moving away")
        self.assertEqual(self.refused("orders", "record", "till:4", "--member", ann, "--total", "1.00")["reason"],
                         "MEMBER_NOT_ACTIVE")
        returned = gratis("points", "statement", ann)["entries"]
        purchase = next(entry for entry in returned if entry["kind"] == "PURCHASE")
        self.assertEqual(gratis("points", "reverse", purchase["transaction_id"])["debt_points"], 0)
        self.assertEqual(gratis("member", "reopen", ann)["state"], "ACTIVE")
        self.assertEqual(gratis("points", "balance", ann)["available_points"], 0)

    @classmethod
    def tearDownClass(cls):
        for program in ("shop", "names"):
            house.gratis("ledger", "verify", "--program", program)


if __name__ == "__main__":
    unittest.main()
