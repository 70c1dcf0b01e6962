"""What members say and like, and files of members: brought in exactly once, and taken out whole."""

import csv
import json
import os
import random
import re
import signal
import subprocess
import unittest

from house import BUILD, House


def setUpModule():
    global house
    house = House().start()
    house.gratis("program", "create", "shop")


def tearDownModule():
    house.remove()


def shop(*arguments, **how):
    return house.answer("member", *arguments, "--program", "shop", **how)


class Consents(unittest.TestCase):
    def said(self, who):
        return {f"{c['purpose']}/{c['channel']}": c["state"] for c in shop("consents", who)["consents"]}

    def test_a_member_agrees_and_objects_and_keeps_their_gift(self):
        shop("enroll", "--external-id", "web:ann", "--birthday", "06-15", "--enrolled-at", "2026-01-01")
        self.assertEqual(self.said("web:ann"), {})
        shop("consent", "web:ann", "--grant", "marketing/email,profiling", "--withdraw", "surveys", "--source",
             "double-opt-in", "--wording", "2026-05/de")
        said = self.said("web:ann")
        self.assertEqual(said["MARKETING/EMAIL"], "GRANTED")
        self.assertEqual(said["SURVEYS/POST"], "WITHDRAWN")
        self.assertNotIn("MARKETING/SMS", said)
        shop("consent", "web:ann", "--object", "--source", "message")
        self.assertEqual(set(self.said("web:ann").values()), {"WITHDRAWN"})
        history = shop("consents", "web:ann", "--history")["records"]
        self.assertEqual(len(history), 8 + 14)
        self.assertEqual(sum(r["consent"]["state"] == "GRANTED" for r in history), 2)
        shown = house.gratis("member", "consents", "web:ann", "--program", "shop").stdout
        self.assertRegex(shown, r"marketing/email +withdrawn \(objection\)")
        watched = house.gratis("ledger", "watch", "--until-now", "--kind", "consent-recorded", "--program", "shop",
                               "--json").stdout.splitlines()
        self.assertEqual(len(watched), 2)
        self.assertIn("2026-05/de", json.loads(watched[0])["detail"])

    def test_what_members_like_is_kept_and_celebrations_are_theirs_to_refuse(self):
        shop("enroll", "--external-id", "web:bob", "--birthday", "06-15", "--enrolled-at", "2026-01-01")
        shop("prefer", "web:bob", "seat:choice=window", "station=Swiss Jazz", "size:number=41",
             "no_celebrations=yes")
        kept = {p["preference"]["key"]: p["preference"] for p in shop("preferences", "web:bob")["preferences"]}
        self.assertEqual((kept["seat"]["choice"], kept["size"]["number"], kept["no_celebrations"]["flag"]),
                         ("window", 41, True))
        told = house.answer("birthdays", "explain", "web:bob", "--program", "shop")
        self.assertEqual((told["outcome"], told["why"]), ("WITHHELD", "NO_CELEBRATIONS"))
        shop("prefer", "web:bob", "--clear", "no_celebrations,station")
        shown = house.gratis("member", "preferences", "web:bob", "--program", "shop").stdout
        self.assertRegex(shown, r"seat +window")
        self.assertNotIn("Jazz", shown)


