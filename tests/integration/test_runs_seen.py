"""Who sees a run, who may start one, and how it is said to stand."""

from __future__ import annotations

import pytest

from core import runs, schedules
from core.errors import NotAllowed, NotFound
from core.runs import READ_ONLY
from core.terms import Actor, Origin, Outcome, Role
from tests.model_endpoint import Received
from tests.world import World, person


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER])
def test_starting_and_cancelling_runs_needs_an_editor(world: World, role: Role) -> None:
    metric = world.labelled()
    with pytest.raises(NotAllowed):
        runs.improve(world.database, world.people[role], metric, READ_ONLY)
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    with pytest.raises(NotAllowed):
        runs.improve(world.database, world.people[role], metric, READ_ONLY)
    with pytest.raises(NotAllowed):
        runs.cancel(world.database, world.people[role], started.run_id)
    world.work()
    assert world.run(started.run_id).results[0].outcome is Outcome.PROPOSED


def test_a_stranger_sees_no_runs_and_no_error(world: World) -> None:
    started = runs.improve(world.database, world.editor, world.labelled(), READ_ONLY)
    stranger = person(world.database, "stranger@elsewhere.test")
    assert runs.list_runs(world.database, stranger) == []
    assert schedules.list_schedules(world.database, stranger) == []
    with pytest.raises(NotAllowed):
        runs.list_runs(world.database, stranger, project="Clinic")
    with pytest.raises(NotAllowed):
        schedules.list_schedules(world.database, stranger, "Clinic")
    with pytest.raises(NotFound):
        runs.show_run(world.database, stranger, started.run_id)
    assert len(runs.list_runs(world.database, world.people[Role.VIEWER])) == 1
    assert len(runs.list_runs(world.database, Actor(None, "Plumbline", Origin.SYSTEM, Role.ADMIN))) == 1


def test_a_run_says_how_it_stands(world: World) -> None:
    metric = world.labelled()
    started = runs.improve(world.database, world.editor, metric, READ_ONLY)
    assert world.run(started.run_id).state == "queued"
    states: list[str] = []

    def look(received: Received) -> None:
        states.append(world.run(started.run_id).state)

    world.model.instead = look
    world.work()
    assert set(states) == {"running"}
    found = world.run(started.run_id)
    assert found.state == "finished"
    assert found.started_at is not None
    assert found.finished_at is not None
    assert found.created_at <= found.started_at <= found.finished_at
    job = world.job(started.job_id)
    assert job.status == "finished"
    assert job.calls_done == job.calls_expected >= len(states), "a stored answer counts as done too"
    assert found.results[0].calls == len(states)
