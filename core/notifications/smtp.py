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

from core.errors import MailDelayed, MailFateUnknown, MailRefused
from core.notifications.legible import one_line
from core.notifications.smtp_server import SmtpServer, StartTls, read_smtp_url

ABOUT_SIGNING_IN = frozenset({530, 534, 535, 538})
"""RFC 4954: the server objects to SMTP_URL and not to the message, so it can be mended and retried."""
LINE_START_DOT = re.compile(rb"^\.", re.MULTILINE)
GOODBYE_SECONDS = 2.0


def send(message: EmailMessage, smtp_url: str, timeout: float = 30.0) -> None:
    """Hand the message to the server for the one recipient in its To.

    `timeout` is seconds for each answer of the server. Raises MailRefused when the server said no
    for good (5xx); MailDelayed when it can be tried again: 4xx, no connection, no sign-in, or a break
    before the message was handed over whole; MailFateUnknown when the connection broke after that
    and before the answer. No error holds the password.
    """
    server = read_smtp_url(smtp_url)
    sender, recipient = _only_address(message, "From"), _only_address(message, "To")
    content = message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
    with _session(server, timeout) as session:
        _make_private(session, server)
        _sign_in(session, server)
        _announce(session, sender, recipient, len(content))
        _hand_over(session, server, content)


def _only_address(message: EmailMessage, header: str) -> str:
    addresses = [] if message[header] is None else message[header].addresses
    if len(addresses) != 1:
        raise MailRefused(f"A message needs exactly one address in its {header}.")
    return str(addresses[0].addr_spec)


@contextmanager
def _session(server: SmtpServer, timeout: float) -> Iterator[smtplib.SMTP]:
    """A greeted connection that is closed at the end; its failures as this module's errors."""
    session: smtplib.SMTP | None = None
    try:
        session = _connect(server, timeout)
        session.ehlo_or_helo_if_needed()
        yield session
        _say_goodbye(session)
    except smtplib.SMTPResponseException as refusal:
        raise _answered(server, refusal) from None
    except ssl.SSLCertVerificationError as error:
        raise MailDelayed(
            f"The certificate of the mail server {server.place} could not be verified "
            f"({error.verify_message}); ?verify=no in SMTP_URL would take it unverified."
        ) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise MailDelayed(_unreached(server, error)) from None
    finally:
        if session is not None:
            session.close()


def _connect(server: SmtpServer, timeout: float) -> smtplib.SMTP:
    if server.tls:
        context = server.tls_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    return smtplib.SMTP(server.host, server.port, timeout=timeout)


def _make_private(session: smtplib.SMTP, server: SmtpServer) -> None:
    """STARTTLS where it is wanted; refuses to go on where it is needed and not to be had."""
    if server.tls or server.starttls is StartTls.NO:
        return
    if session.has_extn("starttls"):
        session.starttls(context=server.tls_context())
        session.ehlo()
    elif server.starttls is StartTls.REQUIRED:
        raise MailDelayed(f"The mail server {server.place} offers no STARTTLS, which SMTP_URL requires.")
    elif server.password and not server.is_this_machine:
        raise MailDelayed(
            f"The mail server {server.place} offers no STARTTLS, and the password is not sent unencrypted; "
            "?starttls=no in SMTP_URL would allow it."
        )


def _sign_in(session: smtplib.SMTP, server: SmtpServer) -> None:
    if not server.user:
        return
    if not session.has_extn("auth"):
        raise MailDelayed(f"The mail server {server.place} offers no sign-in, but SMTP_URL names a user.")
    session.login(server.user, server.password)


def _announce(session: smtplib.SMTP, sender: str, recipient: str, size: int) -> None:
    options = [f"size={size}"] if session.has_extn("size") else []
    _expect(session.mail(sender, options), 250)
    _expect(session.rcpt(recipient), 250, 251)
    _expect(session.docmd("DATA"), 354)


def _hand_over(session: smtplib.SMTP, server: SmtpServer, content: bytes) -> None:
    """Everything up to the last byte can be repeated. From then on only the server's answer tells."""
    session.send(LINE_START_DOT.sub(b"..", content).removesuffix(b"\r\n") + b"\r\n.\r\n")
    try:
        code, reply = session.getreply()
    except (OSError, smtplib.SMTPException):
        raise MailFateUnknown(
            f"The connection to the mail server {server.place} broke after the message was handed over "
            "and before the answer; it may have been delivered."
        ) from None
    if not (200 <= code < 300 or 400 <= code < 600):
        raise MailFateUnknown(
            f"The mail server {server.place} answered the message with something that is no SMTP; "
            "it may have been delivered."
        )
    _expect((code, reply), *range(200, 300))


def _expect(answer: tuple[int, bytes], *codes: int) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(*answer)


def _say_goodbye(session: smtplib.SMTP) -> None:
    """The message is taken by now: whatever goes wrong here must not send it again."""
    with suppress(OSError, smtplib.SMTPException):
        if session.sock is not None:
            session.sock.settimeout(GOODBYE_SECONDS)
        session.quit()


def _answered(server: SmtpServer, refusal: smtplib.SMTPResponseException) -> MailRefused | MailDelayed:
    code = refusal.smtp_code
    said = f"{code} {_harmless(refusal.smtp_error, server)}".strip()
    if code in ABOUT_SIGNING_IN or isinstance(refusal, smtplib.SMTPAuthenticationError):
        return MailDelayed(
            f"The mail server {server.place} refused the sign-in ({said}): "
            "check user and password in SMTP_URL."
        )
    if 500 <= code < 600:
        return MailRefused(f"The mail server {server.place} refused the message for good ({said}).")
    return MailDelayed(f"The mail server {server.place} did not take the message now ({said}).")


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
