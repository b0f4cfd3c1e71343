"""The account at the end: what was due and what became of it, read from the database and the mail."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.accounts import recipients
from core.models import Delivery, FireRecord, Job, Metric, MetricVersion, Result, Run
from core.models.runs import DONE
from tests.chaos.clinic import Clinic

MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Fires:
    """`lost` were due and have no row; `doubled` have more than one run, or a run has more than one of
    them; `strange` have a row and were never due; `unexplained` are missed or skipped without a reason."""

    kinds: Counter[str]
    lost: list[tuple[int, datetime]]
    doubled: list[int]
    strange: list[tuple[int, datetime]]
    unexplained: int
    lateness: list[float]
    """Seconds from due to the row, of those that ran or were skipped; sorted."""


def fires(clinic: Clinic, due: list[tuple[int, datetime]]) -> Fires:
    with clinic.database.read() as session:
        rows = session.scalars(select(FireRecord)).all()
        runs = session.scalars(select(Run.id)).all()
    moments = Counter((row.schedule_id, row.due_at) for row in rows)
    run_ids = Counter(row.run_id for row in rows if row.kind == "run")
    return Fires(
        kinds=Counter(row.kind for row in rows),
        lost=[each for each in due if each not in moments],
        doubled=[run for run, times in run_ids.items() if times > 1 or run is None]
        + [run for run in runs if run not in run_ids]
        + [schedule for (schedule, _), times in moments.items() if times > 1],
        strange=[each for each in moments if each not in set(due)],
        unexplained=sum(1 for row in rows if row.kind != "run" and not row.reason),
        lateness=sorted(
            (row.created_at - row.due_at).total_seconds() for row in rows if row.kind != "missed"
        ),
    )


@dataclass(frozen=True)
class Work:
    """`open` is what never ended; `wrong_versions` and `worse_applied` name metrics and results."""

    outcomes: Counter[str]
    open: list[str]
    versions: int
    wrong_versions: list[str]
    worse_applied: list[int]


def work(clinic: Clinic, edits: int) -> Work:
    with clinic.database.read() as session:
        results = session.scalars(select(Result)).all()
        open_runs = session.scalars(select(Run.id).where(Run.finished_at.is_(None))).all()
        open_jobs = session.scalars(select(Job.id).where(Job.status.in_(("queued", "running")))).all()
        versions = session.scalars(select(MetricVersion).order_by(MetricVersion.number)).all()
        live = dict(session.execute(select(Metric.id, Metric.live_version_id)).all())
    applied = {result.id: result for result in results if result.outcome == "applied"}
    wrong = [f"version {each.id} is the result's {each.result_id}" for each in _not_theirs(versions, applied)]
    wrong += [f"metric {metric}" for metric, last in live.items() if not _in_order(versions, metric, last)]
    if len(versions) != len(live) + edits + len(applied):
        wrong.append(
            f"{len(versions)} versions of {len(live)} metrics, {edits} edits, {len(applied)} applied"
        )
    return Work(
        outcomes=Counter(str(result.outcome) for result in results),
        open=[f"run {each}" for each in open_runs]
        + [f"job {each}" for each in open_jobs]
        + [f"result {each.id}" for each in results if each.state != DONE],
        versions=len(versions),
        wrong_versions=wrong,
        worse_applied=[each.id for each in applied.values() if _is_worse(each)],
    )


def _not_theirs(versions: list[MetricVersion], applied: dict[int, Result]) -> list[MetricVersion]:
    """Versions of a result that did not apply exactly this one."""
    by_result = [each for each in versions if each.result_id is not None]
    return [
        each
        for each in by_result
        if each.result_id not in applied or applied[each.result_id].applied_version_id != each.id
    ]


def _in_order(versions: list[MetricVersion], metric: int, live: int | None) -> bool:
    """Numbered from 1 without a gap, the last one live."""
    found = [each for each in versions if each.metric_id == metric]
    return [each.number for each in found] == list(range(1, len(found) + 1)) and found[-1].id == live


def _is_worse(result: Result) -> bool:
    assert result.optimised_correct is not None and result.baseline_correct is not None
    return result.optimised_correct < result.baseline_correct


@dataclass(frozen=True)
class Mails:
    """`missing` are rows that should be there or mails that were never handed over; `unexplained` are
    Message-IDs that came more often than once and once more for each time their fate was unknown."""

    states: Counter[str]
    handed_over: int
    fates_unknown: int
    missing: list[str]
    doubled: list[str]
    unexplained: list[str]


def mails(clinic: Clinic) -> Mails:
    found = [MESSAGE_ID.search(each.content or b"") for each in clinic.world.mail.envelopes]  # type: ignore[arg-type]
    came = Counter(match[1].decode() if match else "no Message-ID" for match in found)
    with clinic.database.read() as session:
        rows = session.scalars(select(Delivery)).all()
        runs = session.scalars(select(Run.id)).all()
        people = recipients(session, clinic.world.project_id)
        twice = session.execute(
            select(Delivery.run_id, Delivery.recipient)
            .group_by(Delivery.run_id, Delivery.recipient)
            .having(func.count() > 1)
        ).all()
    written = {(row.run_id, row.recipient) for row in rows}
    allowed = {row.message_id: 1 + row.fates_unknown for row in rows}
    return Mails(
        states=Counter(row.state for row in rows),
        handed_over=sum(came.values()),
        fates_unknown=sum(row.fates_unknown for row in rows),
        missing=[f"run {run} to {each}" for run in runs for each in people if (run, each) not in written]
        + [row.message_id for row in rows if row.state == "sent" and not came[row.message_id]],
        doubled=[str(tuple(each)) for each in twice],
        unexplained=[name for name, times in came.items() if times > allowed.get(name, 0)],
    )
