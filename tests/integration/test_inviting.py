"""Who made an account first does not come into the projects that its address is invited to later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core import accounts, memberships, signin
from core.accounts import ProjectView
from core.audit_log import events_of
from core.db import Database
from core.errors import AlreadyExists, LinkNotValid, Refused, SignInRefused
from core.models import User
from core.settings import Settings, load_settings
from core.signin import Client, LinkKind
from core.terms import Actor, Origin, Role
from tests.databases import on_both
from tests.world import person

HIRE, CAROL = "newhire@x.test", "carol@x.test"
EVES, OWN = "the password that Eve chose", "correct horse battery staple"
HERE = Client("192.0.2.1", "Firefox/140.0")


@dataclass
class Company:
    """Alice administers “Clinic”; Eve, a member of it, made “Den”, as anybody may. Nobody invited either of
    them by a link: the operator did."""

    database: Database
    settings: Settings
    operator: Actor
    alice: Actor
    eve: Actor
    clinic: ProjectView
    den: ProjectView

    def invite(
        self, actor: Actor, project: ProjectView, email: str = HIRE, role: Role = Role.VIEWER
    ) -> str | None:
        return signin.invite(self.database, self.settings, actor, project.id, email, role)

    def open(self, link: str | None, password: str) -> str:
        assert link is not None
        return signin.open_link(self.database, self.settings, link, HERE, password)

    def kind(self, link: str | None) -> LinkKind | None:
        view = signin.look_at_link(self.database, link or "")
        return None if view is None else view.kind

    def sign_in(self, email: str, password: str) -> str:
        return signin.sign_in(self.database, self.settings, email, password, HERE)

    def role_by(self, token: str, project: ProjectView) -> Role | None:
        """The role in the project of whoever holds this session."""
        who = signin.who(self.database, self.settings, token)
        return None if who is None else memberships.role_of(self.database, who.actor(), project.id)

    def is_member(self, email: str, project: ProjectView) -> bool:
        return any(
            one.email == email
            for one in memberships.members_of(self.database, accounts.product(), project.id)
        )

    def remove(self, actor: Actor, project: ProjectView, email: str) -> None:
        user_id = signin.find_person(self.database, email)
        memberships.remove_member(self.database, actor, project.id, user_id)


@pytest.fixture
def company(database: Database, tmp_path: Path) -> Iterator[Company]:
    settings = load_settings(_env_file=None, plumbline_home=tmp_path, admin_email="root@x.test")
    operator = accounts.local_admin(database, "root@x.test", Origin.COMMAND_LINE)
    alice, eve = person(database, "alice@x.test"), person(database, "eve@x.test")
    clinic, den = accounts.add_project(database, alice, "Clinic"), accounts.add_project(database, eve, "Den")
    accounts.add_user(database, alice, "eve@x.test", Role.VIEWER, clinic.id)
    yield Company(database, settings, operator, alice, eve, clinic, den)


@on_both
def test_who_took_an_address_before_its_owner_came_is_in_no_project_that_invites_it(company: Company) -> None:
    eves = company.open(company.invite(company.eve, company.den), EVES)

    link = company.invite(company.alice, company.clinic, role=Role.EDITOR)

    assert company.kind(link) is LinkKind.MEMBERSHIP
    assert not company.is_member(HIRE, company.clinic)
    for session in (eves, company.sign_in(HIRE, EVES)):
        assert company.role_by(session, company.clinic) is None


def test_a_link_that_was_passed_on_before_leads_into_no_project_that_invites_later(company: Company) -> None:
    """Eve keeps hers unused, whether or not the address is in her project still."""
    for stays in (True, False):
        email = f"stays-{stays}@x.test"
        eves = company.invite(company.eve, company.den, email)
        if not stays:
            company.remove(company.eve, company.den, email)
        company.invite(company.alice, company.clinic, email)

        if company.is_member(email, company.clinic):
            with pytest.raises(LinkNotValid):
                company.open(eves, EVES)
        else:
            assert company.role_by(company.open(eves, EVES), company.clinic) is None


def test_an_account_that_is_in_no_project_any_more_starts_anew(company: Company) -> None:
    eves = company.open(company.invite(company.eve, company.den), EVES)
    company.remove(company.eve, company.den, HIRE)

    link = company.invite(company.alice, company.clinic)

    assert company.kind(link) is LinkKind.INVITATION
    assert company.role_by(eves, company.clinic) is None
    with pytest.raises(SignInRefused):
        company.sign_in(HIRE, EVES)
    assert company.role_by(company.open(link, OWN), company.clinic) is Role.VIEWER


@on_both
def test_inviting_somebody_takes_nothing_from_them_and_lets_nobody_in_as_them(company: Company) -> None:
    """The other way round: Carol is Alice's, and Eve invites her."""
    session = company.open(company.invite(company.alice, company.clinic, CAROL), OWN)

    link = company.invite(company.eve, company.den, CAROL)

    assert company.role_by(session, company.clinic) is Role.VIEWER
    with pytest.raises(SignInRefused, match="password is wrong"):
        company.open(link, EVES)
    assert not company.is_member(CAROL, company.den)
    assert company.sign_in(CAROL, OWN)


