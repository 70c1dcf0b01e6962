"""The master key goes over to another version while the engine runs, is killed, and starts without the old one."""

import contextlib
import secrets
import subprocess
import threading
import unittest

import calls
from calls import Caller, Failure
from house import SUPERUSER, House, wait_until

PEOPLE = 3_000


class Vault(unittest.TestCase):
    def live_in(self, **options):
        self.house = House(**options)
        self.addCleanup(self.house.remove)
        self.house.start()
        self.key = calls.new_program(self.house)
        self.connect()

    def connect(self):
        """Anew, since a channel to whom was killed takes a while to notice."""
        self.shop = Caller(self.house, self.key, timeout=120)
        self.admin = Caller(self.house, self.house.admin_key)

    def enroll(self, name):
        return self.shop("members", "EnrollMember", profile={"email": f"{name}@example.org", "greeting_name": name}).member_id

    def enroll_many(self):
        ids = []
        for start in range(0, PEOPLE, 1000):
            results = self.shop("members", "BatchEnrollMembers", requests=[
                {"request_id": f"enroll-{i}", "profile": {"email": f"p{i}@example.org", "greeting_name": f"P{i}"}}
                for i in range(start, start + 1000)]).results
            ids += [result.response.member_id for result in results]
        return ids

    @contextlib.contextmanager
    def one_key_locked(self):
        """Meanwhile somebody else holds one key of the last partition, so nobody gets past it."""
        lines = (self.house.postgres_data / "postmaster.pid").read_text().splitlines()
        held = subprocess.Popen(
            ["psql", "-qAtX", "-h", lines[4], "-p", lines[3], "-U", SUPERUSER, "-d", "gratis"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        held.stdin.write("BEGIN; SELECT 1 FROM gratis_members.member ORDER BY partition DESC LIMIT 1 FOR UPDATE;\n")
        held.stdin.flush()
        self.assertEqual(held.stdout.readline().strip(), "1")
        try:
            yield
        finally:
            held.stdin.close()
            held.wait()
            held.stdout.close()

    def states(self):
        return {v["version"]: v["state"] for v in self.house.answer("vault", "status")["versions"]}

    def names(self, ids):
        return [self.shop("members", "GetMember", member_id=i).member.profile.greeting_name for i in ids]

    def test_a_rotation_survives_a_kill_and_the_old_key_may_go(self):
        self.live_in()
        ids = self.enroll_many()
        self.assertEqual(self.states(), {1: "CURRENT"})
        members = "gratis-members" if self.house.split else "gratisd"

        self.assertEqual(self.admin("members", "RotateMasterKey", request_id="rotate-1").version, 2)
        self.assertEqual(self.states(), {1: "NEEDED", 2: "CURRENT"})
        with self.one_key_locked():
            killer = threading.Timer(1, self.house.kill, [members])
            killer.start()
            with self.assertRaises(Failure):
                self.admin("members", "RewrapDataKeys")
            killer.join()

        self.house.start()
        self.connect()
        left = self.house.answer("vault", "status")["remaining_data_keys"]
        self.assertTrue(0 < left < PEOPLE, left)
        late = self.enroll("late")
        rotated = self.house.answer("vault", "rotate")
        self.assertEqual((rotated["version"], rotated["previous_version"]), (2, 2), "it goes on with what was begun")
        self.assertEqual(rotated["vault"]["remaining_data_keys"], 0)
        self.assertEqual(self.states(), {1: "RETIRED", 2: "CURRENT"})

        self.house.stop()
        (self.house.home / "master.key").unlink()
        self.house.start()
        self.connect()
        self.assertEqual(self.states(), {1: "RETIRED", 2: "CURRENT"})
        self.assertEqual(self.names([ids[0], ids[-1], late]), ["P0", f"P{PEOPLE - 1}", "late"])
        self.assertEqual(self.shop("members", "IdentifyMember", email="p7@example.org").member_id, ids[7])
        self.assertEqual(self.shop("members", "EnrollMember", request_id="enroll-x", profile={"email": "x@example.org"}),
                         self.shop("members", "EnrollMember", request_id="enroll-x", profile={"email": "x@example.org"}))
        self.house.gratis("ledger", "verify", "--program", self.program_of())
        journal = self.house.psql("SELECT detail FROM ledger.journal WHERE kind = 5 ORDER BY seq").splitlines()
        self.assertEqual(journal, ['{"version":2,"previous_version":1}', '{"version":2,"retired":[1]}'])

    def program_of(self):
        return self.house.psql("SELECT code FROM ledger.program WHERE number > 1 ORDER BY number LIMIT 1")

    def speak(self):
        """From now on whoever buys is thanked for it, in their inbox."""
        marketing = Caller(self.house, program="shop")
        marketing("messages", "SetMessagingPolicy", policy={
            "senders": [{"code": "founder", "name": "Anna Keller", "title": "founder", "address": "anna@shop.example"}],
            "cap_messages": 3, "cap_days": 7, "max_age_days": 7})
        marketing("messages", "SetTemplate", template={
            "code": "thank-you", "purpose": "MESSAGE_PURPOSE_SERVICE", "sender": "founder", "default_language": "en",
            "wordings": [{"language": "en", "subject": "Thanks", "text": "Thank you, {{member.name}}."}]})
        marketing("thanks", "SetTrigger", trigger={
            "code": "thank-you", "event": "TRIGGER_EVENT_PURCHASE", "template": "thank-you", "enabled": True,
            "sender": {"code": "founder", "name": "Anna Keller"}, "channels": ["inbox"]})

    def thanked(self, name):
        """Somebody buys; the id of what is said to them."""
        member = self.enroll(name)
        self.shop("thanks", "RecordPurchase", order={"source": "web", "order_id": name}, member_id=member,
                  total=calls.money(2000))
        return wait_until(f"{name} is thanked", 20, lambda: [
            message.message_id for message in self.shop("messages", "ListInbox", member_id=member).messages])[0]

    def test_texts_need_a_version_until_their_own_process_has_wrapped_them_again(self):
        self.live_in(split=True)
        self.speak()
        said = {"ada": self.thanked("ada")}
        self.house.kill("gratis-messages")
        self.assertEqual(self.admin("members", "RotateMasterKey", request_id="rotate-1").version, 2)
        waiting = self.admin("members", "RewrapDataKeys")
        self.assertEqual((waiting.remaining_data_keys, list(waiting.waits_for), waiting.finished),
                         (0, ["messages"], False))
        self.assertEqual(self.states(), {1: "NEEDED", 2: "CURRENT"})
        self.assertEqual(self.house.answer("vault", "status")["versions"][0]["needed_by"], ["messages"])
        self.assertIn("Version 1 still wraps something of messages", self.house.gratis("vault", "status").stdout)
        self.house.start()
        self.connect()
        self.assertTrue(self.house.answer("vault", "rotate")["finished"])
        self.assertEqual(self.states(), {1: "RETIRED", 2: "CURRENT"})

        # One that runs follows, too: in what it has, and in what it writes from then on.
        self.assertTrue(self.house.answer("vault", "rotate")["finished"])
        self.assertEqual(self.states(), {1: "RETIRED", 2: "RETIRED", 3: "CURRENT"})
        said["bob"] = self.thanked("bob")
        self.house.stop()
        for name in ("master.key", "master.key.2"):
            (self.house.home / name).unlink()
        self.house.start()
        admin = Caller(self.house, program="shop")
        for name, message in said.items():
            self.assertEqual(admin("messages", "GetMessage", message_id=message).rendered.text, f"Thank you, {name}.")

    def test_a_key_that_is_needed_is_asked_for_at_the_start(self):
        self.live_in(split=False)
        self.enroll("mia")
        self.admin("members", "RotateMasterKey", request_id="rotate-1")
        self.house.stop()
        key = self.house.home / "master.key"
        key.rename(self.house.home / "elsewhere")
        with self.assertRaisesRegex(RuntimeError, "needs version 1 of its master key"):
            self.house.start()
        self.house.processes.clear()
        (self.house.home / "elsewhere").rename(key)
        self.house.start()

    def test_keys_in_the_environment(self):
        one, two = (f"{version}:{secrets.token_hex(32)}" for version in (1, 2))
        self.live_in(split=False, environment={"GRATIS_MASTER_KEYS": one})
        member = self.enroll("mia")
        self.assertFalse((self.house.home / "master.key").exists())
        refused = self.house.gratis("vault", "rotate", check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("master-keys", refused.stderr)

        self.house.stop()
        self.house.environment["GRATIS_MASTER_KEYS"] = f"{one},{two}"
        self.house.start()
        self.assertEqual(self.states(), {1: "CURRENT", 2: "NEXT"})
        shown = self.house.gratis("vault", "rotate").stdout
        self.assertIn("Version 1 may be removed", shown)

        self.house.stop()
        self.house.environment["GRATIS_MASTER_KEYS"] = two
        self.house.start()
        self.connect()
        self.assertEqual(self.names([member]), ["mia"])
        for secret in (one, two):
            self.assertNotIn(secret[2:], self.house.log())

    def test_a_programs_admin_does_not_rotate(self):
        self.live_in(split=False)
        bound = self.house.answer("key", "create", "admin", "--program", self.program_of())["secret"]
        with self.assertRaises(Failure) as refused:
            Caller(self.house, bound)("members", "RotateMasterKey", request_id="rotate-1")
        self.assertEqual(refused.exception.reason, "ROLE_NOT_ALLOWED")


if __name__ == "__main__":
    unittest.main()
