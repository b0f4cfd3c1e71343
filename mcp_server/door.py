"""Who may come in over HTTP: every request brings an API token, or is told in one sentence what to do.

The SDK checks the token through `TokensOfPlumbline` and refuses without saying why. `Door` stands around
it: it turns away who knocks too often, or asks too often what cannot be answered, before anything is looked
up, and puts the reason into the refusals of the others.
"""

from __future__ import annotations

import json
import logging
import math

import anyio.to_thread
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken, TokenVerifier
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.db import Database, DatabaseAway
from core.errors import TokenRefused
from core.terms import Actor, Origin
from core.tokens import actor_of_token, token_digest
from mcp_server.attempts import Attempts
from mcp_server.visits import VISIT, WITHOUT, Visit

log = logging.getLogger(__name__)

AWAY = "The database does not answer right now; nothing was changed. Try again in a minute."
AWAY_SECONDS = b"60"
TOO_MANY_REFUSED = "Too many requests without a good token"
TOO_MANY_IN_ERROR = "Too many requests with this token were in error: see what the last ones were answered"
IN_ERROR = frozenset(range(400, 500)) - {404, 405}
"""Statuses that say the client should not have asked so; careful ones meet 404 and 405 as well."""


class ActingToken(AccessToken):
    """A token that was good, with whom it acts for; its text stays outside."""

    actor: Actor


class TokensOfPlumbline(TokenVerifier):
    """Checks a token for every request, so that a revoked one is out at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def verify_token(self, token: str) -> AccessToken | None:
        visit = VISIT.get()
        try:
            actor = await anyio.to_thread.run_sync(actor_of_token, self._database, token, Origin.MCP)
        except TokenRefused as refusal:
            visit.refusal = str(refusal)
            return None
        except DatabaseAway:
            visit.away = True
            return None
        visit.good = True
        return ActingToken(token="", client_id=actor.name, scopes=[], subject=str(actor.user_id), actor=actor)


def visitor() -> Actor:
    """Whom the token of this request acts for. Raises TokenRefused without one, though none comes so far."""
    token = get_access_token()
    if not isinstance(token, ActingToken):
        raise TokenRefused(WITHOUT)
    return token.actor


class Door:
    """ASGI middleware around the SDK's app."""

    def __init__(self, app: ASGIApp, attempts: Attempts) -> None:
        self._app = app
        self._attempts = attempts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address, digest = _address(scope), token_digest(_bearer(scope))
        if wait := math.ceil(self._attempts.knocking_wait_seconds(address, digest)):
            await _hold_up(send, wait, TOO_MANY_REFUSED)
            return
        if wait := math.ceil(self._attempts.asking_wait_seconds(address, digest)):
            await _hold_up(send, wait, TOO_MANY_IN_ERROR)
            return
        visit = Visit()
        before = VISIT.set(visit)
        try:
            await self._app(scope, receive, self._telling(visit, address, digest, send))
        finally:
            VISIT.reset(before)

    def _telling(self, visit: Visit, address: str, digest: str, send: Send) -> Send:
        """Pass messages on, but say of a 401 why, or that it is none."""
        refused = False

        async def tell(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                refused = message["status"] == 401
                if refused:
                    await self._refuse_visit(visit, address, digest, send)
                elif visit.good:
                    self._attempts.welcomed(digest)
                    if visit.in_error or message["status"] in IN_ERROR:
                        self._attempts.in_error(address, digest)
            if not refused:
                await send(message)

        return tell

    async def _refuse_visit(self, visit: Visit, address: str, digest: str, send: Send) -> None:
        if visit.away:  # no fault of the token, so it does not count against its address
            log.error("could not check a token from %s: the database does not answer", address)
            await _refuse(send, 503, "unavailable", AWAY, (b"retry-after", AWAY_SECONDS))
            return
        self._attempts.refused(address, digest)
        log.warning("refused a request from %s: %s", address, visit.refusal)
        await _refuse(send, 401, "invalid_token", visit.refusal, _challenge(visit))


def _challenge(visit: Visit) -> tuple[bytes, bytes]:
    """RFC 6750: an error is named only where a token came at all."""
    error = b"" if visit.refusal == WITHOUT else b', error="invalid_token"'
    return b"www-authenticate", b'Bearer realm="Plumbline"' + error


async def _hold_up(send: Send, wait: int, why: str) -> None:
    """`wait` in seconds."""
    sentence = f"{why}; try again in {wait} seconds."
    await _refuse(send, 429, "too_many_requests", sentence, (b"retry-after", str(wait).encode()))


async def _refuse(send: Send, status: int, error: str, sentence: str, header: tuple[bytes, bytes]) -> None:
    body = json.dumps({"error": error, "error_description": sentence}).encode()
    length = (b"content-length", str(len(body)).encode())
    headers = [(b"content-type", b"application/json"), length, header]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _bearer(scope: Scope) -> str:
    """The token as it came, empty for none."""
    for name, value in scope["headers"]:
        if name.lower() == b"authorization" and value[:7].lower() == b"bearer ":
            return str(value[7:].decode("latin-1"))
    return ""
