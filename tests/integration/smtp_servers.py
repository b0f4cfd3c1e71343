"""Real mail servers for the tests: aiosmtpd on a free port, and one that follows a script to break."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "ann@example.com", "s3cret/#?@:%"


@dataclass
class Inbox:
    """An aiosmtpd handler that keeps what it gets; `answers` overrides what it says to a command."""

    answers: dict[str, str] = field(default_factory=dict)
    envelopes: list[Envelope] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.answers.get("RCPT", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.envelopes.append(envelope)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        self.signed_in.append(bool(session.authenticated))
        return self.answers.get("DATA", "250 OK")


def sign_in(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """The authenticator of a server that knows one user."""
    assert isinstance(data, LoginPassword)
    known = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=False)


@contextmanager
def running_smtp(handler: object, *, smtps: ssl.SSLContext | None = None, **options: Any) -> Iterator[int]:
    """The port of an aiosmtpd server; `options` are those of aiosmtpd's SMTP."""
    loop = asyncio.new_event_loop()

    def protocol() -> SMTP:
        return SMTP(handler, hostname="mail.test", loop=loop, **options)

    server = loop.run_until_complete(loop.create_server(protocol, "127.0.0.1", 0, ssl=smtps))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        loop.run_until_complete(_end_all(loop))
        loop.close()


async def _end_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Conversation:
    """The server's side of one connection, line by line."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.lines = connection.makefile("rb")
        self.heard: list[bytes] = []

    def say(self, line: str) -> None:
        self.connection.sendall(line.encode() + b"\r\n")

    def answer(self, line: str) -> bytes:
        """Hear one line and say another."""
        heard = self.lines.readline()
        self.heard.append(heard)
        self.say(line)
        return heard

    def greet(self, features: str = "") -> None:
        self.say("220 mail.test")
        self.answer(f"250-mail.test\r\n250 {features}" if features else "250 mail.test")

    def take_content(self) -> bytes:
        """Everything from MAIL to the lone dot, without an answer to it."""
        self.answer("250 OK")
        self.answer("250 OK")
        self.answer("354 Go on")
        content = b""
        while not content.endswith(b"\r\n.\r\n"):
            content += self.lines.readline()
        return content

    def break_off(self) -> None:
        """Reset the connection, as a crash does, rather than close it in peace."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.lines.close()
        self.connection.close()


@contextmanager
def scripted_smtp(script: Callable[[Conversation], None]) -> Iterator[int]:
    """The port of a server that takes one connection and follows the script with it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_follow, args=(server, script), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _follow(server: socket.socket, script: Callable[[Conversation], None]) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        script(Conversation(connection))
