"""A receiver of webhooks for tests: HTTP or HTTPS, which answers as it is told and keeps what it got."""

import collections
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
import time

from house import TOP, wait_until


class Got:
    """One POST."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body, self.at = path, headers, body, time.monotonic()

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def event(self):
        return json.loads(self.body)


class Answer:
    def __init__(self, status=200, headers=(), seconds=0, hang_up=False):
        self.status, self.headers, self.seconds, self.hang_up = status, dict(headers), seconds, hang_up


class Receiver:
    """`with Receiver() as receiver:`; `plan` has the answers to come of each path, then it answers `usual`."""

    def __init__(self, folder=None):
        self.lock = threading.Lock()
        self.got = []
        self.plan = collections.defaultdict(collections.deque)
        self.usual = collections.defaultdict(Answer)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a sender that does not trust it, or is killed
        self.ca = None
        if folder:
            self.ca = pathlib.Path(folder) / "receiver-ca.pem"
            key = self.ca.with_suffix(".key")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-out", self.ca,
                            "-keyout", key], check=True, capture_output=True)
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(self.ca, key)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def _handler(receiver):  # noqa: N805
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with receiver.lock:
                    receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    plan = receiver.plan[self.path]
                    answer = plan.popleft() if plan else receiver.usual[self.path]
                time.sleep(answer.seconds)
                if answer.hang_up:
                    self.close_connection = True
                    return
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", "0")
                    self.end_headers()
                except OSError:
                    self.close_connection = True

            def log_message(self, *_):
                pass

        return Handler

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, path):
        return f"{'https' if self.ca else 'http'}://localhost:{self.port}{path}"

    def at(self, path):
        with self.lock:
            return [got for got in self.got if got.path == path]

    def wait(self, path, count, seconds=30):
        """What the path got, once it is so much."""
        return wait_until(f"{path} gets {count}, and has {len(self.at(path))}", seconds,
                          lambda: self.at(path) if len(self.at(path)) >= count else None)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def verified(secret, webhooks):
    """What the public library standardwebhooks says of each: its event's id, or None."""
    lines = [json.dumps({"secret": secret, "headers": got.headers, "body": got.body.decode()}) for got in webhooks]
    done = subprocess.run(["node", str(TOP / "tests/e2e/node/verify_webhooks.js")], input="\n".join(lines) + "\n",
                          text=True, check=True, capture_output=True)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return [one.get("id") if one["good"] else None for one in said]
