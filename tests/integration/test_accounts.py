"""Who may do what, and who hears of a run."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import func, select, update

from core import accounts, memberships
from core.accounts import ProjectView, authorise
from core.db import Database
from core.errors import AlreadyExists, NotAllowed, NotFound, Refused, UnknownZone
from core.models import AuditEvent, Membership, User
from core.terms import Actor, Origin, Role
from tests.at_once import at_once
from tests.databases import always_on_both, on_both
from tests.world import World, person


def allowed(world: World, actor: Actor, needed: Role) -> bool:
    with world.database.read() as session:
        try:
            authorise(session, actor, world.project_id, needed, "do this")
        except NotAllowed:
            return False
        return True


def roles_of(world: World, user_id: int) -> list[int]:
    with world.database.read() as session:
        return list(session.scalars(select(Membership.role).where(Membership.user_id == user_id)))


@pytest.mark.parametrize("has", Role)
@pytest.mark.parametrize("needed", Role)
def test_each_role_may_do_what_the_ones_below_it_may(world: World, has: Role, needed: Role) -> None:
    assert allowed(world, world.people[has], needed) == (has >= needed)


def test_somebody_without_a_membership_may_nothing(world: World) -> None:
    assert not allowed(world, person(world.database, "stranger@elsewhere.test"), Role.VIEWER)
    assert not allowed(world, Actor(999, "Nobody", Origin.PAGE, Role.ADMIN), Role.VIEWER)


def test_a_disabled_account_may_nothing(world: World) -> None:
    with world.database.write() as session:
        session.execute(update(User).where(User.id == world.admin.user_id).values(enabled=False))
    assert not allowed(world, world.admin, Role.VIEWER)


def test_the_product_itself_may_what_its_role_says(world: World) -> None:
    assert allowed(world, accounts.product(), Role.ADMIN)
    assert not allowed(world, Actor(None, "Plumbline", Origin.SYSTEM), Role.VIEWER)


@on_both
def test_the_person_at_this_machine_is_made_once(database: Database) -> None:
    made = at_once([partial(accounts.local_admin, database, "me@localhost", Origin.COMMAND_LINE)] * 4)
    assert len({str(actor) for actor in made}) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 1


@on_both
def test_of_two_who_make_the_same_project_at_once_one_is_told(world: World) -> None:
    made = at_once([partial(accounts.add_project, world.database, world.admin, "Second", "Asia/Tokyo")] * 3)
    assert [isinstance(each, ProjectView) for each in made].count(True) == 1
    assert [isinstance(each, AlreadyExists) for each in made].count(True) == 2


def test_who_makes_a_project_is_its_first_admin(world: World) -> None:
    made = accounts.add_project(world.database, world.people[Role.VIEWER], "Second", "Asia/Tokyo")
    assert accounts.project_view(world.database, "Second") == made
    with world.database.read() as session:
        authorise(session, world.people[Role.VIEWER], made.id, Role.ADMIN, "do this")


@pytest.mark.parametrize(
    ("name", "zone", "error"),
    [
        ("", "UTC", Refused),
        ("  ", "UTC", Refused),
        ("two\nlines", "UTC", Refused),
        ("x" * 201, "UTC", Refused),
        ("Fine", "Moon/Crater", UnknownZone),
        ("Fine", "", UnknownZone),
    ],
)
def test_a_project_needs_a_name_and_a_zone(
    world: World, name: str, zone: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        accounts.add_project(world.database, world.admin, name, zone)


def test_adding_somebody_again_changes_their_role(world: World) -> None:
    viewer = world.people[Role.VIEWER]
    again = accounts.add_user(world.database, world.admin, " viewer@clinic.test ", Role.EDITOR, "Clinic")
    assert (again, roles_of(world, again)) == (viewer.user_id, [Role.EDITOR])


@always_on_both
def test_adding_the_last_admin_again_leaves_the_project_its_admin(world: World) -> None:
    founder = world.admin
    for project in ("Clinic", None):
        with pytest.raises(Refused, match="only admin"):
            accounts.add_user(world.database, founder, "ADMIN@clinic.test", Role.VIEWER, project)

    assert founder.user_id is not None
    assert roles_of(world, founder.user_id) == [Role.ADMIN]


@always_on_both
def test_of_two_admins_who_make_each_other_viewers_one_stays_admin(world: World) -> None:
    """By the command line and on the page at the same moment."""
    other, editor = world.people[Role.EDITOR].name, world.people[Role.EDITOR].user_id
    founder = world.admin.user_id
    assert editor is not None
    assert founder is not None
    accounts.add_user(world.database, world.admin, other, Role.ADMIN, "Clinic")

    demoted = at_once(
        [
            partial(accounts.add_user, world.database, world.admin, other, Role.VIEWER, "Clinic"),
            partial(
                memberships.set_role, world.database, world.editor, world.project_id, founder, Role.VIEWER
            ),
        ]
    )

    assert [isinstance(each, Refused) for each in demoted].count(True) == 1
    assert sorted(roles_of(world, founder) + roles_of(world, editor)) == [Role.VIEWER, Role.ADMIN]


def test_a_role_given_by_adding_somebody_again_is_recorded_as_a_change(world: World) -> None:
    accounts.add_user(world.database, world.admin, "viewer@clinic.test", Role.EDITOR, "Clinic")

    with world.database.read() as session:
        newest = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert (newest.action, newest.details) == ("member.role", {"from": "viewer", "to": "editor"})


def test_somebody_added_without_a_project_is_in_all_of_them(world: World) -> None:
    accounts.add_project(world.database, world.admin, "Second")
    added = accounts.add_user(world.database, world.admin, "new@clinic.test", Role.LABELLER)
    assert roles_of(world, added) == [Role.LABELLER] * 2


def test_an_admin_of_one_project_adds_nobody_to_all_of_them(world: World) -> None:
    accounts.add_project(world.database, person(world.database, "other@elsewhere.test"), "Second")
    with pytest.raises(NotAllowed):
        accounts.add_user(world.database, world.admin, "new@clinic.test", Role.VIEWER)
    with world.database.read() as session:
        assert session.scalar(select(User.id).where(User.email == "new@clinic.test")) is None


def test_somebody_added_before_there_is_a_project_is_recorded(database: Database) -> None:
    admin = accounts.local_admin(database, "me@localhost", Origin.COMMAND_LINE)
    accounts.add_user(database, admin, "new@clinic.test", Role.VIEWER)
    with database.read() as session:
        assert session.scalars(select(AuditEvent.action)).all() == ["user.add"]


@pytest.mark.parametrize("email", ["", "nobody", "two@at@signs", "a b@c", "x@y\nz", "a@b," * 100])
def test_an_address_must_be_one(world: World, email: str) -> None:
    with pytest.raises(Refused, match="is not an email address"):
        accounts.add_user(world.database, world.admin, email, Role.VIEWER, "Clinic")


def test_a_project_that_is_not_there_is_said_to_be_so(world: World) -> None:
    with pytest.raises(NotFound, match="There is no project “Moon”"):
        accounts.add_user(world.database, world.admin, "new@clinic.test", Role.VIEWER, "Moon")
