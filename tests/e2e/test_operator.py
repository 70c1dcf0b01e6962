"""`gratis` for who runs the books: vouchers, budgets, reports, statements, the journal, adjustments.

What it prints for people, what for programs, and what it says when something is not right.
"""

import json
import re
import subprocess
import unittest

from house import BUILD, House, wait_until


def setUpModule():
    global house
    house = House(flags=["--development-clock"]).start()


def tearDownModule():
    house.remove()


def lines(text):
    """What people see, a line each, with single spaces."""
    return [re.sub(" +", " ", line).strip() for line in text.splitlines()]


class Desk(unittest.TestCase):
    """A program of its own for each class, whose clock stands still until it is moved."""

    PROGRAM = ""
    BEGINS = "2027-01-10T09:00:00Z"

    @classmethod
    def setUpClass(cls):
        cls.key_files = {}
        house.gratis("program", "create", cls.PROGRAM, "--currency", "CHF", "--time-zone", "UTC", "--partitions", 2)
        cls.people("clock", "set", cls.BEGINS)
        cls.ada, cls.bob = (cls.answer("member", "enroll", "--external-id", f"shop:{name}")["member_id"]
                            for name in ("ada", "bob"))

    @classmethod
    def access(cls, role):
        """As the operator, or with a key of that role, made once for the class."""
        if role is None:
            return ["--program", cls.PROGRAM]
        if role not in cls.key_files:
            cls.key_files[role] = house.home / f"{cls.PROGRAM}-{role}.key"
            made = house.answer("key", "create", role, "--program", cls.PROGRAM)
            cls.key_files[role].write_text(made["secret"])
        return ["--key-file", cls.key_files[role]]

    @classmethod
    def people(cls, *arguments, role=None):
        return house.gratis(*arguments, *cls.access(role)).stdout

    @classmethod
    def answer(cls, *arguments, role=None):
        return house.answer(*arguments, *cls.access(role))

    def shows(self, text, *wanted):
        seen = lines(text)
        for line in wanted:
            self.assertIn(line, seen)

    def failing(self, code, reason, *arguments, role=None):
        """A command fails with this exit code and reason, for people and for programs. Returns the error."""
        told = house.gratis(*arguments, *self.access(role), check=False)
        self.assertEqual((told.returncode, told.stdout), (code, ""), told.stderr)
        self.assertTrue(told.stderr.startswith("gratis: "), told.stderr)
        self.shows(told.stderr, f"reason {reason}")
        done = house.gratis(*arguments, *self.access(role), "--json", check=False)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        error = json.loads(done.stderr.strip().splitlines()[-1])["error"]
        self.assertEqual(error["reason"], reason)
        return error


