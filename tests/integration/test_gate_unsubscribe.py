"""The link that stops mails, on the running dashboard: open to everybody, and good for one thing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core.deliveries import unsubscribing
from core.models import Membership
from tests.gatehouse import Gatehouse, running_gatehouse


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gatehouse]:
    with running_gatehouse(tmp_path_factory.mktemp("home")) as house:
        yield house


@pytest.fixture
def link(house: Gatehouse) -> str:
    """The path of the admin's link, with their mails on."""
    assert house.admin.user_id is not None
    with house.database.write() as session:
        session.scalars(select(Membership)).one().email_notifications = True
    return f"/unsubscribe/{unsubscribing.token(house.settings, house.project.id, house.admin.user_id)}"


def is_on(house: Gatehouse) -> bool:
    with house.database.read() as session:
        return session.scalars(select(Membership.email_notifications)).one()


def test_opening_the_link_asks_and_changes_nothing(house: Gatehouse, link: str) -> None:
    for method in ("GET", "HEAD"):
        answer = house.visitor().request(method, link)
        assert answer.status_code == 200
    page = house.visitor().get(link).text
    assert "Stop these emails" in page
    assert house.admin.name in page
    assert "Clinic" in page
    assert is_on(house)


def test_the_button_of_the_page_stops_them(house: Gatehouse, link: str) -> None:
    browser = house.visitor(Origin=house.address, **{"Sec-Fetch-Site": "same-origin"})
    answer = browser.post(link)
    assert answer.status_code == 200
    assert "gets no more summaries" in answer.text
    assert not is_on(house)
    assert "gets no more summaries" in house.visitor().get(link).text


def test_one_click_in_a_mail_program_stops_them(house: Gatehouse, link: str) -> None:
    """RFC 8058: a POST with this body, without cookies, and an answer that is no redirect."""
    answer = house.visitor(Accept="*/*").post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "location" not in answer.headers
    assert "set-cookie" not in answer.headers
    assert not is_on(house)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_was_made_up_does_nothing(house: Gatehouse, link: str, method: str) -> None:
    for forged in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        link.replace("-", "-1", 1),
        "/unsubscribe/x",
    ):
        answer = house.visitor().request(method, forged)
        assert answer.status_code == 410
        assert "not complete" in answer.text
        assert house.admin.name not in answer.text
    assert is_on(house)


def test_a_page_of_another_site_cannot_press_the_button(house: Gatehouse, link: str) -> None:
    answer = house.visitor(**{"Sec-Fetch-Site": "cross-site"}).post(link)
    assert answer.status_code == 403
    assert is_on(house)
