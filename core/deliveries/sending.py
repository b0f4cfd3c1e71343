"""Send one delivery: nobody is left without a message and nobody gets two.

The state `sending` is committed right before the server is spoken to. Who finds it there at the start of
an attempt knows that an earlier one died in the middle, so the message may have arrived: it is marked
*fate unknown* and sent once more under the same Message-ID, and never after that.
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

from sqlalchemy.orm import Session

from core import jobs
from core.db import database_now
from core.deliveries.summaries import run_summary
from core.errors import MailDelayed, MailFateUnknown, MailRefused
from core.jobs import Claim, Lease
from core.jobs.workplace import Workplace
from core.models import Delivery
from core.notifications.message import build_message
from core.notifications.smtp import send

GIVE_UP_AFTER = timedelta(days=1)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30.0, 3600.0
SENT, FAILED, WAITING, SENDING, FATE_UNKNOWN = "sent", "failed", "waiting", "sending", "fate_unknown"


def deliver(place: Workplace, mine: Claim) -> list[int]:
    """Do the job. Raises LeaseLost and what nobody expected."""
    with Lease(place.database, mine, place.settings.lease_seconds):
        failure = _attempt(place, mine)
    with place.database.write() as session:
        jobs.hold(session, mine)
        _settle(session, mine, session.get_one(Delivery, mine.subject_id), failure)
    return []


def _attempt(place: Workplace, mine: Claim) -> MailRefused | MailDelayed | None:
    """Send; what went wrong, if anything did."""
    if _fates_unknown(place, mine) > 1:
        return MailFateUnknown(
            "The message was handed over twice and may have arrived; it is not sent a third time."
        )
    if mine.hopeless:
        return MailRefused(f"The worker stopped {jobs.MAX_ATTEMPTS} times over this mail; its log says why.")
    try:
        message = _message(place, mine.subject_id)
        _begin(place, mine, str(message["Subject"]))
        _hand_over(place, message)
    except (MailRefused, MailDelayed) as failure:
        return failure
    return None


def _fates_unknown(place: Workplace, mine: Claim) -> int:
    """How often the message may have arrived already, with an attempt that died in the middle."""
    with place.database.write() as session:
        jobs.hold(session, mine)
        delivery = session.get_one(Delivery, mine.subject_id)
        if delivery.state == SENDING:
            delivery.state = FATE_UNKNOWN
            delivery.fates_unknown += 1
        return delivery.fates_unknown


def _begin(place: Workplace, mine: Claim, subject: str) -> None:
    """Mark the delivery as being sent. Raises LeaseLost."""
    with place.database.write() as session:
        jobs.hold(session, mine)
        delivery = session.get_one(Delivery, mine.subject_id)
        delivery.state, delivery.subject = SENDING, subject
        delivery.attempts += 1


def _settle(
    session: Session, mine: Claim, delivery: Delivery, failure: MailRefused | MailDelayed | None
) -> None:
    """Close the delivery, or put it off: after an unknown fate once, before any handing over for a day."""
    delivery.error = str(failure) if failure else ""
    if failure is None:
        delivery.state, delivery.sent_at = SENT, database_now(session)
        jobs.finish(session, mine, "finished")
        return
    if isinstance(failure, MailFateUnknown) and delivery.state == SENDING:
        delivery.fates_unknown += 1
    if _is_hopeless(session, delivery, failure):
        delivery.state = FATE_UNKNOWN if delivery.fates_unknown else FAILED
        jobs.finish(session, mine, "failed", delivery.error)
        return
    delivery.state = FATE_UNKNOWN if delivery.fates_unknown else WAITING
    pause = min(FIRST_PAUSE_SECONDS * 2 ** min(delivery.attempts - 1, 10), LONGEST_PAUSE_SECONDS)
    jobs.defer(session, mine, pause)


def _is_hopeless(session: Session, delivery: Delivery, failure: MailRefused | MailDelayed) -> bool:
    too_old = database_now(session) - delivery.created_at > GIVE_UP_AFTER
    return isinstance(failure, MailRefused) or delivery.fates_unknown > 1 or too_old


def _message(place: Workplace, delivery_id: int) -> EmailMessage:
    with place.database.read() as session:
        delivery = session.get_one(Delivery, delivery_id)
        assert delivery.run_id is not None
        summary = run_summary(session, delivery.run_id, place.settings.public_url)
        now = database_now(session)
    return build_message(summary, delivery.recipient, place.settings.mail_from, delivery.message_id, now)


def _hand_over(place: Workplace, message: EmailMessage) -> None:
    if place.settings.smtp_url is None:
        raise MailDelayed("No mail server is set: set SMTP_URL, or use make run with its mail catcher.")
    send(message, place.settings.smtp_url.get_secret_value())
