"""One mail to one recipient, as the standard library's EmailMessage."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP, Policy
from typing import Any

from core.errors import DeliveryRefused
from core.notifications.html_body import html_body
from core.notifications.legible import UNPRINTABLE, one_line
from core.notifications.summary import RunSummary, subject
from core.notifications.text_body import text_body

ATOM = r"[A-Za-z0-9.!#$%&'*+/=^_`{|}~-]+"
"""What may stand before the @, but for the question mark: with `=?` the library takes an address for an
encoded word, decodes it and writes the line breaks in it out as they are."""
MAILBOX = re.compile(rf"{ATOM}@[A-Za-z0-9.-]+")
WITH_NAME = re.compile(r"(?P<name>[^<>]*)<(?P<mailbox>[^<>\s]+)>")
MESSAGE_ID = re.compile(rf"<{ATOM}@[A-Za-z0-9.-]+>")
SUBJECT_LIMIT = 300
NAME_LIMIT = 100


class WholeSubject(BaseHeader):
    """A subject that arrives as it was written.

    The library's own header folds away spaces between two encoded words, and decodes a name that
    merely looks like an encoded word, line breaks and all.
    """

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"], kwds["decoded"] = None, str(value)

    def fold(self, *, policy: Policy[Any]) -> str:
        plain = str(self).isascii() and "=?" not in str(self)
        header = Header(str(self), "us-ascii" if plain else "utf-8", header_name="Subject")
        return f"Subject: {header.encode(linesep=policy.linesep)}{policy.linesep}"


class WholeLine(BaseHeader):
    """An address on one line: the library would fold a long one, or write it as an encoded word."""

    max_count = 1

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds["parse_tree"], kwds["decoded"] = None, str(value)

    def fold(self, *, policy: Policy[Any]) -> str:
        return f"{self.name}: {self}{policy.linesep}"


HEADERS = HeaderRegistry()
HEADERS.map_to_type("subject", WholeSubject)
HEADERS.map_to_type("list-unsubscribe", WholeLine)
POLICY = SMTP.clone(header_factory=HEADERS)
BODY_ENCODING = "quoted-printable"
"""Passes every server: lines stay short and ASCII whatever a prompt holds."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a mail says, in two forms of the same. `unsubscribe_url` is "" where there is nothing to stop."""

    subject: str
    text: str
    html: str
    unsubscribe_url: str = ""


def summary_content(summary: RunSummary) -> Content:
    return Content(subject(summary), text_body(summary), html_body(summary), summary.unsubscribe_url)


def build_message(
    summary: RunSummary, recipient: str, sender: str, message_id: str, now: datetime
) -> EmailMessage:
    """The summary mail for one recipient, as `mail_of`."""
    return mail_of(summary_content(summary), recipient, sender, message_id, now)


def mail_of(content: Content, recipient: str, sender: str, message_id: str, now: datetime) -> EmailMessage:
    """The mail for one recipient; `now` is aware and becomes its Date.

    Names from projects and metrics are made fit for a header. Raises DeliveryRefused where an address or
    the Message-ID is not one: those come from settings and accounts, and no retry would mend them.
    """
    if not MESSAGE_ID.fullmatch(message_id):
        raise DeliveryRefused(f"“{one_line(message_id, NAME_LIMIT)}” is not a Message-ID.")
    message = EmailMessage(policy=POLICY)
    message["From"] = mail_address(sender)
    message["To"] = mail_address(recipient)
    message["Subject"] = one_line(content.subject, SUBJECT_LIMIT)
    message["Date"] = now
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if content.unsubscribe_url:
        _let_stop(message, content.unsubscribe_url)
    message.set_content(content.text, cte=BODY_ENCODING)
    message.add_alternative(content.html, subtype="html", cte=BODY_ENCODING)
    return message


def _let_stop(message: EmailMessage, url: str) -> None:
    """One click in the mail program, RFC 8058: the program itself POSTs to the address."""
    message["List-Unsubscribe"] = f"<{url}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def mail_address(text: str) -> Address:
    """`Name <box@domain>` or a bare address; a domain outside ASCII in its encoded form.

    Raises DeliveryRefused for anything else, above all for one that holds a line break.
    """
    found = WITH_NAME.fullmatch(text.strip())
    name, mailbox = (found["name"], found["mailbox"]) if found else ("", text.strip())
    local, _, domain = mailbox.rpartition("@")
    domain = _encoded_domain(domain)
    if not MAILBOX.fullmatch(f"{local}@{domain}") or "\n" in text or UNPRINTABLE.search(text):
        raise DeliveryRefused(f"“{one_line(text, NAME_LIMIT)}” is not an email address.")
    shown = one_line(name.strip(' "'), NAME_LIMIT).replace("=?", "= ?")
    return Address(shown, local, domain)


def _encoded_domain(domain: str) -> str:
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return ""
