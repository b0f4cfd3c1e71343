"""`GET /api/metrics/{id}/live`: what production reads, with a token and an ETag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from core import metrics
from core.terms import EvalSettings, EvalType, Role
from mcp_server.__main__ import ANY_NAME, http_app
from tests.mcp_world import Tools, serving, token_of, tools
from tests.scripted_model import POLITE, SAME
from tests.world import World

__all__ = ["tools"]

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


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "another-model"},
        {"name": "Kind"},
        {"settings": EvalSettings(EvalType.RATING, (), 0.5)},
        {"settings": EvalSettings(EvalType.ENUM, ("calm", "angry"))},
    ],
)
def test_what_changes_without_a_version_is_read_again_too(
    world: World, tools: Tools, changed: dict[str, Any]
) -> None:
    metric = world.metric()
    with live_in_process(world) as site:
        path = f"/api/metrics/{metric}/live"
        first = site.get(path)
        seen = metrics.settings_of(metrics.retrieve(world.database, world.admin, metric))
        metrics.edit_settings(world.database, world.admin, metric, replace(seen, **changed), seen=seen)
        again = site.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 200 and again.json() != first.json()
        assert again.json()["version"] == first.json()["version"] == 1
        assert site.get(path, headers={"If-None-Match": again.headers["ETag"]}).status_code == 304
    live = tools("metrics_live", metric_id=metric)
    assert live.pop("etag") == again.headers["ETag"]
    assert live | {"id": live.pop("metric_id")} == again.json()


def test_the_mark_critical_is_the_dashboards_and_no_change_for_production(world: World) -> None:
    metric = world.metric()
    with live_in_process(world) as site:
        first = site.get(f"/api/metrics/{metric}/live")
        seen = metrics.settings_of(metrics.retrieve(world.database, world.admin, metric))
        metrics.edit_settings(world.database, world.admin, metric, replace(seen, critical=True), seen=seen)
        assert site.get(f"/api/metrics/{metric}/live").headers["ETag"] == first.headers["ETag"]


@contextmanager
def live_in_process(world: World) -> Iterator[TestClient]:
    app = http_app(world.settings, world.database, ANY_NAME)
    headers = {"Authorization": f"Bearer {token_of(world, Role.VIEWER)}"}
    with TestClient(app, headers=headers) as client:
        yield client


def _without_token(site: httpx.Client, path: str) -> Any:
    response = httpx.get(site.base_url.join(path), timeout=60)
    assert json.loads(response.content)
    return response
