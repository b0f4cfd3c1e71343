"""A page run by AppTest against a real database of its own, seen by the local admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import accounts
from core.db import Base, Database
from core.terms import Actor
from dashboard import product
from dashboard.session import script

PAGES = Path(__file__).parent.parent / "dashboard" / "pages"
FRAME = PAGES.parent / "frame" / "main.py"
NO_REDIS = "redis://127.0.0.1:1/0"
"""Nothing listens there: a page says so, and what it stored starts later."""


@dataclass(frozen=True)
class PageWorld:
    """An installation with one project. `folder` is free for files of the test."""

    database: Database
    actor: Actor
    project_id: int
    folder: Path

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


@pytest.fixture
def page_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PageWorld]:
    """The environment is this installation's, and what the dashboard remembers of another one is gone."""
    monkeypatch.setenv("PLUMBLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("REDIS_URL", NO_REDIS)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    _forget()
    Base.metadata.create_all(product.database().engine)
    project = accounts.add_project(product.database(), product.local_admin(), "Clinic")
    yield PageWorld(product.database(), product.local_admin(), project.id, tmp_path)
    product.database().dispose()
    _forget()


def _forget() -> None:
    for remembered in (product.settings, product.database, product.local_admin):
        remembered.cache_clear()
