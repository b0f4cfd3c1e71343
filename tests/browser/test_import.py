"""Bringing a file in, in a real browser: one with errors, and one that waits for a worker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect

from core import accounts, metrics
from core.db import Database
from core.migrations import migrate
from core.settings import load_settings
from core.terms import Definition, EvalSettings, Origin
from tests.browser.conftest import PATIENCE, OpenPage, signed_in_state
from tests.product_exports import VAPI_CALL
from tests.servers import running_dashboard

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one project and one metric."""
    home = tmp_path_factory.mktemp("home")
    settings = load_settings(plumbline_home=home, _env_file=None)
    database = Database(settings.database)
    migrate(database)
    admin = accounts.local_admin(database, settings.admin_email, Origin.PAGE)
    project = accounts.add_project(database, admin, "Clinic")
    metrics.add(database, admin, project.id, "Polite", Definition("Was it polite?"), EvalSettings())
    database.dispose()
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with running_dashboard(home, REDIS_URL="redis://127.0.0.1:1/0") as running:
        yield running


@pytest.fixture(scope="module")
def state(home: Path) -> StorageState:
    return signed_in_state(home)


@pytest.fixture
def lab(address: str, open_page: OpenPage, state: StorageState) -> Page:
    page = partial(open_page, storage_state=state)(f"{address}/lab?metric=1&part=import")
    page.set_default_timeout(PATIENCE)
    return page


def hand_in(page: Page, path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines), encoding="utf-8")
    page.locator('input[type="file"]').set_input_files(path)


def test_a_file_with_errors_is_reported_by_line_and_its_good_rows_come_in(lab: Page, tmp_path: Path) -> None:
    good = json.dumps({"id": "kind", "transcript": "User: hi\nAgent: good day", "label": "pass"})
    wrong = json.dumps({"id": "odd", "transcript": "User: hi", "label": "perhaps"})
    hand_in(lab, tmp_path / "calls.jsonl", good, "{broken", wrong, json.dumps(VAPI_CALL))
    expect(lab.get_by_text("Recognised JSON Lines with")).to_be_visible(timeout=PATIENCE)
    expect(lab.get_by_text("1 Vapi call")).to_be_visible()
    expect(lab.get_by_text("Line 2", exact=True)).to_be_visible()
    expect(lab.get_by_text("Line 3", exact=True)).to_be_visible()
    expect(lab.get_by_role("button", name="Import 2 rows")).to_be_disabled()
    lab.get_by_text("The good ones", exact=True).click()
    lab.get_by_role("button", name="Import 2 rows").click()
    expect(lab.get_by_text("Imported 2 of 4 rows: 2 new calls")).to_be_visible(timeout=PATIENCE)
    expect(lab.get_by_text("Line 3", exact=True)).to_be_visible()
    lab.get_by_role("button", name="Look at the calls").click()
    expect(lab.get_by_text("kind").first).to_be_visible(timeout=PATIENCE)


def test_a_larger_file_waits_for_a_worker_and_can_be_called_off(lab: Page, tmp_path: Path) -> None:
    said = f"User: {'so it goes. ' * 400}"
    lines = [json.dumps({"id": f"long-{number}", "transcript": said}) for number in range(500)]
    hand_in(lab, tmp_path / "long.jsonl", *lines)
    lab.get_by_role("button", name="Import 500 rows").click()
    expect(lab.get_by_text("Waiting for a worker")).to_be_visible(timeout=PATIENCE)
    lab.reload()
    expect(lab.get_by_text("Waiting for a worker")).to_be_visible(timeout=PATIENCE)
    lab.get_by_role("button", name="Cancel").click()
    expect(lab.locator('input[type="file"]')).to_be_attached(timeout=PATIENCE)
    lab.get_by_text("The last file: long.jsonl").click()
    expect(lab.get_by_text("It was cancelled.")).to_be_visible(timeout=PATIENCE)
