"""`GET /api/metrics/{id}/live`: what production reads, with a token and an ETag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.terms import Role
from tests.mcp_world import serving, token_of
from tests.scripted_model import POLITE, SAME
from tests.world import World

pytestmark = pytest.mark.slow


@pytest.fixture
def site(world: World, tmp_path: Path) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {token_of(world, Role.VIEWER)}"}
    with (
        serving(world, tmp_path) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client,
    ):
        yield client


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_live_definition_is_read_again_only_when_it_changed(world: World, site: httpx.Client) -> None:
    metric = world.metric()
    path = f"/api/metrics/{metric}/live"
    first = site.get(path)
    assert first.status_code == 200
    assert first.json()["description"] == POLITE and first.json()["version"] == 1

    same = site.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    world.edit(metric, SAME)
    changed = site.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200 and changed.json()["description"] == SAME

    assert site.get("/api/metrics/4711/live").status_code == 404
    refused = _without_token(site, path)
    assert refused.status_code == 401 and "Authorization: Bearer plb_…" in refused.json()["error_description"]
    wrong = site.get(path, headers={"Authorization": "Bearer plb_" + "x" * 43})
    assert wrong.status_code == 401 and "unknown here" in wrong.json()["error_description"]


def _without_token(site: httpx.Client, path: str) -> Any:
    response = httpx.get(site.base_url.join(path), timeout=60)
    assert json.loads(response.content)
    return response
