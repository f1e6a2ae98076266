"""A way over TCP to a PostgreSQL that listens on a Unix socket, which a test can cut at any moment.

Programs that know no Unix sockets, as JDBC, reach the server by it; tests see what a lost
connection does.
"""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.guarded import need_socket

_PIECE = 1 << 16
_ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")  # the first eight bytes of who does


@dataclass
class Relay:
    """Passes bytes on between whoever connects to ``port`` of 127.0.0.1 and the socket ``to``.

    ``tls``: what to encrypt with on the client's side, for a server that cannot do it itself.
    ``served``: how many have connected so far.
    """

    to: Path
    port: int
    tls: ssl.SSLContext | None = None
    served: int = 0
    _open: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _trigger: bytes = b""
    _sent: bool = False  # whether what holds the trigger is passed on before the cut

    def cut(self) -> None:
        """Drop every connection of now, both ways; the next one is served again."""
        with self._lock:
            dropped, self._open = self._open, []
        for one in dropped:
            with suppress(OSError):  # it is closed already
                one.shutdown(socket.SHUT_RDWR)

    def cut_before(self, words: bytes) -> None:
        """Drop everything once a client sends ``words``, which the server never sees."""
        self._trigger, self._sent = words, False

    def cut_after(self, words: bytes) -> None:
        """Drop everything once a client sent ``words``: the server has them, its answer is lost."""
        self._trigger, self._sent = words, True

    def serve(self, client: socket.socket) -> None:
        """Join one client and the server, until one of them goes."""
        if self.tls is not None:
            try:
                client = self._encrypted(client, self.tls)
            except OSError:  # the client does not trust us, and has gone
                client.close()
                return
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(self.to))
        except OSError:  # it does not run: the client sees a connection that is closed at once
            client.close()
            server.close()
            return
        with self._lock:
            self._open += [client, server]
            self.served += 1
        back = threading.Thread(target=self._pass, args=(server, client, False), daemon=True)
        back.start()
        self._pass(client, server, True)
        back.join()
        with self._lock:
            self._open = [one for one in self._open if one is not client and one is not server]
        client.close()
        server.close()

    @staticmethod
    def _encrypted(client: socket.socket, tls: ssl.SSLContext) -> socket.socket:
        """Do what a server does that is asked for TLS."""
        assert client.recv(len(_ASKS_FOR_TLS), socket.MSG_WAITALL) == _ASKS_FOR_TLS
        client.sendall(b"S")
        return tls.wrap_socket(client, server_side=True)

    def _pass(self, source: socket.socket, sink: socket.socket, asking: bool) -> None:
        """Pass on what comes, until there is no more."""
        with suppress(OSError):
            while piece := source.recv(_PIECE):
                if asking and self._trigger and self._trigger in piece:
                    self._trigger = b""
                    self._last(piece, sink)
                    break
                sink.sendall(piece)
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _last(self, piece: bytes, sink: socket.socket) -> None:
        """Cut; the server gets ``piece`` and answers before it, where that is wanted."""
        if not self._sent:
            self.cut()
            return
        with self._lock:
            clients = [one for one in self._open if one.family == socket.AF_INET]
        for one in clients:  # who hears no more before the server is told
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        sink.sendall(piece)
        with suppress(OSError):
            sink.settimeout(5)
            sink.shutdown(socket.SHUT_WR)  # the server does what it was told, then sees the end


@contextmanager
def relay(
    folder: str | Path, port: int = 5432, tls: ssl.SSLContext | None = None
) -> Iterator[Relay]:
    """Serve the server whose Unix socket lies in ``folder`` for as long as the block lasts.

    Connections stand in for local ones, so the lines ``local`` of its pg_hba.conf decide.
    """
    need_socket(str(folder))
    listening = socket.create_server(("127.0.0.1", 0))
    made = Relay(to=Path(folder) / f".s.PGSQL.{port}", port=listening.getsockname()[1], tls=tls)
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:  # it is closed: the block is over
                return
            one = threading.Thread(target=made.serve, args=(client,), daemon=True)
            one.start()
            threads.append(one)

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield made
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
        listening.close()
        accepting.join(10)
        made.cut()
        for one in threads:
            one.join(10)
