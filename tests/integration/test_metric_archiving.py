"""A deleted metric is archived: it leaves its schedules, and what works on it stops."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from core import metrics, runs, schedules
from core.errors import BadSchedule, NotAllowed, NotFound
from core.models import Delivery, Job, Metric, Proposal
from core.runs import READ_ONLY
from core.schedules import ScheduleView
from core.terms import Outcome, Role
from tests.databases import on_both
from tests.model_endpoint import Received, Sent
from tests.scripted_model import POLITE, kind
from tests.world import AUTO_APPLY, World


@pytest.fixture
def metric(world: World) -> int:
    made = world.metric()
    world.label(made)
    return made


def scheduled(world: World, *metric_ids: int) -> int:
    return schedules.add(world.database, world.admin, world.project_id, metric_ids, "0 9 * * 1").id


def schedule(world: World, schedule_id: int) -> ScheduleView:
    found = schedules.list_schedules(world.database, world.admin, world.project_id)
    return next(one for one in found if one.id == schedule_id)


@on_both
def test_it_is_gone_and_its_name_is_free(world: World, metric: int) -> None:
    schedules.archive(world.database, world.editor, metric)

    with pytest.raises(NotFound):
        metrics.retrieve(world.database, world.editor, metric)
    with pytest.raises(NotFound):
        schedules.archive(world.database, world.editor, metric)
    assert metrics.list_metrics(world.database, world.editor, world.project_id) == []
    assert world.metric() != metric
    assert world.audit().count("metric.delete") == 1


def test_a_long_name_is_cut_so_that_its_mark_fits(world: World) -> None:
    metric = world.metric("n" * 200)
    schedules.archive(world.database, world.editor, metric)
    with world.database.read() as session:
        name = session.get_one(Metric, metric).name
    assert len(name) == 200
    assert name.endswith(f"n (deleted, metric {metric})")


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER])
def test_only_an_editor_may_delete(world: World, metric: int, role: Role) -> None:
    with pytest.raises(NotAllowed):
        schedules.archive(world.database, world.people[role], metric)
    assert world.live(metric) == POLITE


@on_both
def test_a_schedule_left_empty_pauses_with_the_reason(world: World, metric: int) -> None:
    alone = scheduled(world, metric)

    schedules.archive(world.database, world.editor, metric)

    left = schedule(world, alone)
    assert (left.enabled, left.next_fire_at, left.metrics) == (False, None, ())
    assert left.paused_reason == "Its last metric, “Polite”, was deleted."
    assert world.audit()[-2:] == ["schedule.pause", "metric.delete"]
    with pytest.raises(BadSchedule, match="no metrics left"):
        schedules.resume(world.database, world.admin, alone)


def test_a_schedule_with_another_metric_goes_on(world: World, metric: int) -> None:
    shared = scheduled(world, metric, world.metric("Brief"))
    before = schedule(world, shared).next_fire_at

    schedules.archive(world.database, world.editor, metric)

    left = schedule(world, shared)
    assert (left.enabled, left.next_fire_at, left.metrics) == (True, before, ("Brief",))


def test_a_schedule_that_was_paused_keeps_its_own_reason(world: World, metric: int) -> None:
    paused = scheduled(world, metric)
    schedules.pause(world.database, world.admin, paused, "Holidays.")

    schedules.archive(world.database, world.editor, metric)

    assert schedule(world, paused).paused_reason == "Holidays."


def test_a_result_that_has_not_begun_is_cancelled_at_once(world: World, metric: int) -> None:
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)

    schedules.archive(world.database, world.editor, metric)

    run = world.run(started.run_id)
    assert run.state == "cancelled"
    assert run.results[0].outcome is Outcome.CANCELLED
    assert world.job(started.job_id).status == "cancelled"
    assert world.due_jobs() == []


def test_the_other_metrics_of_its_run_go_on(world: World, metric: int) -> None:
    other = world.metric("Brief")
    world.label(other)
    run_id, _ = schedules.run_now(world.database, world.admin, scheduled(world, metric, other))

    schedules.archive(world.database, world.editor, metric)
    world.work()

    outcomes = {result.metric_id: result.outcome for result in world.run(run_id).results}
    assert outcomes == {metric: Outcome.CANCELLED, other: Outcome.PROPOSED}
    with world.database.read() as session:
        assert session.scalars(select(Delivery.run_id)).first() == run_id


@pytest.mark.parametrize("request_kind", ["proposed_definition", "verdict"])
def test_a_run_in_the_middle_of_it_applies_nothing(world: World, metric: int, request_kind: str) -> None:
    deleted = []

    def delete_meanwhile(received: Received) -> Sent | None:
        if kind(received) == request_kind and not deleted:
            deleted.append(schedules.archive(world.database, world.editor, metric))
        return None

    world.model.instead = delete_meanwhile
    result = world.improve(metric, AUTO_APPLY)

    assert deleted
    assert result.outcome is Outcome.CANCELLED
    assert (result.applied, result.proposal) == (False, None)
    with world.database.read() as session:
        assert session.scalars(select(Job.status).where(Job.status.in_(("queued", "running")))).all() == []


def test_its_waiting_proposal_is_closed(world: World, metric: int) -> None:
    proposal = world.improve(metric).proposal
    schedules.archive(world.database, world.editor, metric)
    with world.database.read() as session:
        closed = session.get_one(Proposal, proposal)
        assert (closed.state, closed.superseded_by) == ("superseded", "the deletion of the metric")
