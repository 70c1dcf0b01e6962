"""Imports a file of orders and kills, at a random moment of it, one of: gratisd, the importer, a back
end of PostgreSQL, the postmaster. Starts again what died, runs the import again until it ends, and
compares the books with those of an undisturbed import.
"""

import os
import random
import signal
import subprocess
import threading
import time

from house import BUILD, House
from orders import Orders

ORDERS = 3000

VICTIMS = ("gratisd", "importer", "backend", "postmaster")
MAX_ATTEMPTS = 10  # of the import, in one round


def books_of(house, program):
    """All there is to compare: every account's balance, every member's by the shop's own id."""
    trial = house.answer("ledger", "trial-balance", "--program", program)
    trial.pop("partitions", None)
    verified = house.gratis("ledger", "verify", "--program", program, check=False)
    wallets = house.psql(f"""
        SELECT string_agg(available::text || 'x' || count::text, ',' ORDER BY available) FROM (
          SELECT available, count(*) FROM ledger.wallet WHERE partition IN (
            SELECT partition FROM ledger.head h JOIN ledger.program p ON p.number = h.program
            WHERE p.code = '{program}') GROUP BY available) AS wallets""")
    return {"trial balance": trial, "wallets": wallets, "verify": (verified.returncode, verified.stdout[-2000:])
            if verified.returncode else 0}


class Round:
    def __init__(self, number, seed, house, file, undisturbed):
        self.number, self.seed, self.house, self.file = number, seed, house, file
        self.random = random.Random(seed)
        self.program = f"round{number}"
        self.undisturbed = undisturbed  # (books, seconds)

    def play(self):
        victim = self.random.choice(VICTIMS)
        moment = self.random.uniform(0.02, 0.98) * self.undisturbed[1]
        self.house.gratis("program", "create", self.program)
        importer = self.import_again()
        killer = threading.Timer(moment, self.kill, (victim, importer))
        killer.start()
        attempts = 1
        while True:
            code = importer.wait()
            killer.join()
            self.revive()
            if code == 0:
                break
            attempts += 1
            if attempts > MAX_ATTEMPTS:
                return f"the import does not end: {importer.stderr.read().decode()[-1000:]}"
            importer = self.import_again()
        difference = self.difference()
        print(f"round {self.number}: seed {self.seed}, {victim} killed after {moment:.2f} s, "
              f"{attempts} attempts: {'DIFFERENT BOOKS' if difference else 'same books'}", flush=True)
        return difference

    def import_again(self):
        return subprocess.Popen([str(BUILD / "bin/gratis"), "orders", "import", str(self.file), "--program", self.program,
                                 "--json"], env=self.house.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def kill(self, victim, importer):
        try:
            if victim == "importer":
                importer.kill()
            elif victim == "gratisd":
                self.house.kill("gratisd")
            elif victim == "postmaster":
                os.kill(self.house.postmaster(), signal.SIGKILL)
            else:
                os.kill(self.random.choice(self.backends()), signal.SIGKILL)
        except (ProcessLookupError, KeyError, TypeError, IndexError):
            pass  # it had ended by itself

    def backends(self):
        """PostgreSQL's processes that serve the engine's connections."""
        listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.house.postmaster())],
                                capture_output=True, text=True).stdout
        return [int(line.split()[0]) for line in listed.splitlines() if " gratis " in line and "[local]" in line]

    def revive(self):
        """Whoever runs the engine starts what is down; a dead PostgreSQL comes back with gratisd."""
        if self.house.postmaster() is None or not self.postgres_answers():
            for process in self.house.processes.values():
                process.kill()
                process.wait()
            self.house.processes.clear()
        self.house.start()

    def postgres_answers(self):
        try:
            return self.house.psql("SELECT 1") == "1"
        except (subprocess.CalledProcessError, OSError, IndexError):
            return False

    def difference(self):
        """What differs from the undisturbed books; None if nothing does."""
        books = books_of(self.house, self.program)
        different = [f"{name}:\n  undisturbed {self.undisturbed[0][name]}\n  after the kill {books[name]}"
                     for name in books if books[name] != self.undisturbed[0][name]]
        return "\n".join(different) or None


def play(rounds, first):
    """How many rounds ended with other books."""
    house = House(split=False)
    failed = 0
    try:
        house.start()
        file = Orders(ORDERS, seed=first).write(house.home / "orders.csv")
        house.gratis("program", "create", "undisturbed")
        begin = time.monotonic()
        house.gratis("orders", "import", file, "--program", "undisturbed", "--json")
        seconds = time.monotonic() - begin
        undisturbed = books_of(house, "undisturbed"), seconds
        if undisturbed[0]["verify"] != 0:
            print(f"even the undisturbed books are not sound: {undisturbed[0]['verify']}")
            return rounds
        # A comparison that sees no difference where there is one would make every round pass.
        shorter = Orders(ORDERS, seed=first)
        shorter.rows = [row for row in shorter.rows if row is not shorter.rows[ORDERS // 2]]
        house.gratis("program", "create", "shorter")
        house.gratis("orders", "import", shorter.write(house.home / "orders.csv"), "--program", "shorter", "--json")
        if books_of(house, "shorter") == undisturbed[0]:
            print("one order less makes no difference: the comparison is worth nothing")
            return rounds
        Orders(ORDERS, seed=first).write(file)

        for number in range(rounds):
            problem = Round(number, first + number, house, file, undisturbed).play()
            if problem:
                failed += 1
                print(f"round {number} (--only import --rounds 1 --seed {first + number}):\n{problem}")
    finally:
        house.remove()
    return failed