class Adjustments(Desk):
    PROGRAM = "by-hand"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.people("units", "set", "points", "--adjust-limit", 100)

    def asked(self, points, why):
        return self.answer("points", "adjust", "shop:ada", points, "--reason", why, role="support")["adjustment_id"]

    def test_what_waits_is_listed_approved_and_rejected(self):
        self.assertEqual(self.people("points", "adjustments"), "No adjustment waits for a second person.\n")
        first, second = self.asked(101, "lost parcel"), self.asked(-500, "counted twice")
        third = self.asked(200, "sorry")
        waiting = self.answer("points", "adjustments")["adjustments"]
        self.assertEqual([(one["adjustment_id"], one["points"], one["reason"]) for one in waiting],
                         [(first, 101, "lost parcel"), (second, -500, "counted twice"), (third, 200, "sorry")])
        self.assertEqual({(one["state"], one["member_id"], one["unit"]) for one in waiting},
                         {("PENDING_APPROVAL", self.ada, "points")})
        by = waiting[0]["requested_by"]
        self.assertNotIn("resolved_at", waiting[0])
        self.shows(self.people("points", "adjustments"), "ASKED FOR BY MEMBER POINTS UNIT WHY ADJUSTMENT",
                   f"2027-01-10 09:00:00 UTC {by} {self.ada} 101 points lost parcel {first}",
                   f"2027-01-10 09:00:00 UTC {by} {self.ada} -500 points counted twice {second}")
        page = self.answer("points", "adjustments", "--limit", 2)
        self.assertEqual(len(page["adjustments"]), 2)
        self.assertEqual([one["adjustment_id"] for one in self.answer(
            "points", "adjustments", "--page-token", page["next_page_token"])["adjustments"]], [third])

        self.failing(1, "ROLE_NOT_ALLOWED", "points", "approve", first, role="support")
        self.assertEqual(self.answer("points", "approve", first, "--dry-run", role="finance")["available_points"], 101)
        self.shows(self.people("points", "approve", first, "--source", "seen the receipt", role="finance"),
                   "adjusted 101", "available 101")
        refused = self.failing(1, "INSUFFICIENT_POINTS", "points", "approve", second, role="finance")
        self.assertEqual(refused["metadata"], {"available_points": "101"})
        shown = self.people("points", "reject", second, "--reason", "counted once", role="finance")
        self.shows(shown, f"rejected {second}", "points -500", f"asked for by {by}", "why counted twice",
                   "why not counted once")
        self.shows(self.people("points", "reject", third, "--reason", "found", "--dry-run", role="support"),
                   f"would be rejected {third}")
        withdraw = ("points", "reject", third, "--reason", "found", "--request-id", "take-back")
        withdrawn = self.answer(*withdraw, role="support")
        self.assertEqual(withdrawn["adjustment"]["resolved_by"], by)
        self.assertEqual(self.answer(*withdraw, role="support"), withdrawn)

        for verb in (["approve"], ["reject", "--reason", "again"]):
            self.assertEqual(self.failing(1, "ADJUSTMENT_RESOLVED", "points", *verb, third, role="finance")["metadata"],
                             {"state": "REJECTED"})
        self.assertEqual(self.failing(1, "ADJUSTMENT_RESOLVED", "points", "approve", first, role="finance")["metadata"],
                         {"state": "POSTED"})
        self.assertEqual(self.answer("points", "adjustments")["adjustments"], [])
        every = self.answer("points", "adjustments", "--all")["adjustments"]
        self.assertEqual([one["state"] for one in every], ["POSTED", "REJECTED", "REJECTED"])
        self.assertTrue(any(line.endswith(f"{second} rejected {every[1]['resolved_by']} counted once")
                            for line in lines(self.people("points", "adjustments", "--all"))))
        kinds = [entry["kind"] for entry in self.answer("points", "statement", "shop:ada")["entries"]]
        self.assertEqual(kinds, ["ADJUSTMENT_REJECTED", "ADJUSTMENT_REJECTED", "ADJUSTED", "ADJUSTMENT_REQUESTED",
                                 "ADJUSTMENT_REQUESTED", "ADJUSTMENT_REQUESTED", "MEMBER_ENROLLED"])

    def test_what_is_not_there_is_not_resolved(self):
        self.assertEqual(self.failing(1, "INVALID_ID", "points", "approve", "adj_x")["field"], "adjustment_id")
        earned = self.answer("points", "earn", "shop:bob", 1)["transaction_id"]
        self.failing(1, "ADJUSTMENT_NOT_FOUND", "points", "reject", earned.replace("txn_", "adj_"), "--reason", "no")
        self.assertEqual(house.gratis("points", "reject", "adj_x", check=False).returncode, 2)


