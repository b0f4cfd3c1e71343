"""Critical metrics: a schedule applies by itself only where an admin typed the metric's name."""

from __future__ import annotations

from sqlalchemy import update

from core import schedules
from core.models import Metric
from core.runs import RunOptions, show_run
from core.terms import Outcome
from tests.world import World

AUTO = RunOptions(auto_apply=True)


def outcome(world: World, schedule_id: int) -> Outcome | None:
    run_id, _ = schedules.run_now(world.database, world.admin, schedule_id)
    world.work()
    return show_run(world.database, world.admin, run_id).results[0].outcome


def marked_critical(world: World, metric_id: int) -> None:
    with world.database.write() as session:
        session.execute(update(Metric).where(Metric.id == metric_id).values(critical=True))


def test_a_metric_marked_critical_becomes_read_only_in_its_schedules(world: World) -> None:
    metric = world.labelled()
    made = schedules.add(world.database, world.admin, world.project_id, [metric], "@weekly", options=AUTO)
    marked_critical(world, metric)

    assert outcome(world, made.id) is Outcome.PROPOSED


def test_a_confirmed_critical_metric_is_applied_again(world: World) -> None:
    metric = world.labelled()
    marked_critical(world, metric)
    made = schedules.add(
        world.database,
        world.admin,
        world.project_id,
        [metric],
        "@weekly",
        options=AUTO,
        confirmed_critical=["Polite"],
    )

    assert outcome(world, made.id) is Outcome.APPLIED
