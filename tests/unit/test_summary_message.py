from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DeliveryRefused
from core.notifications.html_body import html_body
from core.notifications.message import POLICY, build_message, mail_address
from core.notifications.summary import RunSummary, subject
from core.notifications.text_body import text_body
from tests.golden.runs import APPLIED, NO_CHANGES, PROPOSED, REALISTIC, run

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
MESSAGE_ID = "<run-1.ann@plumbline.localhost>"


def built(summary: RunSummary = REALISTIC, recipient: str = "ann@example.com") -> EmailMessage:
    return build_message(summary, recipient, "Plumbline <plumbline@example.com>", MESSAGE_ID, NOW)


def arrived(message: EmailMessage) -> EmailMessage:
    """The message as the other side reads it."""
    read = email.message_from_bytes(message.as_bytes(), policy=default)
    assert isinstance(read, EmailMessage)
    return read


def test_one_recipient_a_message_with_the_headers_of_automatic_mail() -> None:
    message = arrived(built())
    assert message["To"] == "ann@example.com"
    assert message["From"] == "Plumbline <plumbline@example.com>"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == MESSAGE_ID
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == subject(REALISTIC)


def test_text_comes_first_and_html_last_as_alternatives() -> None:
    message = arrived(built())
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_both_bodies_arrive_as_they_were_written() -> None:
    summary = run(replace(PROPOSED, reason="Überraschung — 日本語 👩‍👩‍👧. From here on"), NO_CHANGES)
    text, html = arrived(built(summary)).iter_parts()
    assert text.get_content().replace("\r\n", "\n") == text_body(summary)
    assert html.get_content().replace("\r\n", "\n").rstrip() == html_body(summary).rstrip()


def test_every_line_is_short_ascii_and_ends_as_smtp_wants_it() -> None:
    long_id = "<" + "a" * 60 + "@plumbline.localhost>"
    summary = replace(run(APPLIED), project="Évil " * 40, schedule="日本語" * 30)
    message = build_message(summary, "ann@example.com", "Équipe <p@example.com>", long_id, NOW)
    content = message.as_bytes()
    assert content.isascii()
    assert content.count(b"\n") == content.count(b"\r\n")
    head, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, body.split(b"\r\n"))) <= 78
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert arrived(message)["Message-ID"] == long_id


@given(st.text(max_size=200))
def test_any_project_name_gives_one_subject_that_arrives_whole(name: str) -> None:
    summary = replace(run(NO_CHANGES), project=name)
    message = EmailMessage(policy=POLICY)
    message["Subject"] = subject(summary)
    read = arrived(message)
    assert read["Subject"] == subject(summary)
    assert len(read.items()) == 1


@pytest.mark.parametrize(
    "name", ["Évil\r\nBcc: x@example.com", "=?utf-8?q?=0D=0ABcc:_x?=", "a\nSubject: b", '<b>&"', "n" * 5000]
)
def test_a_hostile_name_adds_no_header(name: str) -> None:
    summary = replace(run(replace(APPLIED, metric=name)), project=name, schedule=name)
    message = arrived(built(summary))
    assert message.keys() == arrived(built()).keys()
    assert message["Bcc"] is None
    assert len(message["Subject"]) < 301
    assert "\n" not in message["Subject"]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example.com\r\nBcc: eve@example.com",
        "ann@example.com\nBcc: eve@example.com",
        "Ann\r\nBcc: eve@example.com <ann@example.com>",
        "ann@example.com, eve@example.com",
        "<ann@example.com",
        "ann@example.com>",
        "Ann <ann@example.com> <eve@example.com>",
        "ann eve@example.com",
        "ann@exa mple.com",
        "jürgen@example.com",
        "ann@" + "é" * 80 + ".com",
        "ann\x00@example.com",
        "=?utf-8?q?=0D=0ABcc:_x?=@example.com",
    ],
)
def test_what_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(DeliveryRefused, match="is not an email address"):
        built(recipient=address)
    with pytest.raises(DeliveryRefused, match="is not an email address"):
        build_message(REALISTIC, "ann@example.com", address, MESSAGE_ID, NOW)


def test_a_domain_outside_ascii_is_encoded() -> None:
    assert str(mail_address("ann@exämple.com")) == "ann@xn--exmple-cua.com"


@pytest.mark.parametrize("written", ["Acme, Inc. <p@example.com>", '"Acme, Inc." <p@example.com>'])
def test_a_display_name_with_a_comma_is_one_name(written: str) -> None:
    message = arrived(build_message(REALISTIC, "ann@example.com", written, MESSAGE_ID, NOW))
    (sender,) = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Acme, Inc.", "p@example.com")


def test_a_display_name_outside_ascii_arrives() -> None:
    message = build_message(REALISTIC, "ann@example.com", "Équipe <p@example.com>", MESSAGE_ID, NOW)
    assert arrived(message)["From"].addresses[0].display_name == "Équipe"


def test_a_sender_that_looks_like_an_encoded_line_break_adds_no_header() -> None:
    sender = "=?utf-8?q?=0D=0ABcc:_x?= <p@example.com>"
    message = arrived(build_message(REALISTIC, "ann@example.com", sender, MESSAGE_ID, NOW))
    assert message.keys() == arrived(built()).keys()
    assert message["From"].addresses[0].addr_spec == "p@example.com"


@pytest.mark.parametrize(
    "message_id", ["", "no brackets@x", "<a@b>\r\nBcc: x", "<a b@c>", "<é@c>", "<=?utf-8?q?=0D=0ABcc:_x?=@c>"]
)
def test_what_is_not_a_message_id_is_refused(message_id: str) -> None:
    with pytest.raises(DeliveryRefused, match="is not a Message-ID"):
        build_message(REALISTIC, "ann@example.com", "p@example.com", message_id, NOW)
