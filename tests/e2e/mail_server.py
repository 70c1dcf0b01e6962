"""A mail server for tests: aiosmtpd with TLS and AUTH, which misbehaves as the recipient's address asks.

    /usr/bin/python3 mail_server.py FOLDER [--plain]    prints "PORT n" when it listens

FOLDER/letters.jsonl gets a line for each letter that was sent whole: {"to", "from", "user", "tls", "taken", "bytes"};
`taken` says whether the server answered that it took it. FOLDER/ca.pem is what its certificate is checked against.
With --plain it speaks neither TLS nor AUTH, as a server of the same machine may. The local part of the recipient:

    nobody…        550 at RCPT                  busy…          450 at RCPT
    grey-N…        451 at RCPT, N times         drop-rcpt-N…   hangs up at RCPT, N times
    full-N…        452 after DATA, N times      drop-data-N…   hangs up after DATA without an answer, N times
    spam…          554 after DATA               slow-N…        answers after N seconds
    silent-N…      never answers after DATA, N times; silent: ever
    cut-data-N…    hangs up amid its answer of several lines after DATA, N times
    anything else  is taken
"""

import asyncio
import base64
import collections
import json
import pathlib
import re
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult
from house import wait_until

USER, PASSWORD = "gratis", "s3cret-mail"


class Handler:
    def __init__(self, folder):
        self.letters = folder / "letters.jsonl"
        self.letters.touch()
        self.seen = collections.Counter()

    def still(self, address, kind):
        """Whether the address asks for this mischief, and has not had it as often as it says."""
        local = address.split("@")[0]
        match = re.match(rf"{kind}-(\d+)", local)
        if not match:
            return False
        self.seen[kind, address] += 1
        return self.seen[kind, address] <= int(match.group(1))

    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]
        if local.startswith("nobody"):
            return "550 5.1.1 no such user here"
        if local.startswith("busy"):
            return "450 4.2.1 mailbox busy"
        if self.still(address, "grey"):
            return "451 4.7.1 greylisted, come again"
        if self.still(address, "drop-rcpt"):
            server.transport.abort()
            return "421 4.3.0 gone"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        local = address.split("@")[0]
        answer = "250 2.0.0 taken"
        if self.still(address, "full"):
            answer = "452 4.2.2 mailbox full"
        elif local.startswith("spam"):
            answer = "554 5.7.1 not wanted here"
        drop = self.still(address, "drop-data")
        cut = self.still(address, "cut-data")
        slow = re.match(r"slow-(\d+)", local)
        if slow:
            await asyncio.sleep(int(slow.group(1)))
        silent = self.still(address, "silent") or local == "silent"
        self.note(session, envelope, answer.startswith("250") and not drop and not cut and not silent)
        if silent:
            await asyncio.sleep(3600)
        if cut:
            server.transport.write(b"250-2.0.0 taken\r\n")
            await asyncio.sleep(0.2)
        if drop or cut:
            server.transport.abort()
        return answer

    def note(self, session, envelope, taken):
        user = session.auth_data.decode() if session.auth_data else ""
        with open(self.letters, "a", encoding="utf-8") as file:
            file.write(json.dumps({
                "to": envelope.rcpt_tos[0], "from": envelope.mail_from, "user": user,
                "tls": session.ssl is not None, "taken": taken,
                "bytes": base64.b64encode(envelope.original_content).decode()}) + "\n")


def authenticate(server, session, envelope, mechanism, data):
    good = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=good, auth_data=data.login if good else None)


def certificate(folder):
    paths = folder / "ca.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", paths[0], "-keyout", paths[1]],
                   check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*paths)
    return context


async def serve(folder, plain):
    handler = Handler(folder)
    more = {} if plain else {"tls_context": certificate(folder), "require_starttls": True, "auth_required": True,
                             "authenticator": authenticate}
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="localhost", **more), "127.0.0.1", 0)
    print("PORT", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class MailServer:
    """The server as a process of its own, for Python's tests."""

    def __init__(self, folder, plain=False):
        self.folder = pathlib.Path(folder)
        command = ["/usr/bin/python3", "-B", __file__, str(folder), *(["--plain"] if plain else [])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    @property
    def ca(self):
        return self.folder / "ca.pem"

    def flags(self):
        """What a gratisd is told so that it sends its letters here."""
        if not self.ca.exists():
            return [f"--smtp-url=smtp://localhost:{self.port}", "--smtp-tls=none"]
        return [f"--smtp-url=smtp://localhost:{self.port}", f"--smtp-user={USER}", f"--smtp-ca={self.ca}"]

    def letters(self):
        """Every letter that was sent whole, taken or not."""
        return [json.loads(line) for line in (self.folder / "letters.jsonl").read_text().splitlines()]

    def messages(self):
        """Those that were taken, parsed."""
        import email
        import email.policy
        return [email.message_from_bytes(base64.b64decode(letter["bytes"]), policy=email.policy.default)
                for letter in self.letters() if letter["taken"]]

    def letters_to(self, address):
        """Those of them that are for the address, in the order in which they came."""
        return [letter for letter in self.messages() if letter["To"].addresses[0].addr_spec == address]

    def letter_to(self, address, seconds=60):
        """The first of them, once it has come."""
        wait_until(f"a letter to {address}", seconds, lambda: self.letters_to(address))
        return self.letters_to(address)[0]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


if __name__ == "__main__":
    asyncio.run(serve(pathlib.Path(sys.argv[1]), "--plain" in sys.argv[2:]))
