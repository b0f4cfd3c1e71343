"""Versions are immutable; a metric points at the live one, and only a compare-and-set moves it."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.db import database_now
from core.errors import EditedMeanwhile
from core.metrics.definitions import definition_json
from core.models import Metric, MetricVersion, Project, Proposal
from core.outbox import How, announce_live
from core.terms import Actor, Definition


def live_version(session: Session, metric: Metric) -> MetricVersion:
    version = session.get(MetricVersion, metric.live_version_id)
    assert version is not None  # a metric and its first version are made in one transaction
    return version


def model_of(session: Session, metric: Metric, installed: str) -> str:
    """The name of the model that judges a metric: its own, its project's, or the installation's."""
    return metric.model or session.get_one(Project, metric.project_id).model or installed


def make_live(
    session: Session,
    actor: Actor,
    metric: Metric,
    definition: Definition,
    *,
    expected_revision: int,
    comment: str = "",
    result_id: int | None = None,
    how: How | None = None,
) -> MetricVersion | None:
    """Save a new version and make it live, all four fields in one step, and have webhooks told of it.

    None, and nothing written, when the metric is no longer at `expected_revision`. `how` is worked out
    from `result_id` unless given: a candidate is applied, anything else is an edit.
    """
    before = live_version(session, metric)
    moved = session.execute(
        update(Metric)
        .where(Metric.id == metric.id, Metric.revision == expected_revision)
        .values(revision=Metric.revision + 1)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        return None
    version = _insert(session, actor, metric.id, definition, comment, result_id)
    session.execute(
        update(Metric)
        .where(Metric.id == metric.id)
        .values(live_version_id=version.id)
        .execution_options(synchronize_session=False)
    )
    session.refresh(metric)
    how = how or (How.APPLIED if result_id is not None else How.EDITED)
    announce_live(session, actor, metric, before, version, how, definition_json(definition))
    return version


def refuse_other_version(metric: str, live: int, expected: int | None) -> None:
    """Raise EditedMeanwhile unless the version that somebody read is still the live one."""
    if expected not in (None, live):
        raise EditedMeanwhile(
            f"Version {live} of “{metric}” is live, not {expected}; nothing was overwritten. Read the metric "
            "again, then decide."
        )


def announce_settings(session: Session, actor: Actor, metric: Metric) -> None:
    """Have webhooks told that the live definition is judged otherwise from now on."""
    live = live_version(session, metric)
    announce_live(session, actor, metric, live, live, How.SETTINGS, definition_json(live.definition))


def first_version(session: Session, actor: Actor, metric: Metric, definition: Definition) -> MetricVersion:
    version = _insert(session, actor, metric.id, definition, "First version", None)
    metric.live_version_id = version.id
    return version


def supersede_waiting(session: Session, metric_id: int, by: str) -> list[int]:
    """Close the metric's waiting proposal, saying what replaced it; the ids of what was closed."""
    return list(
        session.scalars(
            update(Proposal)
            .where(Proposal.metric_id == metric_id, Proposal.state == "waiting")
            .values(state="superseded", superseded_by=by, closed_at=database_now(session))
            .returning(Proposal.id)
        )
    )


def _insert(
    session: Session,
    actor: Actor,
    metric_id: int,
    definition: Definition,
    comment: str,
    result_id: int | None,
) -> MetricVersion:
    highest = session.scalar(
        select(func.max(MetricVersion.number)).where(MetricVersion.metric_id == metric_id)
    )
    version = MetricVersion(
        metric_id=metric_id,
        number=(highest or 0) + 1,
        description=definition.description,
        trigger_kind=definition.trigger.kind.value,
        trigger_text=definition.trigger.text,
        type=definition.type.value,
        custom_code=definition.custom_code,
        digest=definition.digest(),
        comment=comment,
        origin=actor.origin.value,
        author_id=actor.user_id,
        result_id=result_id,
    )
    session.add(version)
    session.flush()
    return version
