from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from urllib.parse import quote

import pytest

from core.errors import DeliveryDelayed
from core.notifications.smtp import send
from tests.integration.smtp_servers import PASSWORD, USER, Inbox, running_smtp, sign_in

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="the test makes its certificate")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and a self-signed certificate for localhost."""
    folder = tmp_path_factory.mktemp("certificate")
    key, made = folder / "key.pem", folder / "made.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = ["openssl", "req", "-x509", *curve, *subject, "-keyout", key, "-out", made]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text(key.read_text() + made.read_text())
    return both


@pytest.fixture
def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The certificate is trusted the way an operator would do it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    yield


def message() -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "p@example.com", "ann@example.com", "Test"
    mail.set_content("Hello")
    return mail


def signing_in(host: str, port: int, options: str = "") -> str:
    return f"smtp://{quote(USER, safe='')}:{quote(PASSWORD, safe='')}@{host}:{port}{options}"


@pytest.mark.usefixtures("trusted")
def test_starttls_is_used_where_it_is_offered(server_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    with running_smtp(inbox, tls_context=server_side) as port:
        send(message(), f"smtp://localhost:{port}")
    assert inbox.encrypted == [True]


@pytest.mark.usefixtures("trusted")
def test_the_password_goes_over_the_encrypted_connection(server_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    with running_smtp(inbox, tls_context=server_side, authenticator=sign_in) as port:
        send(message(), signing_in("localhost", port))
    assert (inbox.encrypted, inbox.signed_in) == ([True], [True])


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_not_taken(server_side: ssl.SSLContext) -> None:
    server = running_smtp(Inbox(), tls_context=server_side)
    with server as port, pytest.raises(DeliveryDelayed, match="could not be verified"):
        send(message(), f"smtp://127.0.0.1:{port}")


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_nobody_vouches_for_is_not_taken(scheme: str, server_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    how = {"smtps": server_side} if scheme == "smtps" else {"tls_context": server_side}
    with running_smtp(inbox, **how) as port, pytest.raises(DeliveryDelayed, match="verify=no in SMTP_URL"):
        send(message(), f"{scheme}://localhost:{port}")
    assert inbox.envelopes == []


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_verify_no_takes_any_certificate_and_still_encrypts(scheme: str, server_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    how = {"smtps": server_side} if scheme == "smtps" else {"tls_context": server_side}
    with running_smtp(inbox, **how) as port:
        send(message(), f"{scheme}://localhost:{port}?verify=no")
    assert inbox.encrypted == [True]


@pytest.mark.usefixtures("trusted")
def test_smtps_speaks_tls_from_the_first_byte(server_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    with running_smtp(inbox, smtps=server_side) as port:
        send(message(), f"smtps://localhost:{port}")
    assert inbox.encrypted == [True]


def test_smtps_to_a_plain_server_is_tried_again() -> None:
    with running_smtp(Inbox()) as port, pytest.raises(DeliveryDelayed, match="could not be used"):
        send(message(), f"smtps://localhost:{port}", timeout=5.0)


def test_starttls_required_sends_nothing_without_it() -> None:
    inbox = Inbox()
    with running_smtp(inbox) as port, pytest.raises(DeliveryDelayed, match="offers no STARTTLS"):
        send(message(), f"smtp://localhost:{port}?starttls=required")
    assert inbox.envelopes == []


def test_starttls_no_stays_plain_even_where_it_is_offered(server_side: ssl.SSLContext) -> None:
    inbox = Inbox()
    with running_smtp(inbox, tls_context=server_side) as port:
        send(message(), f"smtp://localhost:{port}?starttls=no")
    assert inbox.encrypted == [False]


def test_a_password_is_not_sent_unencrypted_to_another_machine() -> None:
    """127.1 is this machine, but written as nobody would: it stands for another one."""
    inbox = Inbox()
    with running_smtp(inbox, authenticator=sign_in, auth_require_tls=False) as port:
        with pytest.raises(DeliveryDelayed, match="the password is not sent unencrypted"):
            send(message(), signing_in("127.1", port))
        assert inbox.envelopes == []
        send(message(), signing_in("127.1", port, "?starttls=no"))
    assert inbox.signed_in == [True]
