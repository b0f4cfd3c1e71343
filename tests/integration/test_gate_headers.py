"""Security headers on everything that is answered, to whomever, and what a browser may keep of it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx
import pytest

from tests.gatehouse import Gatehouse, running_gatehouse

ANYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
PATHS = (
    "/",
    "/lab",
    "/healthz",
    "/sign-in",
    "/sign-in/style.css",
    "/sign-in/plumbline.png",
    "/sign-out",
    "/welcome/x",
    "/favicon.png",
    "/static/css/none.css",
    "/media/none",
    "/component/none/index.html",
    "/_stcore/health",
    "/_stcore/host-config",
    "/_stcore/metrics",
    "/_stcore/agent/openapi.json",
    "//evil.example",
    "/lab/",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


def policy(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.parametrize("signed_in", [False, True], ids=["signed out", "signed in"])
def test_every_answer_carries_them(house: Gatehouse, signed_in: bool) -> None:
    browser = house.signed_in() if signed_in else house.visitor()
    for path in PATHS:
        answer = browser.get(path)
        for name, value in ANYWHERE.items():
            assert answer.headers.get(name) == value, (path, name)
        assert "geolocation=()" in answer.headers["permissions-policy"]
        assert policy(answer)["default-src"] == "'none'"
        assert policy(answer)["base-uri"] == "'none'"
        assert "'unsafe-eval'" not in answer.headers["content-security-policy"], path
        assert "'unsafe-inline'" not in policy(answer).get("script-src", ""), path
        assert "strict-transport-security" not in answer.headers, "PUBLIC_URL is http here"


OWN_PAGES = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
DASHBOARD = (
    "default-src 'none'; connect-src 'self'; font-src 'self' data:; frame-src 'self'; "
    "img-src 'self' data: blob:; manifest-src 'self'; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; script-src 'self'{scripts}"
)
COMPONENT = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; "
    "script-src 'self'{scripts}"
)
VIEWER = "/component/diff_viewer.diff_viewer/index.html"


def scripts_of(page: str) -> str:
    """The inline scripts of a page, as a policy names them."""
    found = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found]
    return "".join(f" 'sha256-{digest}'" for digest in digests)


def viewer_page() -> str:
    """As the package has it: the server knows it only once a page has shown a diff."""
    package = find_spec("diff_viewer")
    assert package is not None
    assert package.origin is not None
    return (Path(package.origin).parent / "frontend" / "build" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("paths", "whole", "page"),
    [
        (("/sign-in", "/sign-out", "/welcome/x", "/sign-in/style.css", "/healthz"), OWN_PAGES, "/sign-in"),
        (("/", "/lab", "/_stcore/health", "/static/none", "/media/none"), DASHBOARD, "/"),
        ((VIEWER, "/component/none/index.html"), COMPONENT, VIEWER),
    ],
    ids=["sign-in", "dashboard", "component"],
)
def test_the_policy_is_this_and_nothing_more(
    house: Gatehouse, paths: tuple[str, ...], whole: str, page: str
) -> None:
    browser = house.signed_in()
    text = viewer_page() if page == VIEWER else browser.get(page).text
    expected = whole.replace("{scripts}", scripts_of(text))

    for path in paths:
        assert browser.get(path).headers["content-security-policy"] == expected, path
    assert (
        browser.get(paths[0], headers={"Host": "evil.example"}).headers["content-security-policy"] == expected
    ), "a refusal is no exception"


def test_refusals_carry_them_too(house: Gatehouse) -> None:
    foreign = house.visitor(Origin="https://evil.example").post("/sign-in")
    strange = house.visitor(Host="evil.example").get("/")

    assert (foreign.status_code, strange.status_code) == (403, 400)
    assert "ALLOWED_HOSTS" in strange.text
    assert house.visitor(Host="10.0.0.7").get("/healthz").json() == {"status": "degraded"}
    for answer in (foreign, strange):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert policy(answer)["default-src"] == "'none'"


def test_nothing_is_framed_but_a_component_by_the_dashboard(house: Gatehouse) -> None:
    browser = house.signed_in()
    for path in PATHS:
        ours = path.startswith("/component/")
        assert policy(browser.get(path))["frame-ancestors"] == ("'self'" if ours else "'none'"), path


def test_the_sign_in_page_runs_no_script_at_all(house: Gatehouse) -> None:
    answer = house.visitor().get("/sign-in")

    assert "script-src" not in policy(answer)
    assert "<script" not in answer.text
    assert "style=" not in answer.text


def test_a_browser_keeps_bundles_and_no_data(house: Gatehouse) -> None:
    browser = house.signed_in()
    page = browser.get("/")
    bundle = page.text.split('src="./static/')[1].split('"')[0]

    assert page.headers["cache-control"] == "no-store"
    assert "immutable" in browser.get(f"/static/{bundle}").headers["cache-control"]
    for path in ("/healthz", "/_stcore/host-config", "/media/none", "/static/none"):
        assert browser.get(path).headers["cache-control"] == "no-store", path
