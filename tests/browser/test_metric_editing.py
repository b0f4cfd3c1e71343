"""A metric edited in a real browser: a draft scored beside the live version, saved, and rolled back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Page, StorageState, expect
from sqlalchemy import select

from core import metrics, queue
from core.db import Database
from core.jobs.workplace import make_workplace
from core.lab.transcripts import transcript_digest
from core.metrics import MetricDetails
from core.models import Call, Job, MetricReview
from core.settings import Settings, load_settings
from core.terms import Definition, EvalSettings, Message, MetricType
from core.work import perform
from tests.browser.conftest import OpenPage, state_with
from tests.gatehouse import Gatehouse, running_gatehouse
from tests.model_endpoint import ModelEndpoint
from tests.scripted_model import BAD, BETTER, GOOD, POLITE, ScriptedModel

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(400)]

PATIENCE = 90_000
NOWHERE = "redis://127.0.0.1:1/0"


@dataclass(frozen=True)
class House:
    """A running dashboard on a scripted model, with “Polite” (labelled) and “Thanked” (code) in it."""

    gate: Gatehouse
    polite: int
    thanked: int

    def metric(self, metric_id: int) -> MetricDetails:
        return metrics.retrieve(self.gate.database, self.gate.admin, metric_id)

    def page_of(self, metric_id: int, tab: str) -> str:
        return f"{self.gate.address}/metrics?project={self.gate.project.id}&metric={metric_id}&tab={tab}"


@contextmanager
def editing_house(home: Path) -> Iterator[House]:
    model = ScriptedModel(delay=0.05)
    with ModelEndpoint(model) as endpoint:
        environment = {
            "LLM_BASE_URL": endpoint.url,
            "LLM_MODEL": "scripted",
            "LLM_API_KEY": "secret",
            "REDIS_URL": NOWHERE,
        }
        with running_gatehouse(home, **environment) as gate:
            settings = load_settings(
                plumbline_home=home,
                _env_file=None,
                **{name.lower(): value for name, value in environment.items()},
            )
            house = House(gate, _polite(gate), _thanked(gate))
            with working(settings):
                yield house


def _polite(gate: Gatehouse) -> int:
    made = metrics.add(
        gate.database, gate.admin, gate.project.id, "Polite", Definition(POLITE), EvalSettings()
    )
    with gate.database.write() as session:
        for number in range(12):
            good = number % 3 > 0
            said = f"{number} {GOOD if good else BAD}"
            call = Call(
                project_id=gate.project.id,
                external_id=f"call-{number:03}",
                transcript=[{"role": "user", "content": said}],
                digest=transcript_digest([Message("user", said)]),
                details={"agent_name": "Ada"},
            )
            session.add(call)
            session.flush()
            session.add(
                MetricReview(
                    metric_id=made.id,
                    call_id=call.id,
                    labelled=True,
                    expected_value="true" if good else "false",
                    feedback="" if good else "It ended badly.",
                )
            )
    return made.id


def _thanked(gate: Gatehouse) -> int:
    code = f"_result = '{GOOD}' in data['transcript']\n_explanation = 'The caller says thanks.'\n"
    definition = Definition("", type=MetricType.CUSTOM_CODE, custom_code=code)
    return metrics.add(gate.database, gate.admin, gate.project.id, "Thanked", definition, EvalSettings()).id


@contextmanager
def working(settings: Settings) -> Iterator[None]:
    """Jobs are performed as a worker does, in a thread, as they come."""
    over = threading.Event()
    thread = threading.Thread(target=_work, args=(settings, over), daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(timeout=30)


def _work(settings: Settings, over: threading.Event) -> None:
    place = make_workplace(settings)
    connection = queue.connect(settings.redis)
    while not over.wait(0.3):
        for job_id in _queued(place.database):
            perform(place, connection, job_id)
    place.database.dispose()


def _queued(database: Database) -> list[int]:
    with database.read() as session:
        return list(session.scalars(select(Job.id).where(Job.status == "queued")))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with editing_house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
def state(house: House) -> StorageState:
    return signed_in(house)


@pytest.fixture
def open_page(open_page: OpenPage, state: StorageState) -> OpenPage:
    return partial(open_page, storage_state=state, viewport={"width": 1280, "height": 1000})


def signed_in(house: House) -> StorageState:
    gate = house.gate
    with closing(gate.signed_in()) as browser:
        return state_with(gate.cookie, gate.token_of(browser))


def settled(page: Page) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE)


def see(page: Page, text: str) -> None:
    expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


def write(page: Page, field: str, text: str) -> None:
    box = page.get_by_role("textbox", name=field, exact=True)
    box.fill(text)
    box.press("Control+Enter")
    settled(page)


def begin_edit(page: Page) -> None:
    page.get_by_role("button", name="Edit", exact=True).click(timeout=PATIENCE)
    see(page, "Score this draft before you save it")


def score_the_draft(page: Page) -> None:
    write(page, "Description: the prompt that the judge answers", BETTER)
    see(page, "Judges 12 calls with the draft and with version 1: 24 model calls")
    page.get_by_role("button", name="Score the draft").click()
    see(page, "12 of 12")
    see(page, "Fixed (4)")
    page.get_by_role("button", name="call-000").click()
    see(page, f"0 {BAD}")
    page.keyboard.press("Escape")


def save_with_a_comment(page: Page) -> None:
    page.get_by_role("textbox", name="What did you change, and why?").fill("The closing line decides.")
    page.get_by_role("button", name="Save as a new version").click()
    see(page, "Version 2 is live.")
    see(page, BETTER)


def roll_back(page: Page) -> None:
    page.get_by_role("tab", name="Versions").click()
    see(page, "The closing line decides.")
    page.get_by_role("button", name="Roll back", exact=True).click()
    page.get_by_role("textbox", name="Why?").fill("Too strict.")
    page.get_by_role("button", name="Roll back to version 1").click()
    see(page, "Version 3, equal to version 1, is live.")


def test_a_draft_is_scored_saved_with_a_comment_and_rolled_back(house: House, open_page: OpenPage) -> None:
    page = open_page(house.page_of(house.polite, "Prompt"))
    begin_edit(page)
    score_the_draft(page)
    assert house.metric(house.polite).version == 1
    save_with_a_comment(page)
    assert house.metric(house.polite).definition == Definition(BETTER)
    roll_back(page)
    assert house.metric(house.polite).definition == Definition(POLITE)
    assert house.metric(house.polite).version == 3


def test_code_is_tried_on_calls_before_it_is_saved(house: House, open_page: OpenPage) -> None:
    page = open_page(house.page_of(house.thanked, "Prompt"))
    begin_edit(page)
    write(page, "Code", f"_result = '{BAD}' in data['transcript']\n_explanation = 'It ended badly.'")
    page.get_by_role("button", name="Try it").click()
    see(page, "It ended badly.")
    write(page, "Code", "x = 1\n_result = data['nothing']")
    page.get_by_role("button", name="Try it").click()
    see(page, "The code raised KeyError in line 2: nothing.")
    assert house.metric(house.thanked).version == 1
