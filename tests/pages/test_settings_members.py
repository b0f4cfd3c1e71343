"""Members: invited by a link that is shown once, given roles, put out and let in again."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import accounts, memberships, signin
from core.memberships import Member
from core.terms import Role
from dashboard import product, visitor
from dashboard.gate.identity import Presented
from tests.page_world import BROWSER, PASSWORD, PageWorld, page_world
from tests.pages.test_settings import become, press, texts, widget, with_settings

__all__ = ["page_world"]

ANA = "ana@x.test"


def opened(world: PageWorld) -> AppTest:
    return world.open_in_frame("settings", section="members")


def member(world: PageWorld, email: str = ANA) -> Member | None:
    found = memberships.members_of(world.database, world.actor, world.project_id)
    return next((one for one in found if one.email == email), None)


def invited(world: PageWorld, email: str = ANA, role: Role = Role.EDITOR) -> int:
    signin.invite(world.database, product.settings(), world.actor, world.project_id, email, role)
    found = member(world, email)
    assert found is not None
    return found.user_id


def joined(world: PageWorld, email: str = ANA) -> tuple[int, str]:
    """Somebody with a password and a session: their id and the session's token."""
    link = signin.invite(
        world.database, product.settings(), world.actor, world.project_id, email, Role.EDITOR
    )
    assert link is not None
    token = signin.open_link(world.database, product.settings(), link, BROWSER, PASSWORD)
    found = member(world, email)
    assert found is not None
    return found.user_id, token


def is_in(world: PageWorld, token: str) -> bool:
    return signin.who(world.database, product.settings(), token) is not None


def link_shown(page: AppTest) -> str:
    """The token of the one-time link that the page shows."""
    (address,) = [one.value for one in page.code if "/welcome/" in one.value]
    return str(address).rpartition("/")[2]


def lets_in(world: PageWorld, token: str) -> bool:
    return is_in(world, signin.open_link(world.database, product.settings(), token, BROWSER, PASSWORD))


def invite(page: AppTest, email: str, role: Role = Role.LABELLER) -> AppTest:
    page.text_input(key="settings-member-email").set_value(email)
    page.radio(key="settings-member-role").set_value(role)
    return press(page, "settings-member-add")


def test_somebody_is_invited_by_a_link_that_is_shown_once(page_world: PageWorld) -> None:
    page = invite(opened(page_world), ANA)

    found = member(page_world)
    assert found is not None and (found.role, found.notifications) == (Role.LABELLER, True)
    assert "Invited" in texts(page)
    token = link_shown(page)
    assert "/welcome/" not in texts(opened(page_world))
    assert lets_in(page_world, token)
    assert "Invited" not in texts(opened(page_world))


def test_nobody_is_invited_twice_whatever_the_case_of_the_address(page_world: PageWorld) -> None:
    invited(page_world)

    assert "already a member" in texts(invite(opened(page_world), "ANA@x.test", Role.ADMIN))
    found = member(page_world)
    assert found is not None and found.role is Role.EDITOR


def test_who_has_an_account_already_is_added_without_a_link(page_world: PageWorld) -> None:
    joined(page_world)
    other = accounts.add_project(page_world.database, page_world.actor, "Second")
    page = invite(page_world.open_in_frame("settings", section="members", project=other.id), ANA)

    assert "They can sign in as before" in texts(page)
    assert "/welcome/" not in texts(page)


def test_whose_account_was_made_elsewhere_gets_a_link_to_join_by(page_world: PageWorld) -> None:
    database, settings = page_world.database, product.settings()
    boss = accounts.local_admin(database, "boss@x.test", page_world.actor.origin)
    theirs = accounts.add_project(database, boss, "Theirs")
    first = signin.invite(database, settings, boss, theirs.id, ANA, Role.VIEWER)
    signin.open_link(database, settings, first or "", BROWSER, PASSWORD)

    page = invite(opened(page_world), ANA)

    assert "become a member here when they open the link" in texts(page)
    assert member(page_world) is None
    assert lets_in(page_world, link_shown(page))
    assert member(page_world) is not None


def test_who_signs_in_at_a_provider_is_invited_without_a_link(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, SIGN_IN="oidc", OIDC_NAME="Keycloak")

    page = invite(opened(page_world), ANA)

    assert "They sign in through Keycloak" in texts(page)
    assert "/welcome/" not in texts(page)


def test_who_comes_in_through_a_proxy_is_invited_without_a_link(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, SIGN_IN="proxy", PROXY_ADDRESSES="10.0.0.5")

    with visitor.brought_by(lambda: Presented(proxied=page_world.actor.name, peer="10.0.0.5")):
        page = invite(opened(page_world), ANA)

    assert "They come in through your proxy" in texts(page)
    assert "/welcome/" not in texts(page)


def test_an_address_that_is_none_is_refused(page_world: PageWorld) -> None:
    assert "is not an email address" in texts(invite(opened(page_world), "nobody"))


