"""Send one delivery, by whatever channel: nobody is left without a message and nobody gets two.

The state `sending` is committed right before the other side is spoken to. Who finds it there at the start
of an attempt knows that an earlier one died in the middle, so the message may have arrived: it is marked
*fate unknown* and sent once more under the same id, and never after that.
"""

from __future__ import annotations

import time
from datetime import timedelta

from sqlalchemy.orm import Session

from core import jobs
from core.db import database_now
from core.deliveries.channels import CHANNELS
from core.deliveries.pace import seconds_to_wait
from core.deliveries.rounds import MailRound
from core.errors import DeliveryDelayed, DeliveryFateUnknown, DeliveryRefused
from core.jobs import Attempts, Claim, Lease
from core.jobs.workplace import Workplace
from core.models import Delivery
from core.outbox.writing import EMAIL

GIVE_UP_AFTER = timedelta(days=1)
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 30.0, 3600.0
SENT, FAILED, WAITING, SENDING, FATE_UNKNOWN = "sent", "failed", "waiting", "sending", "fate_unknown"


def deliver(place: Workplace, mine: Claim, mails: MailRound | None = None) -> list[int]:
    """Do the job, in a round of mails if there is one. Raises LeaseLost and what nobody expected."""
    if mails is None:
        with MailRound() as alone:
            return deliver(place, mine, alone)
    with Lease(place.database, mine, place.settings.lease_seconds):
        failure = _attempt(place, mine, mails)
    with place.database.write() as session:
        jobs.hold(session, mine)
        _settle(session, mine, session.get_one(Delivery, mine.subject_id), failure)
    return []


def _attempt(place: Workplace, mine: Claim, mails: MailRound) -> DeliveryRefused | DeliveryDelayed | None:
    """Send; what went wrong, if anything did."""
    if _fates_unknown(place, mine) > 1:
        return DeliveryFateUnknown(
            "The message was handed over twice and may have arrived; it is not sent a third time."
        )
    if mine.hopeless:
        _count_attempt(place, mine)
        return DeliveryDelayed(
            f"The worker stopped {jobs.MAX_ATTEMPTS} times over this message; its log says why."
        )
    try:
        parcel = CHANNELS[_channel(place, mine)](place, mine.subject_id, mails)
        _wait_for_turn(place, mine)
        _begin(place, mine, parcel.subject)
        parcel.hand_over()
    except (DeliveryRefused, DeliveryDelayed) as failure:
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


def _channel(place: Workplace, mine: Claim) -> str:
    with place.database.read() as session:
        return session.get_one(Delivery, mine.subject_id).channel


def _wait_for_turn(place: Workplace, mine: Claim) -> None:
    """Mails keep to a pace that all workers share; it is waited for before anything is begun."""
    if _channel(place, mine) != EMAIL or place.settings.smtp_url is None:
        return
    with place.database.write() as session:
        pause = seconds_to_wait(session, place.settings.mail_per_minute)
    time.sleep(pause)


def _count_attempt(place: Workplace, mine: Claim) -> None:
    """Count one that never came as far as the other side, so that the pause before the next one grows."""
    with place.database.write() as session:
        jobs.hold(session, mine)
        session.get_one(Delivery, mine.subject_id).attempts += 1


def _begin(place: Workplace, mine: Claim, subject: str) -> None:
    """Mark the delivery as being sent. Raises LeaseLost."""
    with place.database.write() as session:
        jobs.hold(session, mine)
        delivery = session.get_one(Delivery, mine.subject_id)
        delivery.state, delivery.subject = SENDING, subject
        delivery.attempts += 1


def _settle(
    session: Session, mine: Claim, delivery: Delivery, failure: DeliveryRefused | DeliveryDelayed | None
) -> None:
    """Close the delivery, or put it off: after an unknown fate once, before any handing over for a day."""
    delivery.error = str(failure) if failure else ""
    if failure is None:
        delivery.state, delivery.sent_at = SENT, database_now(session)
        jobs.finish(session, mine, "finished")
        return
    if isinstance(failure, DeliveryFateUnknown) and delivery.state == SENDING:
        delivery.fates_unknown += 1
    if _is_hopeless(session, delivery, failure):
        delivery.state = FATE_UNKNOWN if delivery.fates_unknown else FAILED
        jobs.finish(session, mine, "failed", delivery.error)
        return
    delivery.state = FATE_UNKNOWN if delivery.fates_unknown else WAITING
    jobs.defer(session, mine, _pause(delivery, failure), Attempts.ALL_BACK)


def _is_hopeless(session: Session, delivery: Delivery, failure: DeliveryRefused | DeliveryDelayed) -> bool:
    too_old = database_now(session) - delivery.created_at > GIVE_UP_AFTER
    return isinstance(failure, DeliveryRefused) or delivery.fates_unknown > 1 or too_old


def _pause(delivery: Delivery, failure: DeliveryRefused | DeliveryDelayed) -> float:
    """Seconds: twice as long each time, and at least what the other side asked for, but an hour at most."""
    growing: float = FIRST_PAUSE_SECONDS * 2 ** min(max(delivery.attempts, 1) - 1, 10)
    asked = failure.after_seconds if isinstance(failure, DeliveryDelayed) else 0.0
    return min(max(growing, asked), LONGEST_PAUSE_SECONDS)
