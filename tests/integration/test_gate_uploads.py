"""Files that a browser uploads: only from our own page, and none beyond the limit."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import httpx
import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from dashboard.gate.gatekeeper import RERUN
from tests.gatehouse import Gatehouse, running_gatehouse

LIMIT = 50 * 1024 * 1024
FILE = {"file": ("calls.jsonl", b"{}", "application/jsonl")}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest.fixture(scope="module")
def browser(house: Gatehouse) -> httpx.Client:
    """Signed in, with the token that Streamlit's page sends along."""
    browser = house.signed_in()
    browser.get("/_stcore/health")
    browser.headers["X-Xsrftoken"] = browser.cookies["_streamlit_xsrf"]
    return browser


@pytest.fixture(scope="module")
def place(house: Gatehouse, browser: httpx.Client) -> Iterator[str]:
    """Where the page of an open connection uploads to."""
    page = connect(
        house.address.replace("http", "ws") + "/_stcore/stream",
        origin=house.address,  # type: ignore[arg-type]
        additional_headers={"Cookie": f"{house.cookie}={house.token_of(browser)}"},
        proxy=None,
        open_timeout=60,
    )
    with page:
        page.send(RERUN)
        yield f"/_stcore/upload_file/{session_of(page)}/a-file"


def session_of(page: ClientConnection) -> str:
    while True:
        said = ForwardMsg.FromString(page.recv(timeout=60))  # type: ignore[arg-type]
        if said.HasField("new_session"):
            return said.new_session.initialize.session_id


def announced(house: Gatehouse, browser: httpx.Client, place: str, size: int) -> int:
    """The status that answers a file of this size before a byte of it was sent."""
    sent = browser.build_request("PUT", place)
    peer = HTTPConnection(urlsplit(house.address).netloc, timeout=60)
    peer.putrequest("PUT", place)
    for name in ("Cookie", "X-Xsrftoken"):
        peer.putheader(name, sent.headers[name])
    peer.putheader("Content-Length", str(size))
    peer.putheader("Content-Type", "multipart/form-data; boundary=x")
    peer.endheaders()
    try:
        return peer.getresponse().status
    finally:
        peer.close()


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_file_without_the_pages_token_is_refused(
    browser: httpx.Client, place: str, token: str | None
) -> None:
    sent = browser.build_request("PUT", place, files=FILE)
    del sent.headers["X-Xsrftoken"]
    if token is not None:
        sent.headers["X-Xsrftoken"] = token

    assert browser.send(sent).status_code == 403


def test_a_file_from_our_own_page_is_taken(browser: httpx.Client, place: str) -> None:
    assert browser.put(place, files=FILE).status_code == 204


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(
    house: Gatehouse, browser: httpx.Client, place: str
) -> None:
    assert announced(house, browser, place, LIMIT + 1) == 413
    assert announced(house, browser, place, 50 * LIMIT) == 413
