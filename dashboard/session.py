"""What a page has at hand in one rerun: who is looking, at which project, and how to get elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

import streamlit as st
from redis import Redis

from core import accounts, queue
from core.accounts import ProjectView
from core.db import Database, DatabaseAway
from core.errors import PlumblineError
from core.settings import Settings
from core.terms import Actor
from dashboard import product
from dashboard.components import plain

PAGES = ("overview", "metrics", "lab", "schedules", "runs", "emails", "settings")
KEPT = "project"
"""The query parameter that every page keeps."""


@dataclass(frozen=True, slots=True)
class Here:
    """The parts of this rerun. `project` is None while there is none."""

    database: Database
    settings: Settings
    actor: Actor
    redis: Redis
    project: ProjectView | None

    @property
    def the_project(self) -> ProjectView:
        """The project, on pages that show nothing without one (`need_project`)."""
        assert self.project is not None
        return self.project


def here() -> Here:
    settings, database = product.settings(), product.database()
    actor = product.local_admin()
    return Here(database, settings, actor, queue.connect(settings.redis), _project(database, actor))


def need_project() -> Here:
    """As `here`, but ends the page with an invitation when there is no project yet."""
    found = here()
    if found.project is None:
        st.info("There is no project yet. Make one under **Project settings**.", icon=":material/folder:")
        st.stop()
    return found


def parameter(name: str) -> int | None:
    """A number in the address, or None where it is missing or none."""
    text = st.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def link(page: str, **parameters: object) -> str:
    """The address of a page with its place, relative to this one."""
    kept = {KEPT: st.query_params.get(KEPT)} | parameters
    query = urlencode({name: value for name, value in kept.items() if value is not None})
    path = "" if page == PAGES[0] else page
    return f"/{path}?{query}" if query else f"/{path}"


def script(page: str) -> str:
    """A page's file, as Streamlit wants it: relative to the main script.

    The pages stand beside the frame's folder, not beside its script: Streamlit takes a `pages` folder
    next to the main script for pages of their own, and would serve them without the frame.
    """
    return f"../pages/{page}.py"


def go(page: str, **parameters: object) -> NoReturn:
    """Open a page in this session."""
    kept = {KEPT: st.query_params.get(KEPT)} | parameters
    query = {name: str(value) for name, value in kept.items() if value is not None}
    st.switch_page(script(page), query_params=query)
    raise AssertionError("switch_page ends the rerun")


@contextmanager
def saying_refusals() -> Iterator[None]:
    """What is refused is said in one sentence, and the page goes on."""
    try:
        yield
    except PlumblineError as error:
        st.error(plain.label(str(error)), icon=":material/block:")
    except DatabaseAway:
        st.error("The database does not answer right now. Nothing was changed; try again in a moment.")


def projects() -> list[ProjectView]:
    """The projects this person may see, by name."""
    return accounts.projects_of(product.database(), product.local_admin())


def _project(database: Database, actor: Actor) -> ProjectView | None:
    projects = accounts.projects_of(database, actor)
    wanted = parameter(KEPT)
    return next((one for one in projects if one.id == wanted), projects[0] if projects else None)