class Vouchers(Desk):
    PROGRAM = "vouchers"

    def issued(self, *arguments):
        return self.answer("vouchers", "issue", "shop:ada", *arguments)["voucher"]

    def test_one_of_money_is_used_in_parts(self):
        before = self.answer("vouchers", "list", "shop:ada")
        self.shows(self.people("vouchers", "issue", "shop:ada", "--fixed", "10.00", "--dry-run"), "worth 10.00 CHF")
        self.assertEqual(self.answer("vouchers", "list", "shop:ada"), before)
        shown = self.people("vouchers", "issue", "shop:ada", "--fixed", "10.00", "--origin", "gesture", "--expires",
                            "2027-02-10")
        self.shows(shown, "worth 10.00 CHF", "left 10.00 CHF", "state live", f"member {self.ada}", "origin gesture",
                   "issued 2027-01-10 09:00:00 UTC", "ends 2027-02-11 00:00:00 UTC")
        code = re.search(r"code +(\S+)", shown).group(1)
        self.assertRegex(code, r"^\w{4}-\w{4}-\w{4}-\w$")
        typed = code.replace("-", " ").lower()
        self.shows(self.people("vouchers", "validate", typed), "redeemable yes", "as of 2027-01-10 09:00:00 UTC")
        used = self.answer("vouchers", "redeem", typed, "--amount", "4.00", "--order", "shop:A-1")
        self.assertEqual((used["redeemed"], used["voucher"]["remaining"]["minor_units"]),
                         ({"currency_code": "CHF", "minor_units": 400}, 600))
        refused = self.failing(1, "INSUFFICIENT_WORTH", "vouchers", "redeem", code, "--amount", "6.01")
        self.assertEqual(refused["metadata"], {"remaining": "600"})

        self.shows(self.people("vouchers", "hold", code, "--amount", "2.00", "--seconds", 60, "--dry-run"),
                   "would be held 2.00 CHF")
        held = self.people("vouchers", "hold", code, "--amount", "2.00", "--seconds", 60)
        self.shows(held, "held 2.00 CHF", "left 4.00 CHF", "until 2027-01-10 09:01:00 UTC")
        hold = re.search(r"hold +(hld_\S+)", held).group(1)
        self.shows(self.people("points", "capture", hold), "spent 200", "released 0")
        self.shows(self.people("vouchers", "redeem", code), "redeemed 4.00 CHF", "left 0.00 CHF", "state used up")
        self.failing(1, "VOUCHER_NOT_LIVE", "vouchers", "redeem", code)
        self.shows(self.people("vouchers", "validate", code), "redeemable no", "state used up")
        back = self.answer("points", "reverse", used["transaction_id"])
        self.assertEqual(back["restored_points"], 400)
        self.shows(self.people("vouchers", "show", used["voucher"]["voucher_id"]), "left 4.00 CHF", "state live",
                   f"code {code}")

    def test_those_without_an_amount_are_used_whole(self):
        percent = self.issued("--basis-points", 1250)
        self.shows(self.people("vouchers", "show", percent["voucher_id"]), "worth 12.5 %", "ends never")
        refused = self.failing(1, "FIELD_INVALID", "vouchers", "redeem", percent["code"], "--amount", "1")
        self.assertEqual(refused["field"], "amount")
        self.shows(self.people("vouchers", "redeem", percent["code"]), "redeemed the whole", "state used up")
        item = self.issued("--item", "coffee-mug")
        held = self.answer("vouchers", "hold", item["code"])
        self.shows(self.people("vouchers", "validate", item["code"]), "redeemable no", "state held")
        self.answer("points", "void", held["hold_id"])
        self.shows(self.people("vouchers", "void", item["code"], "--reason", "out of stock", "--dry-run"),
                   "would be voided the whole")
        void = ("vouchers", "void", item["code"], "--reason", "out of stock", "--at")
        self.assertEqual(house.gratis(*void, "soon", check=False).returncode, 2)
        self.shows(self.people(*void, "2027-01-09"), "voided the whole", "state voided")
        newest = self.answer("points", "statement", "shop:ada")["entries"][0]
        self.assertEqual((newest["kind"], newest["effective_at"][:10]), ("VOUCHER_VOIDED", "2027-01-09"))
        self.failing(1, "VOUCHER_NOT_LIVE", "vouchers", "void", item["code"], "--reason", "again")
        listed = lines(self.people("vouchers", "list", "shop:ada"))
        self.assertEqual(listed[0], "VOUCHER CODE WORTH LEFT STATE ENDS ORIGIN")
        self.assertTrue(any(line.startswith(item["voucher_id"]) and "coffee-mug" in line and "voided" in line
                            for line in listed), listed)

    def test_one_of_an_origin_lives(self):
        lives = self.issued("--fixed", "5", "--origin", "birthday", "--one-live")
        refused = self.failing(1, "VOUCHER_LIVE", "vouchers", "issue", "shop:ada", "--fixed", "5", "--origin",
                               "birthday", "--one-live")
        self.assertEqual(refused["metadata"], {"voucher_id": lives["voucher_id"]})

    def test_what_names_no_voucher_is_told_apart(self):
        code = self.issued("--fixed", "1")["code"]
        wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
        self.assertEqual(self.failing(1, "FIELD_INVALID", "vouchers", "validate", wrong)["field"], "code")
        self.failing(1, "INVALID_ID", "vouchers", "show", "vch_x")
        self.failing(1, "MEMBER_NOT_FOUND", "vouchers", "list", "shop:nobody")
        for wrong in (["--fixed", "1", "--item", "x"], [], ["--fixed", "1.005"], ["--basis-points", "10001"],
                      ["--fixed", "1", "--expires", "soon"]):
            done = house.gratis("vouchers", "issue", "shop:ada", *wrong, "--program", self.PROGRAM, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), wrong)
        self.assertEqual(self.failing(1, "FIELD_INVALID", "vouchers", "issue", "shop:ada", "--fixed", "1", "--expires",
                                      "2027-01-09")["field"], "expires_at")


