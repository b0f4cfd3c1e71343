"""The channels of webhooks: signed JSON for programs, and messages for a chat."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.orm import Session

from core import addresses
from core.deliveries.kinds import TEST
from core.deliveries.parcels import Parcel
from core.deliveries.rounds import MailRound
from core.deliveries.summaries import run_summary
from core.errors import DeliveryDelayed, DeliveryRefused, Refused
from core.jobs.workplace import Workplace
from core.models import Delivery, Webhook
from core.notifications import news
from core.notifications.http_post import post
from core.notifications.signing import signed_headers
from core.notifications.summary import subject
from core.outbox import LIVE_CHANGE
from core.settings import Settings
from core.webhooks import Kind, target_of

ABOUT_US = {"User-Agent": "Plumbline", "Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook is told: the event for a program, and the same for people."""

    subject: str
    event: Mapping[str, Any] = field(repr=False)
    chat: str = field(repr=False)

    def body(self, kind: Kind) -> bytes:
        """What is sent; characters are escaped, so that any receiver reads it."""
        return json.dumps({"text": self.chat} if kind is Kind.SLACK else self.event, indent=1).encode()


def pack_webhook(place: Workplace, delivery_id: int, _mails: MailRound) -> Parcel:
    with place.database.read() as session:
        delivery = session.get_one(Delivery, delivery_id)
        webhook = session.get_one(Webhook, delivery.webhook_id)
        told = told_by(session, delivery, place.settings.public_url)
    if webhook.removed_at is not None:
        raise DeliveryRefused("The webhook was removed before this was sent.")
    return Parcel(told.subject, partial(_hand_over, place.settings, webhook, delivery.message_id, told))


def told_by(session: Session, delivery: Delivery, public_url: str) -> Told:
    """What a delivery tells, about its run or by its payload."""
    payload = delivery.payload or {}
    if delivery.kind.startswith(LIVE_CHANGE):
        return _live(payload, public_url)
    if delivery.kind.startswith(TEST):
        said = f"Plumbline: a test message for the webhook {payload.get('webhook', '')}"
        return Told(said, news.event(news.TEST, delivery.created_at, payload), news.in_chat(said))
    assert delivery.run_id is not None  # whatever else is told is about a run
    summary = run_summary(session, delivery.run_id, public_url)
    finished = news.event(news.RUN_FINISHED, summary.finished_at, news.run_finished(summary))
    return Told(subject(summary), finished, news.run_in_chat(summary))


def _live(payload: Mapping[str, Any], public_url: str) -> Told:
    metric, project = payload["metric"], payload["project"]
    url = f"{public_url.rstrip('/')}/metrics?project={project['id']}&metric={metric['id']}"
    changed_at = datetime.fromisoformat(payload["changed_at"])
    event = news.event(news.LIVE_CHANGED, changed_at, {**payload, "url": url})
    said = f"Plumbline: {metric['name']} is at v{payload['version']} — {project['name']}"
    return Told(said, event, news.live_in_chat(payload, url))


def _hand_over(settings: Settings, webhook: Webhook, message_id: str, told: Told) -> None:
    try:
        target = target_of(settings, webhook)
    except Refused as error:
        raise DeliveryDelayed(str(error)) from None
    body = told.body(Kind(webhook.kind))
    headers = dict(ABOUT_US)
    if target.secret:
        headers |= signed_headers(target.secret, event_id(message_id), int(time.time()), body)
    post(target.url, headers, body, addresses.checker(settings))


def event_id(message_id: str) -> str:
    """The same at every attempt of a delivery, so that a receiver can tell a repetition."""
    return "msg_" + message_id.strip("<>").partition("@")[0].rpartition(".")[2]
