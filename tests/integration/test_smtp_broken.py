"""Servers that break off, fall silent or talk nonsense: what became of the message must be told right."""

from __future__ import annotations

import base64
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import quote

import pytest

from core.errors import DeliveryDelayed, DeliveryFateUnknown, DeliveryRefused
from core.notifications.smtp import send
from tests.integration.smtp_servers import PASSWORD, USER, Conversation, scripted_smtp

Script = Callable[[Conversation], None]
SOON = 0.5


def message(body: str = "Hello") -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "p@example.com", "ann@example.com", "Test"
    mail.set_content(body)
    return mail


def outcome_of(script: Script, mail: EmailMessage | None = None, timeout: float = 20.0) -> type | None:
    """The kind of error that sending to a server with this script raises, None where it is taken."""
    with scripted_smtp(script) as port:
        try:
            send(mail or message(), f"smtp://127.0.0.1:{port}", timeout)
        except (DeliveryDelayed, DeliveryRefused) as error:
            return type(error)
    return None


def test_a_break_after_the_content_leaves_the_fate_unknown() -> None:
    def script(client: Conversation) -> None:
        client.greet()
        client.take_content()
        client.break_off()

    assert outcome_of(script) is DeliveryFateUnknown


def test_a_peaceful_close_after_the_content_leaves_the_fate_unknown() -> None:
    def script(client: Conversation) -> None:
        client.greet()
        client.take_content()

    assert outcome_of(script) is DeliveryFateUnknown


def test_silence_after_the_content_leaves_the_fate_unknown() -> None:
    def script(client: Conversation) -> None:
        client.greet()
        client.take_content()
        client.lines.read()

    assert outcome_of(script, timeout=SOON) is DeliveryFateUnknown


@pytest.mark.parametrize("nonsense", ["HTTP/1.1 400 Bad Request", "", "354 Go on", "x" * 10_000])
def test_nonsense_after_the_content_leaves_the_fate_unknown(nonsense: str) -> None:
    def script(client: Conversation) -> None:
        client.greet()
        client.take_content()
        client.say(nonsense)

    assert outcome_of(script) is DeliveryFateUnknown


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("250 Taken", None),
        ("421 Going down", DeliveryDelayed),
        ("452 Full", DeliveryDelayed),
        ("554 No", DeliveryRefused),
    ],
)
def test_an_answer_to_the_content_decides_even_if_the_connection_ends_with_it(
    answer: str, expected: type | None
) -> None:
    def script(client: Conversation) -> None:
        client.greet()
        client.take_content()
        client.say(answer)

    assert outcome_of(script) is expected


@pytest.mark.parametrize("goodbye", ["421 Closing", "500 What?"])
def test_a_rude_goodbye_does_not_undo_what_was_taken(goodbye: str) -> None:
    def script(client: Conversation) -> None:
        client.greet()
        client.take_content()
        client.say("250 Taken")
        client.answer(goodbye)

    assert outcome_of(script) is None


@pytest.mark.parametrize("steps", range(5))
def test_a_break_before_the_content_is_tried_again(steps: int) -> None:
    answers = ["220 mail.test", "250 mail.test", "250 OK", "250 OK"]

    def script(client: Conversation) -> None:
        if steps:
            client.say(answers[0])
        for line in answers[1:steps]:
            client.answer(line)
        client.break_off()

    assert outcome_of(script) is DeliveryDelayed


def test_a_break_in_the_middle_of_the_content_is_tried_again() -> None:
    def script(client: Conversation) -> None:
        client.greet()
        for line in ("250 OK", "250 OK", "354 Go on"):
            client.answer(line)
        client.lines.read(1000)
        client.break_off()

    assert outcome_of(script, message("long line\n" * 1_000_000)) is DeliveryDelayed


@pytest.mark.parametrize(
    ("greeting", "expected"),
    [
        ("421 Busy", DeliveryDelayed),
        ("554 No service", DeliveryRefused),
        ("SSH-2.0-OpenSSH", DeliveryDelayed),
    ],
)
def test_a_greeting_that_is_none_ends_it(greeting: str, expected: type) -> None:
    assert outcome_of(lambda client: client.say(greeting)) is expected


def test_a_server_that_never_speaks_is_tried_again() -> None:
    def script(client: Conversation) -> None:
        client.lines.read()

    assert outcome_of(script, timeout=SOON) is DeliveryDelayed


def test_a_server_that_knows_only_helo_takes_mail_too() -> None:
    def script(client: Conversation) -> None:
        client.say("220 old.test")
        client.answer("502 No EHLO here")
        client.answer("250 old.test")
        assert b"Subject: Test" in client.take_content()
        client.say("250 Taken")

    assert outcome_of(script) is None


def test_a_server_that_repeats_the_password_does_not_get_it_into_the_error() -> None:
    together = base64.b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()

    def script(client: Conversation) -> None:
        client.greet("AUTH PLAIN")
        client.answer(f"535 Not {PASSWORD} nor {together}")

    url = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    with scripted_smtp(script) as port, pytest.raises(DeliveryDelayed) as caught:
        send(message(), f"smtp://{url}@127.0.0.1:{port}")
    assert "535 Not … nor …" in str(caught.value)
    assert PASSWORD not in repr(caught.value)
