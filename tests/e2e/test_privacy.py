"""What is known of a person can be had, whole, and forgotten, wholly."""

import json
import shutil
import socket
import stat
import subprocess
import time
import unittest
import urllib.request

import calls
from calls import Caller, Failure
from house import House, wait_until


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
        gratis("clock", "set", "2040-01-01T00:00:00Z")  # else a birthday of today's year may be near
        member = gratis("member", "enroll", "--external-id", "webshop:77", "--email", "mia@example.org", "--phone",
                        "+41 44 668 18 00", "--name", "Mia", "--birthday", "1990-05-03", "--language", "de-CH")["member_id"]
        gratis("member", "enroll", "--external-id", "webshop:78", "--name", "Bob")
        for number in range(60):
            gratis("orders", "record", f"webshop:A-{number}", "--member", "webshop:77", "--total", "10.00")
        gratis("orders", "record", "webshop:B-1", "--member", "webshop:78", "--total", "10.00")
        gratis("points", "spend", member, 15)
        gratis("card", "link", member, "--number", "TRAM-4711", "--issuer", "city")
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
        self.assertEqual([(c["issuer"], c["number"], c["state"]) for c in document["cards"]],
                         [("city", "TRAM4711", "LINKED")])
        self.assertEqual((document["merges"], document["merged_members"]), ([], []))
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
        self.assertEqual((document["surprises"], document["suppressions"]), ([], []))
        gratis("suppressions", "add", "mia@example.org")
        gratis("budgets", "set", "surprises", 1000)
        gratis("surprises", "draw", "may", "--seed", "4 11 19", "--budget", "surprises", "--winners", 10, "--points", 50)
        later = gratis("member", "export", member)
        self.assertEqual(later["person"], document["person"])
        self.assertEqual([(s["scope"], s["cause"]) for s in later["suppressions"]], [("ALL", "BY_HAND")])
        ((drawn, outcome),) = [(s["code"], s["outcome"]) for s in later["surprises"]]
        self.assertEqual(drawn, "may")
        self.assertIn(outcome, ("WON", "GIVEN"))

        again = house.gratis("member", "export", member, "--out", path, "--program", "shop", check=False)
        self.assertEqual(again.returncode, 2, "a file that is there is left alone")

    def test_whoever_became_part_of_them_is_in_it(self):
        first, second, other, survivor = (
            gratis("member", "enroll", "--external-id", f"old:{who}", "--name", who)["member_id"]
            for who in ("First", "Second", "Other", "Survivor"))
        gratis("orders", "record", "webshop:F-1", "--member", first, "--total", "10.00")
        with Caller(house, gratis("key", "create", "backend")["secret"]) as shop:
            shop("thanks", "OpenComplaint", member_id=first, topic="delivery")
        gratis("card", "link", second, "--number", "BUS-4712", "--issuer", "city")
        undone = gratis("member", "merge", other, survivor)["merge"]
        gratis("member", "unmerge", undone["merge_id"])
        for duplicate, of in ((first, second), (second, survivor)):
            gratis("member", "merge", duplicate, of)

        document = gratis("member", "export", survivor)
        # Whoever is asked for by an old id is the person that they became.
        by_old_id = gratis("member", "export", first)
        for part in ("person", "merges"):
            self.assertEqual(by_old_id[part], document[part])
        # All that happened since is that they were exported once more.
        (exported, *rest) = by_old_id["journal"]
        self.assertEqual((exported["kind"], rest), ("MEMBERS_EXPORTED", document["journal"]))
        self.assertEqual({m["duplicate_id"]: "undone_at" in m for m in document["merges"]}, {other: True, second: False})
        # What was first's comes once, with first.
        for whole in (document, *document["merged_members"]):
            self.assertEqual((whole["purchases"], whole["complaints"]), ([], []))
        self.assertEqual(document["cards"], [])
        (merged,) = document["merged_members"]
        self.assertEqual((merged["person"]["member"]["member_id"], merged["person"]["member"]["profile"]["greeting_name"]),
                         (second, "Second"))
        self.assertEqual([c["number"] for c in merged["cards"]], ["BUS4712"])
        (before,) = merged["merged_members"]
        self.assertEqual(before["person"]["member"]["member_id"], first)
        self.assertEqual([p["order"]["order_id"] for p in before["purchases"]], ["F-1"])
        self.assertEqual([c["topic"] for c in before["complaints"]], ["delivery"])
        self.assertEqual({entry["member_id"] for entry in before["journal"]}, {first})
        self.assertEqual(before["merged_members"], [])

    def test_a_till_exports_nobody(self):
        member = gratis("member", "enroll", "--external-id", "webshop:90")["member_id"]
        key_file = house.home / "till.key"
        key_file.write_text(gratis("key", "create", "pos")["secret"])
        refused = house.gratis("member", "export", member, "--key-file", key_file, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("ROLE_NOT_ALLOWED", refused.stderr)


class Erase(unittest.TestCase):
    """In a house of its own: PostgreSQL stays when the engine ends, so that old copies can be put back."""

    @classmethod
    def setUpClass(cls):
        cls.house = House(flags=["--keep-postgres", "--log-level=debug"]).start()
        cls.key = calls.new_program(cls.house)
        cls.connect()

    @classmethod
    def tearDownClass(cls):
        cls.house.remove()

    @classmethod
    def connect(cls):
        cls.shop = Caller(cls.house, cls.key)

    def erased(self, area, method, **fields):
        with self.assertRaises(Failure) as refused:
            self.shop(area, method, **fields)
        self.assertEqual(refused.exception.reason, "MEMBER_ERASED", method)

    def lived(self, who):
        """Somebody with a history, and the requests that made it."""
        requests = {"EnrollMember": dict(request_id=f"enroll-{who}", profile={
            "email": f"{who}.quill@example.org", "greeting_name": f"{who.title()} Quill",
            "external_ids": [{"source": "webshop", "id": who}]})}
        member = self.shop("members", "EnrollMember", **requests["EnrollMember"]).member_id
        requests["Earn"] = dict(request_id=f"earn-{who}", member_id=member, points=500)
        requests["Spend"] = dict(request_id=f"spend-{who}", member_id=member, points=30)
        for method in ("Earn", "Spend"):
            self.shop("ledger", method, **requests[method])
        self.shop("thanks", "RecordPurchase", order={"source": "webshop", "order_id": f"{who}-1"}, member_id=member,
                  total=calls.money(1999))
        self.shop("ledger", "PlaceHold", member_id=member, points=10, life_seconds=3600)
        self.shop("ledger", "IssueVoucher", member_id=member, fixed=calls.money(500), origin="sorry")
        self.shop("members", "LinkCard", member_id=member, card=self.card(who))
        self.shop("members", "SetPreferences", member_id=member, set=[{"key": "dessert", "text": f"quill of {who}"}])
        return member, requests

    @staticmethod
    def card(who):
        """Another issuer's."""
        return {"issuer": "city", "number": f"QUILL{who}"}

    def serves_after_erasing(self):
        """Whether, at the last start, people were erased again before the port opened."""
        name = "gratis-members" if self.house.split else "gratisd"
        log = self.house.log(name)
        started = log[log.rindex("starting"):]
        with urllib.request.urlopen(f"http://{self.house.run_file(name)['metrics']}/metrics", timeout=10) as metrics:
            self.assertIn(b"\ngratis_erasures_redone 1\n", metrics.read())
        return -1 < started.find("erasures done again") < started.find("serving")

    def wait_for_the_members(self, *names):
        """Starts these processes alone, on a database that was put back: they live, and let nobody in."""
        for name in names:
            before = len(self.house.log(name))
            self.house.launch(name)
            wait_until(f"{name} says what it waits for", 30, lambda name=name, before=before:
                       "waiting for gratis-members to do erasures again" in self.house.log(name)[before:])
        for _ in range(3):
            time.sleep(0.3)
            for name in names:
                self.assertIsNone(self.house.serves(name), name)
                port = self.house.address(name.removeprefix("gratis-")).rpartition(":")[2]
                with self.assertRaises(ConnectionRefusedError, msg=name):
                    socket.create_connection(("127.0.0.1", int(port)), 5).close()

    def test_whoever_is_erased_is_gone_for_every_call_and_the_books_balance(self):
        member, requests = self.lived("zenobia")
        shown = self.house.gratis("member", "erase", member, "--dry-run", "--program", "shop").stdout
        self.assertIn("489 points, 1 voucher", shown)
        unasked = self.house.gratis("member", "erase", member, "--program", "shop", check=False)
        self.assertEqual(unasked.returncode, 2)
        done = self.house.answer("member", "erase", member, "--yes", "--program", "shop", "--request-id", "erase-z")
        self.assertEqual(done["certificate"]["released_identifiers"], 3)
        self.assertGreaterEqual(done["certificate"]["master_key_version"], 1)
        self.assertEqual((done["forfeited"], done["forfeited_vouchers"], done["released_holds"]),
                         ([{"unit": "points", "points": 489}], 1, 1))

        for area, method in (("members", "GetMember"), ("ledger", "GetBalance"), ("ledger", "ListEntries"),
                             ("ledger", "ListVouchers"), ("thanks", "ListPurchases")):
            self.erased(area, method, member_id=member)
        with Caller(self.house, program="shop") as admin, self.assertRaises(Failure) as refused:
            admin("birthdays", "ListGifts", member_id=member)
        self.assertEqual(refused.exception.reason, "MEMBER_ERASED")
        self.erased("ledger", "Earn", member_id=member, points=1)
        self.erased("thanks", "RecordPurchase", order={"source": "webshop", "order_id": "z-2"}, member_id=member,
                    total=calls.money(100))
        self.erased("members", "EnrollMember", **requests["EnrollMember"])
        for method in ("Earn", "Spend"):
            self.erased("ledger", method, **requests[method])
        with self.assertRaises(Failure) as unknown:
            self.shop("members", "IdentifyMember", email="zenobia.quill@example.org")
        self.assertEqual(unknown.exception.reason, "MEMBER_NOT_FOUND")
        with self.assertRaises(Failure) as unknown:
            self.shop("members", "IdentifyMember", card=self.card("zenobia"))
        self.assertEqual(unknown.exception.reason, "CARD_NOT_FOUND")
        for method in ("GetConsents", "GetPreferences"):
            self.erased("members", method, member_id=member)
        self.erased("members", "LinkCard", member_id=member, card=self.card("zenobia"))

        again = self.house.answer("member", "erase", member, "--yes", "--program", "shop", "--request-id", "erase-z")
        self.assertEqual(again, done)
        self.assertEqual(self.house.answer("member", "erasure", member, "--program", "shop")["certificate"],
                         done["certificate"])
        self.house.gratis("ledger", "verify", "--program", "shop")
        dump = self.house.dump().lower()
        self.assertIn(b"erase-z", dump)
        for secret in ("quill", "zenobia quill", "zenobia.quill@example.org"):
            for form in (secret.encode(), secret.encode().hex().encode()):
                self.assertNotIn(form, dump)

    def test_an_old_copy_knows_nobody_who_was_erased_since(self):
        member, _ = self.lived("orlando")
        stays, _ = self.lived("rosalind")
        copy = self.house.home / "copy.dump"
        copy.write_bytes(self.house.dump("-Fc"))
        self.house.gratis("member", "erase", member, "--yes", "--program", "shop")
        late, _ = self.lived("celia")

        self.house.stop()
        self.house.psql("DROP DATABASE gratis", database="postgres")
        self.house.psql("CREATE DATABASE gratis", database="postgres")
        self.house.restore(copy)
        self.assertEqual(self.house.psql("SELECT count(*) FROM ledger.holder WHERE state = 7"),
                         self.house.psql("SELECT count(*) FROM gratis_members.erasure"))
        before = self.house.psql("SELECT count(*) FROM gratis_members.member")
        if self.house.split:
            self.wait_for_the_members("gratis-ledger", "gratis-messages")
        self.house.start()
        self.connect()
        self.erased("members", "GetMember", member_id=member)
        self.erased("ledger", "ListEntries", member_id=member)
        self.assertEqual(int(self.house.psql("SELECT count(*) FROM gratis_members.member")), int(before) - 1)
        self.assertEqual(self.shop("members", "GetMember", member_id=stays).member.profile.greeting_name, "Rosalind Quill")
        with self.assertRaises(Failure) as unknown:
            self.shop("members", "GetMember", member_id=late)
        self.assertEqual(unknown.exception.reason, "MEMBER_NOT_FOUND")
        self.assertTrue(self.serves_after_erasing())
        self.house.gratis("ledger", "verify", "--program", "shop")

        log = self.house.home / "erasures"
        lines = log.read_text().splitlines()
        self.assertIn(member, log.read_text())
        self.assertNotIn("quill", log.read_text().lower())
        self.house.stop()
        log.write_text("\n".join([*lines[:-1], lines[-1].replace(" 2 ", " 3 ")]) + "\n")
        with self.assertRaisesRegex(RuntimeError, "erasures was changed"):
            self.house.start()
        self.house.stop()
        log.write_text("\n".join(lines) + "\n")
        self.house.start()
        self.connect()

    def test_a_copy_of_the_data_folder_knows_nobody_who_was_erased_since(self):
        member, _ = self.lived("perdita")
        self.house.stop()
        self.house.stop_postgres()
        data, copy = self.house.home / "postgres", self.house.home / "postgres.copy"
        subprocess.run(["cp", "-a", data, copy], check=True)
        self.house.start()
        self.connect()
        self.house.gratis("member", "erase", member, "--yes", "--program", "shop")

        self.house.stop()
        self.house.stop_postgres()
        shutil.rmtree(data)
        copy.rename(data)
        self.house.start()
        self.connect()
        self.assertTrue(self.serves_after_erasing())
        self.erased("members", "GetMember", member_id=member)
        with self.assertRaises(Failure) as unknown:
            self.shop("members", "IdentifyMember", email="perdita.quill@example.org")
        self.assertEqual(unknown.exception.reason, "MEMBER_NOT_FOUND")
        self.house.gratis("ledger", "verify", "--program", "shop")


class Destroyed(unittest.TestCase):
    """In a house of its own, whose master key does not come back."""

    def test_without_the_master_key_that_the_certificate_names_old_copies_are_unreadable(self):
        own = House(flags=["--keep-postgres"]).start()
        self.addCleanup(own.remove)
        shop = Caller(own, calls.new_program(own))
        member = shop("members", "EnrollMember", profile={"email": "viola@example.org"}).member_id
        stays = shop("members", "EnrollMember", profile={"email": "olivia@example.org"}).member_id
        copy = own.home / "copy.dump"
        copy.write_bytes(own.dump("-Fc"))
        own.gratis("member", "erase", member, "--yes", "--program", "shop")
        erasure = own.answer("member", "erasure", member, "--program", "shop")
        self.assertEqual(erasure["certificate"]["master_key_version"], 1)
        self.assertNotIn("master_key_retired_at", erasure)
        own.gratis("vault", "rotate")
        erasure = own.answer("member", "erasure", member, "--program", "shop")
        self.assertIn("master_key_retired_at", erasure)

        own.stop()
        (own.home / "master.key").unlink()
        own.start()
        with Caller(own, program="shop") as admin:
            found = admin("members", "GetMember", member_id=stays)
        self.assertEqual(found.member.profile.email, "olivia@example.org")
        own.stop()
        own.psql("DROP DATABASE gratis", database="postgres")
        own.psql("CREATE DATABASE gratis", database="postgres")
        own.restore(copy)
        with self.assertRaisesRegex(RuntimeError, "master key"):
            own.start()


if __name__ == "__main__":
    unittest.main()
