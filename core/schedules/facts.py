"""What the audit holds of a schedule: all that a person may set."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Metric, Schedule, ScheduleMetric

SET = (
    "name",
    "cron",
    "timezone",
    "auto_apply",
    "apply_code",
    "guard",
    "notify",
    "max_calls",
    "max_cost",
)


def facts(session: Session, schedule: Schedule) -> dict[str, object]:
    """By name, with the metrics that are not deleted and those whose name was typed for auto-apply."""
    rows = session.execute(
        select(Metric.name, ScheduleMetric.auto_apply_confirmed)
        .join(ScheduleMetric, ScheduleMetric.metric_id == Metric.id)
        .where(ScheduleMetric.schedule_id == schedule.id, Metric.archived_at.is_(None))
        .order_by(ScheduleMetric.position)
    ).all()
    return {column: getattr(schedule, column) for column in SET} | {
        "metrics": [row.name for row in rows],
        "confirmed_critical": [row.name for row in rows if row.auto_apply_confirmed],
    }
