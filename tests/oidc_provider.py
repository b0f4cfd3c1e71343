"""An identity provider that can be told to answer wrongly, for what a well-behaved one never does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "plumbline"
Claims = dict[str, Any]


@cache
def first_key() -> RSAKey:
    """Made once, since it takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Provider:
    """`claims` and `metadata` are changed by a test; `sign` makes the ID token of the claims;
    `paths` are what was got of it, in order."""

    issuer: str = ""
    key: RSAKey = field(default_factory=first_key)
    claims: Claims = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    sign: Callable[[Claims], str] | None = None
    token_status: int = 200
    token_answer: object = None
    asked: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def good_claims(self, nonce: str) -> Claims:
        now = int(time.time())
        who = {"sub": "ana-1", "email": "ana@x.test", "email_verified": True, "name": "Ana"}
        times = {"iat": now, "exp": now + 300}
        return {"iss": self.issuer, "aud": CLIENT_ID, "nonce": nonce} | times | who

    def token(self) -> str:
        return (self.sign or self.signed)(self.claims)

    def signed(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def discovery(self) -> dict[str, Any]:
        paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/jwks"}
        named = {name: f"{self.issuer}{path}" for name, path in paths.items()}
        return {"issuer": self.issuer} | named | self.metadata

    def answer(self, path: str) -> object:
        return {
            "/.well-known/openid-configuration": self.discovery,
            "/jwks": lambda: {"keys": [self.key.as_dict(private=False)]},
            "/token": lambda: self.token_answer or {"access_token": "x", "id_token": self.token()},
        }[path]()


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.paths.append(self.path)
            self._say(200, provider.answer(self.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            provider.asked.append({name: values[0] for name, values in parse_qs(body).items()})
            self._say(provider.token_status, provider.answer(self.path))

        def _say(self, status: int, found: object) -> None:
            provider.authorizations.append(self.headers.get("Authorization", ""))
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
