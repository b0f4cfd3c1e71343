"""The gate between a browser's WebSocket and a page, message by message; the page only listens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates

from core import accounts, signin
from core.db import Database
from core.models import SignInSession
from core.settings import Settings, load_settings
from core.terms import Origin
from dashboard.gate.cookies import session_cookie
from dashboard.gate.gatekeeper import RERUN, Gate
from tests.gatehouse import CLIENT

CONNECT: Message = {"type": "websocket.connect"}
GONE: Message = {"type": "websocket.disconnect", "code": 1000}
Step = Message | Callable[[], None]


@dataclass
class Listener:
    """A page's place: everything that gets through to it."""

    heard: list[Message] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            self.heard.append(message)
            if message["type"] == "websocket.disconnect":
                return


@dataclass
class Door:
    """A signed-in browser in front of the gate."""

    database: Database
    settings: Settings
    token: str

    def says(self, *steps: Step, token: str | None = None) -> tuple[list[Message], list[Message]]:
        """What the page hears and what the browser is told, when these messages come and these things
        happen in between."""
        listener, told, coming = Listener(), list[Message](), iter(steps)

        async def receive() -> Message:
            for step in coming:
                if not callable(step):
                    return step
                step()
            return GONE

        async def send(message: Message) -> None:
            told.append(message)

        cookie = f"{session_cookie(self.settings)}={self.token if token is None else token}"
        scope = {
            "type": "websocket",
            "path": "/_stcore/stream",
            "query_string": b"",
            "client": ("127.0.0.1", 1),
            "headers": [(b"cookie", cookie.encode()), (b"host", b"127.0.0.1")],
        }
        gate = Gate(listener, settings=self.settings, database=self.database)
        asyncio.run(gate(scope, receive, send))
        return listener.heard, told

    def end_sessions(self) -> None:
        with self.database.write() as session:
            session.execute(delete(SignInSession))

    def seen_at(self) -> datetime:
        with self.database.read() as session:
            return session.scalars(select(SignInSession.seen_at)).one()

    def an_hour_passes(self) -> None:
        with self.database.write() as session:
            seen = session.scalars(select(SignInSession)).one()
            seen.seen_at -= timedelta(hours=1)


@pytest.fixture
def door(database: Database, tmp_path: Path) -> Iterator[Door]:
    settings = load_settings(_env_file=None, plumbline_home=tmp_path)
    admin = accounts.local_admin(database, settings.admin_email, Origin.PAGE)
    link = signin.make_welcome_link(database, admin.name)
    yield Door(database, settings, signin.open_link(database, settings, link, CLIENT))


def message(state: ClientState) -> Message:
    return {"type": "websocket.receive", "bytes": BackMsg(rerun_script=state).SerializeToString()}


CLICK = message(
    ClientState(widget_states=WidgetStates(widgets=[WidgetState(id="delete", trigger_value=True)]))
)
BY_ITSELF = message(ClientState(fragment_id="progress", is_auto_rerun=True))
NOTHING_BUT_THE_PAGE: Message = {"type": "websocket.receive", "bytes": RERUN}


def test_what_somebody_who_is_in_does_gets_through_as_it_is(door: Door) -> None:
    assert door.says(CONNECT, CLICK, BY_ITSELF) == ([CONNECT, CLICK, BY_ITSELF, GONE], [])


@pytest.mark.parametrize(
    "said", [CLICK, BY_ITSELF, {"type": "websocket.receive", "bytes": b"\xff no message"}]
)
def test_once_the_session_is_gone_a_widget_does_nothing_any_more(door: Door, said: Message) -> None:
    heard, told = door.says(CONNECT, CLICK, door.end_sessions, said, said)

    assert heard == [CONNECT, CLICK, NOTHING_BUT_THE_PAGE, NOTHING_BUT_THE_PAGE, GONE]
    assert told == []
    asked = BackMsg.FromString(RERUN).rerun_script
    assert not asked.widget_states.widgets and not asked.fragment_id


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_connection_without_a_session_reaches_no_page(door: Door, token: str) -> None:
    assert door.says(CONNECT, CLICK, token=token) == ([], [{"type": "websocket.close", "code": 1008}])

    door.end_sessions()
    assert door.says(CONNECT, CLICK) == ([], [{"type": "websocket.close", "code": 1008}])


def test_a_database_that_is_away_lets_no_click_through(door: Door, tmp_path: Path) -> None:
    def away() -> None:
        door.database.dispose()
        door.database.url = f"sqlite:///{tmp_path / 'empty.db'}"

    heard, _ = door.says(CONNECT, away, CLICK)

    assert heard == [CONNECT, NOTHING_BUT_THE_PAGE, GONE]


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(door: Door) -> None:
    seen: list[datetime] = []

    def look() -> None:
        seen.append(door.seen_at())

    door.says(CONNECT, door.an_hour_passes, look, BY_ITSELF, BY_ITSELF, look, CLICK, look)

    before, after_itself, after_a_click = seen
    assert before == after_itself
    assert after_a_click >= before + timedelta(hours=1)
