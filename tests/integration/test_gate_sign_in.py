"""Signing in, links and out again, as a browser without a window sees it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from core import accounts, signin
from core.models import SignInFailure
from core.signin.slowing import FREE_OF_ACCOUNT, FREE_OF_ADDRESS
from core.terms import Origin, Role
from tests.gatehouse import CLIENT, PASSWORD, Gatehouse, running_gatehouse
from tests.servers import ROOT

WAITS_THAT_END = 6
"""At most, while a test guesses: the waits double from 2 s, so that the sixth lasts over a minute."""
ELSEWHERE = (
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/%0d/..//evil.example\r\nSet-Cookie: a=b",
    "http:evil.example",
    "javascript:alert(1)",
    "evil.example",
    "///evil.example",
    "/sign-in?next=//evil.example",
    "/sign-out",
    "",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest.fixture(autouse=True)
def nobody_is_slowed(house: Gatehouse) -> None:
    """One test's wrong passwords must not slow the next one's right ones."""
    with house.database.write() as session:
        session.query(SignInFailure).delete()


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/_stcore/health").status_code == 200


def test_the_way_leads_over_sign_in_to_the_page_that_was_asked_for(house: Gatehouse) -> None:
    browser = house.visitor()
    sent = browser.get("/runs?run=7&project=1").headers["location"]
    page = browser.get(sent)
    assert page.status_code == 200
    assert 'action="/sign-in?next=/runs%3Frun%3D7%26project%3D1"' in page.text

    answer = browser.post(sent, data={"email": house.admin.name, "password": PASSWORD})

    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?run=7&project=1")
    assert browser.get(sent).headers["location"] == "/runs?run=7&project=1"


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_sign_in_leads_to_no_other_site(house: Gatehouse, wanted: str) -> None:
    answer = house.visitor().post(
        "/sign-in", params={"next": wanted}, data={"email": house.admin.name, "password": PASSWORD}
    )

    assert answer.headers["location"] == "/"
    assert "a" not in answer.cookies


def test_a_wrong_password_and_an_unknown_person_look_alike(house: Gatehouse) -> None:
    browser = house.visitor()
    wrong = house.sign_in(browser, house.admin.name, "wrong horse")
    unknown = house.sign_in(browser, "nobody@x.test", "wrong horse")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.text.replace(house.admin.name, "") == unknown.text.replace("nobody@x.test", "")
    assert "wrong horse" not in wrong.text
    assert not is_in(browser)
    assert not browser.cookies


def test_what_was_typed_is_shown_as_text(house: Gatehouse) -> None:
    answer = house.sign_in(house.visitor(), '"><script>alert(1)</script>', "x")

    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_guessing_is_slowed_even_for_the_right_password(house: Gatehouse) -> None:
    browser = house.visitor()
    answers = [house.sign_in(browser, house.admin.name, f"guess {n}").status_code for n in range(12)]

    assert answers[0] == 401
    assert answers.count(401) <= FREE_OF_ACCOUNT + WAITS_THAT_END
    slowed = house.sign_in(browser, house.admin.name)
    assert slowed.status_code == 429
    assert "seconds" in slowed.text
    assert not is_in(browser)


def test_a_header_does_not_make_a_guesser_somebody_else(house: Gatehouse) -> None:
    browser, answers = house.visitor(), []
    for number in range(60):
        browser.headers["X-Forwarded-For"] = f"192.0.2.{number}"
        answers.append(house.sign_in(browser, f"someone-{number}@x.test", "guess").status_code)

    assert answers[0] == 401
    assert answers.count(401) <= FREE_OF_ADDRESS + WAITS_THAT_END, (
        "the address is slowed whatever name and header it uses"
    )


def test_each_sign_in_makes_a_new_session_and_ends_the_one_before(house: Gatehouse) -> None:
    browser = house.visitor("chosen-by-somebody-else")
    house.sign_in(browser, house.admin.name)
    first = house.token_of(browser)
    house.sign_in(browser, house.admin.name)
    second = house.token_of(browser)

    assert len({first, second, "chosen-by-somebody-else"}) == 3
    assert not is_in(house.visitor(first))
    assert is_in(browser)


def test_sign_out_everywhere_spares_this_browser_alone(house: Gatehouse) -> None:
    here, there = house.signed_in(), house.signed_in()

    signin.sign_out_everywhere(house.database, house.admin, keep=house.token_of(here))

    assert is_in(here)
    assert not is_in(there)


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: Gatehouse) -> None:
    answer = house.sign_in(house.visitor(), house.admin.name)
    (cookie,) = answer.headers.get_list("set-cookie")

    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Secure" not in cookie, "PUBLIC_URL is http here; test_gate_proxy.py has https"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/welcome/x", "/_stcore/upload_file/a/b"])
def test_a_form_on_another_site_does_nothing(house: Gatehouse, path: str, headers: dict[str, str]) -> None:
    browser = house.signed_in()
    browser.headers.update(headers)
    answer = browser.post(path, data={"email": house.admin.name, "password": PASSWORD})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    del browser.headers[next(iter(headers))]
    assert is_in(browser)


def test_a_form_of_our_own_page_is_taken(house: Gatehouse) -> None:
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": house.address}):
        assert house.sign_in(house.visitor(**headers), house.admin.name).status_code == 303


def test_a_body_that_never_ends_is_not_read(house: Gatehouse) -> None:
    answer = house.visitor().post("/sign-in", content=b"email=" + b"x" * 5_000_000)

    assert answer.status_code == 401


def test_the_welcome_link_lets_in_once(house: Gatehouse) -> None:
    address = f"/welcome/{signin.make_welcome_link(house.database, 'first@x.test')}"
    browser = house.visitor()
    ahead = house.visitor(**{"Sec-Purpose": "prefetch;prerender"})
    assert ahead.get(address).status_code == 204
    assert house.visitor().head(address).status_code == 204

    assert browser.get(address).headers["location"] == "/"

    assert is_in(browser)
    assert browser.get(address).headers["location"] == "/", "who comes back to it is led in"
    again = house.visitor().get(address)
    assert again.status_code == 410
    assert "used already" in again.text


@pytest.mark.parametrize("kind", ["invitation", "reset"])
def test_other_links_ask_for_a_password_first(house: Gatehouse, kind: str) -> None:
    email = f"{kind}@x.test"
    token = (
        signin.invite(house.database, house.settings, house.admin, house.project.id, email, Role.VIEWER)
        if kind == "invitation"
        else signin.reset_link(house.database, house.admin, house.member(email))
    )
    browser, address = house.visitor(), f"/welcome/{token}"
    page = browser.get(address)
    assert email in page.text
    assert not browser.cookies, "looking uses nothing up"

    new = "a brand new pass phrase"
    differing = browser.post(address, data={"password": new, "again": "another"})
    assert "differ" in differing.text
    short = browser.post(address, data={"password": "short", "again": "short"})
    assert short.status_code == 400
    assert not is_in(browser)
    assert browser.post(address, data={"password": new, "again": new}).headers["location"] == "/"

    assert is_in(browser)
    assert house.visitor().post(address, data={"password": new, "again": new}).status_code == 410
    assert house.sign_in(house.visitor(), email, new).status_code == 303


def test_a_membership_link_asks_for_the_password_that_one_has(house: Gatehouse) -> None:
    email = "elsewhere@x.test"
    boss = accounts.local_admin(house.database, "boss@x.test", Origin.PAGE)
    theirs = accounts.add_project(house.database, boss, "Theirs")
    first = signin.invite(house.database, house.settings, boss, theirs.id, email, Role.VIEWER)
    signin.open_link(house.database, house.settings, first or "", CLIENT, PASSWORD)
    link = signin.invite(house.database, house.settings, house.admin, house.project.id, email, Role.EDITOR)
    browser, address = house.visitor(), f"/welcome/{link}"
    page = browser.get(address)
    assert house.project.name in page.text and email in page.text
    assert 'autocomplete="current-password"' in page.text

    refused = browser.post(address, data={"password": "not theirs"})
    assert (refused.status_code, is_in(browser)) == (400, False)
    assert "password is wrong" in refused.text
    assert browser.post(address, data={"password": PASSWORD}).headers["location"] == "/"

    assert is_in(browser)
    assert house.visitor().get(address).status_code == 410


def test_health_says_more_to_who_is_signed_in(house: Gatehouse) -> None:
    assert house.visitor().get("/healthz").json() == {"status": "degraded"}
    assert {"version", "worker", "database"} < set(house.signed_in().get("/healthz").json())


def test_uploads_and_other_sites_are_limited() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")

    for line in (
        "maxUploadSize = 50",
        "enableCORS = true",
        "enableXsrfProtection = true",
        'address = "127.0.0.1"',
    ):
        assert line in config
