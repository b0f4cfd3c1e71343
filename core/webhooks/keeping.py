"""Make a webhook, list a project's, remove one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise, clean_name
from core.addresses import Lookup, addresses_of, check_public
from core.db import Database, database_now
from core.errors import NotFound, Refused
from core.models import Schedule, User, Webhook
from core.notifications.signing import new_secret
from core.settings import Settings
from core.terms import Actor, Role
from core.webhooks.opening import Target, sealed

MOST = 20
"""Webhooks of one project: each of them costs an attempt of its own at every piece of news."""
WHAT = "manage webhooks"


class Kind(StrEnum):
    """What is sent: a chat message in the form that Slack made common, or signed JSON."""

    SLACK = "slack"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class WebhookView:
    """A webhook without its address and secret. `schedule` is the name of the one whose runs it hears of,
    None where it hears of every new live definition instead."""

    id: int
    name: str
    kind: Kind
    host: str
    schedule_id: int | None
    schedule: str | None
    made_by: str | None
    created_at: datetime


def add_webhook(
    database: Database,
    settings: Settings,
    actor: Actor,
    project_id: int,
    *,
    name: str,
    kind: Kind,
    url: str,
    schedule_id: int | None,
    lookup: Lookup = addresses_of,
) -> tuple[int, str]:
    """Make a webhook for a schedule's runs, or (None) for every new live definition.

    Returns its id and, for signed JSON, the secret: it is never shown again. Raises NotAllowed, NotFound,
    AddressNotAllowed, and Refused for a name that is none, too many of them, or a vault that cannot be used.
    """
    name = clean_name(name, "webhook")
    with database.read() as session:
        authorise(session, actor, project_id, Role.ADMIN, WHAT)  # before anything is looked up for them
    url = check_public(url, settings, lookup)
    secret = new_secret() if kind is Kind.JSON else ""
    kept = sealed(settings, project_id, Target(url, secret))
    with database.write() as session:
        authorise(session, actor, project_id, Role.ADMIN, WHAT)
        schedule = _schedule(session, project_id, schedule_id)
        _refuse_too_many(session, project_id)
        webhook = Webhook(
            project_id=project_id,
            schedule_id=schedule_id,
            name=name,
            kind=kind.value,
            sealed_url=kept.url,
            host=_host(url),
            sealed_secret=kept.secret,
            created_by=actor.user_id,
        )
        session.add(webhook)
        session.flush()
        hears = f"runs of {schedule.name}" if schedule else "new live definitions"
        _record(session, actor, "webhook.add", webhook, kind=kind.value, host=webhook.host, hears=hears)
        return webhook.id, secret


def remove_webhook(database: Database, actor: Actor, webhook_id: int) -> None:
    """Nothing more is sent to it, what waits included. Raises NotFound, NotAllowed."""
    with database.write() as session:
        webhook = webhook_for(session, actor, webhook_id, lock=True)
        webhook.removed_at = database_now(session)
        _record(session, actor, "webhook.remove", webhook, host=webhook.host)


def webhook_for(session: Session, actor: Actor, webhook_id: int, *, lock: bool = False) -> Webhook:
    """One that is not removed, for who may manage it. Raises NotFound also for somebody outside its project,
    NotAllowed."""
    webhook = session.get(Webhook, webhook_id, with_for_update=lock)
    nothing = NotFound("webhook", webhook_id)
    if webhook is None or webhook.removed_at is not None:
        raise nothing
    authorise(session, actor, webhook.project_id, Role.ADMIN, WHAT, unseen=nothing)
    return webhook


def webhooks_of(
    database: Database, actor: Actor, project_id: int, schedule_id: int | None = None
) -> list[WebhookView]:
    """The webhooks that are not removed, of one schedule if given. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see the webhooks")
        query = (
            select(Webhook, Schedule.name, User.email)
            .outerjoin(Schedule, Schedule.id == Webhook.schedule_id)
            .outerjoin(User, User.id == Webhook.created_by)
            .where(Webhook.project_id == project_id, Webhook.removed_at.is_(None))
            .order_by(Webhook.id)
        )
        if schedule_id is not None:
            query = query.where(Webhook.schedule_id == schedule_id)
        return [
            WebhookView(
                id=one.id,
                name=one.name,
                kind=Kind(one.kind),
                host=one.host,
                schedule_id=one.schedule_id,
                schedule=schedule,
                made_by=email,
                created_at=one.created_at,
            )
            for one, schedule, email in session.execute(query)
        ]


def _schedule(session: Session, project_id: int, schedule_id: int | None) -> Schedule | None:
    if schedule_id is None:
        return None
    found = session.get(Schedule, schedule_id)
    if found is None or found.project_id != project_id or found.deleted_at is not None:
        raise NotFound("schedule", schedule_id)
    return found


def _refuse_too_many(session: Session, project_id: int) -> None:
    there = session.scalar(
        select(func.count()).where(Webhook.project_id == project_id, Webhook.removed_at.is_(None))
    )
    if (there or 0) >= MOST:
        raise Refused(f"A project has {MOST} webhooks at most; remove one first.")


def _host(url: str) -> str:
    return urlsplit(url).netloc[:300]


def _record(session: Session, actor: Actor, action: str, webhook: Webhook, **details: str) -> None:
    audit.record(
        session,
        actor,
        action,
        f"webhook {webhook.name}",
        project_id=webhook.project_id,
        details={"webhook": webhook.id, **details},
    )
