"""Send a mail, or what a webhook was told, once more because a person asks for it.

The mail of a run is written once, by a constraint on run, kind, channel and recipient. A resend is a row
of its own, of the kind `resend-1`, `resend-2` and so on (`reminder/resend-1` for a reminder), so that the
first one and its fate stay as they were, and two people who press at the same moment make one. It carries
a Message-ID of its own: under the first one, mail programs that have it already would hide the second,
and so would the receiver of a webhook.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from core import audit
from core.db import Database
from core.deliveries.kinds import RESEND, TEST
from core.deliveries.sending import SENT
from core.deliveries.views import find_delivery
from core.errors import Refused
from core.models import Delivery, Job, Membership, Run, User, Webhook
from core.outbox import Letter, write_letters
from core.outbox.writing import EMAIL
from core.terms import Actor, Role


def resend(database: Database, actor: Actor, delivery_id: int) -> list[int]:
    """Write a resend of this delivery to its recipient; the jobs to push after.

    Raises NotFound, NotAllowed, and Refused while it is still on its way, or where the recipient has left
    the project (it quotes prompts that they may no longer read) or the webhook was removed.
    """
    with database.write() as session:
        original = find_delivery(session, actor, delivery_id, Role.EDITOR, "resend emails")
        if original.kind.startswith(TEST):
            raise Refused("A test is not resent; send another one.")
        _wait_for_others(session, original)
        _refuse_on_its_way(session, original)
        _refuse_departed(session, original)
        made = write_letters(session, [_letter(session, original)])
        if not made:
            raise Refused("Somebody else has just resent this email.")
        audit.record(
            session,
            actor,
            "delivery.resend",
            f"email to {original.recipient}" if original.channel == EMAIL else original.recipient,
            project_id=original.project_id,
            details={"delivery": original.id, "run": original.run_id},
        )
        return made


def _wait_for_others(session: Session, original: Delivery) -> None:
    """Hold the run, or what is about no run, so that whoever presses at the same moment finds this resend
    on its way."""
    session.execute(select(Run.id).where(Run.id == original.run_id).with_for_update(key_share=True))
    if original.run_id is None:
        first = select(Delivery.id).where(Delivery.dedupe_key == _root(original))
        session.execute(first.with_for_update(key_share=True))


def _refuse_on_its_way(session: Session, original: Delivery) -> None:
    waiting = session.scalar(
        select(Delivery.id)
        .join(Job, (Job.kind == "deliver") & (Job.subject_id == Delivery.id))
        .where(*_same_mail(original), Delivery.state != SENT, Job.status.in_(("queued", "running")))
        .limit(1)
    )
    if waiting is not None:
        raise Refused("This email is still on its way; it is tried again by itself.")


def _refuse_departed(session: Session, original: Delivery) -> None:
    if original.channel != EMAIL:
        webhook = session.get_one(Webhook, original.webhook_id)
        if webhook.removed_at is not None:
            raise Refused(f"The webhook {webhook.name} was removed.")
        return
    member = session.scalar(
        select(
            exists()
            .where(Membership.user_id == User.id, Membership.project_id == original.project_id)
            .where(User.email == original.recipient, User.enabled.is_(True))
        )
    )
    if not member:
        raise Refused(f"{original.recipient} is no longer a member of this project.")


def _letter(session: Session, original: Delivery) -> Letter:
    earlier = session.scalar(
        select(func.count()).where(*_same_mail(original), Delivery.kind.contains(RESEND))
    )
    number = f"{RESEND}{(earlier or 0) + 1}"
    assert original.project_id is not None  # find_delivery saw to it
    about_run = original.run_id is not None
    return Letter(
        project_id=original.project_id,
        kind=number if about_run else f"{original.kind.partition('/')[0]}/{number}",
        recipient=original.recipient,
        channel=original.channel,
        run_id=original.run_id,
        webhook_id=original.webhook_id,
        dedupe_key=None if about_run else f"{_root(original)}/{number}",
        payload=original.payload,
    )


def _same_mail(original: Delivery) -> tuple[ColumnElement[bool], ...]:
    """Of the same run or the same news, to the same recipient."""
    if original.run_id is None:
        root = _root(original)
        return (or_(Delivery.dedupe_key == root, Delivery.dedupe_key.startswith(root + "/")),)
    return (
        Delivery.run_id == original.run_id,
        Delivery.channel == original.channel,
        Delivery.recipient == original.recipient,
    )


def _root(original: Delivery) -> str:
    """The key of the first delivery of what is about no run."""
    return (original.dedupe_key or "").partition("/")[0]
