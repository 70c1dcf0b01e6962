"""A mail server as it stands in the world: Debian's chasquid, in a folder of its own, as nobody in particular.

It listens on ports of the machine's own, takes letters over TLS from who has the password, queues them, and delivers
what is for example.org into a Maildir: FOLDER/mail/new. The local part of the recipient may ask for mischief:

    grey…   451 after DATA the first time     spam…   a permanent error after DATA
"""

import email
import email.policy
import pathlib
import socket
import subprocess

from house import free_ports, wait_until
from mail_server import certificate

USER, PASSWORD = "gratis@shop.example", "s3cret-mail"
START_SECONDS = 30

# %-signs are chasquid's.
CONFIG = """
hostname: "localhost"
smtp_address: "127.0.0.1:{smtp}"
submission_address: "127.0.0.1:{submission}"
submission_over_tls_address: "127.0.0.1:{over_tls}"
data_dir: "{folder}/data"
mail_log_path: "{folder}/mail.log"
drop_characters: ""
suffix_separators: ""
mail_delivery_agent_bin: "{folder}/deliver"
mail_delivery_agent_args: "{folder}/mail"
"""

# One letter into a Maildir, as its rules have it: written aside, then moved.
DELIVER = """#!/bin/sh -eu
letter=$(mktemp "$1/tmp/XXXXXXXXXX")
cat >"$letter"
mv "$letter" "$1/new/"
"""

AFTER_DATA = """#!/bin/sh -eu
case $RCPT_TO in
  grey*) [ -e "seen/$RCPT_TO" ] || { : >"seen/$RCPT_TO"; echo "greylisted, come again"; exit 75; } ;;
  spam*) echo "not wanted here"; exit 20 ;;
esac
"""


class PostOffice:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for below in ("data", "certs/localhost", "domains/shop.example", "domains/example.org", "hooks", "seen",
                      "mail/tmp", "mail/new", "mail/cur"):
            (self.folder / below).mkdir(parents=True)
        certificate(self.folder)
        for kept, name in (("ca.pem", "fullchain.pem"), ("key.pem", "privkey.pem")):
            (self.folder / "certs/localhost" / name).write_bytes((self.folder / kept).read_bytes())
        smtp, self.port, over_tls = free_ports(3)
        (self.folder / "chasquid.conf").write_text(
            CONFIG.format(folder=self.folder, smtp=smtp, submission=self.port, over_tls=over_tls))
        for name, text in (("deliver", DELIVER), ("hooks/post-data", AFTER_DATA)):
            (self.folder / name).write_text(text)
            (self.folder / name).chmod(0o755)
        # Whoever is written to has the one letter box.
        (self.folder / "domains/example.org/aliases").write_text("*: box\n")
        for user in (USER, "box@example.org"):
            subprocess.run(["chasquid-util", f"--configdir={self.folder}", "user-add", user, f"--password={PASSWORD}"],
                           check=True, capture_output=True)
        with open(self.folder / "server.log", "wb") as log:
            self.process = subprocess.Popen(["chasquid", f"-config_dir={self.folder}"], stdout=log, stderr=log)
        wait_until("the post office is open", START_SECONDS, self.listens)

    def listens(self):
        if self.process.poll() is not None:
            raise RuntimeError((self.folder / "server.log").read_text())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def flags(self):
        """What a gratisd is told so that it sends its letters here."""
        return [f"--smtp-url=smtp://localhost:{self.port}", f"--smtp-user={USER}", f"--smtp-ca={self.folder}/ca.pem"]

    def messages(self):
        """What arrived, parsed, in no order."""
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                for path in (self.folder / "mail/new").iterdir()]

    def stop(self):
        self.process.terminate()
        self.process.wait()
