from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core import schedules
from core.errors import BadCron, BadSchedule, EditedMeanwhile, NotAllowed, NotFound, UnknownZone
from core.metrics import retrieve
from core.models import AuditEvent, Metric, MetricVersion
from core.runs import RunOptions
from core.schedules import ScheduleView
from core.terms import Guard, Notify
from tests.at_once import at_once
from tests.databases import on_both
from tests.schedule_clock import due_for, kinds, reasons, scheduled, stored
from tests.world import AUTO_APPLY, World


def edit(world: World, schedule_id: int, **changes: Any) -> ScheduleView:
    """Save the schedule as it stands with some changes, by the admin."""
    now = schedules.schedule_details(world.database, world.admin, schedule_id)
    values: dict[str, Any] = {
        "name": now.name,
        "metrics": [metric.id for metric in now.metrics],
        "cron": now.cron,
        "timezone": now.timezone,
        "options": RunOptions(auto_apply=now.auto_apply, notify=now.notify),
        "expected_revision": now.revision,
        "actor": world.admin,
    } | changes
    actor = values.pop("actor")
    return schedules.update(world.database, actor, schedule_id, **values)


@on_both
def test_an_edit_takes_effect_at_once(world: World) -> None:
    schedule = scheduled(world)
    before = stored(world, schedule)

    made = edit(
        world,
        schedule,
        name="Nightly",
        metrics=[world.metric("Brief"), *[one.id for one in details(world, schedule).metrics]],
        cron="30  2 * * *",
        timezone="Asia/Kolkata",
        options=RunOptions(notify=Notify.FAILURE, max_calls=500),
    )

    after = stored(world, schedule)
    assert made.metrics == ("Brief", "Polite")
    assert (after.name, after.cron, after.timezone) == ("Nightly", "30 2 * * *", "Asia/Kolkata")
    assert (after.notify, after.max_calls, after.revision) == ("failure", 500, before.revision + 1)
    assert after.next_fire_at is not None and before.next_fire_at is not None
    assert after.next_fire_at < before.next_fire_at
    assert f"{after.next_fire_at:%H:%M}" == "21:00"
    assert world.audit()[-1] == "schedule.edit"


def test_an_edit_is_recorded_with_what_it_was_before_and_after(world: World) -> None:
    schedule = scheduled(world)
    kind = world.metric("Kind", critical=True)
    options = RunOptions(True, False, Guard.STRICT, Notify.NEVER, max_calls=500, max_cost=2.5)
    polite = [one.id for one in details(world, schedule).metrics]

    edit(
        world,
        schedule,
        name="Nightly",
        metrics=[*polite, kind],
        cron="30 2 * * *",
        timezone="Asia/Kolkata",
        options=options,
        confirmed_critical=["Kind"],
    )

    assert recorded(world) == {
        "schedule": schedule,
        "name": ["Polite", "Nightly"],
        "cron": ["0 9 1 1 *", "30 2 * * *"],
        "timezone": ["UTC", "Asia/Kolkata"],
        "auto_apply": [False, True],
        "apply_code": [True, False],
        "guard": ["standard", "strict"],
        "notify": ["both", "never"],
        "max_calls": [None, 500],
        "max_cost": [None, 2.5],
        "metrics": [["Polite"], ["Polite", "Kind"]],
        "confirmed_critical": [[], ["Kind"]],
    }
    edit(world, schedule, name="Nightly too", metrics=polite, options=options)
    assert recorded(world).keys() == {"schedule", "name", "metrics", "confirmed_critical"}


def recorded(world: World) -> dict[str, Any]:
    """The details of the newest audit row."""
    with world.database.read() as session:
        newest = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
    assert newest.action == "schedule.edit"
    return newest.details


def details(world: World, schedule: int) -> schedules.ScheduleDetails:
    return schedules.schedule_details(world.database, world.admin, schedule)


def test_nobody_overwrites_what_somebody_else_saved_in_between(world: World) -> None:
    schedule = scheduled(world)
    seen = details(world, schedule).revision
    edit(world, schedule, name="Hers")

    with pytest.raises(EditedMeanwhile, match="nothing was overwritten"):
        edit(world, schedule, name="His", expected_revision=seen)

    assert stored(world, schedule).name == "Hers"


@on_both
def test_of_two_who_save_at_the_same_moment_one_is_told_and_the_other_is_kept(world: World) -> None:
    schedule = scheduled(world)
    names = ["Hers", "His"]
    seen = details(world, schedule).revision
    answers = at_once([partial(edit, world, schedule, name=name, expected_revision=seen) for name in names])

    refused = [isinstance(answer, EditedMeanwhile) for answer in answers]
    assert sorted(refused) == [False, True]
    assert stored(world, schedule).name == names[refused.index(False)]
    assert stored(world, schedule).revision == seen + 1


def test_a_pause_in_between_counts_as_a_change_too(world: World) -> None:
    schedule = scheduled(world)
    seen = details(world, schedule).revision
    schedules.pause(world.database, world.admin, schedule)

    with pytest.raises(EditedMeanwhile):
        edit(world, schedule, expected_revision=seen)


