"""The sign-in of an installation that people reach by https: what its cookies and headers promise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware

from core import accounts
from core.db import Database
from core.migrations import migrate
from core.terms import Origin
from dashboard import product
from dashboard.gate.headers import SecurityHeaders
from dashboard.gate.routes import routes
from tests.gatehouse import PASSWORD, set_first_password

PUBLIC = "https://plumbline.example.com"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The environment's installation, reached by https, in which the local admin has a password."""
    for name, value in {"PLUMBLINE_HOME": str(tmp_path), "PUBLIC_URL": PUBLIC, "DATABASE_URL": ""}.items():
        monkeypatch.setenv(name, value)
    forget()
    database, settings = product.database(), product.settings()
    migrate(database)
    set_first_password(database, settings, accounts.local_admin(database, settings.admin_email, Origin.PAGE))
    yield database
    database.dispose()
    forget()


def forget() -> None:
    for remembered in (product.settings, product.database):
        remembered.cache_clear()


def signed_in() -> httpx.Response:
    """The answer to the right password."""
    headers = [Middleware(SecurityHeaders, settings=product.settings())]
    app = Starlette(routes=routes, middleware=headers)

    async def post() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=PUBLIC) as browser:
            given = {"email": product.settings().admin_email, "password": PASSWORD}
            return await browser.post("/sign-in", data=given)

    return asyncio.run(post())


def test_the_cookie_of_a_sign_in_stays_on_https_this_host_and_out_of_scripts(database: Database) -> None:
    answer = signed_in()

    assert answer.status_code == 303, answer.text
    [line] = answer.headers.get_list("set-cookie")
    [(name, cookie)] = SimpleCookie(line).items()
    assert name == "__Host-plumbline"
    assert told(cookie) == {"path": "/", "secure": True, "httponly": True, "samesite": "lax", "domain": ""}
    assert int(cookie["max-age"]) == product.settings().session_days * 24 * 3600
    assert len(cookie.value) >= 43
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def told(cookie: Morsel[str]) -> dict[str, object]:
    """A browser takes a `__Host-` cookie only with these: Secure, Path=/ and no Domain."""
    return {name: cookie[name] for name in ("path", "secure", "httponly", "samesite", "domain")}
