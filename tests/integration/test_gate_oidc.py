"""SIGN_IN=oidc against a real OpenID provider on this machine, as a browser goes back and forth."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import oidc_provider_mock
import pytest
from oidc_provider_mock import User as Known

from core import signin
from core.accounts import add_user
from core.models import AuditEvent, User
from core.terms import Role
from dashboard.gate.cookies import FLOW_SECONDS
from tests.gatehouse import Gatehouse, running_gatehouse

KNOWN = (
    Known(sub="ana-1", claims={"email": "Ana@x.test", "email_verified": True, "name": "Ana"}),
    Known(sub="ana-2", claims={"email": "ana@x.test", "email_verified": True}),
    Known(sub="ben", claims={"email": "ben@x.test", "email_verified": False}),
    Known(sub="nobody", claims={"email": "<b>nobody@x.test", "email_verified": True}),
    Known(sub="nameless", claims={}),
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=KNOWN) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def house(issuer: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    oidc = {"SIGN_IN": "oidc", "OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "plumbline"}
    more = {"OIDC_CLIENT_SECRET": "hidden", "OIDC_NAME": "Keycloak", "ALLOWED_PRIVATE_ADDRESSES": "localhost"}
    with running_gatehouse(tmp_path_factory.mktemp("home"), **oidc, **more) as house:
        for email in ("ana@x.test", "ben@x.test"):
            add_user(house.database, house.admin, email, Role.VIEWER, house.project.id)
        yield house


def is_in(browser: httpx.Client) -> bool:
    return browser.get("/_stcore/health").status_code == 200


def begin(browser: httpx.Client, wanted: str = "/") -> str:
    """The provider's address to which the browser is sent."""
    answer = browser.get("/sign-in/oidc", params={"next": wanted})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def consent(address: str, **choice: str) -> str:
    """Choose who one is at the provider; the path with which it sends the browser back."""
    answer = httpx.post(address, data=choice, trust_env=False)
    back = urlsplit(answer.headers["location"])
    assert back.path == "/sign-in/callback", answer.text
    return f"{back.path}?{back.query}"


def come_in(browser: httpx.Client, sub: str, wanted: str = "/") -> httpx.Response:
    return browser.get(consent(begin(browser, wanted), sub=sub))


def test_the_way_over_the_provider_leads_to_the_page_that_was_asked_for(house: Gatehouse) -> None:
    browser = house.visitor()
    page = browser.get(browser.get("/runs?run=7").headers["location"])
    assert "Sign in with Keycloak" in page.text
    assert 'type="password"' not in page.text

    answer = come_in(browser, "ana-1", "/runs?run=7")

    assert (answer.status_code, answer.headers["location"]) == (303, "/runs?run=7")
    assert is_in(browser)
    person = signin.who(house.database, house.settings, house.token_of(browser))
    assert person is not None and (person.email, person.method) == ("ana@x.test", "oidc")
    with house.database.read() as session:
        assert session.query(AuditEvent).filter_by(action="user.link").count() == 1


def test_an_address_links_once_and_is_nobody_elses_afterwards(house: Gatehouse) -> None:
    come_in(house.visitor(), "ana-1")
    browser = house.visitor()

    answer = come_in(browser, "ana-2")

    assert answer.status_code == 403
    assert "has no account here" in answer.text
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("sub", "words"),
    [
        ("ben", "not verified"),
        ("nobody", "&lt;b&gt;nobody@x.test, who has no account here"),
        ("nameless", "somebody without an email address"),
    ],
)
def test_who_is_not_verified_or_not_known_stays_out(house: Gatehouse, sub: str, words: str) -> None:
    browser = house.visitor()
    answer = come_in(browser, sub)

    assert answer.status_code == 403
    assert words in answer.text
    assert not is_in(browser)


def test_a_disabled_person_stays_out(house: Gatehouse) -> None:
    come_in(house.visitor(), "ana-1")
    with house.database.write() as session:
        session.query(User).filter_by(email="ana@x.test").update({"enabled": False})
    try:
        answer = come_in(house.visitor(), "ana-1")
        assert (answer.status_code, "is disabled" in answer.text) == (403, True)
    finally:
        with house.database.write() as session:
            session.query(User).filter_by(email="ana@x.test").update({"enabled": True})


def test_who_denies_it_there_is_told_so_here(house: Gatehouse) -> None:
    browser = house.visitor()
    answer = browser.get(consent(begin(browser), action="deny"))

    assert answer.status_code == 403
    assert not is_in(browser)


def test_a_link_with_somebody_elses_code_lets_nobody_in(house: Gatehouse) -> None:
    """Otherwise an attacker could sign a victim in as the attacker, and read what they then write."""
    attacker, victim = house.visitor(), house.visitor()
    back = consent(begin(attacker), sub="ana-1")

    assert victim.get(back).status_code == 400
    begin(victim)
    assert victim.get(back).status_code == 403
    assert not is_in(victim)


def test_a_code_and_a_flow_are_used_up(house: Gatehouse) -> None:
    browser = house.visitor()
    back = consent(begin(browser), sub="ana-1")
    assert browser.get(back).status_code == 303

    assert browser.get(back).status_code == 400


def test_a_forged_flow_is_none(house: Gatehouse) -> None:
    browser = house.visitor()
    back = consent(begin(browser), sub="ana-1")
    (name,) = [cookie.name for cookie in browser.cookies.jar if cookie.name.endswith("-oidc")]
    browser.cookies.delete(name)
    browser.cookies.set(name, "forged.flow.here", domain="127.0.0.1", path="/sign-in")

    assert browser.get(back).status_code == 400
    assert not is_in(browser)


def test_the_flow_is_kept_out_of_reach_for_ten_minutes(house: Gatehouse) -> None:
    answer = house.visitor().get("/sign-in/oidc")
    (cookie,) = answer.headers.get_list("set-cookie")

    assert {"HttpOnly", "SameSite=lax", "Path=/sign-in"} <= set(cookie.split("; "))
    assert f"Max-Age={FLOW_SECONDS}" in cookie


@pytest.mark.parametrize("wanted", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_the_way_back_leads_to_no_other_site(house: Gatehouse, wanted: str) -> None:
    assert come_in(house.visitor(), "ana-1", wanted).headers["location"] == "/"


def test_there_is_no_way_in_with_a_password(house: Gatehouse) -> None:
    browser = house.visitor()

    answer = house.sign_in(browser, "ana@x.test")

    assert answer.status_code == 403
    assert "through Keycloak" in answer.text
    assert not is_in(browser)
