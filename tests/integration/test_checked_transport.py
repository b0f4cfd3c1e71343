"""Connections are made to the addresses that were checked, and TLS still speaks to the name."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.errors import AddressNotAllowed
from core.llm.checked_transport import CheckedTransport
from tests.model_endpoint import ModelEndpoint
from tests.servers import free_port

NAME = "models.example"
LIMITS = httpx2.Limits()


class SaysHost(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = self.headers["Host"].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for NAME that nobody but itself vouches for, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, plain
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def port(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A TLS server on this machine with the certificate, which this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), SaysHost)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def get(url: str, *addresses: str) -> httpx2.Response:
    with httpx2.Client(transport=CheckedTransport(lambda host, port: list(addresses), LIMITS)) as client:
        return client.get(url)


def test_tls_verifies_the_name_although_the_address_is_connected_to(port: int) -> None:
    assert get(f"https://{NAME}:{port}/", "127.0.0.1").text == f"{NAME}:{port}"


def test_a_certificate_for_another_name_is_not_taken(port: int) -> None:
    with pytest.raises(httpx2.ConnectError, match=r"not valid for 'other\.example'"):
        get(f"https://other.example:{port}/", "127.0.0.1")


def test_the_next_address_is_tried_where_one_does_not_answer(port: int) -> None:
    assert get(f"https://{NAME}:{port}/", "127.0.0.2", "127.0.0.1").status_code == 200


def test_where_none_answers_it_is_a_connection_error() -> None:
    with pytest.raises(httpx2.ConnectError):
        get(f"http://{NAME}:{free_port()}/", "127.0.0.1", "127.0.0.1")


def test_a_name_that_cannot_be_found_is_a_connection_error_and_a_refusal_passes_through() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    def refusing(host: str, port: int) -> list[str]:
        raise AddressNotAllowed(f"{host} is private")

    for resolve, error in ((nowhere, httpx2.ConnectError), (refusing, AddressNotAllowed)):
        with (
            httpx2.Client(transport=CheckedTransport(resolve, LIMITS)) as client,
            pytest.raises(error),
        ):
            client.get("http://models.example/")


def test_every_request_is_resolved_anew() -> None:
    asked: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with ModelEndpoint() as endpoint, httpx2.Client(transport=CheckedTransport(resolve, LIMITS)) as client:
        port = int(endpoint.url.rpartition(":")[2].removesuffix("/v1"))
        for _ in range(2):
            client.post(f"http://{NAME}:{port}/v1", json={"messages": []})
    assert asked == [(NAME, port)] * 2
