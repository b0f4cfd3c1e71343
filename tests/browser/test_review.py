"""Monday morning: a person opens what the weekend's run proposed, tries it, edits it, and applies the edit.

The browser, the dashboard, Redis and the model's endpoint are real; the test does the worker's work when
something was started.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect
from redis import Redis
from sqlalchemy import select

from core import accounts, queue
from core.db import Database
from core.jobs.workplace import Workplace
from core.migrations import migrate
from core.models import Job
from core.settings import load_settings
from core.terms import Role
from tests.browser.conftest import PATIENCE, SETTLED, OpenPage, signed_in_state
from tests.integration.smtp_servers import Inbox
from tests.model_endpoint import ModelEndpoint
from tests.scripted_model import BAD, BETTER, GOOD, ScriptedModel
from tests.servers import RedisServer, running_dashboard, running_redis, wait_until
from tests.world import World, founded, settings_for

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(600)]

EDITED = f"{BETTER} A short goodbye is enough."
NO_MAIL = "smtp://127.0.0.1:1"


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def weekend(home: Path, redis: RedisServer) -> Iterator[World]:
    """A proposal that waits, and two new calls that nobody labelled yet."""
    model = ScriptedModel()
    installed = load_settings(plumbline_home=home, _env_file=None)
    database = Database(installed.database)
    migrate(database)
    accounts.local_admin(database, installed.admin_email, accounts.product().origin)
    with ModelEndpoint(model) as endpoint:
        settings = settings_for(home, database, redis.url, endpoint, NO_MAIL)
        project_id, people = founded(database)
        accounts.add_user(database, people[Role.ADMIN], installed.admin_email, Role.ADMIN, project_id)
        connection: Redis = queue.connect(redis.url)
        place = Workplace(database, settings)
        world = World(place, connection, endpoint, model, Inbox(), project_id, people)
        metric = world.labelled()
        world.improve(metric)
        world.row(metric, f"new {BAD}")
        world.row(metric, f"new {GOOD}")
        yield world
    database.dispose()


@pytest.fixture(scope="module")
def address(weekend: World, home: Path, redis: RedisServer) -> Iterator[str]:
    model = {"LLM_BASE_URL": weekend.endpoint.url, "LLM_API_KEY": "secret", "LLM_MODEL": "scripted"}
    with running_dashboard(home, REDIS_URL=redis.url, **model) as running:
        yield running


@pytest.fixture(scope="module")
def state(address: str, home: Path) -> StorageState:
    return signed_in_state(home)


def settled(page: Page) -> None:
    page.locator(SETTLED).wait_for(timeout=PATIENCE)


def waiting_trials(world: World) -> list[int]:
    with world.database.read() as session:
        return list(session.scalars(select(Job.id).where(Job.kind == "trial", Job.status == "queued")))


def work(world: World, page: Page) -> None:
    """What a worker does once something is queued; the page looks again by itself."""
    wait_until(lambda: waiting_trials(world), "what was pressed to be queued")
    world.work()
    settled(page)


def read(page: Page) -> None:
    page.get_by_role("link", name="Run 1").first.click()
    expect(page.get_by_text("It waits for your review.").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("3 of 9 labels agree").first).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_text("9 of 9 labels agree").first).to_be_visible()
    expect(page.get_by_role("heading", name="Fixed (6)").first).to_be_visible(timeout=PATIENCE)
    settled(page)


def edit_and_score(page: Page, world: World) -> None:
    page.get_by_role("button", name="Edit first").click()
    text = page.get_by_role("textbox", name="Description (the judge prompt)")
    text.fill(EDITED, timeout=PATIENCE)
    text.press("Control+Enter")
    settled(page)
    page.get_by_role("button", name="Score this edit").click()
    work(world, page)
    expect(page.get_by_role("heading", name="How your edit scores")).to_be_visible(timeout=PATIENCE)


def reload_keeps_the_place(page: Page) -> None:
    page.reload()
    expect(page.get_by_role("heading", name="How your edit scores")).to_be_visible(timeout=PATIENCE)
    text = page.get_by_role("textbox", name="Description (the judge prompt)")
    expect(text).to_have_value(EDITED, timeout=PATIENCE)
    settled(page)


def apply(page: Page) -> None:
    page.get_by_role("button", name="Apply this edit to the live metric").click()
    expect(page.get_by_text("edited first: it became version 2")).to_be_visible(timeout=PATIENCE)
    settled(page)


def try_on_recent_calls(page: Page, world: World) -> None:
    page.get_by_role("button", name="Try on 2 recent calls").click()
    work(world, page)
    expect(page.get_by_text("The verdict flips on 1 of 2 calls")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Proposed is right: false").click()
    expect(page.get_by_text("labelled false")).to_be_visible(timeout=PATIENCE)


def test_back_leads_to_the_list_as_it_was_chosen(
    address: str, state: StorageState, weekend: World, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/runs", storage_state=state, viewport={"width": 1280, "height": 900})
    page.get_by_role("combobox", name="Started by").click()
    page.get_by_role("option", name="Auto Improve").click()
    expect(page).to_have_url(re.compile("trigger="), timeout=PATIENCE)
    settled(page)
    page.get_by_role("link", name="Run 1").first.click()
    expect(page.get_by_text("3 of 9 labels agree").first).to_be_visible(timeout=PATIENCE)
    settled(page)

    page.go_back()

    expect(page.get_by_role("button", name="Clear the filters")).to_be_visible(timeout=PATIENCE)
    expect(page).to_have_url(re.compile("trigger="))
    expect(page.get_by_role("combobox", name="Started by")).to_have_value("Auto Improve")


def test_a_proposal_is_read_edited_scored_and_applied(
    address: str, state: StorageState, weekend: World, open_page: OpenPage
) -> None:
    page = open_page(f"{address}/runs", storage_state=state, viewport={"width": 1280, "height": 900})
    read(page)
    try_on_recent_calls(page, weekend)
    assert weekend.audit().count("label.set") == 1
    edit_and_score(page, weekend)
    reload_keeps_the_place(page)
    apply(page)
    assert weekend.live(1) == EDITED
    assert weekend.audit().count("proposal.apply") == 1


def test_with_redis_away_the_page_still_reads_and_says_what_is_missing(
    address: str, state: StorageState, redis: RedisServer, open_page: OpenPage
) -> None:
    redis.kill()
    page = open_page(f"{address}/runs?run=1", storage_state=state)
    expect(page.get_by_role("heading", name="Fixed (6)").first).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_text("Redis does not answer: the run is stored")).to_be_visible(timeout=PATIENCE)
    redis.start()
