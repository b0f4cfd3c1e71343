"""Every due moment has one run, or one missed or skipped row, whoever looks and however late."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from sqlalchemy import select, update

from core import runs, schedules
from core.models import AuditEvent, Schedule, ScheduleMetric
from core.runs import RunOptions
from core.schedules import Fired
from core.terms import Notify, Outcome
from tests.at_once import at_once
from tests.databases import on_both
from tests.schedule_clock import due_for, fire, fires, kinds, now, reasons, runs_of, scheduled, stored
from tests.scripted_model import BETTER
from tests.world import World


def done(world: World, schedule_id: int) -> None:
    """Work off the schedule's runs."""
    world.work()
    assert all(world.run(run_id).state == "finished" for run_id in runs_of(world, schedule_id))


@on_both
def test_a_schedule_that_is_due_starts_one_run_with_what_it_says(world: World) -> None:
    metric = world.metric()
    world.label(metric, right=3, wrong=6)
    options = RunOptions(auto_apply=True, notify=Notify.FAILURE, max_calls=100, apply_code=False)
    schedule = scheduled(world, metric=metric, options=options)
    at = due_for(world, schedule, timedelta(minutes=5))

    fired = fire(world, schedule)

    assert fires(world, schedule) == [(at, "run")]
    assert len(fired.job_ids) == 1
    assert fired.next_fire_at is not None
    assert (fired.next_fire_at.month, fired.next_fire_at.day, fired.next_fire_at.hour) == (1, 1, 9)
    [run_id] = runs_of(world, schedule)
    world.work()
    found = world.run(run_id)
    assert (found.trigger, found.auto_apply, found.schedule) == ("schedule", True, "Polite")
    assert found.results[0].outcome is Outcome.APPLIED
    assert world.live(metric) == BETTER


@on_both
def test_a_schedule_that_is_not_due_does_nothing(world: World) -> None:
    schedule = scheduled(world)
    before = stored(world, schedule).next_fire_at
    assert fire(world, schedule) == Fired((), before)
    assert fires(world, schedule) == []


@on_both
def test_two_schedulers_at_once_fire_a_moment_once(world: World) -> None:
    schedule = scheduled(world)
    for minutes in (50, 40, 30, 20):
        due_for(world, schedule, timedelta(minutes=minutes))
        fired = at_once([partial(fire, world, schedule)] * 4)
        assert sorted(len(each.job_ids) for each in fired if isinstance(each, Fired)) == [0, 0, 0, 1]
        done(world, schedule)
    assert kinds(world, schedule) == ["run"] * 4
    assert len(runs_of(world, schedule)) == 4


@on_both
def test_a_moment_that_was_fired_already_is_not_fired_again(world: World) -> None:
    schedule = scheduled(world)
    late = timedelta(minutes=5)
    at = due_for(world, schedule, late)
    fire(world, schedule)
    done(world, schedule)
    with world.database.write() as session:
        session.get_one(Schedule, schedule).next_fire_at = at
    assert fire(world, schedule).job_ids == ()
    assert len(runs_of(world, schedule)) == 1


@on_both
def test_after_a_down_time_the_newest_fire_is_made_up_and_the_others_are_listed(world: World) -> None:
    schedule = scheduled(world, "0 * * * *")
    due_for(world, schedule, timedelta(hours=3, minutes=30))
    fired = fire(world, schedule)
    assert set(kinds(world, schedule)[:-1]) == {"missed"}
    assert len(kinds(world, schedule)) in (4, 5)
    assert kinds(world, schedule)[-1] == "run"
    assert len(fired.job_ids) == 1
    assert reasons(world, schedule)[0] == "Plumbline was not running at that time."


def test_back_too_late_nothing_is_made_up(world: World) -> None:
    schedule = scheduled(world, "0 9 * * 1")
    at = due_for(world, schedule, timedelta(seconds=7300))
    fired = fire(world, schedule, grace=7200)
    assert fires(world, schedule) == [(at, "missed")]
    assert reasons(world, schedule) == ["Plumbline was not running, and was back too late for it."]
    assert fired.job_ids == ()
    assert stored(world, schedule).next_fire_at == fired.next_fire_at


def test_with_no_grace_at_all_a_fire_that_is_seconds_late_still_runs(world: World) -> None:
    schedule = scheduled(world)
    with world.database.write() as session:
        session.execute(update(Schedule).values(next_fire_at=now() - timedelta(seconds=5)))
    assert len(fire(world, schedule, grace=0).job_ids) == 1


@on_both
def test_a_fire_while_the_schedules_run_is_going_is_skipped(world: World) -> None:
    schedule = scheduled(world)
    due_for(world, schedule, timedelta(minutes=50))
    fire(world, schedule)
    [run_id] = runs_of(world, schedule)

    due_for(world, schedule, timedelta(minutes=40))
    assert fire(world, schedule).job_ids == ()
    assert kinds(world, schedule) == ["run", "skipped"]
    assert reasons(world, schedule)[1] == f"Run {run_id} of this schedule was still going."

    done(world, schedule)
    due_for(world, schedule, timedelta(minutes=30))
    assert len(fire(world, schedule).job_ids) == 1


