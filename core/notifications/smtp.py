"""Handing one message to the mail server, and saying what became of it."""

from __future__ import annotations

import base64
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from urllib.parse import quote

from core.errors import DeliveryDelayed, DeliveryFateUnknown, DeliveryRefused
from core.notifications.legible import one_line
from core.notifications.smtp_server import SmtpServer, StartTls, read_smtp_url

ABOUT_SIGNING_IN = frozenset({530, 534, 535, 538})
"""RFC 4954: the server objects to SMTP_URL and not to the message, so it can be mended and retried."""
LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
GOODBYE_SECONDS = 2.0
CLOSING = 421
"""RFC 5321: the server ends the conversation, whatever was asked."""


def send(message: EmailMessage, smtp_url: str, timeout: float = 30.0) -> None:
    """As `Post.send`, over a connection of its own."""
    with Post(timeout) as post:
        post.send(message, smtp_url)


class Post:
    """The way to the mail server: one connection for as many messages as the server takes over it.

    `timeout` is seconds for each answer of the server. Not to be shared between threads.
    """

    def __init__(self, timeout: float = 30.0) -> None:
        self._timeout = timeout
        self._session: smtplib.SMTP | None = None
        self._url = ""

    def __enter__(self) -> Post:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether a message was sent over a connection that still stands."""
        return self._session is not None

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            _say_goodbye(session)
            session.close()

    def send(self, message: EmailMessage, smtp_url: str) -> None:
        """Hand the message to the server for the one recipient in its To.

        Raises DeliveryRefused when the server said no for good (5xx); DeliveryDelayed when it can be
        tried again: 4xx, no connection, no sign-in, or a break before the message was handed over whole;
        DeliveryFateUnknown when the connection broke after that and before the answer. No error holds
        the password.
        """
        server = read_smtp_url(smtp_url)
        sender, recipient = _only_address(message, "From"), _only_address(message, "To")
        content = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        with naming_failures(server), self._dropped_when_broken():
            session = self._announced(server, smtp_url, sender, recipient, len(content))
            _hand_over(session, server, content)

    def _announced(
        self, server: SmtpServer, smtp_url: str, sender: str, recipient: str, size: int
    ) -> smtplib.SMTP:
        """A connection over which the server awaits the content.

        One that stood open may be gone by now, or the server may want no more over it (421): nothing was
        handed over yet, so it is opened anew.
        """
        if self._session is not None and self._url == smtp_url:
            try:
                _announce(self._session, sender, recipient, size)
                return self._session
            except smtplib.SMTPResponseException as refusal:
                if refusal.smtp_code != CLOSING:
                    raise
            except (OSError, smtplib.SMTPException):
                pass
        self.close()
        self._session, self._url = opened(server, self._timeout), smtp_url
        _announce(self._session, sender, recipient, size)
        return self._session

    @contextmanager
    def _dropped_when_broken(self) -> Iterator[None]:
        """After a refusal the conversation goes on from its start; after anything else it is over."""
        try:
            yield
        except smtplib.SMTPResponseException:
            self._start_over()
            raise
        except BaseException:
            self._drop()
            raise

    def _start_over(self) -> None:
        try:
            if self._session is not None:
                self._session.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


def _only_address(message: EmailMessage, header: str) -> str:
    addresses = [] if message[header] is None else message[header].addresses
    if len(addresses) != 1:
        raise DeliveryRefused(f"A message needs exactly one address in its {header}.")
    return str(addresses[0].addr_spec)


@contextmanager
def naming_failures(server: SmtpServer) -> Iterator[None]:
    """What goes wrong in a conversation with the server, as this module's errors."""
    try:
        yield
    except smtplib.SMTPResponseException as refusal:
        raise _answered(server, refusal) from None
    except ssl.SSLCertVerificationError as error:
        raise DeliveryDelayed(
            f"The certificate of the mail server {server.place} could not be verified "
            f"({error.verify_message}); ?verify=no in SMTP_URL would take it unverified."
        ) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise DeliveryDelayed(_unreached(server, error)) from None


def opened(server: SmtpServer, timeout: float) -> smtplib.SMTP:
    """A connection that was greeted, made private where it can be, and signed in over."""
    session = connect(server, timeout)
    try:
        session.ehlo_or_helo_if_needed()
        make_private(session, server)
        sign_in(session, server)
    except BaseException:
        session.close()
        raise
    return session


