"""One attempt at one call: the SDK, its connections and nothing that waits."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.errors import ModelRefusedKey, ModelUnreachable
from core.llm.faults import Endpoint, Fault, fault_of, not_an_answer
from core.llm.reply import Reply, reply_in

if TYPE_CHECKING:
    import httpx2
    from openai import OpenAI

CONNECT_SECONDS = 5.0
MAX_CONNECTIONS = 256
LIKE_A_KEY = 12
"""Characters from which on a key is no word that an answer may well hold."""


class Connection:
    """The way to one endpoint. Safe to share between threads; opened at the first call.

    The SDK takes a second to import, so it is imported there, too. Its own retries are off: they would
    pass by the budget and wait where nobody can interrupt them.
    """

    def __init__(self, endpoint: Endpoint, now: Callable[[], float]) -> None:
        self.endpoint = endpoint
        self._now = now
        self._lock = threading.Lock()
        self._sdk: OpenAI | None = None
        self._reached = False

    def post(self, body: dict[str, Any], timeout_seconds: float) -> Reply | Fault:
        """The endpoint's reply, or what went wrong."""
        sdk = self._sdk or self._opened()
        import httpx2
        import openai

        timeout = httpx2.Timeout(timeout_seconds, connect=min(CONNECT_SECONDS, timeout_seconds))
        try:
            response = sdk.post(
                "/chat/completions", cast_to=httpx2.Response, body=body, options={"timeout": timeout}
            )
        except openai.APIError as error:
            self._reached |= isinstance(error, openai.APIStatusError)
            return fault_of(error, self.endpoint, reached=self._reached, now=self._now)
        self._reached = True
        return reply_in(self._without_key(response.content)) or not_an_answer(self.endpoint)

    def close(self) -> None:
        """Close what is open; the next call opens it again."""
        with self._lock:
            sdk, self._sdk = self._sdk, None
        if sdk is not None:
            sdk.close()

    def _without_key(self, content: bytes) -> bytes:
        """What the endpoint says is stored and shown; a key that it repeats is not."""
        key = self.endpoint.secret.encode()
        return content.replace(key, b"[key]") if len(key) >= LIKE_A_KEY else content

    def _opened(self) -> OpenAI:
        with self._lock:
            if self._sdk is None:
                self._sdk = open_sdk(self.endpoint)
            return self._sdk


def open_sdk(endpoint: Endpoint) -> OpenAI:
    """An SDK client that sends the key to this endpoint and nowhere else.

    It follows no redirect, which could lead transcripts elsewhere; takes no organisation or other
    credentials from the environment; and uses no proxy for an endpoint on this machine, nor where
    addresses are checked, which nobody could do behind one. Raises ModelUnreachable for what is no
    address and ModelRefusedKey for what cannot be a key.
    """
    import openai

    parts = urlsplit(endpoint.base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ModelUnreachable(
            f"{_sentence_start(endpoint.set_in.address)} is not an address such as https://api.example.com/v1."
        )
    if not (endpoint.secret.isascii() and endpoint.secret.isprintable()):
        raise ModelRefusedKey(
            f"{_sentence_start(endpoint.set_in.key)} holds characters that no key has: copy it again."
        )
    key = endpoint.secret or "none"
    sdk = openai.OpenAI(
        base_url=endpoint.base_url,
        api_key=key,
        max_retries=0,
        default_headers={"Authorization": f"Bearer {key}"},
        http_client=_http_client(endpoint, parts.hostname),
    )
    sdk.organization = sdk.project = None
    return sdk


def _http_client(endpoint: Endpoint, host: str) -> httpx2.Client:
    import httpx2
    import openai

    limits = httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
    if endpoint.resolve is None:
        direct = _on_this_machine(host)
        trusted = _nobody() if direct and endpoint.base_url.startswith("http:") else True
        return openai.DefaultHttpxClient(
            limits=limits, follow_redirects=False, trust_env=not direct, verify=trusted
        )
    from core.llm.checked_transport import CheckedTransport

    transport = CheckedTransport(endpoint.resolve, limits)
    return openai.DefaultHttpxClient(transport=transport, follow_redirects=False, trust_env=False)


def _nobody() -> ssl.SSLContext:
    """Certificates for a connection that needs none: reading the authorities takes 50 ms."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _sentence_start(words: str) -> str:
    return words[:1].upper() + words[1:]


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
