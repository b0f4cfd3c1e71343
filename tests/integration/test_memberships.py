from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import select, update

from core import accounts, memberships, signin
from core.accounts import recipients
from core.errors import AlreadyExists, NotAllowed, NotFound, PlumblineError, Refused
from core.models import AuditEvent, User
from core.terms import Actor, Origin, Role
from tests.at_once import at_once
from tests.databases import always_on_both, on_both
from tests.world import World, person


def members(world: World) -> dict[str, memberships.Member]:
    found = memberships.members_of(world.database, world.people[Role.VIEWER], world.project_id)
    return {member.email.partition("@")[0]: member for member in found}


def told(world: World) -> list[str]:
    """Whom a scheduled run would mail."""
    with world.database.read() as session:
        return recipients(session, world.project_id)


def test_members_are_listed_with_role_and_notifications(world: World) -> None:
    found = members(world)

    assert list(found) == ["admin", "editor", "labeller", "viewer"]
    assert [member.role for member in found.values()] == [Role.ADMIN, Role.EDITOR, Role.LABELLER, Role.VIEWER]
    assert all(member.notified for member in found.values())


@on_both
def test_a_member_is_added_once_whatever_the_case_of_the_address(world: World) -> None:
    signin.invite(
        world.database, world.settings, world.admin, world.project_id, " ana@x.test ", Role.LABELLER
    )

    with pytest.raises(AlreadyExists, match=r"ana@x\.test"):
        signin.invite(world.database, world.settings, world.admin, world.project_id, "ANA@x.test", Role.ADMIN)
    assert members(world)["ana"].role is Role.LABELLER
    assert world.audit()[-2:] == ["member.add", "link.make"]


def test_who_turns_notifications_off_is_no_longer_mailed(world: World) -> None:
    viewer = world.people[Role.VIEWER]
    assert viewer.user_id is not None

    memberships.set_notifications(world.database, viewer, world.project_id, viewer.user_id, on=False)

    assert "viewer@clinic.test" not in told(world)
    assert not members(world)["viewer"].notified
    with world.database.read() as session:
        newest = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (newest.action, newest.details) == ("member.notifications", {"from": "on", "to": "off"})


def test_the_notifications_of_others_are_the_admins_matter(world: World) -> None:
    editor = members(world)["editor"].user_id
    with pytest.raises(NotAllowed):
        memberships.set_notifications(
            world.database, world.people[Role.VIEWER], world.project_id, editor, on=False
        )
    memberships.set_notifications(world.database, world.admin, world.project_id, editor, on=False)
    assert "editor@clinic.test" not in told(world)


@on_both
def test_the_last_admin_stays_one(world: World) -> None:
    admin, editor = members(world)["admin"].user_id, members(world)["editor"].user_id
    for deed in (
        lambda: memberships.set_role(world.database, world.admin, world.project_id, admin, Role.EDITOR),
        lambda: memberships.remove_member(world.database, world.admin, world.project_id, admin),
    ):
        with pytest.raises(Refused, match="only admin"):
            deed()

    memberships.set_role(world.database, world.admin, world.project_id, editor, Role.ADMIN)
    memberships.remove_member(world.database, world.admin, world.project_id, admin)
    assert [name for name, member in members(world).items() if member.role is Role.ADMIN] == ["editor"]


@always_on_both
def test_of_two_admins_who_turn_on_each_other_one_stays(world: World) -> None:
    """Whichever way: one deed is done, the other refused in a sentence, and never both or a deadlock."""
    admin, editor = members(world)["admin"].user_id, members(world)["editor"].user_id
    database, project = world.database, world.project_id
    ways: list[Callable[[Actor, int], None]] = [
        lambda who, whom: signin.set_enabled(database, who, whom, on=False),
        lambda who, whom: memberships.remove_member(database, who, project, whom),
        lambda who, whom: memberships.set_role(database, who, project, whom, Role.VIEWER),
    ]
    for mine, theirs in [(one, other) for one in ways for other in ways] * 2:
        for name in ("admin", "editor"):
            accounts.add_user(database, accounts.product(), f"{name}@clinic.test", Role.ADMIN, project)
        with database.write() as session:
            session.execute(update(User).values(enabled=True))
        deeds = [partial(mine, world.admin, editor), partial(theirs, world.editor, admin)]
        done = at_once(deeds)
        refused = [each for each in done if each is not None]
        assert len(refused) == 1 and isinstance(refused[0], PlumblineError), done
        with database.read() as session:
            assert len(accounts.admins_of(session, project)) == 1


@always_on_both
def test_who_was_removed_first_removes_nobody_any_more(world: World) -> None:
    """Beside a third admin, so that neither of the two is the last one."""
    database, project = world.database, world.project_id
    admin, editor = members(world)["admin"].user_id, members(world)["editor"].user_id
    accounts.add_user(database, accounts.product(), "labeller@clinic.test", Role.ADMIN, project)
    for _ in range(6):
        for name in ("admin", "editor"):
            accounts.add_user(database, accounts.product(), f"{name}@clinic.test", Role.ADMIN, project)
        deeds = [
            partial(memberships.remove_member, database, world.admin, project, editor),
            partial(memberships.remove_member, database, world.editor, project, admin),
        ]
        refused = [each for each in at_once(deeds) if each is not None]
        assert len(refused) == 1 and isinstance(refused[0], PlumblineError), refused
        with database.read() as session:
            assert len(accounts.admins_of(session, project)) == 2


def test_a_disabled_admin_counts_for_nothing(world: World) -> None:
    editor = members(world)["editor"].user_id
    memberships.set_role(world.database, world.admin, world.project_id, editor, Role.ADMIN)
    with world.database.write() as session:
        session.get_one(User, editor).enabled = False

    with pytest.raises(Refused, match="only admin"):
        memberships.remove_member(
            world.database, world.admin, world.project_id, members(world)["admin"].user_id
        )
    assert memberships.role_of(world.database, world.editor, world.project_id) is None


def test_who_is_removed_sees_nothing_more_and_may_come_back(world: World) -> None:
    viewer = world.people[Role.VIEWER]
    assert viewer.user_id is not None
    memberships.remove_member(world.database, world.admin, world.project_id, viewer.user_id)

    with pytest.raises(NotAllowed):
        memberships.members_of(world.database, viewer, world.project_id)
    with pytest.raises(NotFound):
        memberships.remove_member(world.database, world.admin, world.project_id, viewer.user_id)
    signin.invite(world.database, world.settings, world.admin, world.project_id, viewer.name, Role.EDITOR)
    assert memberships.role_of(world.database, viewer, world.project_id) is Role.EDITOR


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER, Role.EDITOR])
def test_members_are_managed_by_admins_alone(world: World, role: Role) -> None:
    actor, viewer = world.people[role], members(world)["viewer"].user_id
    for deed in (
        lambda: signin.invite(
            world.database, world.settings, actor, world.project_id, "x@x.test", Role.VIEWER
        ),
        lambda: memberships.set_role(world.database, actor, world.project_id, viewer, Role.ADMIN),
        lambda: memberships.remove_member(world.database, actor, world.project_id, viewer),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_the_role_is_none_for_strangers_and_everything_for_the_product(world: World) -> None:
    product = Actor(None, "Plumbline", Origin.SYSTEM, Role.ADMIN)
    stranger = person(world.database, "stranger@x.test")

    assert memberships.role_of(world.database, stranger, world.project_id) is None
    assert memberships.role_of(world.database, product, world.project_id) is Role.ADMIN