def connect(server: SmtpServer, timeout: float) -> smtplib.SMTP:
    if server.tls:
        context = server.tls_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=timeout)


def make_private(session: smtplib.SMTP, server: SmtpServer) -> None:
    """STARTTLS where it is wanted; refuses to go on where it is needed and not to be had."""
    if server.tls or server.starttls is StartTls.NO:
        return
    if session.has_extn("starttls"):
        session.starttls(context=server.tls_context())
        session.ehlo()
    elif server.starttls is StartTls.REQUIRED:
        raise DeliveryDelayed(f"The mail server {server.place} offers no STARTTLS, which SMTP_URL requires.")
    elif server.password and not server.is_this_machine:
        raise DeliveryDelayed(
            f"The mail server {server.place} offers no STARTTLS, and the password is not sent unencrypted; "
            "?starttls=no in SMTP_URL would allow it."
        )


def sign_in(session: smtplib.SMTP, server: SmtpServer) -> None:
    if not server.user:
        return
    if not session.has_extn("auth"):
        raise DeliveryDelayed(f"The mail server {server.place} offers no sign-in, but SMTP_URL names a user.")
    session.login(server.user, server.password)


def _announce(session: smtplib.SMTP, sender: str, recipient: str, size: int) -> None:
    options = [f"size={size}"] if session.has_extn("size") else []
    expect(session.mail(sender, options), 250)
    expect(session.rcpt(recipient), 250, 251)
    expect(session.docmd("DATA"), 354)


def _hand_over(session: smtplib.SMTP, server: SmtpServer, content: bytes) -> None:
    """Everything up to the last byte can be repeated. From then on only the server's answer tells."""
    session.send(LINE_START_DOT.sub(b"..", content).removesuffix(b"\r\n") + b"\r\n.\r\n")
    try:
        code, reply = session.getreply()
    except (OSError, smtplib.SMTPException):
        raise DeliveryFateUnknown(
            f"The connection to the mail server {server.place} broke after the message was handed over "
            "and before the answer; it may have been delivered."
        ) from None
    if not (200 <= code < 300 or 400 <= code < 600):
        raise DeliveryFateUnknown(
            f"The mail server {server.place} answered the message with something that is no SMTP; "
            "it may have been delivered."
        )
    expect((code, reply), *range(200, 300))


def expect(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _say_goodbye(session: smtplib.SMTP) -> None:
    """The message is taken by now: whatever goes wrong here must not send it again."""
    with suppress(OSError, smtplib.SMTPException):
        if session.sock is not None:
            session.sock.settimeout(GOODBYE_SECONDS)
        session.quit()


def _answered(
    server: SmtpServer, refusal: smtplib.SMTPResponseException
) -> DeliveryRefused | DeliveryDelayed:
    code = refusal.smtp_code
    said = f"{code} {_harmless(refusal.smtp_error, server)}".strip()
    if code in ABOUT_SIGNING_IN or isinstance(refusal, smtplib.SMTPAuthenticationError):
        return DeliveryDelayed(
            f"The mail server {server.place} refused the sign-in ({said}): "
            "check user and password in SMTP_URL."
        )
    if 500 <= code < 600:
        return DeliveryRefused(f"The mail server {server.place} refused the message for good ({said}).")
    return DeliveryDelayed(f"The mail server {server.place} did not take the message now ({said}).")


def _unreached(server: SmtpServer, error: Exception) -> str:
    cause = _harmless(str(error), server) or type(error).__name__
    return f"The mail server {server.place} could not be used ({cause}): check SMTP_URL."


def _harmless(said: bytes | str, server: SmtpServer) -> str:
    """What a server said, on one line, without the password should it have repeated it."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    for secret in _secrets(server):
        text = text.replace(secret, "…")
    return one_line(text, 200)


def _secrets(server: SmtpServer) -> list[str]:
    """The forms in which the password travels; longest first, since one may hold another."""
    if not server.password:
        return []
    plain = server.password
    together = f"\0{server.user}\0{plain}"
    encoded = [base64.b64encode(text.encode()).decode() for text in (together, plain)]
    return sorted([plain, quote(plain, safe=""), *encoded], key=len, reverse=True)
