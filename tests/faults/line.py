"""The line between an engine and PostgreSQL, which a test can cut at a chosen word."""

import asyncio
import os
import signal
import socket
import struct
import threading

BIND = ord("B")  # the protocol's message that names a prepared statement
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: what is closed is not said goodbye to


class Statements:
    """Follows what a client says in PostgreSQL's protocol, and tells the statements it runs."""

    def __init__(self):
        self._rest = b""
        self._greeted = False

    def feed(self, said):
        self._rest += said
        named = []
        while True:
            head = 5 if self._greeted else 4
            if len(self._rest) < head:
                return named
            size = int.from_bytes(self._rest[head - 4:head], "big") + head - 4
            if len(self._rest) < size:
                return named
            message, self._rest = self._rest[:size], self._rest[size:]
            if not self._greeted:
                self._greeted = True
            elif message[0] == BIND:
                named.append(message[5:].split(b"\0")[1].decode())


class Line:
    """Listens like PostgreSQL on a TCP port of its own, and passes on what it hears. Thread-safe."""

    def __init__(self, server):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.cuts = 0
        self.stops = 0
        self._server = server  # the path of PostgreSQL's socket
        self._lock = threading.Lock()
        self._cut = None   # (statement, whether the server still hears it)
        self._stop = None  # (statement, pid)
        self._passing = 0  # statements that go by before the one to stop at
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut_at(self, statement, forwarded):
        """Cuts the line once when the client runs `statement`: before the server hears of it, or
        after the server has done it and before the client hears of that. The client sees its
        connection reset."""
        with self._lock:
            self._cut = statement, forwarded

    def stop_at(self, statement, pid, passing=0):
        """Stops the process when the server has run `statement` for it, before it hears of that; but lets
        it run some of them before."""
        with self._lock:
            self._stop = statement, pid
            self._passing = passing

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._listener.close()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._listener))
        self._loop.run_forever()

    def _take(self, which, named):
        with self._lock:
            asked = getattr(self, which)
            if asked is None or asked[0] not in named:
                return None
            if which == "_stop" and self._passing > 0:
                self._passing -= 1
                return None
            setattr(self, which, None)
            return asked[1]

    async def _serve(self, from_client, to_client):
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._server)
        except OSError:
            to_client.close()
            return
        cut = asyncio.Event()  # what the server says from now on is not to be heard
        stop = []              # who is to be stopped then

        async def client_speaks():
            statements = Statements()
            while said := await from_client.read(65536):
                named = statements.feed(said)
                forwarded = self._take("_cut", named)
                if forwarded is not None:
                    self.cuts += 1
                    cut.set()
                    if not forwarded:
                        return
                pid = self._take("_stop", named)
                if pid is not None:
                    stop.append(pid)
                to_server.write(said)
                await to_server.drain()

        async def server_speaks():
            while said := await from_server.read(65536):
                if cut.is_set():
                    return
                if stop:
                    os.kill(stop.pop(), signal.SIGSTOP)
                    self.stops += 1
                to_client.write(said)
                await to_client.drain()

        ends = [asyncio.ensure_future(client_speaks()), asyncio.ensure_future(server_speaks())]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
            if cut.is_set():
                to_client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            to_client.close()
            to_server.close()
