"""What `SMTP_URL` says of the mail server.

    smtp://USER:PASSWORD@HOST:PORT     plain connection, port 25 where none is given
    smtps://USER:PASSWORD@HOST:PORT    TLS from the first byte, port 465 where none is given

    ?starttls=auto       (smtp, the default) TLS where the server offers it
    ?starttls=required   no mail without it
    ?starttls=no         never; also the only way to send a password unencrypted to another machine
    ?verify=no           take any certificate; by default it has to be valid for HOST. Certificates of
                         an authority of one's own are trusted by way of SSL_CERT_FILE

User and password are percent-encoded (`%40` for @).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from core.errors import DeliveryDelayed

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
HOW = (
    "SMTP_URL must read smtp://user:password@host:port or smtps://…, with ?starttls=auto, required or no "
    "and ?verify=yes or no at most; write special characters of user and password as %40 and the like."
)
"""Names no part of what was written: a password with a slash ends up in the oddest parts of a URL."""


class StartTls(StrEnum):
    AUTO = "auto"
    REQUIRED = "required"
    NO = "no"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    """Whether the connection begins with TLS."""
    starttls: StartTls = StartTls.AUTO
    verify: bool = True

    @property
    def place(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_this_machine(self) -> bool:
        return self.host in THIS_MACHINE

    def tls_context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def read_smtp_url(url: str) -> SmtpServer:
    """The server of an SMTP_URL. Raises DeliveryDelayed where it makes no sense, and never quotes it:
    once the setting is mended the mail goes out."""
    try:
        parts = urlsplit(url.strip())
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        return _server(parts, options)
    except ValueError:
        raise DeliveryDelayed(HOW) from None


def _server(parts: SplitResult, options: Mapping[str, str]) -> SmtpServer:
    """Raises ValueError."""
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    misplaced = parts.path.strip("/") or parts.fragment or options.keys() - {"starttls", "verify"}
    unsendable = not (user + password).isascii() or bool(password and not user)
    if not parts.hostname or misplaced or unsendable:
        raise ValueError
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or DEFAULT_PORTS[_known(parts.scheme, *DEFAULT_PORTS)],
        user=user,
        password=password,
        tls=_known(parts.scheme, *DEFAULT_PORTS) == "smtps",
        starttls=StartTls(options.get("starttls", "auto")),
        verify=_known(options.get("verify", "yes"), "yes", "no") == "yes",
    )


def _known(word: str, *words: str) -> str:
    if word not in words:
        raise ValueError
    return word
