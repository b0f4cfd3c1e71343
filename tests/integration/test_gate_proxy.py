"""SIGN_IN=proxy, on https: the header of a trusted proxy, and of nobody else, says who somebody is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from core import signin
from core.accounts import add_user
from core.terms import Role
from tests.gatehouse import Gatehouse, running_gatehouse
from tests.servers import ROOT

PUBLIC = "https://plumbline.example"
PROXY = {"SIGN_IN": "proxy", "PUBLIC_URL": PUBLIC}
HEADER = "X-Forwarded-Email"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    home = tmp_path_factory.mktemp("home")
    with running_gatehouse(home, **PROXY, PROXY_ADDRESSES="127.0.0.1") as house:
        yield house


@pytest.fixture(scope="module")
def far_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    """Its proxy has another address than these tests."""
    home = tmp_path_factory.mktemp("home")
    with running_gatehouse(home, **PROXY, PROXY_ADDRESSES="10.0.0.5,10.1.0.0/16") as house:
        yield house


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/_stcore/health").status_code == 200


def opens(house: Gatehouse, **headers: str) -> bool:
    """Whether the WebSocket opens."""
    address = house.address.replace("http", "ws") + "/_stcore/stream"
    try:
        connect(address, additional_headers=headers, proxy=None, open_timeout=60).close()
    except InvalidStatus as refusal:
        assert refusal.response.status_code == 403
        return False
    return True


def test_whom_the_proxy_names_is_in_without_a_cookie(house: Gatehouse) -> None:
    assert is_in(house.visitor(**{HEADER: house.admin.name}))
    assert opens(house, **{HEADER: house.admin.name})


def test_somebody_unknown_disabled_or_unnamed_is_not(house: Gatehouse) -> None:
    user_id = add_user(house.database, house.admin, "gone@x.test", Role.VIEWER, house.project.id)
    assert is_in(house.visitor(**{HEADER: "gone@x.test"}))
    signin.set_enabled(house.database, house.admin, user_id, False)

    for named in ("gone@x.test", "nobody@x.test", ""):
        assert not is_in(house.visitor(**{HEADER: named})), named
        assert not opens(house, **{HEADER: named})
    assert not is_in(house.visitor())
    said = house.visitor(**{HEADER: "<b>nobody@x.test"}).get("/sign-in").text
    assert "&lt;b&gt;nobody@x.test, who has no account here" in said


def test_a_header_that_comes_twice_is_believed_neither_time(house: Gatehouse) -> None:
    twice = [(HEADER, "nobody@x.test"), (HEADER, house.admin.name)]

    for headers in (twice, twice[::-1]):
        assert house.visitor().get("/_stcore/health", headers=headers).status_code == 303


@pytest.mark.parametrize("pretended", ["10.0.0.5", "10.1.2.3", "10.0.0.5:443", "10.0.0.5, 127.0.0.1"])
def test_no_header_makes_a_visitor_the_proxy(far_house: Gatehouse, pretended: str) -> None:
    headers = {
        HEADER: far_house.admin.name,
        "X-Forwarded-For": pretended,
        "X-Plumbline-Peer": pretended,
        "Forwarded": f"for={pretended}",
        "X-Real-IP": pretended,
    }
    assert not is_in(far_house.visitor(**headers))
    assert not opens(far_house, **headers)


def test_there_is_no_other_way_in(house: Gatehouse) -> None:
    browser = house.visitor()
    assert "stands in front of Plumbline" in browser.get("/sign-in").text
    assert house.sign_in(browser, house.admin.name).status_code == 403
    assert browser.get("/sign-in/oidc").headers["location"] == "/sign-in"
    link = signin.make_welcome_link(house.database, house.admin.name)
    answer = browser.get(f"/welcome/{link}")
    assert "set-cookie" not in answer.headers
    assert not is_in(browser)


def test_a_page_of_another_site_does_nothing_in_a_proxied_browser(house: Gatehouse) -> None:
    foreign = {HEADER: house.admin.name, "Origin": "https://evil.example"}

    assert house.visitor(**foreign).put("/_stcore/upload_file/a/b").status_code == 403
    assert not opens(house, **foreign)
    assert opens(house, **{HEADER: house.admin.name, "Origin": PUBLIC})


def test_on_https_browsers_are_told_to_stay_there(house: Gatehouse) -> None:
    answer = house.visitor().get("/sign-in")

    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    (dropped,) = house.visitor().post("/sign-out").headers.get_list("set-cookie")
    assert dropped.startswith("__Host-plumbline=")
    assert {"Secure", "Path=/", "HttpOnly"} <= set(dropped.split("; "))


@pytest.mark.thorough
def test_started_so_that_headers_move_the_peer_it_refuses(house: Gatehouse) -> None:
    """By Streamlit itself, which would let uvicorn believe X-Forwarded-For."""
    home = str(house.settings.plumbline_home)
    environment = {
        "PATH": os.environ["PATH"],
        "PLUMBLINE_HOME": home,
        **PROXY,
        "PROXY_ADDRESSES": "127.0.0.1",
    }
    started = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", "0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert started.returncode == 1
    assert "python -m dashboard" in started.stderr
    assert "Traceback" not in started.stderr


@pytest.mark.thorough
def test_open_to_a_network_without_a_secret_it_refuses(house: Gatehouse) -> None:
    environment = {"PATH": os.environ["PATH"], "PLUMBLINE_HOME": str(house.settings.plumbline_home)}
    started = subprocess.run(
        [sys.executable, "-m", "dashboard", "--server.address", "0.0.0.0", "--server.port", "0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert started.returncode == 1
    assert "COOKIE_SECRET" in started.stderr
    assert "Traceback" not in started.stderr