class Budgets(Desk):
    PROGRAM = "budgets"

    def test_the_last_gift_that_fits_is_given(self):
        self.shows(self.people("budgets", "set", "gestures", 1000, "--dry-run"), "limit 1,000")
        self.assertEqual(self.answer("budgets", "list")["budgets"], [])
        budget = self.answer("budgets", "set", "gestures", 1000)
        self.assertEqual((budget["code"], budget["unit"], budget["limit"], budget["spent"], budget["remaining"]),
                         ("gestures", "points", 1000, 0, 1000))
        earn = ("points", "earn", "shop:ada", 600, "--budget", budget["budget_id"])
        earned = self.answer(*earn)["transaction_id"]
        self.assertEqual(self.failing(1, "BUDGET_EXHAUSTED", *earn)["metadata"], {"remaining": "400"})
        self.shows(self.people("budgets", "show", "gestures"), f"budget {budget['budget_id']}", "limit 1,000",
                   "spent 600", "remaining 400")
        refused = self.failing(1, "BUDGET_BELOW_SPENT", "budgets", "set", "gestures", 599)
        self.assertEqual((refused["field"], refused["metadata"]), ("limit", {"spent": "600"}))
        self.assertEqual(self.answer("budgets", "set", "gestures", 1200)["remaining"], 600)
        self.answer(*earn)
        self.answer("points", "reverse", earned)
        self.assertEqual(self.answer("budgets", "show", budget["budget_id"])["spent"], 600)
        self.shows(self.people("budgets", "list"), "CODE UNIT LIMIT SPENT REMAINING BUDGET",
                   f"gestures points 1,200 600 600 {budget['budget_id']}")

    def test_vouchers_draw_on_it_by_its_code(self):
        self.people("budgets", "set", "sorry", 500, "--unit", "voucher-money")
        self.people("vouchers", "issue", "shop:ada", "--fixed", "5.00", "--budget", "sorry")
        self.failing(1, "BUDGET_EXHAUSTED", "vouchers", "issue", "shop:ada", "--fixed", "0.01", "--budget", "sorry")
        self.failing(1, "BUDGET_NOT_FOUND", "vouchers", "issue", "shop:ada", "--item", "mug", "--budget", "sorry")
        refused = self.failing(1, "BUDGET_EXISTS", "budgets", "set", "sorry", 500, "--unit", "points")
        self.assertEqual(refused["field"], "unit")

    def test_what_cannot_be_a_budget(self):
        self.assertEqual(self.failing(1, "FIELD_INVALID", "budgets", "set", "No!", 5)["field"], "code")
        self.assertEqual(self.failing(1, "FIELD_INVALID", "budgets", "set", "less", "-1")["field"], "limit")
        self.failing(1, "UNIT_NOT_FOUND", "budgets", "set", "dreams", 5, "--unit", "dreams")
        self.failing(1, "BUDGET_NOT_FOUND", "budgets", "show", "none")
        self.assertEqual(house.gratis("budgets", "set", "gestures", "much", check=False).returncode, 2)


