"""What happens when something is down, newer, mistyped or killed."""

import os
import pathlib
import subprocess
import threading
import unittest

import calls
from calls import Caller, Failure
from house import BUILD, SUPERUSER, House, wait_until


class OwnPostgres:
    """A PostgreSQL that belongs to nobody: it stays down until somebody starts it."""

    def __init__(self):
        self.house = House(split=False, flags=["--keep-postgres"]).start()
        self.house.stop()
        self.house.psql("CREATE DATABASE elsewhere")
        self.lines = (self.house.postgres_data / "postmaster.pid").read_text().splitlines()

    @property
    def url(self):
        return f"postgresql:///elsewhere?host={self.lines[4]}&port={self.lines[3]}&user={SUPERUSER}"

    def stop(self):
        self.house.stop_postgres("fast")

    def start(self):
        pg_ctl = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
        log = self.house.home / "postgres/log/again.log"
        command = [str(pg_ctl), "start", "-w", "-D", str(self.house.postgres_data), "-l", str(log)]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        started = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd="/", timeout=90)
        if started.returncode != 0:
            raise AssertionError(started.stdout + log.read_text())


class Outages(unittest.TestCase):
    def live_in(self, house):
        self.house = house.start()
        self.addCleanup(self.house.remove)
        self.key = calls.new_program(self.house)
        self.shop = Caller(self.house, self.key)
        self.member = self.shop("members", "EnrollMember", profile={"email": "a@example.org"}).member_id

    def earn(self, **fields):
        return self.shop("ledger", "Earn", member_id=self.member, points=1, **fields)

    def earned(self, request_id):
        """Whether it worked; that it is not available now is the only excuse."""
        try:
            return self.earn(request_id=request_id)
        except Failure as failure:
            self.assertEqual(failure.code, "UNAVAILABLE", failure)

    def balance(self):
        return self.shop("ledger", "GetBalance", member_id=self.member).available_points

    def test_postgresql_down_is_unavailable_and_recovers_by_itself(self):
        postgres = OwnPostgres()
        self.addCleanup(postgres.house.remove)
        self.live_in(House(environment={"GRATIS_DATABASE_URL": postgres.url}))
        self.earn(request_id="before")
        postgres.stop()
        for call in (lambda: self.earn(request_id="during"), self.balance):
            with self.assertRaises(Failure) as caught:
                call()
            self.assertEqual(caught.exception.code, "UNAVAILABLE", caught.exception)
            self.assertIn(caught.exception.reason, ("DATABASE_UNAVAILABLE", "COMMIT_IN_DOUBT"))
        postgres.start()
        wait_until("calls work again", 20, lambda: self.earned("during"))
        self.assertEqual(self.balance(), 2)
        self.earn(request_id="before")
        self.assertEqual(self.balance(), 2, "a replay after the outage")

    def test_an_embedded_postgresql_that_ended_is_started_again(self):
        self.live_in(House())
        self.earn(request_id="before")
        for how in ("fast", "kill"):
            self.house.stop_postgres(how)
            wait_until("calls work again", 60, lambda how=how: self.earned(how))
        self.assertEqual(self.balance(), 3)

    def test_what_was_acknowledged_survives_kill_9(self):
        self.live_in(House())
        self.earn(request_id="kept")
        postmaster = self.house.postmaster()
        self.house.kill()
        self.assertEqual(self.house.postmaster(), postmaster, "PostgreSQL survives its parent")
        self.house.start()
        self.shop = Caller(self.house, self.key)
        self.assertEqual(self.house.postmaster(), postmaster, "and is found again")
        self.assertEqual(self.balance(), 1)

    def test_ending_answers_what_was_accepted(self):
        self.live_in(House())
        answered, odd, lock = [], [], threading.Lock()

        def keep_earning(lane):
            for number in range(10_000):
                request_id = f"{lane}-{number}"
                try:
                    self.earn(request_id=request_id)
                except Failure as failure:
                    # The engine's word, or gRPC's own for a call that came after the door was shut.
                    if failure.code not in ("UNAVAILABLE", "CANCELLED"):
                        odd.append(failure)
                    return
                with lock:
                    answered.append(request_id)

        lanes = [threading.Thread(target=keep_earning, args=(lane,)) for lane in range(8)]
        for lane in lanes:
            lane.start()
        wait_until("calls are flowing", 20, lambda: len(answered) > 50)
        codes = self.house.stop()
        for lane in lanes:
            lane.join()
        self.assertEqual(odd, [])
        self.assertEqual(set(codes.values()), {0})
        self.house.start()
        self.shop = Caller(self.house, self.key)
        balance = self.balance()
        self.assertGreaterEqual(balance, len(answered), "nothing acknowledged is lost")
        for request_id in answered:
            self.earn(request_id=request_id)
            self.assertEqual(self.shop.trailing.get("gratis-replayed"), "true")
        self.assertEqual(self.balance(), balance)


class Starting(unittest.TestCase):
    def test_a_database_of_a_newer_version_is_left_alone(self):
        house = House(split=False).start()
        self.addCleanup(house.remove)
        house.psql("INSERT INTO house.migration SELECT schema, 9999, 'of_tomorrow', checksum, applied_at"
                   " FROM house.migration WHERE schema = 'ledger' LIMIT 1")
        house.stop()
        with self.assertRaises(RuntimeError) as caught:
            house.start()
        self.assertIn("newer", str(caught.exception))

    def run_gratisd(self, house, *arguments, **more):
        return subprocess.run([str(BUILD / "bin/gratisd"), *arguments], capture_output=True, text=True, timeout=60,
                              env=house.environment | more)

    def test_an_unknown_setting_is_an_error_that_helps(self):
        house = House(split=False)
        self.addCleanup(house.remove)
        for arguments, variables in ((["--prot", "1"], {}), ([], {"GRATIS_PORTS": "1"})):
            refused = self.run_gratisd(house, *arguments, **variables)
            self.assertEqual(refused.returncode, 2, refused.stderr)
            self.assertIn("port", refused.stderr.lower())
        (house.home / "gratis.toml").write_text("log-format = \"json\"\nprot = 1\n")
        refused = self.run_gratisd(house, "config", "check")
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn("gratis.toml:2", refused.stderr)
        self.assertIn("port", refused.stderr)
        self.assertFalse((house.home / "postgres").exists(), "nothing was begun")

    def test_settings_come_from_flag_then_environment_then_file(self):
        house = House(split=False)
        self.addCleanup(house.remove)
        (house.home / "gratis.toml").write_text("port = 1001\nworkers = 11\npool-size = 12\n")
        shown = self.run_gratisd(house, "config", "check", "--port", "1003", GRATIS_PORT="1002", GRATIS_WORKERS="13")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        values = {line.split()[0]: line.split()[1] for line in shown.stdout.splitlines() if len(line.split()) > 1}
        self.assertEqual((values["port"], values["workers"], values["pool-size"]), ("1003", "13", "12"))
        self.assertEqual(self.run_gratisd(house, "--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
