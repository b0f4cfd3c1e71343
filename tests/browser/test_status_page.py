from __future__ import annotations

import http.client
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, StorageState, expect

from core.db import Database
from core.migrations import migrate
from core.settings import load_settings
from tests.browser.conftest import OpenPage, signed_in_state
from tests.servers import RedisServer, running_dashboard, running_redis

pytestmark = [pytest.mark.browser, pytest.mark.thorough]
SLOWLY = 30_000
"""Milliseconds; the page looks again every five seconds."""


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def address(home: Path, redis: RedisServer) -> Iterator[str]:
    with running_dashboard(home, REDIS_URL=redis.url) as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    database = Database(load_settings(plumbline_home=home, _env_file=None).database)
    migrate(database)
    database.dispose()
    return home


@pytest.fixture(scope="module")
def state(home: Path) -> StorageState:
    return signed_in_state(home)


@pytest.fixture
def open_page(open_page: OpenPage, state: StorageState) -> OpenPage:
    return partial(open_page, storage_state=state)


@pytest.fixture
def status(address: str) -> str:
    """The page Status, which says what runs."""
    return f"{address}/status"


def test_the_status_page_says_what_runs_and_what_does_not(status: str, open_page: OpenPage) -> None:
    page = open_page(status)

    expect(page).to_have_title("Plumbline")
    expect(page.get_by_role("heading", name="Plumbline")).to_be_visible()
    expect(page.get_by_role("heading", name="Something needs attention")).to_be_visible()
    expect(page.get_by_text("The database answers (sqlite).")).to_be_visible()
    expect(page.get_by_text("No worker is running")).to_be_visible()
    expect(page.get_by_text("Version 0.")).to_be_visible()


def test_it_says_that_the_demo_model_is_no_language_model(address: str, open_page: OpenPage) -> None:
    notice = open_page(address).get_by_role("status").filter(has_text="demo model")

    expect(notice).to_contain_text("Demo model: it follows written rules and is no language model.")
    expect(notice).to_contain_text("Project settings → Model endpoint")


def test_a_part_that_goes_and_comes_back_is_seen_without_a_reload(
    status: str, open_page: OpenPage, redis: RedisServer
) -> None:
    page = open_page(status)
    expect(page.get_by_text("Redis answers.")).to_be_visible()

    redis.kill()
    expect(page.get_by_text("Redis does not answer")).to_be_visible(timeout=SLOWLY)
    redis.start()
    expect(page.get_by_text("Redis answers.")).to_be_visible(timeout=SLOWLY)


@pytest.mark.parametrize(("scheme", "background"), [("light", "#ffffff"), ("dark", "#0f131f")])
def test_on_a_phone_nothing_is_cut_off_in_the_theme_the_visitor_prefers(
    status: str, open_page: OpenPage, scheme: str, background: str
) -> None:
    page = open_page(status, viewport={"width": 390, "height": 844}, color_scheme=scheme)

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.get_by_text("No scheduler is running")).to_be_in_viewport()
    expect(page.get_by_test_id("stApp")).to_have_css("background-color", rgb(background))


def rgb(colour: str) -> str:
    """`#rrggbb` the way a browser computes it."""
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


def test_a_page_asks_nobody_else_for_anything(address: str, status: str, open_page: OpenPage) -> None:
    asked: set[str] = set()
    page = open_page(status)
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.reload()
    expect(page.get_by_role("heading", name="Plumbline")).to_be_visible()

    assert asked == {urlsplit(address).netloc}


def test_healthz_answers_200_and_says_what_is_missing(
    address: str, chromium: Browser, state: StorageState
) -> None:
    context = chromium.new_context(storage_state=state)
    answer = context.request.get(f"{address}/healthz")
    found = answer.json()
    context.close()

    assert answer.status == http.client.OK
    assert found["status"] == "degraded"
    assert found["database"]["ok"]
    assert not found["worker"]["ok"]


def test_a_foreign_name_that_points_here_is_not_answered(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.request("GET", "/", headers={"Host": "evil.example:8501"})

    assert connection.getresponse().status == http.client.BAD_REQUEST
    connection.close()