class Reports(Desk):
    PROGRAM = "reports"

    def test_a_month_is_reported_and_closed(self):
        bought = self.answer("points", "earn", "shop:ada", 1000, "--bought")["transaction_id"]
        self.answer("points", "earn", "shop:ada", 250)
        self.answer("points", "spend", "shop:ada", 100)
        self.shows(self.people("ledger", "rate", 1, "--per", 2, "--dry-run"),
                   "points 1 0.01 CHF 2 2027-01-10 09:00:00 UTC")
        self.assertEqual(self.answer("ledger", "rates")["rates"], [])
        self.people("ledger", "rate", 1, "--per", 2)
        self.shows(self.people("ledger", "rates"), "UNIT VERSION WORTH PER POINTS FROM",
                   "points 1 0.01 CHF 2 2027-01-10 09:00:00 UTC")
        now = self.answer("ledger", "liability")
        self.assertEqual([(line["origin"], line["points"], line["worth"]["minor_units"]) for line in now["lines"]],
                         [("PURCHASE", 900, 450), ("GIVEN", 250, 125)])
        self.assertFalse(now["closed"])
        self.shows(self.people("ledger", "liability"), "points total 1,150 0 5.75 CHF")

        self.failing(1, "FUTURE_DATE", "ledger", "liability", "--as-of", "2027-01-11")
        refused = self.failing(2, "INVALID_DATE", "ledger", "liability", "--as-of", "2027-02-30")
        self.assertEqual(refused["field"], "--as-of")
        self.assertEqual(self.failing(2, "INVALID_DATE", "ledger", "movements", "--through", "x")["field"], "--through")
        self.failing(1, "PERIOD_NOT_OVER", "ledger", "close", "--through", "2027-01-31")

        self.people("clock", "set", "2027-02-02T08:00:00Z")
        moved = self.people("ledger", "movements", "--from", "2027-01-01", "--through", "2027-01-31")
        self.shows(moved, "unit points", "opening 0", "issued 1,250", "redeemed -100", "closing 1,150")
        self.assertEqual(self.failing(1, "FIELD_INVALID", "ledger", "movements", "--from", "2027-01-12", "--through",
                                      "2027-01-11")["field"], "through")
        self.assertEqual(self.people("ledger", "periods").count("\n"), 1)
        self.people("ledger", "close", "--through", "2027-01-31", "--dry-run")
        self.assertEqual(self.answer("ledger", "periods")["periods"], [])
        closed = self.answer("ledger", "close", "--through", "2027-01-31", "--request-id", "close-january")["period"]
        self.assertEqual((closed["number"], closed["end"]), (1, "2027-02-01T00:00:00.000000Z"))
        self.assertEqual(self.answer("ledger", "close", "--through", "2027-01-31", "--request-id",
                                     "close-january")["period"], closed)
        self.failing(1, "PERIOD_CLOSED", "ledger", "close", "--through", "2027-01-31")
        self.failing(1, "PERIOD_CLOSED", "ledger", "rate", 2, "--from", "2027-01-15")
        self.shows(self.people("ledger", "periods"), "PERIOD BEGINS ENDS CLOSED BY")
        self.assertIn("2027-02-01 00:00:00 UTC", self.people("ledger", "periods"))
        # Brought in too late: it counts in the next period, and what is closed stays.
        self.answer("points", "earn", "shop:bob", 7, "--at", "2027-01-20")
        self.answer("points", "reverse", bought, "--points", 10)
        self.people("clock", "set", "2027-02-03T08:00:00Z")
        then = self.people("ledger", "liability", "--as-of", "2027-01-31")
        self.shows(then, "points total 1,150 0 5.75 CHF", "as closed")
        self.assertTrue(self.answer("ledger", "movements", "--through", "2027-01-31")["closed"])
        after = self.people("ledger", "movements", "--from", "2027-02-01", "--through", "2027-02-02")
        self.shows(after, "opening 1,150", "issued 7", "earns reversed -10", "closing 1,147")
        explained = self.people("ledger", "explain", closed["transaction_id"])
        self.assertIn("period closed", explained)

    def test_reports_are_not_for_everybody(self):
        self.failing(1, "ROLE_NOT_ALLOWED", "ledger", "liability", role="support")
        self.failing(1, "ROLE_NOT_ALLOWED", "ledger", "rate", 5, role="auditor")