def test_who_has_not_come_yet_can_be_given_another_link(page_world: PageWorld) -> None:
    user = invited(page_world)
    first = link_shown(press(opened(page_world), f"settings-link-{user}"))
    second = link_shown(press(opened(page_world), f"settings-link-{user}"))

    assert signin.look_at_link(page_world.database, first) is None
    assert lets_in(page_world, second)


def test_a_forgotten_password_is_replaced_through_a_link(page_world: PageWorld) -> None:
    user, session = joined(page_world)
    page = press(opened(page_world), f"settings-link-{user}")

    assert is_in(page_world, session), "until the link is used nothing changes"
    assert lets_in(page_world, link_shown(page))
    assert not is_in(page_world, session), "a new password ends what the old one opened"


def test_a_member_is_signed_out_everywhere(page_world: PageWorld) -> None:
    user, session = joined(page_world)

    page = press(opened(page_world), f"settings-sign-out-{user}")

    assert "is signed out of 1 browser" in texts(page)
    assert not is_in(page_world, session)


def test_disabling_asks_first_and_can_be_taken_back(page_world: PageWorld) -> None:
    user, session = joined(page_world)
    page = press(opened(page_world), f"settings-disable-{user}")
    assert "is out at once" in texts(page)
    assert is_in(page_world, session)

    page = press(page, "settings-disable-yes")

    assert "Disabled" in texts(page)
    assert not is_in(page_world, session)
    press(opened(page_world), f"settings-enable-{user}")
    settings = product.settings()
    assert is_in(page_world, signin.sign_in(page_world.database, settings, ANA, PASSWORD, BROWSER))


def test_nobody_is_offered_to_disable_or_reset_themselves(page_world: PageWorld) -> None:
    mine = page_world.actor.user_id
    keys = {button.key for button in opened(page_world).button}

    assert f"settings-remove-{mine}" in keys
    assert not keys & {f"settings-{deed}-{mine}" for deed in ("link", "sign-out", "disable", "enable")}


def test_the_account_of_somebody_in_other_projects_is_not_one_admins_to_manage(page_world: PageWorld) -> None:
    user, session = joined(page_world)
    boss = accounts.local_admin(page_world.database, "boss@x.test", page_world.actor.origin)
    other = accounts.add_project(page_world.database, boss, "Second")
    accounts.add_user(page_world.database, boss, ANA, Role.VIEWER, other.id)

    for deed in ("link", "sign-out"):
        page = press(opened(page_world), f"settings-{deed}-{user}")
        assert "also belongs to projects that you are no admin of" in texts(page), deed
        assert "/welcome/" not in texts(page)
    page = press(press(opened(page_world), f"settings-disable-{user}"), "settings-disable-yes")
    assert "also belongs to projects" in texts(page)
    assert is_in(page_world, session)


def test_role_and_notifications_are_changed_in_the_list(page_world: PageWorld) -> None:
    user = invited(page_world)
    page = opened(page_world)
    widget(page, "selectbox", f"settings-role-{user}").set_value(Role.VIEWER).run()
    widget(page, "toggle", f"settings-mail-{user}").set_value(False).run()

    found = member(page_world)
    assert found is not None and (found.role, found.notifications) == (Role.VIEWER, False)


def test_the_last_admin_cannot_step_down(page_world: PageWorld) -> None:
    user = page_world.actor.user_id

    page = widget(opened(page_world), "selectbox", f"settings-role-{user}").set_value(Role.VIEWER).run()

    assert "only admin" in texts(page)
    assert widget(page, "selectbox", f"settings-role-{user}").value is Role.ADMIN
    assert "only admin" not in texts(page.run())
    found = member(page_world, page_world.actor.name)
    assert found is not None and found.role is Role.ADMIN


def test_removing_a_member_asks_first(page_world: PageWorld) -> None:
    user = invited(page_world)
    page = press(opened(page_world), f"settings-remove-{user}")
    assert "will no longer see this project" in texts(page)
    assert member(page_world) is not None

    press(page, "settings-remove-yes")
    assert member(page_world) is None


def test_others_than_admins_only_change_their_own_notifications(page_world: PageWorld) -> None:
    other = invited(page_world)
    become(page_world, Role.VIEWER)
    page = opened(page_world)

    assert widget(page, "selectbox", f"settings-role-{other}").disabled
    assert widget(page, "toggle", f"settings-mail-{other}").disabled
    assert not widget(page, "toggle", f"settings-mail-{page_world.actor.user_id}").disabled
    assert "managed by the project's admins" in texts(page)
    assert not [one for one in page.button if str(one.key).startswith(("settings-disable", "settings-link"))]


def test_a_deed_by_who_is_no_admin_any_more_is_refused(page_world: PageWorld) -> None:
    user = invited(page_world)
    page = opened(page_world)
    become(page_world, Role.EDITOR)

    page = widget(page, "selectbox", f"settings-role-{user}").set_value(Role.ADMIN).run()

    assert "needs the role admin" in texts(page)
