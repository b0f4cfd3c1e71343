from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from core import metrics
from core.accounts import add_project, add_user, visible_projects
from core.db import database_now
from core.errors import NotAllowed, NotFound, Refused, TokenRefused
from core.memberships import remove_member, set_role
from core.models import ApiToken, AuditEvent, User
from core.runs import READ_ONLY, improve
from core.settings import load_settings
from core.terms import Actor, Definition, EvalSettings, Origin, Role
from core.tokens import (
    TokenState,
    TokenView,
    actor_of_token,
    claude_command,
    make_token,
    mcp_address,
    revoke_token,
    token_digest,
    tokens_of,
)
from tests.world import World


def made(world: World, role: Role = Role.EDITOR, **options: Any) -> tuple[TokenView, str]:
    return make_token(world.database, world.admin, world.project_id, "CI", role, **options)


def acting(world: World, plaintext: str) -> Actor:
    return actor_of_token(world.database, plaintext, Origin.MCP)


def change(world: World, token_id: int, **values: object) -> None:
    with world.database.write() as session:
        session.execute(update(ApiToken).where(ApiToken.id == token_id).values(**values))


def test_a_token_is_shown_once_and_only_its_hash_is_stored(world: World) -> None:
    view, plaintext = made(world)

    assert re.fullmatch(r"plb_[A-Za-z0-9_-]{43}", plaintext)
    assert plaintext.startswith(view.hint) and len(view.hint) == 10
    with world.database.read() as session:
        stored = session.scalars(select(ApiToken)).one()
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "token.make")).one()
    assert stored.digest == token_digest(plaintext)
    for shown in (str(vars(stored)), str(vars(told)), str(view.as_json())):
        assert plaintext not in shown


def test_it_acts_in_its_makers_name_and_its_own_with_its_role_in_its_project_alone(world: World) -> None:
    other = add_project(world.database, world.admin, "Other").id
    elsewhere = metrics.add(world.database, world.admin, other, "There", Definition("?"), EvalSettings())
    here = world.metric()
    _, plaintext = made(world, Role.VIEWER)
    actor = acting(world, plaintext)

    assert actor.name == "admin@clinic.test (token “CI”)"
    assert metrics.retrieve(world.database, actor, here).name == "Polite"
    with pytest.raises(NotFound):
        metrics.retrieve(world.database, actor, elsewhere.id)
    with pytest.raises(NotAllowed, match="role editor"):
        improve(world.database, actor, here, READ_ONLY)
    with world.database.read() as session:
        assert list(session.scalars(visible_projects(actor))) == [world.project_id]


def test_what_an_editors_token_does_is_in_the_audit_under_both_names(world: World) -> None:
    metric_id = world.metric()
    _, plaintext = made(world, Role.EDITOR)

    metrics.edit_definition(
        world.database, acting(world, plaintext), metric_id, Definition("Better?"), expected_revision=1
    )

    with world.database.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (event.actor, event.origin) == ("admin@clinic.test (token “CI”)", "mcp")


def test_it_is_never_good_for_more_than_its_maker_is(world: World) -> None:
    second = add_user(world.database, world.admin, "second@clinic.test", Role.ADMIN, world.project_id)
    owner = Actor(second, "second@clinic.test", Origin.PAGE)
    _, plaintext = make_token(world.database, owner, world.project_id, "CI", Role.ADMIN)
    set_role(world.database, world.admin, world.project_id, second, Role.VIEWER)

    with pytest.raises(NotAllowed):
        improve(world.database, acting(world, plaintext), world.metric(), READ_ONLY)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER, Role.EDITOR])
def test_only_admins_make_tokens(world: World, role: Role) -> None:
    with pytest.raises(NotAllowed):
        make_token(world.database, world.people[role], world.project_id, "CI", Role.VIEWER)


def test_a_token_makes_and_revokes_no_token(world: World) -> None:
    view, plaintext = made(world, Role.ADMIN)
    actor = acting(world, plaintext)

    with pytest.raises(Refused, match="cannot manage tokens"):
        make_token(world.database, actor, world.project_id, "heir", Role.ADMIN)
    with pytest.raises(Refused, match="cannot manage tokens"):
        revoke_token(world.database, actor, view.id)


@pytest.mark.parametrize("options", [{"expires_in_days": 0}, {"expires_in_days": 3651}])
def test_a_number_of_days_that_makes_no_sense_is_refused(world: World, options: dict[str, int]) -> None:
    with pytest.raises(Refused, match="1 to 3650 days"):
        made(world, **options)


@pytest.mark.parametrize("name", ["  ", "two\nlines", "n" * 201])
def test_a_token_has_a_name(world: World, name: str) -> None:
    with pytest.raises(Refused):
        make_token(world.database, world.admin, world.project_id, name, Role.VIEWER)


@pytest.mark.parametrize("text", ["", "plb_", "secret", "plb_" + "x" * 42, "plb_" + "é" * 43, "x" * 100_000])
def test_what_is_no_token_is_refused_without_a_look_into_the_database(world: World, text: str) -> None:
    world.database.dispose()
    with pytest.raises(TokenRefused, match="begins with plb_"):
        acting(world, text)
    assert world.database._engine is None


def test_an_unknown_token_says_what_to_do(world: World) -> None:
    with pytest.raises(TokenRefused, match=r"unknown here.*Project settings → API tokens"):
        acting(world, "plb_" + "x" * 43)


def test_an_expired_token_is_refused_from_the_moment_it_expires(world: World) -> None:
    view, plaintext = made(world, expires_in_days=30)
    assert view.expires_at is not None
    assert view.expires_at - view.created_at == timedelta(days=30)
    assert acting(world, plaintext)

    with world.database.read() as session:
        now = database_now(session)
    change(world, view.id, expires_at=now)
    with pytest.raises(TokenRefused, match="“CI” expired on"):
        acting(world, plaintext)
    assert tokens_of(world.database, world.admin, world.project_id)[0].state is TokenState.EXPIRED


