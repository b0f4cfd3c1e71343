"""A page run by AppTest against a real database of its own, seen by the local admin who signed in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.components.v2.manifest_scanner import scan_component_manifests
from streamlit.testing.v1 import AppTest

from core import accounts, signin
from core.db import Database
from core.signin import Client
from core.terms import Actor, Origin, Role
from dashboard import product, visitor
from dashboard.gate.identity import Presented
from dashboard.session import script

PAGES = Path(__file__).parent.parent / "dashboard" / "pages"
FRAME = PAGES.parent / "frame" / "main.py"
NO_REDIS = "redis://127.0.0.1:1/0"
"""Nothing listens there: a page says so, and what it stored starts later."""
BROWSER = Client("127.0.0.1", "AppTest")
PASSWORD = "correct horse battery staple"


@dataclass
class Browser:
    """What the pages see of a browser: the token in its cookie."""

    token: str = ""

    def presented(self) -> Presented:
        return Presented(token=self.token)


@dataclass(frozen=True)
class PageWorld:
    """An installation with one project. `folder` is free for files of the test."""

    database: Database
    actor: Actor
    project_id: int
    folder: Path
    browser: Browser = field(default_factory=Browser)

    def open(self, page: str, /, **parameters: object) -> AppTest:
        """The page as somebody sees it who follows a link with these parameters."""
        opened = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=30)
        for name, value in {"project": self.project_id, **parameters}.items():
            opened.query_params[name] = str(value)
        return opened.run()

    def open_in_frame(self, page: str, /, **parameters: object) -> AppTest:
        """The same with the frame around it: for pages whose links and jumps lead to others."""
        opened = AppTest.from_file(str(FRAME), default_timeout=30)
        opened.switch_page(script(page))
        for name, value in {"project": self.project_id, **parameters}.items():
            opened.query_params[name] = str(value)
        return opened.run()

    def sign_in_as(self, email: str, role: Role) -> Actor:
        """Let a new member of the project sit down at the browser, by their invitation."""
        link = signin.invite(self.database, product.settings(), self.actor, self.project_id, email, role)
        assert link is not None
        self.browser.token = signin.open_link(self.database, product.settings(), link, BROWSER, PASSWORD)
        person = signin.who(self.database, product.settings(), self.browser.token)
        assert person is not None
        return person.actor()


@pytest.fixture(scope="session")
def components_found_once() -> Iterator[None]:
    """Streamlit looks through every installed package whenever a server, or an AppTest, begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan_component_manifests))
        yield


@pytest.fixture
def page_world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_file: Path, components_found_once: None
) -> Iterator[PageWorld]:
    """The environment is this installation's, and what the dashboard remembers of another one is gone."""
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REDIS_URL", NO_REDIS)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    forget()
    (tmp_path / "home").mkdir(exist_ok=True)
    shutil.copy(migrated_file, tmp_path / "home" / "plumbline.db")
    admin = accounts.local_admin(product.database(), product.settings().admin_email, Origin.PAGE)
    project = accounts.add_project(product.database(), admin, "Clinic")
    world = PageWorld(product.database(), admin, project.id, tmp_path, Browser(sign_in_by_link()))
    with visitor.brought_by(world.browser.presented):
        yield world
    product.database().dispose()
    forget()


def sign_in_by_link() -> str:
    """Sign the local admin in as `make run` lets them; the token."""
    database, settings = product.database(), product.settings()
    link = signin.make_welcome_link(database, settings.admin_email)
    return signin.open_link(database, settings, link, BROWSER)


def forget() -> None:
    """Let the dashboard read its settings anew."""
    for remembered in (product.settings, product.database):
        remembered.cache_clear()
