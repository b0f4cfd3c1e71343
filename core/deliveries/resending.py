"""Send a mail once more because a person asks for it.

The mail of a run is written once, by a constraint on run, kind, channel and recipient. A resend is a row
of its own, of the kind `resend-1`, `resend-2` and so on, so that the first one and its fate stay as they
were, and two people who press at the same moment make one. It carries a Message-ID of its own: under the
first one, mail programs that have it already would hide the second.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from core import audit
from core.db import Database
from core.deliveries.sending import SENT
from core.deliveries.views import find_delivery
from core.deliveries.writing import write_delivery
from core.errors import Refused
from core.models import Delivery, Job, Membership, Run, User
from core.terms import Actor, Role

RESEND = "resend-"


def resend(database: Database, actor: Actor, delivery_id: int) -> list[int]:
    """Write a resend of this mail to its recipient; the jobs to push after.

    Raises NotFound, NotAllowed, and Refused while the mail is still on its way, or where the recipient
    has left the project: it quotes prompts that they may no longer read.
    """
    with database.write() as session:
        original = find_delivery(session, actor, delivery_id, Role.EDITOR, "resend emails")
        _wait_for_others(session, original)
        _refuse_on_its_way(session, original)
        _refuse_departed(session, original)
        job_id = _write(session, original)
        if job_id is None:
            raise Refused("Somebody else has just resent this email.")
        audit.record(
            session,
            actor,
            "delivery.resend",
            f"email to {original.recipient}",
            project_id=original.project_id,
            details={"delivery": original.id, "run": original.run_id},
        )
        return [job_id]


def _wait_for_others(session: Session, original: Delivery) -> None:
    """Hold the run, so that whoever presses at the same moment finds this resend on its way."""
    session.execute(select(Run.id).where(Run.id == original.run_id).with_for_update(key_share=True))


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
    member = session.scalar(
        select(
            exists()
            .where(Membership.user_id == User.id, Membership.project_id == original.project_id)
            .where(User.email == original.recipient, User.enabled.is_(True))
        )
    )
    if not member:
        raise Refused(f"{original.recipient} is no longer a member of this project.")


def _write(session: Session, original: Delivery) -> int | None:
    earlier = session.scalar(
        select(func.count()).where(*_same_mail(original), Delivery.kind.startswith(RESEND))
    )
    assert original.run_id is not None
    kind = f"{RESEND}{(earlier or 0) + 1}"
    return write_delivery(
        session, original.project_id, original.run_id, kind, original.channel, original.recipient
    )


def _same_mail(original: Delivery) -> tuple[ColumnElement[bool], ...]:
    """Of the same run, to the same recipient."""
    return (
        Delivery.run_id == original.run_id,
        Delivery.channel == original.channel,
        Delivery.recipient == original.recipient,
    )
