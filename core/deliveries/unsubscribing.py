"""Stop the mails of one project for one person, by a link in such a mail and without a sign-in.

The link names project and person and is signed with the installation's secret: it cannot be made up, and
one person's link says nothing about another's. All it can do is turn mails off.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit, vault
from core.db import Database
from core.errors import LinkNotValid, Refused
from core.models import Membership, Project, User
from core.settings import Settings
from core.terms import Actor, Origin

TOKEN = re.compile(r"(?P<project>[0-9]{1,18})-(?P<user>[0-9]{1,18})-(?P<signature>[A-Za-z0-9_-]{43})")
NOT_VALID = (
    "This link is not complete: copy it whole out of the email, or sign in and turn emails off under "
    "Project settings → Members."
)
REASON = "by the link in an email"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Whose mails a link stops. `on` is False where they are off already, or the person is no member."""

    email: str
    project: str
    on: bool


def token(settings: Settings, project_id: int, user_id: int) -> str:
    """The signed part of the link, "" where the installation's secret cannot be used."""
    try:
        return f"{project_id}-{user_id}-{vault.vault(settings).sign(_signed(project_id, user_id))}"
    except Refused:
        return ""


def address(public_url: str, token: str) -> str:
    return f"{public_url.rstrip('/')}/unsubscribe/{token}"


def subscription_of(database: Database, settings: Settings, token: str) -> Subscription:
    """Whose mails it would stop. Changes nothing. Raises LinkNotValid."""
    project_id, user_id = _read(settings, token)
    with database.read() as session:
        return _subscription(session, project_id, user_id)[0]


def unsubscribe(database: Database, settings: Settings, token: str) -> Subscription:
    """Turn the mails off, as often as it is asked for. Raises LinkNotValid."""
    project_id, user_id = _read(settings, token)
    with database.write() as session:
        found, membership = _subscription(session, project_id, user_id)
        if membership is not None and membership.email_notifications:
            membership.email_notifications = False
            audit.record(
                session,
                Actor(user_id, found.email, Origin.PAGE),
                "member.notifications",
                f"member {found.email}",
                project_id=project_id,
                reason=REASON,
                details={"from": "on", "to": "off"},
            )
        return Subscription(found.email, found.project, on=False)


def _signed(project_id: int, user_id: int) -> str:
    return f"unsubscribe user {user_id} from project {project_id}"


def _read(settings: Settings, token: str) -> tuple[int, int]:
    found = TOKEN.fullmatch(token)
    if found is None:
        raise LinkNotValid(NOT_VALID)
    project_id, user_id = int(found["project"]), int(found["user"])
    if not vault.vault(settings).is_signed(_signed(project_id, user_id), found["signature"]):
        raise LinkNotValid(NOT_VALID)
    return project_id, user_id


def _subscription(session: Session, project_id: int, user_id: int) -> tuple[Subscription, Membership | None]:
    user, project = session.get(User, user_id), session.get(Project, project_id)
    if user is None or project is None:
        raise LinkNotValid(NOT_VALID)
    membership = session.scalar(
        select(Membership)
        .where(Membership.project_id == project_id, Membership.user_id == user_id)
        .with_for_update()
    )
    on = membership is not None and membership.email_notifications
    return Subscription(user.email, project.name, on), membership