class Statements(Desk):
    PROGRAM = "statements"

    def test_filters_narrow_a_statement(self):
        self.people("units", "set", "stamps", "--never")
        self.answer("points", "earn", "shop:ada", 50, "--source", "first")
        self.answer("points", "earn", "shop:ada", 3, "--unit", "stamps")
        self.people("clock", "set", "2027-01-20T09:00:00Z")
        spent = self.answer("points", "spend", "shop:ada", 20, "--source", "coffee")["transaction_id"]

        def kinds(*filters):
            return [entry["kind"] for entry in self.answer("points", "statement", "shop:ada", *filters)["entries"]]

        self.assertEqual(kinds(), ["SPEND", "EARN", "EARN", "MEMBER_ENROLLED"])
        self.assertEqual(kinds("--unit", "stamps"), ["EARN"])
        self.assertEqual(kinds("--kind", "spend", "--kind", "member-enrolled"), ["SPEND", "MEMBER_ENROLLED"])
        self.assertEqual(kinds("--from", "2027-01-15"), ["SPEND"])
        self.assertEqual(kinds("--until", "2027-01-15", "--kind", "earn"), ["EARN", "EARN"])
        # A day is all of it, be it today; as of today is now.
        self.assertEqual(kinds("--from", "2027-01-20"), ["SPEND"])
        self.assertEqual(kinds("--from", "2027-01-20", "--until", "2027-01-20"), ["SPEND"])
        acts = self.answer("audit", "--from", "2027-01-20", "--until", "2027-01-20", "--member", "shop:ada")["acts"]
        self.assertEqual([act["entry"]["member_id"] for act in acts], [self.ada] * len(acts))
        self.assertEqual([unit["available_points"] for unit in
                          self.answer("points", "balance", "shop:ada", "--as-of", "2027-01-20")["units"]
                          if unit["unit"] == "points"], [30])
        self.answer("points", "earn", "shop:bob", 1, "--at", "2027-01-20", "--dry-run")
        self.shows(self.people("points", "statement", "shop:ada"), "WHEN WHAT POINTS AVAILABLE SOURCE",
                   "2027-01-20 09:00:00 UTC spend -20 30 coffee", "2027-01-10 09:00:00 UTC earn +50 50 first")
        shown = self.people("points", "statement", "shop:ada", "--limit", 2)
        token = re.search(r"… more: --page-token (\S+)", shown).group(1)
        self.assertEqual(kinds("--page-token", token), ["EARN", "MEMBER_ENROLLED"])
        self.failing(1, "INVALID_PAGE_TOKEN", "points", "statement", "shop:ada", "--page-token", token, "--kind",
                     "earn")
        self.failing(1, "UNIT_NOT_FOUND", "points", "statement", "shop:ada", "--unit", "dreams")
        self.assertIn("birthday-gift", self.failing(2, "FIELD_INVALID", "points", "statement", "shop:ada", "--kind",
                                                    "dream")["message"])
        self.failing(2, "INVALID_DATE", "points", "statement", "shop:ada", "--from", "then")

        explained = self.people("ledger", "explain", spent)
        self.shows(explained, f"2027-01-20 09:00:00 UTC spend 20 points by {self.actor(spent)} for coffee")
        self.assertRegex(explained, r"20 of txn_")
        self.answer("points", "reverse", spent, "--points", 5)
        self.shows(self.people("ledger", "explain", spent), "5 undone since")
        self.assertEqual(len(self.answer("ledger", "explain", spent, "--depth", 2)["transactions"]), 3)
        self.failing(1, "TRANSACTION_NOT_FOUND", "ledger", "explain", spent[:-4] + "0000")
        self.failing(1, "INVALID_ID", "ledger", "explain", "txn_x")

    def actor(self, transaction):
        return self.answer("ledger", "explain", transaction)["transactions"][0]["entries"][0]["entry"]["actor"]

    def test_what_is_due_and_which_points_there_are(self):
        self.answer("points", "earn", "shop:bob", 40, "--expires-at", "2027-06-01T00:00:00Z", "--bought")
        self.answer("points", "earn", "shop:bob", 7, "--available-at", "2027-03-01T00:00:00Z")
        hold = self.answer("points", "hold", "shop:bob", 15, "--life", 86400)["hold_id"]
        ahead = self.answer("points", "upcoming", "shop:bob")["events"]
        self.assertEqual([(event["points"], event["hold_id"]) for event in ahead], [(15, hold), (7, ""), (40, "")])
        shown = self.people("points", "upcoming", "shop:bob", "--until", "2027-04-01")
        self.assertEqual(lines(shown)[0], "WHEN WHAT UNIT POINTS HOLD")
        self.assertEqual(len(lines(shown)), 3)
        self.assertIn("2027-03-01 00:00:00 UTC", shown)
        lots = self.answer("points", "lots", "shop:bob")["lots"]
        self.assertEqual([(lot["available_points"], lot["pending_points"], lot["held_points"]) for lot in lots],
                         [(25, 0, 15), (0, 7, 0)])
        self.assertEqual(lines(self.people("points", "lots", "shop:bob"))[0],
                         "EARNED UNIT ORIGIN AVAILABLE PENDING HELD OWED ENDS TRANSACTION")


