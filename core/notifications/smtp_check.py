"""Speaks to the mail server step by step, and stops before a message: which step is wrong, and what to do."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from core.errors import DeliveryDelayed, DeliveryRefused
from core.notifications.message import mail_address
from core.notifications.smtp import connect, expect, make_private, naming_failures, sign_in
from core.notifications.smtp_server import SmtpServer, StartTls, read_smtp_url


@dataclass(frozen=True, slots=True)
class Finding:
    """One step: `said` tells what was found, or what is wrong and what to do about it."""

    step: str
    good: bool
    said: str


class Wrong(Exception):
    """A step failed; the text says why."""


def check_smtp(smtp_url: str, mail_from: str, timeout: float = 10.0) -> list[Finding]:
    """The steps up to the first one that fails. `timeout` is seconds for each answer of the server."""
    found: list[Finding] = []
    steps = _Steps(timeout)
    plan: list[tuple[str, Callable[[], str]]] = [
        ("Setting", lambda: steps.read(smtp_url)),
        ("Name", steps.find),
        ("Connection", steps.connect),
        ("Encryption", steps.encrypt),
        ("Sign-in", steps.sign_in),
        ("Sender", lambda: steps.announce(mail_from)),
    ]
    try:
        for step, act in plan:
            try:
                found.append(Finding(step, True, act()))
            except Wrong as wrong:
                return [*found, Finding(step, False, str(wrong))]
        return found
    finally:
        steps.close()


class _Steps:
    """One conversation; each step returns what it found, or raises Wrong."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._server = SmtpServer("", 0)
        self._session = smtplib.SMTP()

    def read(self, smtp_url: str) -> str:
        try:
            self._server = read_smtp_url(smtp_url)
        except DeliveryDelayed as error:
            raise Wrong(str(error)) from None
        return f"SMTP_URL names {self._server.place}."

    def find(self) -> str:
        host = self._server.host
        try:
            found = socket.getaddrinfo(host, self._server.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Wrong(f"The name {host} is not known: check the host in SMTP_URL, and DNS.") from None
        return f"{host} is {found[0][4][0]}."

    def connect(self) -> str:
        place = self._server.place
        try:
            with naming_failures(self._server):
                self._session = connect(self._server, self._timeout)
                self._session.ehlo_or_helo_if_needed()
        except DeliveryDelayed as error:
            raise Wrong(_why_unconnected(self._server, error)) from None
        return f"{place} answers as a mail server."

    def encrypt(self) -> str:
        self._named(lambda: make_private(self._session, self._server))
        if isinstance(self._session.sock, socket.socket) and hasattr(self._session.sock, "cipher"):
            how = "TLS from the first byte" if self._server.tls else "STARTTLS"
            unchecked = "" if self._server.verify else ", the certificate unverified"
            return f"The connection is encrypted ({how}{unchecked})."
        asked = "SMTP_URL forbids it" if self._server.starttls is StartTls.NO else "the server offers none"
        return f"The connection is not encrypted: {asked}."

    def sign_in(self) -> str:
        self._named(lambda: sign_in(self._session, self._server))
        return f"Signed in as {self._server.user}." if self._server.user else "SMTP_URL names no user."

    def announce(self, mail_from: str) -> str:
        try:
            sender = str(mail_address(mail_from).addr_spec)
            with naming_failures(self._server):
                expect(self._session.mail(sender), 250)
        except (DeliveryRefused, DeliveryDelayed) as error:
            raise Wrong(f"The sender in MAIL_FROM is not taken: {error}") from None
        return f"{sender} may send."

    def close(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._session.rset()
            self._session.quit()
        self._session.close()

    def _named(self, act: Callable[[], None]) -> None:
        try:
            with naming_failures(self._server):
                act()
        except (DeliveryRefused, DeliveryDelayed) as error:
            raise Wrong(str(error)) from None


def _why_unconnected(server: SmtpServer, error: DeliveryDelayed) -> str:
    """Those that people meet most have a sentence of their own."""
    cause = _first_cause(error)
    if isinstance(cause, ConnectionRefusedError):
        return f"Nothing listens at {server.place}: check the port in SMTP_URL, and a firewall in between."
    if isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"{server.place} speaks no TLS from the first byte: use smtp:// for it, which goes on with "
            "STARTTLS where the server offers it."
        )
    if isinstance(cause, TimeoutError):
        return (
            f"{server.place} does not answer: check the port in SMTP_URL, and a firewall in between. "
            "smtps:// is for a port that speaks TLS from the first byte, such as 465."
        )
    return str(error)


def _first_cause(error: BaseException) -> BaseException:
    """What began it: smtplib tells of a lost connection in the middle of handling what the network said."""
    while error.__context__ is not None:
        error = error.__context__
    return error
