"""A project's caps on a calendar month, over all its runs and evaluations."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from core import evaluations, jobs
from core.errors import BudgetSpent, NotAllowed, Refused
from core.jobs.month import Allowance, bounds
from core.models import Job, Result
from core.runs import RunOptions
from core.terms import Outcome, Usage
from tests.databases import on_both
from tests.scripted_model import POLITE
from tests.world import AUTO_APPLY, World

A_RUN = 9 + 1 + 3 + 9


def cap(world: World, calls: int | None = None, cost: float | None = None) -> None:
    jobs.set_monthly_caps(
        world.database, world.settings, world.admin, world.project_id, max_calls=calls, max_cost=cost
    )


def month(world: World) -> jobs.Month:
    return jobs.month_of(world.database, world.editor, world.project_id)


def age(world: World, days: int) -> None:
    """Let everything that ended have ended so many days ago."""
    with world.database.write() as session:
        for table in (Result, Job):
            session.execute(update(table).values(finished_at=datetime.now(UTC) - timedelta(days=days)))


def test_a_month_is_the_calendars_in_the_projects_zone() -> None:
    auckland = datetime(2026, 11, 30, 12, 30, tzinfo=UTC).astimezone(ZoneInfo("Pacific/Auckland"))
    begins, ends = bounds(auckland)
    assert begins.astimezone(UTC) == datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert ends.astimezone(UTC) == datetime(2026, 12, 31, 11, tzinfo=UTC)
    los_angeles = datetime(2026, 3, 31, 6, 59, tzinfo=UTC).astimezone(ZoneInfo("America/Los_Angeles"))
    begins, ends = bounds(los_angeles)  # the clocks change in between
    assert (ends - begins).days == 31
    assert ends.astimezone(UTC) == datetime(2026, 4, 1, 7, tzinfo=UTC)


@on_both
def test_a_month_is_what_its_runs_and_evaluations_were_billed_for(world: World) -> None:
    metric = world.labelled()
    result = world.improve(metric)
    evaluations.start(world.database, world.editor, metric)
    world.work()
    assert result.calls == A_RUN
    assert month(world).calls == A_RUN + 9 == len(world.endpoint.received)


@on_both
def test_a_run_stops_at_the_cap_and_applies_nothing(world: World) -> None:
    cap(world, calls=15)
    metric = world.labelled()
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.OVER_BUDGET
    assert "The project reached its cap of 15 model calls for " in result.reason
    assert "or an admin raises it in Project settings" in result.reason
    assert (world.live(metric), result.proposal) == (POLITE, None)
    assert len(world.endpoint.received) == 15 == month(world).calls


def test_at_the_cap_not_one_call_is_made_and_without_new_feedback_none_is_needed(world: World) -> None:
    metric = world.labelled()
    assert world.improve(metric).outcome is Outcome.PROPOSED
    cap(world, calls=A_RUN)
    assert world.improve(metric).outcome is Outcome.NO_CHANGES
    world.row(metric, "new thank you", expected="true")
    assert world.improve(metric).outcome is Outcome.OVER_BUDGET
    assert len(world.endpoint.received) == A_RUN


def test_an_evaluation_is_refused_at_the_cap_and_stops_at_it(world: World) -> None:
    metric = world.labelled(right=10, wrong=10)
    cap(world, calls=12)
    job = evaluations.start(world.database, world.editor, metric)
    world.work()
    assert world.job(job).status == "failed"
    assert "cap of 12 model calls" in world.job(job).error
    assert len(world.endpoint.received) == 12 == month(world).calls
    with pytest.raises(BudgetSpent, match="cap of 12 model calls"):
        evaluations.start(world.database, world.editor, metric)


def test_a_new_month_starts_anew(world: World) -> None:
    metric = world.labelled()
    world.improve(metric)
    cap(world, calls=A_RUN + 5)
    world.row(metric, "new thank you", expected="true")
    age(world, days=40)
    assert month(world).calls == 0
    assert world.improve(metric).outcome is Outcome.PROPOSED


def test_a_cap_in_money_is_never_passed(world: World) -> None:
    world.place = world.with_settings(llm_price_input=1000.0, llm_price_output=1000.0)
    cap(world, cost=4.0)
    result = world.improve(world.labelled())
    assert result.outcome is Outcome.OVER_BUDGET
    assert "cap of 4 in model costs" in result.reason
    assert result.cost is not None
    assert 0 < result.cost <= 4.0
    assert month(world).cost == pytest.approx(result.cost)


def test_a_cap_in_money_needs_prices(world: World) -> None:
    with pytest.raises(Refused, match="needs the prices"):
        cap(world, cost=4.0)
    unpriced = Allowance(world.database, world.project_id, 1, priced=False)
    world.place = world.with_settings(llm_price_input=1.0, llm_price_output=1.0)
    cap(world, cost=4.0)
    with pytest.raises(Refused, match="needs the prices"):
        unpriced.cover(Usage(calls=1))


def test_the_runs_own_budget_still_holds(world: World) -> None:
    cap(world, calls=500)
    result = world.improve(world.labelled(), RunOptions(max_calls=12))
    assert result.outcome is Outcome.OVER_BUDGET
    assert "12 calls" in result.reason


@on_both
def test_jobs_that_share_a_month_never_pass_its_cap_together(world: World) -> None:
    cap(world, calls=130)
    metric = world.metric()
    with world.database.write() as session:
        ids = [jobs.add(session, "evaluate", metric, project_id=world.project_id) for _ in range(4)]
    covered = []

    def spend(job_id: int) -> None:
        allowance, calls = Allowance(world.database, world.project_id, job_id), 0
        try:
            while True:
                allowance.cover(Usage(calls=calls + 1))
                calls += 1
        except BudgetSpent:
            covered.append(calls)

    threads = [threading.Thread(target=spend, args=(job_id,)) for job_id in ids if job_id is not None]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(covered) == 130 == month(world).calls


def test_only_admins_cap_and_every_member_sees(world: World) -> None:
    with pytest.raises(NotAllowed):
        jobs.set_monthly_caps(
            world.database, world.settings, world.editor, world.project_id, max_calls=1, max_cost=None
        )
    with pytest.raises(Refused, match="at least 0"):
        cap(world, calls=-1)
    cap(world, calls=70)
    assert (month(world).max_calls, month(world).calls_left) == (70, 70)
    assert world.audit()[-1] == "project.caps"
    cap(world)
    assert month(world).calls_left is None
