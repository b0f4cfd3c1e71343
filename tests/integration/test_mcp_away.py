"""The database does not answer: clients are told so and when to come back, and nobody is blamed for it."""

from __future__ import annotations

import logging

import pytest
from starlette.testclient import TestClient

from core.db import Database
from core.terms import Role
from mcp_server.__main__ import ANY_NAME, http_app
from mcp_server.attempts import MOST_REFUSED
from tests.databases import unreachable
from tests.mcp_world import token_of
from tests.world import World

NOBODY_THERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
TOKEN = "plb_" + "x" * 43
PATHS = ("/mcp", "/api/metrics/1/live")


def asked(client: TestClient, path: str, token: str) -> tuple[int, str, str | None]:
    """The status, what is said of it, and when to try again."""
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json, text/event-stream"}
    response = (
        client.post(path, json={}, headers=headers) if path == "/mcp" else client.get(path, headers=headers)
    )
    return (
        response.status_code,
        response.json().get("error_description", ""),
        response.headers.get("Retry-After"),
    )


@pytest.mark.parametrize("path", PATHS)
def test_without_a_database_the_door_says_so_however_often_it_is_asked(
    world: World, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with TestClient(http_app(world.settings, Database(NOBODY_THERE), ANY_NAME)) as client:
        for _ in range(MOST_REFUSED + 5):
            status, said, wait = asked(client, path, TOKEN)
            assert (status, wait) == (503, "60")
        assert "The database does not answer right now" in said and said.endswith("Try again in a minute.")
        assert asked(client, path, "no-token")[0] == 401
    assert not [record for record in caplog.records if record.exc_info]
    assert TOKEN not in caplog.text


@pytest.mark.thorough
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
@pytest.mark.parametrize("path", PATHS)
def test_a_client_is_let_in_again_once_the_database_is_back(
    world: World, migrated_postgres: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    world.metric()
    token = token_of(world, Role.VIEWER)
    with TestClient(http_app(world.settings, world.database, ANY_NAME)) as client:
        before = asked(client, path, token)[0]
        with unreachable(world.database, migrated_postgres):
            assert asked(client, path, token)[0] == 503
        assert asked(client, path, token)[0] == before != 503
