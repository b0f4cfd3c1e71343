"""What a schedule may be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cron import next_fire, parse, zone
from core.errors import BadSchedule
from core.metrics import find, live_version
from core.models import Metric, Schedule, ScheduleMetric
from core.terms import MetricType


def first_fire(cron: str, timezone: str, after: datetime) -> datetime:
    """The first fire after a moment, aware UTC. Raises BadCron, UnknownZone."""
    return next_fire(parse(cron), zone(timezone), after)


def chosen_metrics(session: Session, project_id: int, names: Sequence[int | str]) -> list[Metric]:
    """The metrics of a schedule, each once. Raises BadSchedule, NotFound also for one of another project."""
    if not names:
        raise BadSchedule("A schedule needs at least one metric.")
    chosen: dict[int, Metric] = {}
    for name in names:
        metric = find(session, name, project_id)
        if live_version(session, metric).definition.type is not MetricType.LLM_JUDGE:
            raise BadSchedule(f"“{metric.name}” is a code metric; a schedule improves LLM-judge metrics.")
        chosen[metric.id] = metric
    return list(chosen.values())


def metric_ids(session: Session, schedule_id: int) -> list[int]:
    """The schedule's metrics that are not archived, in their order."""
    return metric_ids_of(session, [schedule_id])[schedule_id]


def metric_ids_of(session: Session, schedule_ids: Sequence[int]) -> dict[int, list[int]]:
    """The same for each of several schedules."""
    rows = session.execute(
        select(ScheduleMetric.schedule_id, ScheduleMetric.metric_id)
        .join(Metric, Metric.id == ScheduleMetric.metric_id)
        .where(ScheduleMetric.schedule_id.in_(schedule_ids), Metric.archived_at.is_(None))
        .order_by(ScheduleMetric.schedule_id, ScheduleMetric.position)
    )
    found: dict[int, list[int]] = {schedule_id: [] for schedule_id in schedule_ids}
    for schedule_id, metric_id in rows:
        found[schedule_id].append(metric_id)
    return found


def is_live(schedule: Schedule) -> bool:
    return schedule.enabled and schedule.deleted_at is None
