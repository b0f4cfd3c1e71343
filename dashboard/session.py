"""What a page has at hand in one rerun: who is looking, at which project, and how to get elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

import streamlit as st
from redis import Redis

from core import accounts, memberships, queue
from core.accounts import ProjectView
from core.db import Database, DatabaseAway
from core.errors import PlumblineError
from core.settings import Settings
from core.signin import SignedIn
from core.terms import Actor, Role
from dashboard import product, visitor
from dashboard.components import plain
from dashboard.gate.paths import sign_in_address

PAGES = (
    "overview",
    "trends",
    "metrics",
    "lab",
    "schedules",
    "runs",
    "emails",
    "routine",
    "settings",
    "audit",
    "account",
    "inbox",
)
KEPT = "project"
"""The query parameter that every page keeps."""
LAST_PROJECT = "session-project"
"""Where the session state has the project that was looked at last."""

AWAY = "The database does not answer right now. Nothing was changed; try again in a moment."
SEEN_AS = "session-seen-as"
SIGNED_OUT = """<p>You are signed out: <a href="{address}" target="_self">sign in again</a>.</p>"""


@dataclass(frozen=True, slots=True)
class Here:
    """The parts of this rerun.

    `projects` are those this person may see, by name; `project` is the one the address names, else the
    first, and None with `role` while there is none.
    """

    database: Database
    settings: Settings
    person: SignedIn
    redis: Redis
    projects: list[ProjectView]
    project: ProjectView | None
    role: Role | None

    @property
    def actor(self) -> Actor:
        """As whom the use cases see this person."""
        return self.person.actor()

    def may(self, role: Role) -> bool:
        """Whether to offer what needs this role here; that it is refused otherwise is the use case's part."""
        return self.role is not None and self.role >= role

    @property
    def the_project(self) -> ProjectView:
        """The project, on pages that show nothing without one (`need_project`)."""
        assert self.project is not None
        return self.project


def here() -> Here:
    """What this rerun works with. Ends it for who is signed out, with a sentence in place of the page."""
    return here_for(visitor.who())


def here_for(person: SignedIn | None) -> Here:
    """The same where it was just asked who is looking."""
    if person is None:
        end_signed_out()
    _forget_others(person)
    settings, database = product.settings(), product.database()
    projects = accounts.projects_of(database, person.actor())
    project = _chosen(projects)
    role = memberships.role_of(database, person.actor(), project.id) if project else None
    return Here(database, settings, person, queue.connect(settings.redis), projects, project, role)


def may(role: Role) -> bool:
    """As `Here.may`, where no `Here` is at hand; asks the database anew."""
    return here().may(role)


def end_signed_out() -> NoReturn:
    """Say where to sign in again, and nothing else."""
    st.html(SIGNED_OUT.format(address=escape(sign_in_address(_this_page()))))
    st.stop()


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
        st.error(AWAY)


def _chosen(projects: list[ProjectView]) -> ProjectView | None:
    """The project in the address; where it has none, as after a click in the sidebar, the one before."""
    wanted = parameter(KEPT) or st.session_state.get(LAST_PROJECT)
    found = next((one for one in projects if one.id == wanted), projects[0] if projects else None)
    st.session_state[LAST_PROJECT] = found.id if found else None
    return found


def _forget_others(person: SignedIn) -> None:
    """A browser that reconnects brings the state of its last session, which may be somebody else's."""
    if st.session_state.get(SEEN_AS, person.user_id) != person.user_id:
        st.session_state.clear()
    st.session_state[SEEN_AS] = person.user_id


def _this_page() -> str:
    """Path and query of the address bar."""
    path = urlsplit(st.context.url or "").path or "/"
    query = urlencode(st.query_params.to_dict())
    return f"{path}?{query}" if query else path
