"""The channel of mails: summaries, reminders and test mails."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import database_now
from core.deliveries import unsubscribing
from core.deliveries.kinds import REMINDER, TEST
from core.deliveries.parcels import Parcel
from core.deliveries.rounds import MailRound
from core.deliveries.summaries import run_summary
from core.errors import DeliveryDelayed
from core.jobs.workplace import Workplace
from core.models import Delivery, Run, User
from core.notifications.message import Content, mail_of, summary_content
from core.notifications.reminder import Reminder, reminder_content
from core.notifications.trial import trial_content

NO_SERVER = "No mail server is set: set SMTP_URL, or use make run with its mail catcher."


def pack_mail(place: Workplace, delivery_id: int, mails: MailRound) -> Parcel:
    with place.database.read() as session:
        delivery = session.get_one(Delivery, delivery_id)
        content = _content(session, place, delivery, mails)
        now = database_now(session)
    message = mail_of(content, delivery.recipient, place.settings.mail_from, delivery.message_id, now)
    smtp_url = place.settings.smtp_url
    if smtp_url is None:
        return Parcel(str(message["Subject"]), _no_server)
    return Parcel(str(message["Subject"]), partial(mails.post.send, message, smtp_url.get_secret_value()))


def _no_server() -> None:
    raise DeliveryDelayed(NO_SERVER)


def _content(session: Session, place: Workplace, delivery: Delivery, mails: MailRound) -> Content:
    """What this recipient gets. What many get is written once, and made each one's own afterwards."""
    token, public_url = _unsubscribe_token(session, place, delivery), place.settings.public_url
    if not token or delivery.run_id is None:
        return content_of(session, delivery, public_url, token)
    if delivery.run_id not in mails.contents:
        written = content_of(session, delivery, public_url, mails.placeholder)
        mails.contents = {delivery.run_id: written}
    return _addressed(mails.contents[delivery.run_id], mails.placeholder, token)


def content_of(session: Session, delivery: Delivery, public_url: str, token: str = "") -> Content:
    """What a mail says; without a token, it offers no link that stops it."""
    stop = unsubscribing.address(public_url, token) if token else ""
    if delivery.kind == TEST:
        return trial_content(delivery.payload or {})
    if delivery.kind.startswith(REMINDER):
        return reminder_content(Reminder.of_json(delivery.payload or {}, public_url, stop))
    assert delivery.run_id is not None  # every other mail is a run's summary
    summary = run_summary(session, delivery.run_id, public_url)
    return summary_content(replace(summary, unsubscribe_url=stop))


def _addressed(content: Content, placeholder: str, token: str) -> Content:
    """One recipient's own."""
    return Content(
        content.subject,
        content.text.replace(placeholder, token),
        content.html.replace(placeholder, token),
        content.unsubscribe_url.replace(placeholder, token),
    )


def _unsubscribe_token(session: Session, place: Workplace, delivery: Delivery) -> str:
    """ "" for what answers something that its recipient did."""
    sent_to_many = delivery.kind.startswith(REMINDER) or (
        delivery.run_id is not None and _is_scheduled(session, delivery.run_id)
    )
    if not sent_to_many or delivery.project_id is None:
        return ""
    user_id = session.scalar(select(User.id).where(User.email == delivery.recipient))
    return unsubscribing.token(place.settings, delivery.project_id, user_id) if user_id else ""


def _is_scheduled(session: Session, run_id: int) -> bool:
    return session.get_one(Run, run_id).trigger == "schedule"
