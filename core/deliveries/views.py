"""Deliveries as people see them: what was sent to whom, and what it looks like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.deliveries.by_mail import content_of
from core.deliveries.by_webhook import told_by
from core.deliveries.kinds import about, resend_number
from core.deliveries.sending import FAILED, FATE_UNKNOWN, SENDING, SENT, WAITING
from core.errors import NotFound
from core.models import Delivery, Job, Webhook
from core.outbox.writing import EMAIL
from core.terms import Actor, Role
from core.webhooks import Kind

PAGE = 25
OPEN = "open"
"""The filter for mails that have not arrived for sure: on their way, not delivered, fate unknown."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One message to one recipient; times are aware UTC.

    `about` is what the kind says without its resends: summary, reminder, test or live. `recipient` is an
    address, or name and host of a webhook. `resend` is 0 for the message that its cause sent, else the
    how-manieth resend it is. `subject` is empty until it was first tried, `next_try_at` None unless it will
    be tried again.
    """

    id: int
    run_id: int | None
    channel: str
    about: str
    resend: int
    recipient: str
    subject: str
    state: str
    attempts: int
    error: str
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None

    @property
    def is_mail(self) -> bool:
        return self.channel == EMAIL

    @property
    def on_its_way(self) -> bool:
        """Whether it is still going to be tried, without anybody doing anything."""
        return self.next_try_at is not None or self.state in (WAITING, SENDING)

    @property
    def state_in_words(self) -> str:
        if self.state == SENT:
            return "Sent"
        if self.state == SENDING:
            return "Being sent"
        if self.state == FATE_UNKNOWN:
            return "May have arrived, sent once more" if self.on_its_way else "May have arrived"
        if self.state == FAILED:
            return "Not delivered"
        return "Delayed, tried again" if self.attempts or self.error else "Waiting to be sent"


@dataclass(frozen=True, slots=True)
class DeliveriesPage:
    """`deliveries` are newest first; `total` counts all that match."""

    deliveries: tuple[DeliveryView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class MailPreview:
    """A delivery as its recipient sees it. `html` is a whole page in which every text is escaped, and empty
    for a webhook, whose `text` is the body that is sent.

    The link that stops the mails is left out: it is its recipient's alone.
    """

    delivery: DeliveryView
    subject: str
    html: str
    text: str


def deliveries_of(
    database: Database,
    actor: Actor,
    project_id: int,
    *,
    only_open: bool = False,
    only_webhooks: bool = False,
    run_id: int | None = None,
    page: int = 1,
    size: int = PAGE,
) -> DeliveriesPage:
    """One page (from 1) of a project's deliveries. Raises NotAllowed."""
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see the emails")
        chosen = [Delivery.project_id == project_id]
        if only_open:
            chosen.append(Delivery.state != SENT)
        if only_webhooks:
            chosen.append(Delivery.channel != EMAIL)
        if run_id is not None:
            chosen.append(Delivery.run_id == run_id)
        total = session.scalar(select(func.count()).select_from(Delivery).where(*chosen)) or 0
        query = _query().where(*chosen).order_by(Delivery.id.desc())
        rows = session.execute(query.limit(size).offset((max(1, page) - 1) * size)).all()
        return DeliveriesPage(tuple(map(_view, rows)), total)


def preview(database: Database, actor: Actor, delivery_id: int, public_url: str) -> MailPreview:
    """What is sent, made anew as sending makes it. Raises NotFound, NotAllowed."""
    with database.read() as session:
        delivery = find_delivery(session, actor, delivery_id, Role.VIEWER, "see the emails")
        view = _view(session.execute(_query().where(Delivery.id == delivery.id)).one())
        if view.is_mail:
            content = content_of(session, delivery, public_url)
            return MailPreview(view, content.subject, content.html, content.text)
        told = told_by(session, delivery, public_url)
        return MailPreview(view, told.subject, "", told.body(Kind(delivery.channel)).decode())


def find_delivery(session: Session, actor: Actor, delivery_id: int, needed: Role, what: str) -> Delivery:
    """A delivery of a project in which the actor has the role. Raises NotFound, NotAllowed."""
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.project_id is None:
        raise NotFound("email", delivery_id)
    authorise(session, actor, delivery.project_id, needed, what, unseen=NotFound("email", delivery_id))
    return delivery


_Row = tuple[Delivery, str | None, datetime | None, str | None, str | None]


def _query() -> Select[*_Row]:
    return (
        select(Delivery, Job.status, Job.not_before, Webhook.name, Webhook.host)
        .outerjoin(Job, (Job.kind == "deliver") & (Job.subject_id == Delivery.id))
        .outerjoin(Webhook, Webhook.id == Delivery.webhook_id)
    )


def _view(row: Row[*_Row]) -> DeliveryView:
    one, status, not_before, webhook, host = row
    waits = status == "queued" and one.state != SENT
    return DeliveryView(
        id=one.id,
        run_id=one.run_id,
        channel=one.channel,
        about=about(one.kind),
        resend=resend_number(one.kind),
        recipient=one.recipient if webhook is None else f"{webhook} ({host})",
        subject=one.subject,
        state=one.state,
        attempts=one.attempts,
        error=one.error,
        created_at=one.created_at,
        sent_at=one.sent_at,
        next_try_at=(not_before or one.created_at) if waits else None,
    )
