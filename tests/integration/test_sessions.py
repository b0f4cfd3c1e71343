"""Sessions end when they should, wrong passwords are slowed, links work once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher, Type
from sqlalchemy import func, select, update

from core import accounts, signin
from core.db import Database
from core.errors import LinkNotValid, Refused, SignInRefused, TooManyAttempts
from core.models import OneTimeLink, SignInFailure, SignInSession, User
from core.settings import Settings, load_settings
from core.signin import Client, SignedIn
from core.signin.slowing import FREE_OF_ACCOUNT, FREE_OF_ADDRESS, LONGEST_WAIT
from core.terms import Actor, Origin, Role
from tests.at_once import at_once
from tests.databases import on_both

PASSWORD = "correct horse battery staple"
ANA = "Ana@x.test"
HERE = Client("192.0.2.1", "Firefox/140.0")


@dataclass
class House:
    database: Database
    settings: Settings
    admin: Actor
    project_id: int

    def with_settings(self, **changed: Any) -> Settings:
        return self.settings.model_copy(update=changed)

    def person(self, email: str = ANA, role: Role = Role.EDITOR) -> Actor:
        """Somebody with a password."""
        link = signin.invite(self.database, self.settings, self.admin, self.project_id, email, role)
        assert link is not None
        signin.open_link(self.database, self.settings, link, HERE, PASSWORD)
        return Actor(signin.find_person(self.database, email), email, Origin.PAGE)

    def sign_in(self, email: str = ANA, password: str = PASSWORD, client: Client = HERE) -> str:
        return signin.sign_in(self.database, self.settings, email, password, client)

    def who(self, token: str, settings: Settings | None = None) -> SignedIn | None:
        return signin.who(self.database, settings or self.settings, token)

    def is_in(self, token: str) -> bool:
        return self.who(token) is not None

    def let_pass(self, table: Any, column: str, by: timedelta) -> None:
        """Move a time of every row so much into the past."""
        with self.database.write() as session:
            for row in session.scalars(select(table)):
                if getattr(row, column) is not None:
                    setattr(row, column, getattr(row, column) - by)


@pytest.fixture
def house(database: Database, tmp_path: Path) -> Iterator[House]:
    settings = load_settings(_env_file=None, plumbline_home=tmp_path, session_idle_hours=8, session_days=14)
    admin = accounts.local_admin(database, "admin@x.test", Origin.PAGE)
    project = accounts.add_project(database, admin, "Clinic")
    yield House(database, settings, admin, project.id)


@on_both
def test_a_session_ends_when_it_was_idle_for_too_long(house: House) -> None:
    house.person()
    token = house.sign_in()
    house.let_pass(SignInSession, "seen_at", timedelta(hours=7, minutes=59))
    assert house.is_in(token)
    house.let_pass(SignInSession, "seen_at", timedelta(hours=7, minutes=59))
    assert house.is_in(token), "the look before counts as one"

    house.let_pass(SignInSession, "seen_at", timedelta(hours=8, minutes=1))
    assert not house.is_in(token)


def test_a_session_ends_after_so_many_days_however_it_is_used(house: House) -> None:
    house.person()
    token = house.sign_in()
    house.let_pass(SignInSession, "expires_at", timedelta(days=13, hours=23))
    assert house.is_in(token)

    house.let_pass(SignInSession, "expires_at", timedelta(hours=1))
    assert not house.is_in(token)
    house.sign_in()
    with house.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SignInSession)) == 1, "expired ones are swept"


def test_a_look_that_is_no_click_does_not_keep_a_session_alive(house: House) -> None:
    house.person()
    token = house.sign_in()
    house.let_pass(SignInSession, "seen_at", timedelta(hours=7))

    assert signin.who(house.database, house.settings, token, clicked=False)
    house.let_pass(SignInSession, "seen_at", timedelta(hours=1, minutes=1))

    assert not house.is_in(token)


def test_only_digests_of_tokens_and_hashes_of_passwords_are_stored(house: House) -> None:
    house.person()
    token = house.sign_in()
    with house.database.read() as session:
        kept = session.scalars(select(SignInSession)).all()
        assert all(len(row.digest) == 64 and token not in vars(row).values() for row in kept)
        user = session.scalars(select(User).where(User.email == ANA)).one()
        assert (user.password_hash or "").startswith("$argon2id$")


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "\x00", "\udcff"])
def test_what_is_no_token_lets_nobody_in(house: House, token: str) -> None:
    assert not house.is_in(token)


def test_a_session_holds_only_while_its_way_in_is_allowed(house: House) -> None:
    house.person()
    token = house.sign_in()

    assert house.who(token, house.with_settings(sign_in="oidc")) is None
    assert house.who(token, house.with_settings(sign_in="proxy")) is None
    assert house.is_in(token)


def test_signing_out_everywhere_ends_ones_own_sessions_alone(house: House) -> None:
    ana = house.person()
    house.person("ben@x.test")
    first, second, ben = house.sign_in(), house.sign_in(), house.sign_in("ben@x.test")

    signin.sign_out_everywhere(house.database, ana, keep=second)

    assert [house.is_in(token) for token in (first, second, ben)] == [False, True, True]
    (left,) = signin.sessions_of(house.database, ana, second)
    assert (left.current, left.address, left.browser) == (True, "192.0.2.1", "Firefox/140.0")
    signin.sign_out(house.database, second)
    assert not house.is_in(second)


def wrong(house: House, email: str = ANA, client: Client = HERE) -> type[Exception] | None:
    try:
        house.sign_in(email, "wrong", client)
    except SignInRefused as refusal:
        return type(refusal)
    return None


def wait_given(house: House, key: str) -> float:
    """Seconds from the last wrong password to the next attempt that is looked at."""
    with house.database.read() as session:
        row = session.get_one(SignInFailure, key)
    assert row.blocked_until is not None
    return (row.blocked_until - row.failed_at).total_seconds()


@on_both
def test_each_wrong_password_beyond_the_free_ones_doubles_the_wait(house: House) -> None:
    house.person()
    for _ in range(FREE_OF_ACCOUNT):
        assert wrong(house) is SignInRefused
    waits = []
    for _ in range(12):
        assert wrong(house) is SignInRefused
        waits.append(wait_given(house, "account:ana@x.test"))
        assert wrong(house) is TooManyAttempts
        house.let_pass(SignInFailure, "blocked_until", LONGEST_WAIT)

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]


def test_while_somebody_waits_the_right_password_is_no_help(house: House) -> None:
    house.person()
    for _ in range(FREE_OF_ACCOUNT + 1):
        wrong(house)

    with pytest.raises(TooManyAttempts, match=r"try again in \d seconds"):
        house.sign_in()
    house.let_pass(SignInFailure, "blocked_until", LONGEST_WAIT)
    assert house.sign_in()
    for _ in range(FREE_OF_ACCOUNT):
        assert wrong(house) is SignInRefused, "the right one cleared the account"


def test_many_names_from_one_address_are_slowed_and_other_addresses_are_not(house: House) -> None:
    house.person()
    for number in range(FREE_OF_ADDRESS + 1):
        assert wrong(house, f"guess-{number}@x.test") is SignInRefused

    assert wrong(house) is TooManyAttempts
    assert house.sign_in(client=Client("198.51.100.7", ""))


def test_who_has_a_whole_ipv6_network_is_one_caller(house: House) -> None:
    house.person()
    for number in range(FREE_OF_ADDRESS + 1):
        client = Client(f"2001:db8:0:1::{number:x}", "")
        assert wrong(house, f"guess-{number}@x.test", client) is SignInRefused

    assert wrong(house, client=Client("2001:db8:0:1:ffff::1", "")) is TooManyAttempts
    assert house.sign_in(client=Client("2001:db8:0:2::1", ""))


@on_both
@pytest.mark.parametrize("email", ["ana\x00@x.test", "\x00", "\ud800@x.test", "x" * 5_000])
def test_an_address_that_no_database_takes_is_simply_wrong(house: House, email: str) -> None:
    house.person()
    assert wrong(house, email) is SignInRefused


def test_what_was_counted_a_day_ago_is_swept_out(house: House) -> None:
    for number in range(3):
        wrong(house, f"guess-{number}@x.test")
    house.let_pass(SignInFailure, "failed_at", timedelta(hours=25))
    wrong(house, "another@x.test")

    with house.database.read() as session:
        kept = set(session.scalars(select(SignInFailure.key)))
    assert kept == {"account:another@x.test", f"address:{HERE.address}"}


def test_wrong_passwords_are_forgotten_after_a_day(house: House) -> None:
    house.person()
    for _ in range(FREE_OF_ACCOUNT):
        wrong(house)
    house.let_pass(SignInFailure, "failed_at", timedelta(hours=25))

    assert [wrong(house) for _ in range(FREE_OF_ACCOUNT)] == [SignInRefused] * FREE_OF_ACCOUNT


def test_a_disabled_account_and_one_without_a_password_look_like_a_wrong_password(house: House) -> None:
    ana = house.person()
    signin.invite(house.database, house.settings, house.admin, house.project_id, "ben@x.test", Role.VIEWER)
    signin.set_enabled(house.database, house.admin, ana.user_id or 0, False)

    for email in (ANA, "ben@x.test", "nobody@x.test"):
        with pytest.raises(SignInRefused, match="The email address or the password is wrong"):
            house.sign_in(email)


@on_both
def test_the_case_of_an_address_is_no_matter_and_look_alikes_are(house: House) -> None:
    house.person("strasse@x.test")
    house.person("kate@x.test")

    assert house.sign_in(" STRASSE@X.test ")
    for other in ("straße@x.test", "\u212aate@x.test"):
        with pytest.raises(SignInRefused):
            house.sign_in(other)
    assert accounts.add_user(
        house.database, house.admin, "Kate@X.test", Role.ADMIN, house.project_id
    ) == signin.find_person(house.database, "kate@x.test")


@on_both
def test_of_two_who_open_a_link_at_once_one_is_let_in(house: House) -> None:
    link = signin.invite(house.database, house.settings, house.admin, house.project_id, ANA, Role.VIEWER)
    assert link is not None
    opening = partial(signin.open_link, house.database, house.settings, link, HERE, PASSWORD)

    opened = at_once([opening] * 3)

    assert [isinstance(one, str) for one in opened].count(True) == 1
    assert [isinstance(one, LinkNotValid) for one in opened].count(True) == 2


@pytest.mark.parametrize(("kind", "hours"), [("welcome", 24), ("invitation", 7 * 24), ("reset", 24)])
def test_links_are_good_for_their_time_and_replaced_by_newer_ones(
    house: House, kind: str, hours: int
) -> None:
    def make() -> str:
        if kind == "welcome":
            return signin.make_welcome_link(house.database, "admin@x.test")
        user_id = signin.find_person(house.database, ANA)
        return signin.reset_link(house.database, house.admin, user_id)

    if kind == "reset":
        house.person()
    else:
        signin.invite(house.database, house.settings, house.admin, house.project_id, ANA, Role.VIEWER)
    first, second = make(), make()
    view = signin.look_at_link(house.database, second)
    assert view is not None and view.kind.value == kind
    assert signin.look_at_link(house.database, first) is None

    house.let_pass(OneTimeLink, "expires_at", timedelta(hours=hours))
    with pytest.raises(LinkNotValid):
        signin.open_link(house.database, house.settings, second, HERE, PASSWORD)


def test_a_link_of_a_disabled_person_is_void(house: House) -> None:
    ana = house.person()
    link = signin.reset_link(house.database, house.admin, ana.user_id or 0)
    signin.set_enabled(house.database, house.admin, ana.user_id or 0, False)

    assert signin.look_at_link(house.database, link) is None
    with pytest.raises(Refused, match="is disabled"):
        signin.reset_link(house.database, house.admin, ana.user_id or 0)
    signin.set_enabled(house.database, house.admin, ana.user_id or 0, True)
    assert signin.look_at_link(house.database, link) is None, "what was void stays void"


@pytest.mark.parametrize("password", ["short", "ana@x.test", "aaaaaaaaaaaaaaaa", "x" * 1_001])
def test_a_password_that_is_no_good_leaves_the_link_as_it_was(house: House, password: str) -> None:
    link = signin.invite(house.database, house.settings, house.admin, house.project_id, ANA, Role.VIEWER)
    assert link is not None

    with pytest.raises(Refused):
        signin.open_link(house.database, house.settings, link, HERE, password)

    assert signin.open_link(house.database, house.settings, link, HERE, PASSWORD)


def test_the_only_admin_of_a_project_is_not_disabled(house: House) -> None:
    ana = house.person(role=Role.ADMIN)
    accounts.add_project(house.database, ana, "Second")
    operator = Actor(None, "operator", Origin.COMMAND_LINE, Role.ADMIN)

    with pytest.raises(Refused, match="is the only admin of Second"):
        signin.set_enabled(house.database, operator, ana.user_id or 0, False)
    with pytest.raises(Refused, match="can't disable your own account"):
        signin.set_enabled(house.database, ana, ana.user_id or 0, False)


@on_both
def test_two_admins_who_disable_each_other_at_once_leave_one(house: House) -> None:
    ana = house.person(role=Role.ADMIN)
    assert house.admin.user_id is not None and ana.user_id is not None

    at_once(
        [
            partial(signin.set_enabled, house.database, house.admin, ana.user_id, False),
            partial(signin.set_enabled, house.database, ana, house.admin.user_id, False),
        ]
    )

    with house.database.read() as session:
        enabled = select(func.count()).select_from(User).where(User.enabled.is_(True))
        assert session.scalar(enabled) == 1


def test_a_changed_password_ends_every_other_session(house: House) -> None:
    ana = house.person()
    here, there = house.sign_in(), house.sign_in()

    signin.change_password(house.database, house.settings, ana, PASSWORD, "another battery staple", here)

    assert (house.is_in(here), house.is_in(there)) == (True, False)
    with pytest.raises(SignInRefused):
        house.sign_in()


def test_a_hash_costs_a_guesser_what_rfc_9106_advises(slow_hasher: PasswordHasher) -> None:
    assert slow_hasher.type is Type.ID
    assert slow_hasher.memory_cost >= 64 * 1024
    assert (slow_hasher.time_cost, slow_hasher.parallelism) >= (3, 4)


def test_old_hashes_are_made_anew_at_the_next_sign_in(house: House) -> None:
    ana = house.person()
    old = PasswordHasher(time_cost=1, memory_cost=8_192).hash(PASSWORD)
    with house.database.write() as session:
        session.execute(update(User).where(User.id == ana.user_id).values(password_hash=old))

    house.sign_in()

    with house.database.read() as session:
        assert session.get_one(User, ana.user_id).password_hash != old
