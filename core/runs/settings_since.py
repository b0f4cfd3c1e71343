"""Which settings a metric is judged by were changed since a run read them, as the audit tells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.endpoints import own_address
from core.llm.faults import shown_address
from core.models import AuditEvent, Metric, Project

LOOKED_AT = 200
"""Deeds of the project, newest first: who changes more than these since knows that everything is new."""


@dataclass(frozen=True, slots=True)
class SettingChange:
    """`name` is `eval_type`, `enum_values`, `tolerance` or `model` of the metric, or `project_model` or
    `address`, which are those of its project. The values are as the metric's file writes them; a model or an
    address that is None is the one of the next wider place."""

    name: str
    before: Any
    after: Any


def changes_of_metric(session: Session, metric: Metric, count: int) -> tuple[SettingChange, ...]:
    """What the newest `count` changes of what its score depends on did together.

    Less where the audit does not go so far back; nothing of what was changed and changed back.
    """
    now = {
        "eval_type": metric.eval_type,
        "enum_values": list(metric.enum_values),
        "tolerance": metric.tolerance,
        "model": metric.model,
    }
    deeds = (details for details in _deeds(session, metric) if now.keys() & details.keys())
    return _together(islice(deeds, count), now)


def changes_of_project(session: Session, metric: Metric, since: datetime) -> tuple[SettingChange, ...]:
    """Another model for a metric that names none, and another address that models are asked at."""
    rows = session.scalars(
        select(AuditEvent.details)
        .where(
            AuditEvent.project_id == metric.project_id,
            AuditEvent.action.in_(("project.edit", "endpoint.set", "endpoint.remove")),
            AuditEvent.at > since,
        )
        .order_by(AuditEvent.id.desc())
        .limit(LOOKED_AT)
    )
    address = own_address(session, metric.project_id)
    now: dict[str, Any] = {"address": shown_address(address) if address else None}
    if metric.model is None:
        now["model"] = session.get_one(Project, metric.project_id).model
    return tuple(
        SettingChange("project_model" if one.name == "model" else one.name, one.before, one.after)
        for one in _together(rows, now)
    )


def _deeds(session: Session, metric: Metric) -> Iterator[Mapping[str, Any]]:
    """Details of what was done to the settings, newest first. A deed names the metric as it was called."""
    name = metric.name
    rows = session.execute(
        select(AuditEvent.subject, AuditEvent.details)
        .where(AuditEvent.project_id == metric.project_id, AuditEvent.action == "metric.settings")
        .order_by(AuditEvent.id.desc())
        .limit(LOOKED_AT)
    )
    for subject, details in rows:
        if subject == f"metric {name}"[:300]:
            yield details
            name = details["name"][0] if "name" in details else name


def _together(newest_first: Iterable[Mapping[str, Any]], now: Mapping[str, Any]) -> tuple[SettingChange, ...]:
    """A deed has pairs of before and after under a name, or what was there and is no more."""
    before: dict[str, Any] = {}
    for details in newest_first:
        for name in now.keys() & details.keys():
            told = details[name][0] if isinstance(details[name], list) else details[name]
            before[name] = None if told == "" else told
    return tuple(
        SettingChange(name, before[name], value)
        for name, value in now.items()
        if name in before and before[name] != value
    )
