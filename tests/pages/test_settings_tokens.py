from __future__ import annotations

import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import tokens
from core.errors import TokenRefused
from core.models import Membership
from core.terms import Origin, Role
from core.tokens import TokenState, TokenView, actor_of_token
from dashboard.components import plain
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold**"
TOKEN = re.compile(r"plb_[A-Za-z0-9_-]{43}")


def texts(page: AppTest) -> str:
    kinds = (
        "title",
        "markdown",
        "caption",
        "text",
        "code",
        "error",
        "warning",
        "success",
        "info",
        "subheader",
    )
    written = "\n".join(str(one.value) for kind in kinds for one in page.get(kind))
    return written.replace("\\", "").replace(plain.NOTHING, "")


def press(page: AppTest, key: str) -> AppTest:
    return next(one for one in page.button if one.key == key).click().run()


def opened(world: PageWorld) -> AppTest:
    return world.open_in_frame("settings", section="tokens")


def made(world: PageWorld, name: str = "CI", role: Role = Role.EDITOR) -> tuple[TokenView, str]:
    return tokens.make_token(world.database, world.actor, world.project_id, name, role, 30)


def listed(world: PageWorld) -> list[TokenView]:
    return tokens.tokens_of(world.database, world.actor, world.project_id)


def become(world: PageWorld, role: Role) -> None:
    with world.database.write() as session:
        session.query(Membership).update({"role": int(role)})


def test_a_token_is_made_and_its_text_shown_once(page_world: PageWorld) -> None:
    page = opened(page_world)
    assert "There is no token yet" in texts(page)
    page.text_input(key="settings-token-name-0").set_value("Claude")
    page.selectbox(key="settings-token-days-0").set_value(365)
    page.radio(key="settings-token-role-0").set_value(Role.EDITOR)
    page = press(page, "settings-token-save")

    (plaintext,) = set(TOKEN.findall(texts(page)))
    assert f'Authorization: Bearer {plaintext}"' in texts(page)
    (token,) = listed(page_world)
    assert (token.name, token.role, (token.expires_at - token.created_at).days) == (  # type: ignore[operator]
        "Claude",
        Role.EDITOR,
        365,
    )
    assert actor_of_token(page_world.database, plaintext, Origin.MCP).scope is not None
    assert token.hint in texts(page)
    assert plaintext not in repr(page.session_state)

    page = press(page, "settings-token-copied")
    assert plaintext not in texts(page)
    assert page.text_input(key=f"settings-token-name-{token.id}").value == ""
    assert plaintext not in texts(opened(page_world))


def test_a_token_needs_a_name(page_world: PageWorld) -> None:
    assert "token needs a name" in texts(press(opened(page_world), "settings-token-save"))
    assert listed(page_world) == []


def test_revoking_asks_first(page_world: PageWorld) -> None:
    token, plaintext = made(page_world)
    page = press(opened(page_world), f"settings-token-revoke-{token.id}")
    assert "is refused from now on" in texts(page)
    assert listed(page_world)[0].state is TokenState.ACTIVE

    page = press(page, "settings-token-revoke-yes")
    assert "is revoked" in texts(page)
    with pytest.raises(TokenRefused):
        actor_of_token(page_world.database, plaintext, Origin.MCP)
    assert not [one for one in page.button if one.key == f"settings-token-revoke-{token.id}"]


def test_the_list_says_whose_how_long_and_when_used(page_world: PageWorld) -> None:
    _, plaintext = made(page_world)
    shown = texts(opened(page_world))
    assert f"{page_world.actor.name} (you) · never used · good until" in shown

    actor_of_token(page_world.database, plaintext, Origin.MCP)
    assert "last used today" in texts(opened(page_world))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_than_admins_are_told_who_makes_tokens(page_world: PageWorld, role: Role) -> None:
    made(page_world)
    become(page_world, role)
    page = opened(page_world)

    assert "Tokens are made by the project's admins" in texts(page)
    assert not [one for one in page.button if one.key == "settings-token-save"]
    assert [one for one in page.button if str(one.key).startswith("settings-token-revoke-")]


def test_a_hostile_name_is_text(page_world: PageWorld) -> None:
    made(page_world, HOSTILE)
    page = opened(page_world)

    assert HOSTILE in texts(page)
    assert not [one for one in page.markdown if "**bold**" in one.value]
    assert not page.exception


def test_many_tokens_scroll_in_their_box(page_world: PageWorld) -> None:
    for number in range(8):
        made(page_world, f"CI {number}")
    page: Any = opened(page_world)

    assert not page.exception
    assert "CI 0" in texts(page) and "CI 7" in texts(page)
