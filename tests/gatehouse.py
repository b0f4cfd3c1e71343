"""The running dashboard, the people who may come in, and browsers without a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from core import accounts, signin
from core.accounts import ProjectView
from core.db import Database
from core.migrations import migrate
from core.settings import Settings, load_settings
from core.terms import Actor, Origin, Role
from dashboard.gate.cookies import session_cookie
from tests.servers import running_dashboard

PASSWORD = "correct horse battery staple"
AS_A_PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}


@dataclass(frozen=True)
class Gatehouse:
    """A dashboard with one project, in which the local admin has a password."""

    address: str
    database: Database
    settings: Settings
    admin: Actor
    project: ProjectView

    @property
    def cookie(self) -> str:
        return session_cookie(self.settings)

    def visitor(self, token: str = "", **headers: str) -> httpx.Client:
        """A browser that follows no redirect and asks for pages; signed in where it brings a token."""
        cookies = {self.cookie: token} if token else {}
        client = httpx.Client(base_url=self.address, headers=AS_A_PAGE | headers, timeout=60, trust_env=False)
        for name, value in cookies.items():
            client.cookies.set(name, value, domain="127.0.0.1", path="/")
        return client

    def sign_in(self, browser: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Response:
        return browser.post("/sign-in", data={"email": email, "password": password})

    def signed_in(self, email: str | None = None) -> httpx.Client:
        browser = self.visitor()
        answer = self.sign_in(browser, email or self.admin.name)
        assert answer.status_code == 303, answer.text
        return browser

    def member(self, email: str, role: Role = Role.EDITOR) -> int:
        """Somebody with a password; their id."""
        link = signin.invite(self.database, self.settings, self.admin, self.project.id, email, role)
        assert link is not None
        token = signin.open_link(self.database, self.settings, link, CLIENT, PASSWORD)
        person = signin.who(self.database, self.settings, token)
        assert person is not None
        return person.user_id

    def token_of(self, browser: httpx.Client) -> str:
        return browser.cookies.get(self.cookie) or ""


CLIENT = signin.Client("127.0.0.1", "test")


@contextmanager
def running_gatehouse(home: Path, **environment: str) -> Iterator[Gatehouse]:
    """The dashboard with these settings, in a home of its own."""
    overrides = {name.lower(): value for name, value in environment.items()}
    settings = load_settings(plumbline_home=home, _env_file=None, **overrides)
    database = Database(settings.database)
    migrate(database)
    admin = accounts.local_admin(database, settings.admin_email, Origin.PAGE)
    project = accounts.add_project(database, admin, "Clinic")
    set_first_password(database, settings, admin)
    with running_dashboard(home, **environment) as address:
        yield Gatehouse(address, database, settings, admin, project)
    database.dispose()


def set_first_password(database: Database, settings: Settings, admin: Actor) -> None:
    if settings.sign_in == "accounts":
        link = signin.make_welcome_link(database, admin.name)
        signin.open_link(database, settings, link, CLIENT, PASSWORD)