def test_a_revoked_token_is_refused_and_revoking_it_again_changes_nothing(world: World) -> None:
    view, plaintext = made(world)
    revoked = revoke_token(world.database, world.admin, view.id)

    with pytest.raises(TokenRefused, match="“CI” was revoked on"):
        acting(world, plaintext)
    assert revoked.state is TokenState.REVOKED
    assert revoke_token(world.database, world.admin, view.id).revoked_at == revoked.revoked_at
    assert world.audit().count("token.revoke") == 1


def test_a_token_goes_with_its_owner(world: World) -> None:
    second = add_user(world.database, world.admin, "second@clinic.test", Role.ADMIN, world.project_id)
    owner = Actor(second, "second@clinic.test", Origin.PAGE)
    _, plaintext = make_token(world.database, owner, world.project_id, "CI", Role.VIEWER)
    assert acting(world, plaintext)

    enable(world, second, False)
    with pytest.raises(TokenRefused, match="disabled or no longer a member"):
        acting(world, plaintext)
    assert tokens_of(world.database, world.admin, world.project_id)[0].state is TokenState.OWNER_OUT
    enable(world, second, True)
    assert acting(world, plaintext)


def test_a_token_does_not_come_back_with_an_owner_who_was_removed(world: World) -> None:
    second = add_user(world.database, world.admin, "second@clinic.test", Role.ADMIN, world.project_id)
    owner = Actor(second, "second@clinic.test", Origin.PAGE)
    _, plaintext = make_token(world.database, owner, world.project_id, "CI", Role.VIEWER)

    remove_member(world.database, world.admin, world.project_id, second)
    with pytest.raises(TokenRefused, match="revoked"):
        acting(world, plaintext)
    add_user(world.database, world.admin, "second@clinic.test", Role.ADMIN, world.project_id)
    with pytest.raises(TokenRefused, match="revoked"):
        acting(world, plaintext)


def enable(world: World, user_id: int, enabled: bool) -> None:
    with world.database.write() as session:
        session.execute(update(User).where(User.id == user_id).values(enabled=enabled))


def test_its_use_is_noted_at_most_once_a_minute(world: World) -> None:
    view, plaintext = made(world)

    def used() -> Any:
        return tokens_of(world.database, world.admin, world.project_id)[0].used_at

    assert used() is None
    acting(world, plaintext)
    first = used()
    acting(world, plaintext)
    assert used() == first

    change(world, view.id, used_at=first - timedelta(seconds=61))
    acting(world, plaintext)
    assert used() >= first


def test_an_admin_sees_and_revokes_all_tokens_and_others_their_own(world: World) -> None:
    second = add_user(world.database, world.admin, "second@clinic.test", Role.ADMIN, world.project_id)
    owner = Actor(second, "second@clinic.test", Origin.PAGE)
    theirs, _ = make_token(world.database, owner, world.project_id, "Theirs", Role.VIEWER)
    mine, _ = made(world)
    set_role(world.database, world.admin, world.project_id, second, Role.VIEWER)

    names = [
        [one.name for one in tokens_of(world.database, who, world.project_id)] for who in (world.admin, owner)
    ]
    assert names == [["CI", "Theirs"], ["Theirs"]]
    assert tokens_of(world.database, world.people[Role.EDITOR], world.project_id) == []
    with pytest.raises(NotAllowed, match="others"):
        revoke_token(world.database, owner, mine.id)
    assert revoke_token(world.database, owner, theirs.id).state is TokenState.REVOKED
    assert revoke_token(world.database, world.admin, mine.id).state is TokenState.REVOKED


def test_a_token_of_another_project_is_not_there(world: World) -> None:
    other = add_project(world.database, world.admin, "Other").id
    view, _ = make_token(world.database, world.admin, other, "CI", Role.VIEWER)

    with pytest.raises(NotFound):
        revoke_token(world.database, world.editor, view.id)
    with pytest.raises(NotAllowed):
        tokens_of(world.database, world.editor, other)
    with pytest.raises(NotFound):
        revoke_token(world.database, world.admin, 4711)


@pytest.mark.parametrize(
    ("host", "url", "address"),
    [
        ("127.0.0.1", "https://plumbline.example", "http://127.0.0.1:8765/mcp"),
        ("localhost", "http://127.0.0.1:8501", "http://127.0.0.1:8765/mcp"),
        ("0.0.0.0", "https://plumbline.example", "http://plumbline.example:8765/mcp"),
        ("10.0.0.5", "http://[fd00::5]:8501", "http://[fd00::5]:8765/mcp"),
    ],
)
def test_a_client_is_told_where_to_go(world: World, host: str, url: str, address: str) -> None:
    place = world.with_settings(plumbline_host=host, public_url=url)

    assert mcp_address(place.settings) == address
    assert address in claude_command(address, "plb_x") and "Bearer plb_x" in claude_command(address, "plb_x")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://mcp.example", "https://mcp.example/mcp"),
        ("https://mcp.example/", "https://mcp.example/mcp"),
        ("https://tools.example/plumbline/mcp", "https://tools.example/plumbline/mcp"),
    ],
)
def test_a_client_is_told_the_address_that_a_proxy_gives(world: World, given: str, address: str) -> None:
    assert mcp_address(world.with_settings(mcp_public_url=given).settings) == address


@pytest.mark.parametrize(
    "given", ["mcp.example", "ftp://mcp.example", "https://", "https://a b", "https://a/?x=1"]
)
def test_what_is_no_web_address_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="mcp_public_url"):
        load_settings(mcp_public_url=given)
