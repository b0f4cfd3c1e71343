"""A running dashboard in which every text is hostile, and a window of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import update

from core import accounts, runs
from core.db import Database
from core.migrations import migrate
from core.models import AuditEvent, Trial, User
from core.settings import load_settings
from core.terms import Actor, Origin
from core.trials import Scope
from tests.browser.conftest import RichHouse, signed_in_state
from tests.hostile import MARKUP, SHORT, make_hostile
from tests.page_world import NO_REDIS
from tests.rich_world import RichProject, fill
from tests.servers import running_dashboard


@dataclass
class Window:
    """One for all places, so that what Streamlit is made of is loaded once; and each address it asked for."""

    page: Page
    asked: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def hostile_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RichHouse]:
    home = tmp_path_factory.mktemp("hostile")
    settings = load_settings(plumbline_home=home, _env_file=None)
    database = Database(settings.database)
    migrate(database)
    admin = accounts.local_admin(database, settings.admin_email, Origin.PAGE)
    project = fill(database, admin, accounts.add_project(database, admin, "Hostile").id)
    make_hostile(database)
    _add_what_is_left_out(database, admin, project)
    with running_dashboard(home, REDIS_URL=NO_REDIS) as running:
        yield RichHouse(running, home, database, admin, project, signed_in_state(home))
    database.dispose()


def _add_what_is_left_out(database: Database, admin: Actor, project: RichProject) -> None:
    """A deed and a person with hostile texts; the trial of the proposal, whose text is another one now."""
    proposed = runs.written_candidate(database, admin, project.result_id).definition
    with database.write() as session:
        deed = {"actor": MARKUP, "subject": MARKUP[:300], "reason": MARKUP, "details": {"why": MARKUP}}
        session.add(AuditEvent(project_id=project.project_id, origin="page", action="metric.edit", **deed))
        session.execute(update(User).where(User.id == project.member_id).values(email=SHORT, name=SHORT))
        recent = update(Trial).where(Trial.scope == Scope.RECENT.value)
        session.execute(recent.values(digest=proposed.digest()))


@pytest.fixture(scope="module")
def window(chromium: Browser, hostile_house: RichHouse) -> Iterator[Window]:
    """Files of JSON are empty: Streamlit asks whether one is there and leaves its text unread, so that the
    network is never idle when a compressed one unfolds to more than Chromium keeps."""
    context = chromium.new_context(storage_state=hostile_house.state)
    found = Window(context.new_page())
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.route("**/media/*.json", lambda route: route.fulfill(status=200))
    yield found
    context.close()
