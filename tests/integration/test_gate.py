"""The gate on the running dashboard: nothing is served to who is signed out, whatever they ask for."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from core import signin
from core.models import SignInSession
from core.terms import Role
from dashboard.gate.paths import OPEN
from tests.gatehouse import Gatehouse, running_gatehouse
from tests.servers import ROOT

STREAM = "/_stcore/stream"
BESIDES = (
    ("GET", "/lab"),
    ("GET", "/no-such-page"),
    ("GET", "/sign-in/other"),
    ("GET", "/sign-in/../lab"),
    ("GET", "/welcome/a/b"),
    ("GET", "/index.html"),
    ("GET", "/favicon.png"),
    ("GET", "/static/js/index.js"),
    ("GET", "/component/diff_viewer.diff_viewer/index.html"),
    ("GET", "/healthz/"),
    ("GET", "//healthz"),
    ("POST", "/healthz/x"),
    ("PUT", "/_stcore/upload_file/session/file"),
    ("DELETE", "/_stcore/upload_file/session/file"),
)
"""Paths below a mount or beside a route, some of them hoping to look like an open one."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest.fixture(scope="module")
def routes(house: Gatehouse) -> list[tuple[str, str]]:
    """Every route of the app, with something in the place of each parameter."""
    listed = subprocess.run(
        [sys.executable, "-m", "tests.integration.app_routes"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PLUMBLINE_HOME": str(house.settings.plumbline_home)},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(listed.stdout.splitlines()[-1])
    return [(method, re.sub(r"\{[^}]*\}", "x", path) or "/") for method, path in found]


def opened(path: str) -> bool:
    return any(re.fullmatch(one.replace("{token}", "[^/]+"), path) for one in OPEN)


def http_routes(routes: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What an HTTP request can ask for; a mount is asked for itself and for something below."""
    asked = [(method, path) for method, path in routes if method not in {"WEBSOCKET", "MOUNT"}]
    mounts = [path.rstrip("/") for method, path in routes if method == "MOUNT"]
    below = [("GET", f"{path}/{name}") for path in mounts for name in ("", "x")]
    return [*asked, *below, *BESIDES]


def test_the_walk_knows_the_routes_that_matter(routes: list[tuple[str, str]]) -> None:
    assert ("WEBSOCKET", STREAM) in routes
    assert {("PUT", "/_stcore/upload_file/x/x"), ("GET", "/media/x"), ("GET", "/sign-in")} <= set(routes)
    assert len(routes) > 30


@pytest.mark.parametrize("as_page", [True, False], ids=["a page", "a script"])
def test_signed_out_no_route_answers_but_the_open_ones(
    house: Gatehouse, routes: list[tuple[str, str]], as_page: bool
) -> None:
    headers = {} if as_page else {"Accept": "*/*", "Sec-Fetch-Mode": "cors"}
    nobody = house.visitor(**headers)
    for method, path in http_routes(routes):
        if not opened(path):
            answer = nobody.request(method, path)
            leads = as_page and method in {"GET", "HEAD"}
            assert answer.status_code == (303 if leads else 401), (method, path, answer.status_code)
            assert not leads or answer.headers["location"].startswith("/sign-in"), path
            assert len(answer.content) < 100, path


def test_each_open_path_is_a_route_of_its_own(house: Gatehouse, routes: list[tuple[str, str]]) -> None:
    """Otherwise Streamlit would answer in its place, with the shell of the dashboard."""
    served = {path for _method, path in routes}
    nobody = house.visitor()
    for one in (path.replace("{token}", "x") for path in OPEN):
        assert one in served
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = nobody.request(method, one)
            assert answer.status_code in {200, 303, 400, 401, 405, 410}, (method, one)
            assert "_stcore" not in answer.text


def test_signed_in_the_same_routes_answer(house: Gatehouse) -> None:
    browser = house.signed_in()
    assert '<div id="root">' in browser.get("/").text
    assert browser.get("/_stcore/health").text == "ok"
    assert browser.get("/no-such-file.js").status_code == 200


def stream(house: Gatehouse, token: str = "", **headers: str) -> ClientConnection:
    """A WebSocket as the page opens it."""
    cookie = {"Cookie": f"{house.cookie}={token}"} if token else {}
    return connect(
        house.address.replace("http", "ws") + STREAM,
        origin=headers.pop("Origin", house.address),  # type: ignore[arg-type]
        additional_headers=cookie | headers,
        proxy=None,
        open_timeout=60,
    )


def refused(house: Gatehouse, token: str = "", **headers: str) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        stream(house, token, **headers)
    return refusal.value.response.status_code


def test_the_web_socket_opens_only_for_who_is_signed_in(house: Gatehouse) -> None:
    token = house.token_of(house.signed_in())
    with stream(house, token):
        pass

    assert refused(house) == 403
    assert refused(house, "forged") == 403
    assert refused(house, token[:-1] + ("a" if token[-1] != "a" else "b")) == 403


def test_a_page_of_another_site_opens_no_web_socket(house: Gatehouse) -> None:
    token = house.token_of(house.signed_in())

    assert refused(house, token, Origin="https://evil.example") == 403
    assert refused(house, token, Origin="http://localhost:1") == 403
    assert refused(house, token, Origin="null") == 403


def ended(house: Gatehouse, browser: httpx.Client) -> bool:
    token = house.token_of(browser)
    return browser.get("/_stcore/health").status_code != 200 and refused(house, token) == 403


def test_an_expired_session_is_out(house: Gatehouse) -> None:
    browser = house.signed_in()
    assert browser.get("/_stcore/health").status_code == 200
    with house.database.write() as session:
        for row in session.query(SignInSession):
            row.expires_at = row.created_at
    assert ended(house, browser)


def test_a_disabled_person_is_out_and_others_are_not(house: Gatehouse) -> None:
    user_id = house.member("gone@x.test")
    admin, browser = house.signed_in(), house.signed_in("gone@x.test")
    signin.set_enabled(house.database, house.admin, user_id, False)

    assert ended(house, browser)
    assert admin.get("/_stcore/health").status_code == 200


def test_one_persons_cookie_ends_with_their_own_session_alone(house: Gatehouse) -> None:
    house.member("one@x.test", Role.VIEWER)
    house.member("two@x.test", Role.VIEWER)
    one, two = house.signed_in("one@x.test"), house.signed_in("two@x.test")
    token = house.token_of(one)
    one.get("/sign-out")
    assert one.get("/_stcore/health").status_code == 200, "a mere link signs nobody out"
    assert one.post("/sign-out").headers["location"] == "/sign-in"

    assert house.token_of(one) == ""
    assert house.visitor(token).get("/").status_code == 303
    assert two.get("/_stcore/health").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-Email", "X-Plumbline-Peer", "Authorization"])
def test_without_a_proxy_no_header_lets_anybody_in(house: Gatehouse, header: str) -> None:
    assert house.visitor(**{header: house.admin.name}).get("/").status_code == 303
    assert refused(house, **{header: house.admin.name}) == 403