def test_a_paused_schedule_stays_paused_when_it_is_edited(world: World) -> None:
    schedule = scheduled(world)
    schedules.pause(world.database, world.admin, schedule)

    assert edit(world, schedule, cron="0 1 * * *").next_fire_at is None
    assert not stored(world, schedule).enabled


def test_an_edit_that_leaves_the_rhythm_alone_leaves_a_due_fire_alone(world: World) -> None:
    schedule = scheduled(world)
    at = due_for(world, schedule, timedelta(minutes=5))

    edit(world, schedule, name="Renamed")

    assert stored(world, schedule).next_fire_at == at
    assert kinds(world, schedule) == []


def test_fires_due_under_the_old_rhythm_are_listed_as_missed(world: World) -> None:
    schedule = scheduled(world, "*/5 * * * *")
    due_for(world, schedule, timedelta(minutes=12))

    edit(world, schedule, cron="0 9 1 1 *")

    assert len(kinds(world, schedule)) >= 2
    assert set(kinds(world, schedule)) == {"missed"}
    assert set(reasons(world, schedule)) == {"The schedule was changed before this fire was handled."}


def test_what_is_refused_changes_nothing(world: World) -> None:
    schedule, other = scheduled(world), world.metric("Other")
    refusals: list[tuple[type[Exception], dict[str, Any]]] = [
        (BadCron, {"cron": "0 9 * *"}),
        (UnknownZone, {"timezone": "Mars/Olympus"}),
        (BadSchedule, {"metrics": []}),
        (NotFound, {"metrics": [other + 100]}),
        (BadSchedule, {"options": RunOptions(max_calls=0)}),
        (BadSchedule, {"options": RunOptions(max_cost=0.0)}),
        (BadSchedule, {"options": RunOptions(max_cost=-1.0)}),
        (BadSchedule, {"options": RunOptions(max_cost=float("nan"))}),
    ]
    for refusal, change in refusals:
        with pytest.raises(refusal):
            edit(world, schedule, name="Changed", **change)

    assert stored(world, schedule).name == "Polite"
    assert stored(world, schedule).revision == 1


def test_a_metric_that_a_run_turned_into_code_may_stay_and_not_be_added(world: World) -> None:
    metric, other = world.metric("Code"), world.metric("More code")
    schedule = scheduled(world, metric=metric)
    for one in (metric, other):
        turn_into_code(world, one)

    assert edit(world, schedule, name="Still").metrics == ("Code",)
    with pytest.raises(BadSchedule, match="code metric"):
        edit(world, schedule, metrics=[metric, other])


def turn_into_code(world: World, metric: int) -> None:
    with world.database.write() as session:
        live = session.get_one(Metric, metric).live_version_id
        session.get_one(MetricVersion, live).type = "custom_code"


def test_auto_apply_before_or_after_needs_an_admin(world: World) -> None:
    read_only = scheduled(world)
    auto = scheduled(world, metric=world.metric("Auto"), options=AUTO_APPLY)

    edit(world, read_only, name="By the editor", actor=world.editor)
    with pytest.raises(NotAllowed):
        edit(world, read_only, options=AUTO_APPLY, actor=world.editor)
    with pytest.raises(NotAllowed):
        edit(world, auto, options=RunOptions(), actor=world.editor)


def test_auto_apply_of_a_critical_metric_is_confirmed_by_its_name_at_each_save(world: World) -> None:
    schedule = scheduled(world, metric=world.metric("Careful", critical=True))
    assert retrieve(world.database, world.admin, "Careful").critical

    with pytest.raises(BadSchedule, match="critical"):
        edit(world, schedule, options=AUTO_APPLY)
    edit(world, schedule, options=AUTO_APPLY, confirmed_critical=["Careful"])
    with pytest.raises(BadSchedule, match="critical"):
        edit(world, schedule, name="Renamed")


@on_both
def test_a_copy_is_paused_read_only_and_the_copiers_own(world: World) -> None:
    metrics = [world.metric("One"), world.metric("Two")]
    schedule = schedules.add(
        world.database, world.admin, world.project_id, metrics, "0 9 * * 1", name="Weekly", options=AUTO_APPLY
    ).id

    copy = details(world, schedules.duplicate(world.database, world.editor, schedule).id)

    assert (copy.name, copy.cron, [one.name for one in copy.metrics]) == (
        "Copy of Weekly",
        "0 9 * * 1",
        ["One", "Two"],
    )
    assert (copy.enabled, copy.auto_apply, copy.next_fire_at) == (False, False, None)
    assert copy.owner == world.editor.name
    assert details(world, schedule).auto_apply


def test_a_viewer_copies_nothing_and_a_deleted_schedule_is_gone(world: World) -> None:
    schedule = scheduled(world)
    with pytest.raises(NotAllowed):
        schedules.duplicate(world.database, world.people[next(iter(sorted(world.people)))], schedule)
    schedules.delete(world.database, world.admin, schedule)
    with pytest.raises(NotFound):
        schedules.duplicate(world.database, world.admin, schedule)
