"""Whoever gets hold of a dump, the logs or the metrics learns of nobody."""

import base64
import pathlib
import unittest
import urllib.request

import calls
from calls import Caller, Failure
from house import House, wait_until

PEOPLE = [
    {"greeting_name": "Zenobia Quillfeather", "email": "Zenobia.Quill@Example.org", "phone": "+41 31 634 18 77",
     "birthday": {"month": 2, "day": 29, "year": 1984}, "external_ids": [{"source": "crmx", "id": "Kunde-4711-ZQ"}],
     "time_zone": "Pacific/Kiritimati", "language": "rm-CH"},
    {"greeting_name": "Ødegård-Łukaszewicz", "email": "odegard+vip@kunde.example.com", "phone": "+47 21 93 01 00",
     "birthday": {"month": 11, "day": 17}, "time_zone": "America/Argentina/Ushuaia"},
]
# What each of them likes, what the first says on leaving, and another issuer's card of theirs.
LIKES = [[{"key": "dish_of_the_day", "text": "Käsespätzle without onions"},
          {"key": "seat_they_take", "choice": "aisle-by-the-fern"}],
         [{"key": "wedding_day", "day": {"year": 2011, "month": 6, "day": 11}},
          {"key": "collar_size", "number": 4137291846}]]
FAREWELL = "My cousin Ottokar was treated rudely in Winterthur"
CITY_CARDS = ["ZQ-CITY-99182736", "LUK-CITY-55443322"]
# Parts that say something by themselves, as they may turn up: as typed, as kept, as found by.
SECRETS = ["Zenobia", "Quillfeather", "zenobia.quill@example.org", "Zenobia.Quill", "41316341877", "634 18 77",
           "Kunde-4711-ZQ", "crmx", "Pacific/Kiritimati", "rm-CH", "1984-02-29", "Ødegård", "Łukaszewicz",
           "odegard+vip", "kunde.example.com", "4721930100", "21 93 01 00", "Ushuaia",
           "dish_of_the_day", "Käsespätzle", "without onions", "seat_they_take", "aisle-by-the-fern", "wedding_day",
           "2011-06-11", "collar_size", "4137291846", "Ottokar", "treated rudely", "Winterthur",
           "ZQ-CITY-99182736", "ZQCITY99182736", "99182736", "LUK-CITY-55443322", "LUKCITY55443322", "55443322"]


