"""A real HTTP server for the tests: it keeps what it is told, and answers as a script says."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Told:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` is what the next requests get, in order: a status, or something done in its place;
    then 204."""

    answers: list[int | Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    url: str = ""


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.told.append(Told(self.path, headers, body))
            answer = receiver.answers.pop(0) if receiver.answers else 204
            if callable(answer):
                answer(self)
                return
            said = b"" if answer == 204 else b"no, thank you"
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook/secret-path"
    yield receiver
    server.shutdown()
    server.server_close()


def repeats(handler: BaseHTTPRequestHandler) -> None:
    """Says what it was asked for, as the default pages of many servers do."""
    said = f"Cannot POST {handler.path} with {dict(handler.headers)}".encode()
    handler.send_response(404)
    handler.send_header("Content-Length", str(len(said)))
    handler.end_headers()
    handler.wfile.write(said)


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    """Takes the message and dies before it answers."""
    handler.connection.close()
    handler.close_connection = True


def drips(handler: BaseHTTPRequestHandler) -> None:
    """An answer of which a byte comes now and then, for ever."""
    for _ in range(200):
        try:
            handler.connection.sendall(b"H")
        except OSError:
            break
        time.sleep(0.05)


def asks_for_patience(handler: BaseHTTPRequestHandler) -> None:
    """Says when it wants to be told again: in a quarter of an hour."""
    handler.send_response(429)
    handler.send_header("Retry-After", "900")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def takes_its_time(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.05)
    handler.send_response(204)
    handler.end_headers()