def test_a_membership_begins_when_its_owner_opens_the_link_with_their_password(company: Company) -> None:
    company.open(company.invite(company.alice, company.clinic, CAROL), OWN)
    link = company.invite(company.eve, company.den, CAROL, Role.LABELLER)
    view = signin.look_at_link(company.database, link or "")
    assert view is not None and (view.project, view.email) == ("Den", CAROL)

    joined = company.open(link, OWN)

    assert company.role_by(joined, company.den) is Role.LABELLER
    with pytest.raises(LinkNotValid):
        company.open(link, OWN)
    with pytest.raises(AlreadyExists):
        company.invite(company.eve, company.den, CAROL)


def test_whom_an_admin_of_the_project_or_the_operator_let_in_is_added_at_once(company: Company) -> None:
    company.open(company.invite(company.alice, company.clinic, CAROL), OWN)
    second = accounts.add_project(company.database, company.alice, "Second")
    assert company.invite(company.alice, second, CAROL) is None
    assert company.is_member(CAROL, second)

    ward = accounts.add_project(company.database, company.operator, "Ward")
    company.open(company.invite(company.operator, ward, "ben@x.test"), OWN)
    assert company.invite(company.eve, company.den, "ben@x.test") is None
    assert company.is_member("ben@x.test", company.den)


def test_a_password_by_the_operators_link_is_the_persons_own(company: Company) -> None:
    company.open(company.invite(company.eve, company.den), EVES)
    shell = Actor(None, "root@x.test", Origin.COMMAND_LINE, Role.ADMIN)
    user_id = signin.find_person(company.database, HIRE)

    company.open(signin.reset_link(company.database, shell, user_id), OWN)

    assert company.invite(company.alice, company.clinic) is None
    assert company.role_by(company.sign_in(HIRE, OWN), company.clinic) is Role.VIEWER


def test_a_password_set_on_the_command_line_is_the_persons_own(company: Company) -> None:
    company.open(company.invite(company.eve, company.den), EVES)
    shell = Actor(None, "root@x.test", Origin.COMMAND_LINE, Role.ADMIN)

    signin.give_password(company.database, shell, signin.find_person(company.database, HIRE), OWN)

    assert company.invite(company.alice, company.clinic) is None


def test_changing_a_password_makes_nobody_known(company: Company) -> None:
    session = company.open(company.invite(company.eve, company.den), EVES)
    who = signin.who(company.database, company.settings, session)
    assert who is not None

    signin.change_password(company.database, company.settings, who.actor(), EVES, EVES + "!", keep=session)

    assert company.kind(company.invite(company.alice, company.clinic)) is LinkKind.MEMBERSHIP


