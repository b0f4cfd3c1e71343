"""The gate: an ASGI middleware in front of pages, WebSocket, Streamlit's own routes and every asset."""

from __future__ import annotations

from google.protobuf.message import DecodeError
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState

from core.db import Database, DatabaseAway
from core.settings import Settings
from core.signin import SignedIn
from dashboard.gate import addresses, identity, paths

SIGNED_OUT = {"error": "You are signed out: sign in again."}
FOREIGN = "This request came from a page of another site; nothing was done."
AWAY = "The database does not answer right now; try again in a moment."
RERUN = BackMsg(rerun_script=ClientState()).SerializeToString()
"""A browser's message that asks for nothing but the page anew."""


class Gate:
    """Lets through who is signed in, and anybody to the paths that are open.

    A WebSocket is refused before it is accepted. One that stands is asked again at every message: once
    its person is out, whatever they click becomes a plain rerun, in which the frame says so and no
    widget, callback or fragment of a page runs any more.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings, database: Database) -> None:
        self.app = app
        self.settings = settings
        self.database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = await self._refusal(connection)
        if refusal is None:
            passed = _with_peer(scope, addresses.peer(connection))
            asked = self._asking_again(connection, receive) if scope["type"] == "websocket" else receive
            await self.app(passed, asked, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, send)

    async def _refusal(self, connection: HTTPConnection) -> Response | None:
        """What is answered instead, None for who may pass."""
        if addresses.is_foreign(connection, self.settings):
            return PlainTextResponse(FOREIGN, 403)
        if connection.scope["type"] == "http" and paths.is_open(connection.scope["path"]):
            return None
        try:
            person = await self._person(connection)
        except DatabaseAway:
            return PlainTextResponse(AWAY, 503)
        return _signed_out(connection) if person is None else None

    async def _person(self, connection: HTTPConnection, clicked: bool = True) -> SignedIn | None:
        brought = identity.presented(connection, self.settings)
        return await run_in_threadpool(
            identity.recognise, self.database, self.settings, brought, clicked=clicked
        )

    def _asking_again(self, connection: HTTPConnection, receive: Receive) -> Receive:
        async def checked() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive" and not await self._is_still_in(connection, message):
                return {"type": "websocket.receive", "bytes": RERUN}
            return message

        return checked

    async def _is_still_in(self, connection: HTTPConnection, message: Message) -> bool:
        try:
            return await self._person(connection, _is_click(message)) is not None
        except DatabaseAway:
            return False


def _is_click(message: Message) -> bool:
    """Whether somebody did something, rather than the page by itself: a part of it that looks again every
    few seconds would otherwise keep a session that nobody uses from ever being idle."""
    try:
        said = BackMsg.FromString(message.get("bytes") or b"")
    except DecodeError:
        return True
    return said.HasField("rerun_script") and not said.rerun_script.is_auto_rerun


def _signed_out(connection: HTTPConnection) -> Response:
    """To the sign-in page for who wants to see a page; scripts and widgets are told in their own way."""
    if connection.scope.get("method") in {"GET", "HEAD"} and _wants_page(connection):
        url = connection.url
        wanted = f"{url.path}?{url.query}" if url.query else url.path
        return RedirectResponse(paths.sign_in_address(wanted), 303)
    return JSONResponse(SIGNED_OUT, 401)


def _wants_page(connection: HTTPConnection) -> bool:
    """Whether this is for the address bar, not for a widget, an image or a script."""
    mode = connection.headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in connection.headers.get("accept", "")


def _with_peer(scope: Scope, peer: str) -> Scope:
    name = identity.PEER_HEADER.encode()
    others = [header for header in scope["headers"] if header[0].lower() != name]
    return {**scope, "headers": [*others, (name, peer.encode("latin-1", "replace"))]}
