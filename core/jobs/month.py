"""What a project's calls to the model come to in a calendar month, and the caps that none may pass.

A job sets aside what it may spend before it spends it, in `Job.payload`, so that jobs of several workers
that share a cap never pass it together: the month's sum is what closed jobs spent and what open ones
have set aside. A job counts in the month in which it ends.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.cron import zone
from core.db import Database, database_now
from core.errors import BudgetSpent, NotFound, Refused
from core.models import Job, Project, Result, Run
from core.terms import Actor, Role, Usage

SET_ASIDE_CALLS = 50
"""Calls set aside at once: a write a call would slow a run down."""
ASK_AGAIN_SECONDS = 1.0
NO_PRICES = (
    "A monthly cap in money needs the prices of the model: set LLM_PRICE_INPUT and LLM_PRICE_OUTPUT, or the "
    "prices of the project's own endpoint."
)
SPENDING = "spending"
"""The key in `Job.payload`: {calls, cost} set aside by an open job, or spent by a closed one."""
WITHOUT_RESULT = ("evaluate", "trial")
"""Kinds of jobs that call the model and leave no result to hold what they spent."""


@dataclass(frozen=True, slots=True)
class Month:
    """A project's month, in its zone: `calls` and `cost` spent or set aside, and the caps, None for none."""

    begins: datetime
    ends: datetime
    calls: int
    cost: float
    max_calls: int | None
    max_cost: float | None

    @property
    def name(self) -> str:
        """“November 2026”."""
        return f"{self.begins:%B %Y}"

    @property
    def calls_left(self) -> int | None:
        return None if self.max_calls is None else max(0, self.max_calls - self.calls)


def month_of(database: Database, actor: Actor, project_id: int) -> Month:
    """How the project's month stands. Raises NotFound, NotAllowed."""
    with database.read() as session:
        project = session.get(Project, project_id)
        if project is None:
            raise NotFound("project", project_id)
        authorise(session, actor, project_id, Role.VIEWER, "see what the project spends")
        return this_month(session, project)


def this_month(session: Session, project: Project, *, but: int | None = None) -> Month:
    """`but` is a job that is left out of the sums."""
    begins, ends = bounds(database_now(session).astimezone(zone(project.timezone)))
    closed = _closed_results(session, project.id, begins)
    reserved = _reserved(session, project.id, begins, but)
    return Month(
        begins,
        ends,
        calls=closed.calls + reserved.calls,
        cost=closed.cost + reserved.cost,
        max_calls=project.monthly_calls,
        max_cost=project.monthly_cost,
    )


def bounds(now: datetime) -> tuple[datetime, datetime]:
    """The first moments of the month of `now` and of the next one, in the zone of `now`."""
    begins = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begins, (begins + timedelta(days=32)).replace(day=1)


def refuse_spent_month(session: Session, project_id: int) -> None:
    """Raises BudgetSpent where not one more call is allowed this month."""
    _refuse(this_month(session, session.get_one(Project, project_id)), Usage(calls=1))


def note_spent(session: Session, job_id: int, usage: Usage) -> None:
    """Write down what a job without a result spent; called in the transaction that closes it."""
    job = session.get_one(Job, job_id)
    job.payload = {**job.payload, SPENDING: {"calls": usage.calls, "cost": usage.cost}}


@dataclass(slots=True)
class Allowance:
    """What one job has set aside of its project's month.

    `priced`: the costs of calls are known; `already` is what the job's earlier attempts spent. `cover` is
    for `Budget`: called under the budget's lock, so by one thread at a time.
    """

    database: Database
    project_id: int
    job_id: int
    priced: bool = True
    already: Usage = field(default_factory=Usage)
    clock: Callable[[], float] = time.monotonic
    _covered: Usage = field(default_factory=Usage)
    _refusal: BudgetSpent | None = None
    _refused_at: float = 0.0

    def cover(self, wanted: Usage) -> None:
        """Have so much set aside for this attempt in all.

        Raises BudgetSpent, which names the cap, and Refused for a cap in money while no prices are set.
        """
        if wanted.calls <= self._covered.calls and wanted.cost <= self._covered.cost:
            return
        if self._refusal is not None and self.clock() - self._refused_at < ASK_AGAIN_SECONDS:
            raise self._refusal
        try:
            self._covered = self._set_aside(wanted)
            self._refusal = None
        except BudgetSpent as refusal:
            self._refusal, self._refused_at = refusal, self.clock()
            raise

    def _set_aside(self, wanted: Usage) -> Usage:
        """Some calls more than wanted where there is room, and just what is wanted where there is not."""
        a_call = wanted.cost / max(1, wanted.calls)
        ahead = Usage(wanted.calls + SET_ASIDE_CALLS, cost=wanted.cost + SET_ASIDE_CALLS * a_call)
        with self.database.write() as session:
            # Whoever sets something aside of this project's month waits here for the others.
            project = session.get_one(Project, self.project_id, with_for_update={"key_share": True})
            others = this_month(session, project, but=self.job_id)
            if others.max_cost is not None and not self.priced:
                raise Refused(NO_PRICES)
            granted = ahead if _fits(others, self._whole(ahead)) else wanted
            _refuse(others, self._whole(granted))
            note_spent(session, self.job_id, self._whole(granted))
        return granted

    def _whole(self, attempt: Usage) -> Usage:
        """With what earlier attempts of the job spent."""
        return Usage(attempt.calls + self.already.calls, cost=attempt.cost + self.already.cost)


def _fits(month: Month, more: Usage) -> bool:
    return (month.max_calls is None or month.calls + more.calls <= month.max_calls) and (
        month.max_cost is None or month.cost + more.cost <= month.max_cost + 1e-9
    )


def _refuse(month: Month, more: Usage) -> None:
    if _fits(month, more):
        return
    by_calls = month.max_calls is not None and month.calls + more.calls > month.max_calls
    cap = f"{month.max_calls:,} model calls" if by_calls else f"{month.max_cost:g} in model costs"
    raise BudgetSpent(
        f"The project reached its cap of {cap} for {month.name}; it starts anew on "
        f"{month.ends.day} {month.ends:%B}, or an admin raises it in Project settings."
    )


def _closed_results(session: Session, project_id: int, since: datetime) -> Usage:
    # Not a join: SQLite would go through all runs of the project instead of the month's results.
    of_project = exists().where(Run.id == Result.run_id, Run.project_id == project_id)
    calls, cost = session.execute(
        select(func.coalesce(func.sum(Result.calls), 0), func.coalesce(func.sum(Result.cost), 0.0)).where(
            Result.finished_at >= since, of_project
        )
    ).one()
    return Usage(int(calls), cost=float(cost or 0.0))


def _reserved(session: Session, project_id: int, since: datetime, but: int | None) -> Usage:
    """What open jobs have set aside, and what closed ones spent that have no result to hold it."""
    is_open = Job.finished_at.is_(None)
    payloads: list[dict[str, Any]] = [
        payload
        for job_id, payload in session.execute(
            select(Job.id, Job.payload).where(
                Job.project_id == project_id,
                Job.kind.in_(("optimise", *WITHOUT_RESULT)),
                or_(is_open, Job.kind.in_(WITHOUT_RESULT) & (Job.finished_at >= since)),
            )
        )
        if job_id != but
    ]
    spending = [payload.get(SPENDING, {}) for payload in payloads]
    return Usage(
        sum(each.get("calls", 0) for each in spending),
        cost=sum(each.get("cost", 0.0) for each in spending),
    )