class Journal(Desk):
    PROGRAM = "journal"

    def watch(self, *arguments):
        done = house.gratis("ledger", "watch", "--until-now", *arguments, "--program", self.PROGRAM, "--json")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_a_later_run_goes_on_where_this_one_stopped(self):
        cursor = house.home / "journal.cursor"
        self.answer("points", "earn", "shop:ada", 1)
        seen = self.watch("--cursor", cursor)
        self.assertEqual(sorted(entry["kind"] for entry in seen),
                         ["CLOCK_SET", "EARN", "MEMBER_ENROLLED", "MEMBER_ENROLLED"])
        self.assertEqual(self.watch("--cursor", cursor), [])
        self.answer("points", "earn", "shop:ada", 2)
        self.answer("points", "earn", "shop:bob", 3)
        fresh = self.watch("--cursor", cursor)
        self.assertEqual(sorted(entry["points"] for entry in fresh), [2, 3])
        # The whole, from the beginning: each entry once, in order within its partition.
        every = self.watch()
        places = [(entry["partition"], entry["sequence"]) for entry in every]
        self.assertEqual(len(places), len(set(places)))
        for partition in {place[0] for place in places}:
            own = [sequence for of, sequence in places if of == partition]
            self.assertEqual(own, list(range(1, len(own) + 1)))

        self.assertEqual([entry["points"] for entry in self.watch("--kind", "earn", "--member", self.bob)], [3])
        told = house.gratis("ledger", "watch", "--until-now", "--kind", "earn", "--member", self.bob, "--program",
                            self.PROGRAM).stdout
        self.assertRegex(told, rf"^2027-01-10 09:00:00 UTC  \d+:\d+  earn  {self.bob}  3 issued to available\n$")

        cursor.write_text("nonsense")
        self.assertEqual(self.failing(2, "FIELD_INVALID", "ledger", "watch", "--cursor", cursor)["field"], "--cursor")
        cursor.write_text('{"positions":[{"partition":9999,"sequence":1}]}')
        self.assertEqual(self.failing(1, "CURSOR_INVALID", "ledger", "watch", "--cursor", cursor)["metadata"],
                         {"partition": "9999"})
        self.failing(1, "ROLE_NOT_ALLOWED", "ledger", "watch", role="support")

    def test_what_is_recorded_is_shown_as_it_comes(self):
        cursor = house.home / "follow.cursor"
        command = [str(BUILD / "bin/gratis"), "ledger", "watch", "--from-now", "--cursor", str(cursor), "--kind",
                   "spend", "--program", self.PROGRAM, "--json"]
        self.answer("points", "earn", "shop:ada", 100)
        shown = house.home / "follow.out"
        with open(shown, "wb") as out, subprocess.Popen(command, stdout=out, env=house.environment) as following:
            try:
                wait_until("it follows", 10, cursor.exists)
                before = cursor.read_text()
                self.answer("points", "spend", "shop:ada", 11)
                wait_until("the entry is shown", 10, lambda: shown.read_text().count("\n") == 1)
                wait_until("that is kept", 10, lambda: cursor.read_text() != before)
            finally:
                following.kill()
        self.assertEqual(json.loads(shown.read_text())["points"], 11)
        self.answer("points", "spend", "shop:ada", 12)
        self.assertEqual([entry["points"] for entry in self.watch("--cursor", cursor, "--kind", "spend")], [12])