def test_somebody_elses_run_on_the_same_metric_skips_nothing(world: World) -> None:
    metric = world.metric()
    schedule = scheduled(world, metric=metric)
    runs.improve(world.database, world.editor, metric, runs.READ_ONLY)
    due_for(world, schedule, timedelta(minutes=5))
    assert len(fire(world, schedule).job_ids) == 1


@on_both
def test_a_long_down_time_of_a_minutely_schedule_is_written_in_pieces_and_makes_one_run(
    world: World,
) -> None:
    schedule = scheduled(world, "* * * * *")
    due_for(world, schedule, timedelta(minutes=1300))

    sizes = []
    while stored(world, schedule).next_fire_at < now():  # type: ignore[operator]
        before = len(fires(world, schedule))
        fire(world, schedule)
        sizes.append(len(fires(world, schedule)) - before)

    assert sizes[:2] == [500, 500]
    assert max(sizes) <= 501
    assert kinds(world, schedule).count("run") == 1
    assert kinds(world, schedule)[-1] in ("run", "skipped")
    moments = [at for at, _ in fires(world, schedule)]
    assert len(moments) in (1301, 1302)
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=1)}


@pytest.mark.parametrize("minutes", [499, 500, 501, 502])
def test_no_fire_is_lost_where_a_piece_ends(world: World, minutes: int) -> None:
    schedule = scheduled(world, "* * * * *")
    due_for(world, schedule, timedelta(minutes=minutes))
    for _ in range(3):
        fire(world, schedule)
    moments = [at for at, _ in fires(world, schedule)]
    assert len(moments) in (minutes + 1, minutes + 2)
    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=1)}
    assert kinds(world, schedule).count("run") == 1


def test_fires_during_a_pause_are_not_missed(world: World) -> None:
    schedule = scheduled(world, "* * * * *")
    schedules.pause(world.database, world.admin, schedule)
    assert stored(world, schedule).next_fire_at is None
    assert fire(world, schedule) == Fired((), None)
    resumed = schedules.resume(world.database, world.admin, schedule)
    assert resumed.next_fire_at is not None
    assert resumed.next_fire_at > now() - timedelta(seconds=1)
    assert fires(world, schedule) == []


def test_a_deleted_schedule_fires_no_more_and_its_runs_stay(world: World) -> None:
    schedule = scheduled(world)
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    schedules.delete(world.database, world.admin, schedule)
    due_for(world, schedule, timedelta(minutes=5))
    assert fire(world, schedule) == Fired((), None)
    assert schedules.due_schedules(world.database) == []
    assert len(runs_of(world, schedule)) == 1


@on_both
def test_a_zone_that_is_gone_pauses_the_schedule_with_the_reason(world: World) -> None:
    schedule = scheduled(world)
    with world.database.write() as session:
        session.execute(update(Schedule).values(timezone="Middle/Earth"))
    at = due_for(world, schedule, timedelta(minutes=5))
    before = len(world.audit())

    assert fire(world, schedule) == Fired((), None)

    [view] = schedules.list_schedules(world.database, world.admin)
    assert not view.enabled
    assert "Middle/Earth" in view.paused_reason
    assert (view.next_fire_at, fires(world, schedule)) == (None, [(at, "missed")])
    assert reasons(world, schedule) == [view.paused_reason]
    assert world.audit()[before:] == ["schedule.pause"]


@on_both
def test_a_schedule_without_metrics_skips_the_fire_and_pauses(world: World) -> None:
    schedule = scheduled(world)
    with world.database.write() as session:
        session.query(ScheduleMetric).delete()
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    assert kinds(world, schedule) == ["skipped"]
    assert stored(world, schedule).paused_reason == "All metrics of this schedule were deleted."
    assert schedules.due_schedules(world.database) == []


def test_a_schedule_outlives_the_person_who_made_it(world: World) -> None:
    schedule = scheduled(world)
    with world.database.write() as session:
        session.execute(update(Schedule).values(owner_id=None))
    due_for(world, schedule, timedelta(minutes=5))
    fire(world, schedule)
    with world.database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "run.start")).one()
    assert (event.actor, event.origin, event.user_id) == ("Plumbline", "schedule", None)


def test_the_longest_due_schedule_comes_first(world: World) -> None:
    metric = world.metric()
    made = [scheduled(world, metric=metric) for _ in range(3)]
    for schedule, minutes in zip(made, (10, 30, 20), strict=True):
        due_for(world, schedule, timedelta(minutes=minutes))
    assert schedules.due_schedules(world.database) == [made[1], made[2], made[0]]