class Files(unittest.TestCase):
    COUNT = 3000

    @classmethod
    def setUpClass(cls):
        house.gratis("program", "create", "filed")
        random.seed(7)
        cls.file = house.home / "members.csv"
        cls.rejects = house.home / "members.rejects.csv"
        cls.bad = {}
        with open(cls.file, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(["Nr", "email", "name", "birthday", "consents", "preferences", "enrolled_at"])
            for i in range(cls.COUNT):
                row = [f"K-{i}", f"member{i}@example.org", f"Näme, {i}", "02-29", "", "", "2020-02-02"]
                if i % 10 == 0:
                    row[4] = "marketing/email@v7|-surveys"
                if i % 10 == 1:
                    row[5] = "seat:choice=aisle|note=a \\| b"
                if i % 500 == 3:
                    row[1], cls.bad[i + 2] = "not an address", "INVALID_EMAIL"
                if i % 500 == 4:
                    row[3], cls.bad[i + 2] = "02-30", "INVALID_DATE"
                if i % 500 == 5:
                    row[1], cls.bad[i + 2] = "member6@example.org", "IDENTIFIER_TAKEN"
                if i % 500 == 6 and i > 6:
                    row[4], cls.bad[i + 2] = "marketing@v1", "FIELD_MISSING"
                rows.writerow(row)
        cls.first = cls.run_import()

    @classmethod
    def run_import(cls, file=None, *more):
        return house.answer("members", "import", file or cls.file, "--map", "external_id=Nr", "--source", "crm",
                            "--program", "filed", *more)

    def enrolled(self):
        return house.answer("ledger", "trial-balance", "--program", "filed")["members"]

    def test_rows_are_members_or_rejects_with_line_and_reason(self):
        with open(self.rejects, newline="", encoding="utf-8") as file:
            rejects = {int(row["line"]): row["reason"] for row in csv.DictReader(file)}
        # Of the rows with one address, any may have been the first.
        twins = {line: reason for line, reason in rejects.items() if reason == "IDENTIFIER_TAKEN"}
        self.assertEqual(len(rejects), self.first["rejected"])
        for line, reason in self.bad.items():
            if reason != "IDENTIFIER_TAKEN":
                self.assertEqual(rejects[line], reason)
        self.assertEqual(len(twins), sum(reason == "IDENTIFIER_TAKEN" for reason in self.bad.values()))
        without = sum(reason in ("INVALID_EMAIL", "INVALID_DATE", "IDENTIFIER_TAKEN") for reason in self.bad.values())
        self.assertEqual(self.first["members"], self.COUNT - without)
        self.assertEqual(self.first["members"], self.enrolled())
        found = house.answer("member", "show", "crm:K-1", "--program", "filed")
        self.assertEqual(found["profile"]["greeting_name"], "Näme, 1")
        said = house.answer("member", "consents", "crm:K-10", "--program", "filed")["consents"]
        self.assertEqual({c["wording_version"] for c in said if c["state"] == "GRANTED"}, {"v7"})
        self.assertEqual(len(said), 7)
        kept = house.answer("member", "preferences", "crm:K-11", "--program", "filed")["preferences"]
        self.assertEqual([p["preference"].get("text") for p in kept], ["a | b", None])

    def test_the_second_time_does_nothing_twice(self):
        before = self.enrolled()
        again = self.run_import()
        self.assertEqual((again["members"], again["replayed"]), (self.first["members"], self.first["members"]))
        self.assertEqual(again["rejected"], self.first["rejected"])
        self.assertEqual(self.enrolled(), before)
        self.assertEqual(len(house.answer("member", "consents", "crm:K-10", "--history", "--program",
                                          "filed")["records"]), 7)
        house.gratis("ledger", "verify", "--program", "filed")

    def test_an_import_that_was_killed_goes_on(self):
        house.gratis("program", "create", "killed")
        command = [BUILD / "bin/gratis", "members", "import", self.file, "--map", "external_id=Nr", "--source", "crm",
                   "--program", "killed", "--batch", "50", "--lanes", "1", "--rejects", house.home / "killed.csv"]
        running = subprocess.Popen(command, env=house.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        for _ in range(200):
            if house.answer("ledger", "trial-balance", "--program", "killed")["members"] > 0:
                break
        running.send_signal(signal.SIGKILL)
        running.wait()
        done = house.answer("members", "import", self.file, "--map", "external_id=Nr", "--source", "crm",
                            "--program", "killed", "--rejects", house.home / "killed.csv")
        self.assertEqual(done["members"], self.first["members"])
        self.assertEqual(house.answer("ledger", "trial-balance", "--program", "killed")["members"], done["members"])

    def test_what_is_exported_can_be_imported(self):
        for form in ("csv", "jsonl"):
            with self.subTest(form):
                file = house.home / f"out.{form}"
                out = house.answer("members", "export", file, "--program", "filed")
                self.assertEqual(out["members"], self.enrolled())
                self.assertFalse(file.with_name(file.name + ".part").exists())
                self.assertEqual(file.stat().st_mode & 0o077, 0, "others may not read it")
                house.gratis("program", "create", f"again-{form}")
                back = house.answer("members", "import", file, "--source", "crm", "--program", f"again-{form}")
                self.assertEqual((back["members"], back["rejected"]), (out["members"], 0))
                again = house.home / f"again.{form}"
                house.answer("members", "export", again, "--program", f"again-{form}")

                def lines(path):
                    return sorted(re.sub(r"mem_\w+", "", line) for line in path.read_text().splitlines())

                self.assertEqual(lines(again), lines(file))

    def test_on_a_terminal_an_export_shows_how_far_it_is(self):
        screen, terminal = os.openpty()
        self.addCleanup(os.close, screen)
        self.addCleanup(os.close, terminal)
        subprocess.run([BUILD / "bin/gratis", "members", "export", house.home / "watched.csv", "--program", "filed"],
                       env=house.environment, stdout=subprocess.DEVNULL, stderr=terminal, check=True, timeout=60)
        self.assertRegex(os.read(screen, 1 << 16).decode(), r"Exporting \[[= ]{28}\] +\d+%  [\d,]+ members")
        unwatched = house.gratis("members", "export", house.home / "unwatched.csv", "--program", "filed")
        self.assertEqual(unwatched.stderr, "")


if __name__ == "__main__":
    unittest.main()
