"""A metric has a new live definition, or is judged otherwise by the same one: told to every webhook of the
project that wants to know.

Written by whoever makes it live, in that transaction: production may read its prompt from here, and must
neither hear of a change that was rolled back nor miss one that happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db import database_now
from core.models import Metric, MetricVersion, Project, Result, Webhook
from core.outbox.writing import Letter, write_letters
from core.terms import Actor

LIVE_CHANGE = "live"
"""The kind of such a delivery."""


class How(StrEnum):
    """What made the definition live."""

    APPLIED = "applied"
    EDITED = "edited"
    ROLLED_BACK = "rolled_back"
    SETTINGS = "settings"
    """The definition is the same; how answers compare, or the model, is not."""


def announce_live(
    session: Session,
    actor: Actor,
    metric: Metric,
    before: MetricVersion,
    after: MetricVersion,
    how: How,
    definition: Mapping[str, Any],
) -> list[int]:
    """Write a delivery for each webhook that hears of live definitions; the ids of the jobs to push.

    `definition` is the new one as JSON. The metric's revision counts this change already.
    """
    hearing = session.scalars(
        select(Webhook)
        .where(
            Webhook.project_id == metric.project_id,
            Webhook.schedule_id.is_(None),
            Webhook.removed_at.is_(None),
        )
        .order_by(Webhook.id)
    ).all()
    if not hearing:
        return []
    told = _told(session, actor, metric, before, after, how, definition)
    return write_letters(
        session,
        [
            Letter(
                project_id=metric.project_id,
                kind=LIVE_CHANGE,
                recipient=f"webhook {webhook.id}",
                channel=webhook.kind,
                webhook_id=webhook.id,
                dedupe_key=f"live-{after.id}-{metric.revision}-{webhook.id}",
                payload=told,
            )
            for webhook in hearing
        ],
    )


def _told(
    session: Session,
    actor: Actor,
    metric: Metric,
    before: MetricVersion,
    after: MetricVersion,
    how: How,
    definition: Mapping[str, Any],
) -> dict[str, Any]:
    """What the message says of the change, as it was at that moment."""
    made = how is not How.SETTINGS
    result = session.get(Result, after.result_id) if after.result_id and made else None
    return {
        "project": {"id": metric.project_id, "name": session.get_one(Project, metric.project_id).name},
        "metric": {"id": metric.id, "name": metric.name},
        "changed_at": database_now(session).isoformat(),
        "how": how.value,
        "by": actor.name,
        "origin": actor.origin.value,
        "comment": after.comment if made else "",
        "run_id": result.run_id if result else None,
        "previous_version": before.number,
        "version": after.number,
        "revision": metric.revision,
        "digest": after.digest,
        "definition": dict(definition),
        "settings": {
            "eval_type": metric.eval_type,
            "enum_values": list(metric.enum_values),
            "tolerance": metric.tolerance,
            "model": metric.model,
        },
    }