class Verification(Desk):
    PROGRAM = "verified"

    def test_everything_that_the_key_may_see_is_verified(self):
        self.answer("points", "earn", "shop:ada", 5)
        done = house.gratis("ledger", "verify")
        self.assertEqual(lines(done.stdout)[0], "PROGRAM PARTITIONS ENTRIES WALLETS BOOKS")
        self.assertTrue(lines(done.stdout)[1].startswith("house 1 "), done.stdout)
        self.assertTrue(any(re.fullmatch(r"verified 2 \d+ 1 sound", line) for line in lines(done.stdout)), done.stdout)
        self.assertIn("The books are sound: ", done.stdout)
        found = house.answer("ledger", "verify")
        codes = [program["code"] for program in house.answer("program", "list")["programs"]]
        self.assertEqual([books["program"] for books in found["programs"]], ["house", *codes])
        self.assertTrue(found["sound"] and found["house"])

    def test_one_program_is_verified_with_the_house(self):
        found = self.answer("ledger", "verify")
        self.assertEqual([books["program"] for books in found["programs"]], ["house", self.PROGRAM])

    def test_what_was_not_looked_at_is_said(self):
        told = self.people("ledger", "verify", role="finance")
        self.assertNotIn("house 1", "\n".join(lines(told)))
        self.assertIn("Not looked at: the house's books", told)
        self.assertFalse(self.answer("ledger", "verify", role="finance")["house"])
        self.failing(1, "ROLE_NOT_ALLOWED", "ledger", "verify", role="support")

    def test_anchors_are_written_and_compared(self):
        self.answer("points", "earn", "shop:ada", 5)
        house.gratis("program", "create", "beside", "--partitions", 2)
        kept = house.home / "heads.jsonl"
        house.gratis("ledger", "verify", "--write-anchor", kept)
        heads = [json.loads(line) for line in kept.read_text().splitlines()]
        parts = [part for books in house.answer("ledger", "verify")["programs"] for part in books["partitions"]]
        self.assertEqual([head["partition"] for head in heads], [part["partition"] for part in parts])
        self.assertTrue(all(re.fullmatch("[0-9a-f]{64}", head["chain_hash"]) for head in heads), heads)
        self.answer("points", "earn", "shop:ada", 5)
        found = house.answer("ledger", "verify", "--anchor", kept, "--write-anchor", kept)
        self.assertEqual((found["anchors"], found["anchors_left_out"]), (len(heads), 0))
        self.assertNotEqual(kept.read_text().splitlines(), [json.dumps(head, separators=(",", ":")) for head in heads])
        told = self.people("ledger", "verify", "--anchor", kept)
        self.assertIn("Compared with 3 anchors.", told)
        self.assertIn("anchors are of partitions that were not looked at", told)

        def spoilt(**changes):
            heads = [json.loads(line) for line in kept.read_text().splitlines()]
            heads[0].update(changes)  # of the house, of which there is always something to cut off
            other = house.home / "spoilt.jsonl"
            other.write_text("".join(json.dumps(head) + "\n" for head in heads))
            return house.gratis("ledger", "verify", "--anchor", other, "--write-anchor", other, check=False), other

        for changes, says in (({"sequence": 1000000}, "the newest were cut off"),
                              ({"chain_hash": "ab" * 32}, "is not the anchor's"),
                              ({"partition": 1000000}, "1 anchor is of partitions that are gone")):
            done, other = spoilt(**changes)
            self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
            self.assertIn(says, done.stdout)
            self.assertEqual(json.loads(other.read_text().splitlines()[0]) | changes,
                             json.loads(other.read_text().splitlines()[0]), "it is not written over")
        (house.home / "none.jsonl").write_text("a head\n")
        self.assertEqual(self.failing(2, "FIELD_INVALID", "ledger", "verify", "--anchor", house.home / "none.jsonl")
                         ["field"], "--anchor")

    def test_damage_to_the_table_of_programs_is_found(self):
        where = f"WHERE code = '{self.PROGRAM}'"
        house.psql(f"UPDATE ledger.program SET display_name = 'Ours' {where}")
        try:
            for arguments in (["ledger", "verify"], ["ledger", "verify", "--program", self.PROGRAM]):
                done = house.gratis(*arguments, check=False)
                self.assertEqual(done.returncode, 4, done.stdout + done.stderr)
                self.assertTrue(any(line.startswith("house 0 program program ") for line in lines(done.stdout)),
                                done.stdout)
                self.shows(done.stderr, "reason BOOKS_DAMAGED")
        finally:
            house.psql(f"UPDATE ledger.program SET display_name = code {where}")
        house.gratis("ledger", "verify")


if __name__ == "__main__":
    unittest.main()
