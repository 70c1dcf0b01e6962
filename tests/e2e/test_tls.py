"""The line itself: which versions of TLS are spoken, certificates that change under way, and clients that
have to show one."""

import shutil
import subprocess
import unittest

from calls import Caller, Failure
from house import House, wait_until


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, errors="replace",
                          timeout=30, **more)


def made(*arguments):
    done = openssl(*arguments)
    assert done.returncode == 0, done.stderr


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder, name):
        self.folder, self.pem, self.key = folder, folder / f"{name}.pem", folder / f"{name}.key"
        made("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
             "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.pem)

    def issue(self, name, *extensions):
        """(certificate, key) as paths."""
        pem, key, request = (self.folder / f"{name}.{end}" for end in ("pem", "key", "csr"))
        made("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
             "-keyout", key, "-out", request)
        extra = self.folder / f"{name}.ext"
        extra.write_text("\n".join(extensions))
        made("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self.key, "-CAcreateserial", "-days", 2,
             "-out", pem, "-extfile", extra)
        return pem, key


def shake_hands(house, *arguments):
    return openssl("s_client", "-connect", f"localhost:{house.port}", "-CAfile", house.ca, "-alpn", "h2",
                   "-verify_return_error", *arguments, input="")


class Versions(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.house = House(split=False).start()

    @classmethod
    def tearDownClass(cls):
        cls.house.remove()

    def test_old_versions_are_refused(self):
        # Our side is told to try, whatever its own policy says of such versions.
        weak = ("-cipher", "ALL:@SECLEVEL=0")
        for version in ("-tls1", "-tls1_1"):
            done = shake_hands(self.house, version, *weak)
            self.assertNotEqual(done.returncode, 0, version)
            self.assertIn("Cipher is (NONE)", done.stdout, version)
            self.assertRegex(done.stdout, "read [0-9]+ bytes and written [1-9]", "our side did ask")

    def test_present_versions_are_spoken(self):
        for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            done = shake_hands(self.house, version)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(name, done.stdout)

    def test_a_new_certificate_is_shown_without_a_restart(self):
        def shown():
            done = shake_hands(self.house)
            return openssl("x509", "-noout", "-serial", input=done.stdout).stdout

        tls = self.house.home / "tls"
        before, pid = shown(), self.house.run_file("gratisd")["pid"]
        with Caller(self.house) as caller:
            caller("ledger", "ListPrograms")
            pem, key = self.issue_server(tls)
            key.rename(tls / "server.key")
            pem.rename(tls / "server.pem")
            wait_until("the new certificate is shown", 15, lambda: shown() not in ("", before), every=0.5)
            caller("ledger", "ListPrograms")
        with Caller(self.house) as caller:
            caller("ledger", "ListPrograms")
        self.assertEqual(self.house.run_file("gratisd")["pid"], pid)

    def test_a_certificate_that_is_none_is_mended_without_a_restart(self):
        pem = self.house.home / "tls" / "server.pem"
        good = pem.read_text()
        with Caller(self.house) as caller:
            caller("ledger", "ListPrograms")
            pem.write_text("garbage")
            wait_until("it is noticed", 15, lambda: shake_hands(self.house).returncode != 0, every=0.5)
            caller("ledger", "ListPrograms")  # whoever is connected stays so
            pem.write_text(good)
            wait_until("it is mended", 15, lambda: shake_hands(self.house).returncode == 0, every=0.5)

    def issue_server(self, tls):
        authority = Authority.__new__(Authority)
        authority.folder, authority.pem, authority.key = self.house.home, tls / "ca.pem", tls / "ca.key"
        return authority.issue("renewed", "subjectAltName=DNS:localhost,IP:127.0.0.1", "extendedKeyUsage=serverAuth")


class Mutual(unittest.TestCase):
    """An instance that lets only clients connect that show a certificate, in two processes and more."""

    @classmethod
    def setUpClass(cls):
        cls.house = House(split=True)
        cls.authority = Authority(cls.house.home, "shops")
        cls.client = cls.authority.issue("client", "extendedKeyUsage=clientAuth")
        cls.stranger = Authority(cls.house.home, "others").issue("stranger", "extendedKeyUsage=clientAuth")
        cls.house.flags += [f"--tls-client-ca={cls.authority.pem}", f"--tls-client-certificate={cls.client[0]}",
                            f"--tls-client-key={cls.client[1]}"]
        cls.house.start()
        cls.shown = ["--certificate", cls.client[0], "--certificate-key", cls.client[1]]
        cls.house.gratis("program", "create", "shop", *cls.shown)

    @classmethod
    def tearDownClass(cls):
        cls.house.remove()

    def test_who_shows_no_certificate_or_anothers_does_not_connect(self):
        for shown in ((), ("--certificate", self.stranger[0], "--certificate-key", self.stranger[1])):
            refused = self.house.gratis("program", "list", "--timeout", 5, *shown, check=False)
            self.assertEqual(refused.returncode, 3, refused.stdout + refused.stderr)
        self.assertIn("shop", self.house.gratis("program", "list", *self.shown).stdout)

    def test_a_certificate_is_no_key(self):
        with Caller(self.house, key="garbage", certificate=self.client) as caller:
            with self.assertRaises(Failure) as refused:
                caller("ledger", "ListUnits")
        self.assertEqual(refused.exception.reason, "KEY_INVALID")

    def test_services_reach_each_other(self):
        """RunBirthdays asks the members' service for whose birthday it is."""
        self.house.gratis("birthdays", "run", "--program", "shop", *self.shown)

    def test_services_show_each_other_the_pair_that_is_there_now(self):
        """Another authority and another pair take the places of the old: whoever connects anew needs them, and no
        process that should show them is restarted."""
        run = ("birthdays", "run", "--program", "shop")
        self.house.gratis(*run, *self.shown)
        old = [shutil.copy(path, f"{path}.old") for path in self.client]
        renewed = Authority(self.house.home, "renewed")
        pem, key = renewed.issue("renewed-client", "extendedKeyUsage=clientAuth")
        key.replace(self.client[1])
        pem.replace(self.client[0])
        renewed.pem.replace(self.authority.pem)
        birthdays = self.house.run_file("gratis-birthdays")["pid"]
        self.house.kill("gratis-members")
        self.house.start()  # it knows the new authority only, and nobody is connected to it
        wait_until("birthdays are run over a new connection", 30,
                   lambda: self.house.gratis(*run, *self.shown, check=False).returncode == 0, every=0.5)
        self.assertEqual(self.house.run_file("gratis-birthdays")["pid"], birthdays)
        shown = ("--certificate", old[0], "--certificate-key", old[1])
        wait_until("the old pair is worthless", 30, lambda: self.house.gratis(
            "program", "list", "--timeout", 5, *shown, check=False).returncode == 3, every=0.5)


if __name__ == "__main__":
    unittest.main()