def test_the_account_of_whoever_runs_the_installation_is_given_to_nobody(company: Company) -> None:
    """It has no password until its person opens the first link, and administers what the shell makes."""
    link = company.invite(company.eve, company.den, "ROOT@x.test")

    assert company.kind(link) is LinkKind.MEMBERSHIP
    with pytest.raises(SignInRefused):
        company.open(link, EVES)
    assert signin.make_welcome_link(company.database, "root@x.test")


@pytest.mark.parametrize("deed", ["removed", "no admin any more", "disabled"])
def test_a_link_is_void_once_who_passed_it_on_may_not_let_people_in_any_more(
    company: Company, deed: str
) -> None:
    company.open(company.invite(company.alice, company.clinic, CAROL), OWN)
    ben = accounts.add_user(company.database, company.eve, "ben@x.test", Role.ADMIN, company.den.id)
    inviter = Actor(ben, "ben@x.test", Origin.PAGE)
    links = [company.invite(inviter, company.den, email) for email in (CAROL, HIRE)]
    assert all(company.kind(link) for link in links)

    if deed == "removed":
        memberships.remove_member(company.database, company.eve, company.den.id, ben)
    elif deed == "disabled":
        signin.set_enabled(company.database, company.eve, ben, False)
    else:
        memberships.set_role(company.database, company.eve, company.den.id, ben, Role.EDITOR)

    assert [company.kind(link) for link in links] == [None, None]


def test_links_into_two_projects_hold_side_by_side_and_a_newer_one_replaces_its_own(company: Company) -> None:
    company.open(company.invite(company.alice, company.clinic, CAROL), OWN)
    second = accounts.add_project(company.database, company.eve, "Second")
    first, other = (company.invite(company.eve, project, CAROL) for project in (company.den, second))
    newer = company.invite(company.eve, company.den, CAROL)

    assert [company.kind(link) is not None for link in (first, other, newer)] == [False, True, True]


@pytest.mark.parametrize("way", ["oidc", "proxy"])
def test_where_people_sign_in_elsewhere_they_are_added_at_once_and_get_no_link(
    company: Company, way: str
) -> None:
    company.open(company.invite(company.eve, company.den), EVES)
    company.settings = company.settings.model_copy(update={"sign_in": way})

    assert [company.invite(company.alice, company.clinic, email) for email in (HIRE, CAROL)] == [None, None]
    assert company.is_member(HIRE, company.clinic)


@pytest.mark.parametrize("project", ["Clinic", None])
def test_on_the_command_line_one_is_told_whose_link_it_was(company: Company, project: Any) -> None:
    company.open(company.invite(company.eve, company.den), EVES)

    with pytest.raises(Refused, match=r"by a link from eve@x\.test.*user reset newhire@x\.test"):
        signin.refuse_unvouched(company.database, company.settings, HIRE, project)
    signin.refuse_unvouched(company.database, company.settings, HIRE, "Den")
    signin.refuse_unvouched(company.database, company.settings, "nobody@x.test", project)


def test_what_became_of_an_invitation_is_in_the_audit_of_its_project(company: Company) -> None:
    company.open(company.invite(company.alice, company.clinic, CAROL), OWN)
    company.open(company.invite(company.eve, company.den, CAROL, Role.LABELLER), OWN)

    told = [
        (one.actor, one.action, dict(one.details))
        for one in events_of(company.database, company.eve, company.den.id).entries
        if CAROL in one.subject and one.action.startswith(("link", "member"))
    ]
    link = {"kind": "membership", "role": "labeller"}
    assert told == [
        (CAROL, "link.use", link),
        ("eve@x.test", "member.add", {"role": "labeller"}),
        ("eve@x.test", "link.make", link),
    ]


def test_a_disabled_account_is_joined_by_nobody(company: Company) -> None:
    company.open(company.invite(company.alice, company.clinic, CAROL), OWN)
    link = company.invite(company.eve, company.den, CAROL)
    with company.database.write() as session:
        session.get_one(User, signin.find_person(company.database, CAROL)).enabled = False

    with pytest.raises(LinkNotValid):
        company.open(link, OWN)
