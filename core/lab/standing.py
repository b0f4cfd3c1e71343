"""How a metric's Lab stands, and what a run takes from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from core.db import Database
from core.errors import NotFound
from core.judging.values import agrees
from core.lab.access import metric_for
from core.lab.advice import LabStanding
from core.lab.twins import contradictions, duplicates
from core.models import Call, Metric, MetricReview, Result
from core.terms import DECISIONS, Actor, EvalSettings, LabelledRow, Role, VerdictStatus


def lab_standing(database: Database, actor: Actor, metric_id: int) -> LabStanding:
    """`standing` for a person who may see the metric. Raises NotFound, NotAllowed."""
    with database.read() as session:
        metric_for(session, actor, metric_id, Role.VIEWER, "see labels")
        return standing(session, metric_id)


def standing(session: Session, metric_id: int) -> LabStanding:
    """How the metric's Lab stands now. Raises NotFound."""
    metric = session.get(Metric, metric_id)
    if metric is None:
        raise NotFound("metric", metric_id)
    settings = metric.eval_settings
    counts: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    for expected, judged, actual, noted, rows in _kinds_of_rows(session, metric_id):
        names = _counted_as(expected, judged, actual, noted, settings)
        counts.update(dict.fromkeys(names, rows))
        classes.update({expected: rows} if expected is not None else {})
    twins = duplicates(session, metric)
    return LabStanding(
        rows=counts["rows"],
        labelled=counts["labelled"],
        notes=counts["note"],
        agreeing=counts["agreeing"],
        disagreeing=counts["disagreeing"],
        disagreeing_with_note=counts["disagreeing with note"],
        not_judged=counts["not judged"],
        not_evaluated=counts["labelled, not evaluated"],
        rows_not_evaluated=counts["not evaluated"],
        classes=dict(classes),
        contradictions=contradictions(session, metric) if twins else (),
        duplicates=twins,
        unstable=_unstable(session, metric_id),
        new=_new_since_last_run(session, metric_id),
    )


def collect(session: Session, metric_id: int, review_ids: Collection[int] | None = None) -> list[LabelledRow]:
    """What a run learns from: rows with a label or a note, of the given ones or of all, by review id.

    Rows of one group belong to one conversation; without a group, to one transcript.
    Raises NotFound for a review id that is not of this metric's Lab.
    """
    query = (
        select(
            MetricReview.id,
            MetricReview.call_id,
            func.coalesce(Call.group, Call.digest),
            MetricReview.expected_value,
            MetricReview.feedback,
        )
        .join(Call, Call.id == MetricReview.call_id)
        .where(MetricReview.metric_id == metric_id)
        .order_by(MetricReview.id)
    )
    rows = [LabelledRow(*row) for row in session.execute(query)]
    if review_ids is not None:
        wanted = set(review_ids)
        rows = [row for row in rows if row.review_id in wanted]
        missing = wanted - {row.review_id for row in rows}
        if missing:
            raise NotFound("row in this metric's Lab", min(missing))
    return [row for row in rows if row.labelled or row.feedback]


def mark_unstable(session: Session, review_ids: Collection[int]) -> None:
    """Say of rows that the judge answered otherwise when a run asked it the same again."""
    session.execute(update(MetricReview).where(MetricReview.id.in_(review_ids)).values(unstable=True))


KindOfRow = tuple[str | None, str | None, str | None, bool, int]
"""Expected value, judged, actual value, whether there is a note; and how many rows are like that."""


def _kinds_of_rows(session: Session, metric_id: int) -> Iterator[KindOfRow]:
    columns = (
        MetricReview.expected_value,
        MetricReview.judged,
        MetricReview.actual_value,
        MetricReview.feedback != "",
    )
    query = select(*columns, func.count()).where(MetricReview.metric_id == metric_id).group_by(*columns)
    for expected, judged, actual, noted, rows in session.execute(query):
        yield expected, judged, actual, bool(noted), rows


def _counted_as(
    expected: str | None, judged: str | None, actual: str | None, noted: bool, settings: EvalSettings
) -> Iterator[str]:
    """The counts a row belongs to."""
    yield "rows"
    if noted:
        yield "note"
    if judged is None:
        yield "not evaluated"
    if expected is None:
        return
    yield "labelled"
    if judged is None:
        yield "labelled, not evaluated"
    elif judged == VerdictStatus.NOT_JUDGED:
        yield "not judged"
    elif judged == VerdictStatus.ANSWERED and actual is not None and agrees(expected, actual, settings):
        yield "agreeing"
    else:
        yield "disagreeing"
        if noted:
            yield "disagreeing with note"


def _unstable(session: Session, metric_id: int) -> int:
    query = select(func.count()).where(MetricReview.metric_id == metric_id, MetricReview.unstable.is_(True))
    return session.scalar(query) or 0


def _new_since_last_run(session: Session, metric_id: int) -> int:
    """Labels and notes given after the last run that reached a decision had begun."""
    last = session.scalar(
        select(func.coalesce(Result.started_at, Result.created_at))
        .where(Result.metric_id == metric_id, Result.outcome.in_(DECISIONS))
        .order_by(Result.id.desc())
        .limit(1)
    )
    given = select(func.count()).where(
        MetricReview.metric_id == metric_id, MetricReview.labelled_at.is_not(None)
    )
    if last is not None:
        given = given.where(MetricReview.labelled_at > last)
    return session.scalar(given) or 0
