"""deploy/up and deploy/down, as a newcomer runs them."""

import json
import os
import re
import shutil
import subprocess
import time
import unittest

from house import BUILD, SUPERUSER, TOP, House, free_ports, scratch, wait_until

UP_AGAIN_SECONDS = 15


def runs(pid):
    """Whether the process lives; one that ended and was not yet waited for does not."""
    try:
        return bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


class Deploy(unittest.TestCase):
    def setUp(self):
        self.home = scratch() / "home"
        self.port = free_ports(5)[0]
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith("GRATIS_")}
        self.environment |= {"GRATIS_HOME": str(self.home), "GRATIS_BUILD": str(BUILD)}
        self.addCleanup(lambda: (self.down("--wipe", check=False), shutil.rmtree(self.home.parent, ignore_errors=True)))

    def run_script(self, name, *arguments, check=True):
        done = subprocess.run([str(TOP / "deploy" / name), *map(str, arguments)], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=600)
        if check:
            self.assertEqual(done.returncode, 0, done.stdout)
        return done

    def up(self, *arguments, **more):
        return self.run_script("up", "--port", self.port, *arguments, **more)

    def down(self, *arguments, **more):
        return self.run_script("down", *arguments, **more)

    def pids(self):
        return {path.stem: json.loads(path.read_text())["pid"] for path in (self.home / "run").glob("*.json")}

    def postgres(self):
        try:
            pid = (self.home / "postgres/data/postmaster.pid").read_text().split()[0]
            return runs(pid)
        except OSError:
            return False

    def gratis(self, *arguments):
        return subprocess.run([str(BUILD / "bin/gratis"), *arguments], env=self.environment, check=True,
                              capture_output=True, text=True).stdout

    def letters(self, subject):
        """Those that were caught and have this in their subject."""
        caught = [path.read_text() for path in (self.home / "mail/letters/new").glob("*")]
        return [letter for letter in caught if f"Subject: {subject}" in letter]

    def members(self):
        """Of the demo program. Its points grow by themselves: birthdays come."""
        return json.loads(self.gratis("ledger", "trial-balance", "--program", "demo", "--json"))["members"]

    def test_up_twice_split_down_wipe(self):
        first = self.up()
        self.assertIn(f"localhost:{self.port}", first.stdout)
        self.assertIn(str(self.home / "admin.key"), first.stdout)
        tries = [line for line in first.stdout.split("Try:\n")[1].splitlines() if line.startswith("  ")]
        self.assertEqual(len(tries), 3)
        for line in tries:
            subprocess.run(["bash", "-c", line], env=self.environment, check=True, stdout=subprocess.DEVNULL)
        # The stories that the demo played: a birthday, a return, and a thank-you with its letter.
        gifts = re.search(r"^Birthdays around today: (\d+) gifts? given\.$", first.stdout, re.M)
        self.assertTrue(gifts, first.stdout)
        self.assertGreater(int(gifts.group(1)), 0)
        back = re.search(r"^(mem_\w+) brought a coat back: (\d+) points taken back\.$", first.stdout, re.M)
        self.assertTrue(back, first.stdout)
        self.assertGreater(int(back.group(2)), 0)
        letters = wait_until("the founder's letter", 30, lambda: self.letters("Thank you, "))
        self.assertEqual(len(letters), 1)
        self.assertRegex(letters[0], r"20% off whatever you buy next")
        self.assertRegex(letters[0], r"From: Anna Keller <anna@keller.example>")
        self.assertIn("List-Unsubscribe-Post: List-Unsubscribe=One-Click", letters[0])
        self.assertIn("mail/letters/new", first.stdout)
        members = self.members()
        self.assertGreater(members, 0)
        pids = self.pids()
        self.assertEqual(list(pids), ["gratisd"])

        begin = time.monotonic()
        self.assertIn("runs already", self.up().stdout)
        self.assertLess(time.monotonic() - begin, UP_AGAIN_SECONDS)
        self.assertEqual(self.pids(), pids, "nothing was restarted")
        self.assertEqual(self.members(), members, "one demo")

        self.up("--split")
        self.assertEqual(sorted(self.pids()), ["gratis-birthdays", "gratis-ledger", "gratis-members",
                                               "gratis-messages", "gratis-thanks"])
        self.assertFalse(runs(pids["gratisd"]), "gratisd made room")
        self.assertEqual(self.members(), members)

        self.down()
        self.assertEqual(self.pids(), {})
        self.assertFalse(self.postgres())
        self.assertTrue((self.home / "admin.key").exists(), "the data stays")

        self.up()
        self.assertEqual(self.members(), members)
        self.gratis("vault", "rotate")
        self.gratis("member", "erase", "demo:1", "--yes", "--program", "demo")
        self.assertTrue((self.home / "master.key.2").exists() and (self.home / "erasures").exists())
        self.down("--wipe")
        self.assertFalse(self.home.exists(), "a new instance finds nothing that another master key sealed")
        self.assertIn("no Gratis", self.down().stdout)

    def test_a_database_that_is_there_already(self):
        other = House(split=False).start()
        self.addCleanup(other.remove)
        other.psql("CREATE DATABASE elsewhere")
        lines = (other.postgres_data / "postmaster.pid").read_text().splitlines()
        url = f"postgresql:///elsewhere?host={lines[4]}&port={lines[3]}&user={SUPERUSER}"
        self.up("--database-url", url)
        self.assertFalse((self.home / "postgres").exists())
        self.assertIn("demo", self.gratis("program", "list"))
        shown = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("elsewhere?host", shown, "a database's password is not for everybody's eyes")
        self.down("--wipe")
        self.assertIsNotNone(other.postmaster(), "what was there already still runs")
        self.assertEqual(other.psql("SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(gratis_|house$|ledger$)'",
                                    "elsewhere"), "0")
        self.assertFalse(self.home.exists())

    def test_what_it_does_not_understand(self):
        self.assertEqual(self.run_script("up", "--prot", "1", check=False).returncode, 2)
        self.assertEqual(self.run_script("up", "--port", "high", check=False).returncode, 1)
        self.assertEqual(self.run_script("down", "--everything", check=False).returncode, 2)
        self.assertFalse(self.home.exists())
        self.assertTrue(re.search("usage", self.run_script("up", "--help").stdout))


if __name__ == "__main__":
    unittest.main()
