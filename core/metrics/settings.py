"""What of a metric is not versioned: its name, its model, how answers compare, and whether it is critical."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise, clean_name
from core.db import Database
from core.errors import AlreadyExists, EditedMeanwhile, NotFound, Refused
from core.metrics.definitions import check_model
from core.metrics.usecases import MetricDetails, find, retrieve
from core.metrics.versions import announce_settings, supersede_waiting
from core.models import Job, Metric, MetricReview, ScheduleMetric
from core.terms import NOT_APPLICABLE, Actor, EvalSettings, EvalType, Role

LABEL_WORDS = {
    EvalType.BINARY: "true or false",
    EvalType.RATING: "ratings",
    EvalType.NUMERIC: "numbers",
    EvalType.ENUM: "one of its values",
}


@dataclass(frozen=True, slots=True)
class MetricSettings:
    """Everything of a metric that is saved beside its definition. `model` None is the project's."""

    name: str
    settings: EvalSettings
    model: str | None = None
    critical: bool = False


def settings_of(metric: MetricDetails) -> MetricSettings:
    return MetricSettings(metric.name, metric.settings, metric.model, metric.critical)


def edit_settings(
    database: Database, actor: Actor, metric_id: int, wanted: MetricSettings, *, seen: MetricSettings
) -> MetricDetails:
    """Save the settings. `seen` are those the person was looking at.

    What changes the score (how answers compare, the model) makes runs that are going stale, closes a
    waiting proposal and is told to webhooks as a new definition is. Marking a metric critical takes back
    every confirmation of its schedules; taking the mark away needs an admin, since it would let them apply
    by themselves again.

    Raises NotFound, NotAllowed, AlreadyExists, BadDefinition, EditedMeanwhile when they are no longer those
    seen, and Refused for a change that stored labels forbid.
    """
    name, model = clean_name(wanted.name, "metric"), check_model(wanted.model)
    with database.write() as session:
        metric = find(session, metric_id)
        session.refresh(metric, with_for_update={"key_share": True})
        before = _stored(metric)
        after = MetricSettings(name, wanted.settings, model, wanted.critical)
        lifts = before.critical and not after.critical
        needed, what = (
            (Role.ADMIN, "take the mark “critical” away") if lifts else (Role.EDITOR, "edit metrics")
        )
        authorise(session, actor, metric.project_id, needed, what, unseen=NotFound("metric", metric_id))
        if before != seen:
            raise EditedMeanwhile(
                f"The settings of “{before.name}” were changed while you were looking at them; nothing was "
                "overwritten. Look at what they are now, then decide again."
            )
        if after != before:
            _save(session, actor, metric, before, after)
    return retrieve(database, actor, metric_id)


def _save(
    session: Session, actor: Actor, metric: Metric, before: MetricSettings, after: MetricSettings
) -> None:
    if before.settings != after.settings:
        _change_answers(session, metric, before.settings, after.settings)
    if before.model != after.model:
        _outdate_verdicts(session, metric.id)
    _write(session, metric, after)
    if (before.settings, before.model) != (after.settings, after.model):
        metric.revision += 1
        announce_settings(session, actor, metric)
        supersede_waiting(session, metric.id, "a change of the metric's settings")
    if after.critical and not before.critical:
        session.execute(
            update(ScheduleMetric)
            .where(ScheduleMetric.metric_id == metric.id)
            .values(auto_apply_confirmed=False)
        )
    audit.record(
        session,
        actor,
        "metric.settings",
        f"metric {after.name}",
        project_id=metric.project_id,
        details=_changes(before, after),
    )


def _stored(metric: Metric) -> MetricSettings:
    return MetricSettings(metric.name, metric.eval_settings, metric.model, metric.critical)


def _write(session: Session, metric: Metric, after: MetricSettings) -> None:
    metric.name, metric.model, metric.critical = after.name, after.model, after.critical
    metric.eval_type = after.settings.eval_type.value
    metric.enum_values = list(after.settings.enum_values)
    metric.tolerance = after.settings.tolerance
    try:
        session.flush()
    except IntegrityError:
        raise AlreadyExists("metric", after.name) from None


def _change_answers(session: Session, metric: Metric, before: EvalSettings, after: EvalSettings) -> None:
    """Refuse what would make labels meaningless; forget verdicts that the new settings can't mean."""
    retyped = before.eval_type is not after.eval_type
    gone = [] if retyped else [value for value in before.enum_values if value not in after.enum_values]
    if not retyped and not gone:
        return
    _refuse_while_judging(session, metric)
    if retyped:
        _refuse_labels(session, metric, before, after)
    for value in gone:
        _refuse_value(session, metric, value)
    _forget_verdicts(session, metric.id, None if retyped else gone)


def _refuse_while_judging(session: Session, metric: Metric) -> None:
    going = select(Job.id).where(
        Job.kind == "evaluate", Job.subject_id == metric.id, Job.status.in_(("queued", "running"))
    )
    if session.scalar(going.limit(1)) is not None:
        raise Refused(
            f"An evaluation of “{metric.name}” is going, and its answers are of the kind it has now. Wait "
            "for it, or cancel it in the Lab."
        )


def _refuse_labels(session: Session, metric: Metric, before: EvalSettings, after: EvalSettings) -> None:
    labels = _labels(session, metric.id)
    if labels:
        rows = "1 row is" if labels == 1 else f"{labels:,} rows are"
        raise Refused(
            f"{rows} labelled as {LABEL_WORDS[before.eval_type]}, which would mean nothing as "
            f"{LABEL_WORDS[after.eval_type]}. Make a new metric for the other kind of answer, or take these "
            "labels back first."
        )


def _refuse_value(session: Session, metric: Metric, value: str) -> None:
    labels = _labels(session, metric.id, value)
    if labels:
        rows = "1 row is" if labels == 1 else f"{labels:,} rows are"
        raise Refused(
            f"{rows} labelled “{value}”, so this value has to stay as it is. Label them differently first; a "
            "new value can be added at any time."
        )


def _labels(session: Session, metric_id: int, value: str | None = None) -> int:
    """Labelled rows; N/A means the same whatever the kind of answer."""
    query = select(func.count()).where(
        MetricReview.metric_id == metric_id,
        MetricReview.labelled.is_(True),
        MetricReview.expected_value != NOT_APPLICABLE,
    )
    if value is not None:
        query = query.where(MetricReview.expected_value == value)
    return session.scalar(query) or 0


def _forget_verdicts(session: Session, metric_id: int, values: list[str] | None) -> None:
    """None: all of them."""
    change = update(MetricReview).where(MetricReview.metric_id == metric_id)
    if values is not None:
        change = change.where(MetricReview.actual_value.in_(values))
    session.execute(
        change.values(
            judged=None, actual_value=None, explanation="", evaluated_at=None, evaluated_version_id=None
        )
    )


def _outdate_verdicts(session: Session, metric_id: int) -> None:
    """Another model gave them, so the Lab says that they are not of what is live now."""
    session.execute(
        update(MetricReview).where(MetricReview.metric_id == metric_id).values(evaluated_version_id=None)
    )


def _changes(before: MetricSettings, after: MetricSettings) -> dict[str, list[object]]:
    old, new = _facts(before), _facts(after)
    return {key: [old[key], new[key]] for key in old if old[key] != new[key]}


def _facts(metric: MetricSettings) -> dict[str, object]:
    return {
        "name": metric.name,
        "eval_type": metric.settings.eval_type.value,
        "enum_values": list(metric.settings.enum_values),
        "tolerance": metric.settings.tolerance,
        "model": metric.model,
        "critical": metric.critical,
    }
