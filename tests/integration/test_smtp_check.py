"""What the check of the mail server says, for each thing that people get wrong."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from core import deliveries
from core.errors import NotAllowed
from core.notifications.smtp_check import Finding, check_smtp
from core.terms import Role
from tests.integration.smtp_servers import PASSWORD, USER, Inbox, running_smtp, scripted_smtp, sign_in
from tests.integration.test_smtp_tls import certificate, server_side
from tests.servers import free_port
from tests.world import World

__all__ = ["certificate", "server_side"]

SENDER = "Plumbline <p@example.com>"
AUTH_OFFERED = {"authenticator": sign_in, "auth_require_tls": False}


def steps(found: list[Finding]) -> list[str]:
    return [finding.step for finding in found if finding.good]


def wrong(found: list[Finding]) -> Finding:
    assert not found[-1].good, found
    return found[-1]


def test_a_server_that_works_is_gone_through_to_the_end_and_gets_no_message() -> None:
    inbox = Inbox()
    with running_smtp(inbox) as port:
        found = check_smtp(f"smtp://127.0.0.1:{port}", SENDER)
    assert steps(found) == ["Setting", "Name", "Connection", "Encryption", "Sign-in", "Sender"]
    assert found[3].said == "The connection is not encrypted: the server offers none."
    assert inbox.envelopes == []


def test_a_setting_that_makes_no_sense_is_shown_how_to_write() -> None:
    failed = wrong(check_smtp("mail.example.com:25", SENDER))
    assert failed.step == "Setting"
    assert "smtp://user:password@host:port" in failed.said


def test_a_name_that_is_not_known() -> None:
    failed = wrong(check_smtp("smtp://mail.invalid:25", SENDER))
    assert (failed.step, failed.said) == (
        "Name",
        "The name mail.invalid is not known: check the host in SMTP_URL, and DNS.",
    )


def test_nobody_listens() -> None:
    failed = wrong(check_smtp(f"smtp://127.0.0.1:{free_port()}", SENDER))
    assert failed.step == "Connection"
    assert failed.said.startswith("Nothing listens at 127.0.0.1:")


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes a connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []
        threading.Thread(target=lambda: kept.append(server.accept()[0]), daemon=True).start()
        yield server.getsockname()[1]
        for connection in kept:
            connection.close()


def test_a_server_that_says_nothing(silent: int) -> None:
    failed = wrong(check_smtp(f"smtp://127.0.0.1:{silent}", SENDER, timeout=0.5))
    assert failed.step == "Connection"
    assert "does not answer" in failed.said


def test_something_else_listens() -> None:
    with scripted_smtp(lambda conversation: conversation.say("SSH-2.0-OpenSSH_9.2")) as port:
        assert wrong(check_smtp(f"smtp://127.0.0.1:{port}", SENDER, timeout=2)).step == "Connection"


def test_tls_from_the_first_byte_at_a_port_that_knows_none() -> None:
    with running_smtp(Inbox()) as port:
        failed = wrong(check_smtp(f"smtps://127.0.0.1:{port}", SENDER, timeout=5))
    assert failed.step == "Connection"
    assert "use smtp://" in failed.said


def test_starttls_that_is_required_and_not_offered() -> None:
    with running_smtp(Inbox()) as port:
        failed = wrong(check_smtp(f"smtp://127.0.0.1:{port}?starttls=required", SENDER))
    assert failed.step == "Encryption"
    assert "offers no STARTTLS" in failed.said


def test_a_certificate_that_nobody_vouches_for(server_side: ssl.SSLContext) -> None:
    with running_smtp(Inbox(), tls_context=server_side) as port:
        failed = wrong(check_smtp(f"smtp://127.0.0.1:{port}", SENDER))
        fine = check_smtp(f"smtp://127.0.0.1:{port}?verify=no", SENDER)
    assert failed.step == "Encryption"
    assert "could not be verified" in failed.said
    assert fine[3].said == "The connection is encrypted (STARTTLS, the certificate unverified)."
    assert fine[-1].good


def test_a_wrong_password_is_named_and_never_shown() -> None:
    with running_smtp(Inbox(), **AUTH_OFFERED) as port:
        place = f"@127.0.0.1:{port}"
        failed = wrong(check_smtp(f"smtp://{quote(USER, safe='')}:wr0ng{place}", SENDER))
        right = f"smtp://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}{place}"
        fine = check_smtp(right, SENDER)
    assert failed.step == "Sign-in"
    assert "check user and password in SMTP_URL" in failed.said
    assert "wr0ng" not in failed.said
    assert fine[4].said == f"Signed in as {USER}."


@pytest.mark.parametrize("sender", [SENDER, "nobody"])
def test_a_sender_that_is_not_taken(sender: str) -> None:
    with running_smtp(Inbox({"MAIL": "553 not allowed to send as that"})) as port:
        failed = wrong(check_smtp(f"smtp://127.0.0.1:{port}", sender))
    assert failed.step == "Sender"
    assert failed.said.startswith("The sender in MAIL_FROM is not taken")


def test_admins_check_and_editors_send_a_test_to_themselves(world: World) -> None:
    found = deliveries.check_server(world.database, world.settings, world.admin, world.project_id)
    assert found[-1].good
    with pytest.raises(NotAllowed):
        deliveries.check_server(world.database, world.settings, world.editor, world.project_id)
    address, _ = deliveries.send_test_mail(world.database, world.settings, world.editor, world.project_id)
    with pytest.raises(NotAllowed):
        deliveries.send_test_mail(
            world.database, world.settings, world.people[Role.LABELLER], world.project_id
        )
    world.work()
    assert address == "editor@clinic.test"
    [envelope] = world.mail.envelopes
    assert envelope.rcpt_tos == ["editor@clinic.test"]
    page = deliveries.deliveries_of(world.database, world.admin, world.project_id)
    assert [(one.about, one.state) for one in page.deliveries] == [("test", "sent")]
    shown = deliveries.preview(world.database, world.admin, page.deliveries[0].id, "https://x.test")
    assert "Clinic" in shown.html


def test_without_a_server_the_check_says_what_to_set(world: World) -> None:
    settings = world.with_settings(smtp_url=None).settings
    [finding] = deliveries.check_server(world.database, settings, world.admin, world.project_id)
    assert "set SMTP_URL" in finding.said
