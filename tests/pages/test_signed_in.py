"""Who looks at a page is asked of the database in every rerun."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import accounts, signin
from core.models import User
from core.terms import Role
from dashboard import product
from dashboard.session import script
from tests.page_world import BROWSER, PAGES, PASSWORD, PageWorld, page_world, sign_in_by_link

__all__ = ["page_world"]

EVERY_PAGE = sorted(page.stem for page in PAGES.glob("[a-z]*.py"))


def html(page: AppTest) -> str:
    return " ".join(one.proto.body for one in page.get("html"))


def shows_only_the_way_back(page: AppTest) -> bool:
    """One sentence with a link, no widget and nothing of the project."""
    assert not page.exception
    widgets = [*page.button, *page.selectbox, *page.text_input, *page.get("page_link")]
    texts = [*page.title, *page.header, *page.markdown, *page.text, *page.caption]
    return "You are signed out" in html(page) and 'href="/sign-in' in html(page) and not widgets and not texts


def disable(world: PageWorld, user_id: int | None) -> None:
    with world.database.write() as session:
        session.get_one(User, user_id).enabled = False


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_without_a_session_no_page_shows_anything(page_world: PageWorld, name: str) -> None:
    page_world.browser.token = "forged"

    assert shows_only_the_way_back(page_world.open_in_frame(name))


def test_a_session_that_ended_is_noticed_at_the_next_click(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("overview")
    assert page.title[0].value == "Overview"

    signin.sign_out_everywhere(page_world.database, page_world.actor)

    assert shows_only_the_way_back(page.run())


def test_a_disabled_person_is_out_at_the_next_click(page_world: PageWorld) -> None:
    person = page_world.sign_in_as("ana@x.test", Role.EDITOR)
    page = page_world.open_in_frame("overview")
    assert page.title[0].value == "Overview"

    disable(page_world, person.user_id)

    assert shows_only_the_way_back(page.run())


def test_a_person_sees_their_own_name_and_projects_alone(page_world: PageWorld) -> None:
    assert "admin@localhost" in html(page_world.open_in_frame("overview"))

    page_world.sign_in_as("ana@x.test", Role.VIEWER)
    page = page_world.open_in_frame("overview")

    assert "ana@x.test" in html(page)
    assert "admin@localhost" not in html(page)


def test_a_name_is_shown_as_text(page_world: PageWorld) -> None:
    with page_world.database.write() as session:
        session.get_one(User, page_world.actor.user_id).name = "<img src=x onerror=alert(1)>"

    assert "&lt;img" in html(page_world.open_in_frame("overview"))


def test_the_next_person_in_a_browser_finds_nothing_of_the_last(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("overview")
    page.session_state["of-the-admin"] = "secret"
    page_world.sign_in_as("ana@x.test", Role.VIEWER)

    page.run()

    assert "of-the-admin" not in page.session_state


def notices(page: AppTest) -> str:
    return " ".join(link.proto.label for link in page.get("page_link"))


def test_who_came_by_link_is_asked_to_set_a_password_until_there_is_one(page_world: PageWorld) -> None:
    assert "Set a password" in notices(page_world.open_in_frame("overview"))

    page = page_world.open_in_frame("account")
    assert "Set a password" not in notices(page), "the page itself is where one sets it"
    page.text_input(key="account-new").set_value(PASSWORD)
    page.text_input(key="account-again").set_value(PASSWORD)
    page = page.button(key="account-password-set").click().run()

    assert "Your password is set" in page.success[0].value
    assert "Set a password" not in notices(page_world.open_in_frame("overview"))
    assert signin.sign_in(page_world.database, product.settings(), page_world.actor.name, PASSWORD, BROWSER)


def test_a_password_is_changed_by_who_knows_the_old_one(page_world: PageWorld) -> None:
    page_world.sign_in_as("ana@x.test", Role.VIEWER)
    other = signin.sign_in(page_world.database, product.settings(), "ana@x.test", PASSWORD, BROWSER)

    def change(old: str, new: str, again: str) -> AppTest:
        page = page_world.open("account")
        for key, value in (("old", old), ("new", new), ("again", again)):
            page.text_input(key=f"account-{key}").set_value(value)
        return page.button(key="account-password-set").click().run()

    new = "another battery staple"
    assert "differ" in change(PASSWORD, new, "x").error[0].value
    assert change("wrong", new, new).error
    assert change(PASSWORD, "short", "short").error
    assert signin.who(page_world.database, product.settings(), other) is not None

    assert not change(PASSWORD, new, new).error
    assert signin.who(page_world.database, product.settings(), other) is None
    assert signin.who(page_world.database, product.settings(), page_world.browser.token) is not None


def test_other_browsers_are_listed_and_signed_out(page_world: PageWorld) -> None:
    other = sign_in_by_link()
    page = page_world.open("account")
    assert len([one for one in page.text if "from 127.0.0.1" in one.value]) == 2

    page = page.button(key="account-everywhere").click().run()

    assert "Signed out 1 other browser." in page.success[0].value
    assert signin.who(page_world.database, product.settings(), other) is None
    assert page.button(key="account-everywhere").disabled


def test_what_a_role_may_is_known_to_a_page(page_world: PageWorld) -> None:
    def script() -> None:
        import streamlit as st

        from core.terms import Role
        from dashboard import session

        here = session.here()
        st.text(" ".join(role.name for role in Role if here.may(role)))

    assert AppTest.from_function(script).run().text[0].value == "VIEWER LABELLER EDITOR ADMIN"
    page_world.sign_in_as("ana@x.test", Role.LABELLER)
    assert AppTest.from_function(script).run().text[0].value == "VIEWER LABELLER"


def test_a_click_in_the_sidebar_stays_in_the_project(page_world: PageWorld) -> None:
    """Its links name no project: the first in the alphabet would come instead of the one that was chosen."""
    other = accounts.add_project(page_world.database, page_world.actor, "Zeppelins").id
    page = page_world.open_in_frame("overview", project=other)
    page.query_params.clear()
    page.switch_page(script("metrics")).run()
    assert page.query_params["project"] == str(other)
    page.query_params["project"] = str(page_world.project_id)
    page.run()
    page.query_params.clear()
    assert page.switch_page(script("lab")).run().query_params["project"] == str(page_world.project_id)
