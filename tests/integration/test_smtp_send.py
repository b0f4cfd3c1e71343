from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from urllib.parse import quote

import pytest

from core.errors import DeliveryDelayed, DeliveryFateUnknown, DeliveryRefused
from core.notifications.message import build_message
from core.notifications.smtp import send
from core.notifications.summary import subject
from core.notifications.text_body import text_body
from tests.golden.runs import PROPOSED, REALISTIC, fields, run
from tests.integration.smtp_servers import PASSWORD, USER, Inbox, running_smtp, sign_in
from tests.servers import free_port

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
DOTS = run(replace(PROPOSED, fields_before=fields("."), fields_after=fields(".\n..\n. dots\n.\n\n.end.")))
AUTH_OFFERED = {"authenticator": sign_in, "auth_require_tls": False}


def message() -> EmailMessage:
    return build_message(REALISTIC, "ann@example.com", "Plumbline <p@example.com>", "<1@plumbline>", NOW)


def address(port: int, user: str = USER, password: str = PASSWORD) -> str:
    return f"smtp://{quote(user, safe='')}:{quote(password, safe='')}@127.0.0.1:{port}"


def refusal(answers: dict[str, str]) -> Exception:
    """What sending to a server with these answers raises."""
    with running_smtp(Inbox(answers)) as port, pytest.raises(Exception) as caught:
        send(message(), f"smtp://127.0.0.1:{port}")
    return caught.value


def test_a_message_arrives_whole_for_its_one_recipient() -> None:
    inbox = Inbox()
    with running_smtp(inbox) as port:
        send(message(), f"smtp://127.0.0.1:{port}")
    (envelope,) = inbox.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("p@example.com", ["ann@example.com"])
    assert isinstance(envelope.content, bytes)
    read = email.message_from_bytes(envelope.content, policy=default)
    assert read["Subject"] == subject(REALISTIC)
    assert read["Message-ID"] == "<1@plumbline>"


def test_lines_that_begin_with_a_dot_arrive_as_they_were_written() -> None:
    inbox = Inbox()
    with running_smtp(inbox) as port:
        mail = build_message(DOTS, "ann@example.com", "p@example.com", "<1@plumbline>", NOW)
        send(mail, f"smtp://127.0.0.1:{port}")
    read = email.message_from_bytes(inbox.envelopes[0].content, policy=default)
    assert isinstance(read, EmailMessage)
    body = read.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text_body(DOTS)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_5xx_is_a_refusal_for_good_that_says_what_the_server_said(command: str) -> None:
    error = refusal({command: "550 5.7.1 No such thing here"})
    assert isinstance(error, DeliveryRefused)
    assert "550 5.7.1 No such thing here" in str(error)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_4xx_is_tried_again(command: str) -> None:
    error = refusal({command: "451 Try later"})
    assert isinstance(error, DeliveryDelayed)
    assert not isinstance(error, DeliveryFateUnknown)
    assert "451 Try later" in str(error)


def test_a_message_larger_than_the_server_takes_is_refused() -> None:
    with running_smtp(Inbox(), data_size_limit=1000) as port, pytest.raises(DeliveryRefused, match="552"):
        send(message(), f"smtp://127.0.0.1:{port}")


def test_user_and_password_of_the_url_sign_in() -> None:
    inbox = Inbox()
    with running_smtp(inbox, **AUTH_OFFERED) as port:
        send(message(), address(port))
    assert inbox.signed_in == [True]


def test_a_wrong_password_is_tried_again_and_never_shown() -> None:
    with running_smtp(Inbox(), **AUTH_OFFERED) as port, pytest.raises(DeliveryDelayed) as caught:
        send(message(), address(port, password="wr0ng-and-secret"))
    assert "check user and password in SMTP_URL" in str(caught.value)
    assert "wr0ng" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_wants_a_sign_in_where_the_url_has_none_is_tried_again() -> None:
    options = AUTH_OFFERED | {"auth_required": True}
    with (
        pytest.warns(UserWarning, match="AUTH"),
        running_smtp(Inbox(), **options) as port,
        pytest.raises(DeliveryDelayed, match="530"),
    ):
        send(message(), f"smtp://127.0.0.1:{port}")


def test_a_server_without_sign_in_never_sees_the_password() -> None:
    inbox = Inbox()
    without = running_smtp(inbox, auth_exclude_mechanism=["LOGIN", "PLAIN"])
    with without as port, pytest.raises(DeliveryDelayed, match="offers no sign-in"):
        send(message(), address(port))
    assert inbox.envelopes == []


def test_a_refused_connection_is_tried_again() -> None:
    with pytest.raises(DeliveryDelayed, match="could not be used"):
        send(message(), f"smtp://127.0.0.1:{free_port()}")


@pytest.mark.parametrize("host", ["mail.invalid", "mail..example", "a" * 70 + ".example"])
def test_a_host_that_is_not_known_is_tried_again(host: str) -> None:
    with pytest.raises(DeliveryDelayed, match="could not be used"):
        send(message(), f"smtp://{host}:2525")


@pytest.mark.parametrize("recipients", ["ann@example.com, eve@example.com", None])
def test_a_message_without_exactly_one_recipient_is_refused(recipients: str | None) -> None:
    mail = message()
    del mail["To"]
    if recipients:
        mail["To"] = recipients
    with pytest.raises(DeliveryRefused, match="exactly one address in its To"):
        send(mail, f"smtp://127.0.0.1:{free_port()}")