class Dump(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House(flags=["--log-level=debug", "--development-clock"]).start()
        cls.key = calls.new_program(cls.house)
        cls.shop = Caller(cls.house, cls.key)

    @classmethod
    def tearDownClass(cls):
        cls.house.remove()

    def refused(self, area, method, **fields):
        with self.assertRaises(Failure) as failure:
            self.shop(area, method, **fields)
        return failure.exception.message

    def live(self):
        """A busy day: people come, buy, get gifts, and mistakes are made with their data in hand."""
        members = [self.shop("members", "EnrollMember", profile=person).member_id for person in PEOPLE]
        said = []
        self.shop("members", "IssueCards", count=len(members), batch="box-1")
        self.numbers = [card.number for card in self.shop("members", "ListCards", batch="box-1").cards]
        for member, likes, city, number in zip(members, LIKES, CITY_CARDS, self.numbers, strict=True):
            self.shop("members", "SetPreferences", member_id=member, set=likes)
            self.shop("members", "LinkCard", member_id=member, card={"issuer": "city", "number": city})
            self.shop("members", "LinkCard", member_id=member, card={"number": number})
            self.shop("members", "IdentifyMember", card={"issuer": "city", "number": city})
            self.shop("members", "IdentifyMember", card={"number": number})
            said.append(self.refused("members", "LinkCard", member_id=member,
                                     card={"number": number[:-1] + str((int(number[-1]) + 1) % 10)}))
            said.append(self.refused("members", "SetPreferences", member_id=member,
                                     set=[{"key": likes[0]["key"] + " ", "text": FAREWELL}]))
        said.append(self.refused("members", "LinkCard", member_id=members[1],
                                 card={"issuer": "city", "number": CITY_CARDS[0]}))
        for number, member in enumerate(members):
            for order in range(5):
                self.shop("thanks", "RecordPurchase", order={"source": "webshop", "order_id": f"{number}-{order}"},
                          member_id=member, total=calls.money(1999))
            self.shop("ledger", "Spend", member_id=member, points=7)
            self.shop("ledger", "IssueVoucher", member_id=member, fixed=calls.money(500), origin="sorry")
            self.shop("members", "GetMember", member_id=member)
        for person in PEOPLE:
            self.shop("members", "IdentifyMember", phone=person["phone"])
            self.shop("members", "IdentifyMember", email=person["email"])
            said.append(self.refused("members", "EnrollMember", profile=person))
            said.append(self.refused("members", "EnrollMember", profile=dict(person, email=person["greeting_name"])))
            said.append(self.refused("members", "EnrollMember", profile=dict(person, time_zone=person["email"])))
            said.append(self.refused("members", "EnrollMember", profile=dict(person, phone=person["email"])))
            said.append(self.refused("members", "IdentifyMember", email=person["greeting_name"]))
            said.append(self.refused("members", "IdentifyMember", external_id={"source": person["phone"], "id": "1"}))
            self.shop("members", "BatchEnrollMembers", requests=[{"request_id": "twin", "profile": person}])
        for day in ("2032-03-01T00:00:00Z", "2032-11-18T00:00:00Z"):
            self.house.gratis("clock", "set", day, "--program", "shop")
            self.house.gratis("birthdays", "run", "--program", "shop")
        for member in members:
            self.house.gratis("member", "export", member, "--program", "shop")
            self.house.gratis("birthdays", "explain", member, "--year", "2032", "--program", "shop")
        self.thank(members)
        self.shop("members", "CloseMember", member_id=members[0], leaving_answer=FAREWELL)
        # There is no mail server here, and whoever left gets no letter and no card any more.
        wait_until("their letter and their card are taken back", 30, lambda: self.house.psql(
            "SELECT count(*) FROM gratis_messages.message WHERE sealed IS NOT NULL") == "4")
        self.assertEqual(len(self.shop("messages", "ListTasks").tasks), 1)
        self.house.gratis("member", "export", members[0], "--program", "shop")
        self.house.gratis("vault", "rotate")
        return said

    def thank(self, members):
        """Each buys once more: a letter, a line in the inbox and a card by staff call them by their names."""
        admin = Caller(self.house, program="shop")
        admin("messages", "SetMessagingPolicy", policy={
            "senders": [{"code": "founder", "name": "Anna Keller", "title": "founder", "address": "anna@shop.example"}],
            "cap_messages": 3, "cap_days": 7, "max_age_days": 7})
        for code in ("thank-you", "hand-written-note"):
            admin("messages", "SetTemplate", template={
                "code": code, "purpose": "MESSAGE_PURPOSE_SERVICE", "sender": "founder", "default_language": "en",
                "wordings": [{"language": "en", "subject": "For {{member.name}}", "text": "Dear {{member.name}}",
                              "task": "A card for {{member.name}}"}]})
        admin("thanks", "SetTrigger", trigger={
            "code": "thank-you", "event": "TRIGGER_EVENT_PURCHASE", "template": "thank-you", "enabled": True,
            "sender": {"code": "founder", "name": "Anna Keller"}, "channels": ["email", "inbox"],
            "task": "hand-written-note"})
        for number, member in enumerate(members):
            self.shop("thanks", "RecordPurchase", order={"source": "webshop", "order_id": f"thanked-{number}"},
                      member_id=member, total=calls.money(1999))
        wait_until("everything is said", 30, lambda: self.house.psql(
            "SELECT count(DISTINCT channel), count(*) FROM gratis_messages.message WHERE sealed IS NOT NULL") == "3|6")
        for member, person in zip(members, PEOPLE, strict=True):
            name = person["greeting_name"]
            texts = [admin("messages", "GetMessage", message_id=message.message_id).rendered
                     for message in self.shop("messages", "ListMessages", member_id=member).messages]
            self.assertEqual(sorted(filter(None, (text.text or text.task for text in texts))),
                             [f"A card for {name}", f"Dear {name}", f"Dear {name}"])
            self.assertEqual(len(self.shop("messages", "ListInbox", member_id=member).messages), 1)
        self.assertEqual(len(self.shop("messages", "ListTasks").tasks), 2)

    def metrics(self):
        texts = []
        for name in self.house.commands():
            with urllib.request.urlopen(f"http://{self.house.run_file(name)['metrics']}/metrics", timeout=10) as answer:
                texts.append(answer.read())
        return b"".join(texts)

    def test_a_dump_the_logs_and_the_metrics_hold_nobody(self):
        said = "\n".join(self.live()).encode()
        dump, log, metrics = self.house.dump(), self.house.log().encode(), self.metrics()
        postgres = b"".join(p.read_bytes() for p in pathlib.Path(self.house.home, "postgres").glob("log/*"))
        self.assertEqual(self.house.psql("SELECT count(*) FROM gratis_birthdays.gift WHERE year = 2032"), "2")
        sealed = self.house.psql("SELECT encode(sealed, 'hex') FROM gratis_messages.message "
                                 "WHERE sealed IS NOT NULL").splitlines()
        self.assertEqual(len(sealed), 4)
        for text in sealed:
            self.assertIn(text.encode(), dump, "what was written is in the dump, as noise")
        self.assertIn(b"EnrollMember", log)
        self.assertIn(b"gratis_rpc_calls_total", metrics)
        self.assertEqual(self.house.psql("SELECT count(*) FROM gratis_members.card WHERE member IS NOT NULL"), "4")
        self.assertEqual(self.house.psql("SELECT count(*) FROM gratis_members.preference"), "4")
        self.assertEqual(self.house.psql("SELECT count(leaving_answer) FROM gratis_members.member"), "1")
        for secret in SECRETS + self.numbers:
            text = secret.encode()
            forms = {text.lower(), text.hex().encode(), secret.lower().encode().hex().encode(),
                     base64.b64encode(text)[:-4].lower()}
            for where, what in (("dump", dump), ("log", log), ("metrics", metrics), ("errors", said),
                                ("PostgreSQL's log", postgres)):
                for form in forms - {b""}:
                    if len(form) < 5:
                        continue
                    self.assertNotIn(form, what.lower(), f"{secret} in the {where}")


if __name__ == "__main__":
    unittest.main()
