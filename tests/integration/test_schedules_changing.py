"""Changing some fields of a schedule: what is given holds, the rest stays, all of it or nothing."""

from __future__ import annotations

from functools import partial

import pytest

from core import schedules
from core.errors import BadCron, BadSchedule, NotAllowed, NotFound, Refused
from core.runs import RunOptions
from core.schedules import ScheduleChange, ScheduleDetails, ScheduleView
from core.terms import Guard, Notify
from tests.at_once import at_once
from tests.databases import on_both
from tests.mcp_world import Tools, tools
from tests.world import World

__all__ = ["tools"]

OPTIONS = RunOptions(notify=Notify.FAILURE, guard=Guard.STRICT, max_calls=500, max_cost=2.5)


@pytest.fixture
def schedule(world: World) -> int:
    metric = world.metric()
    made = schedules.add(
        world.database, world.admin, world.project_id, [metric], "0 9 * * 1", name="Weekly", options=OPTIONS
    )
    return made.id


def change(world: World, schedule: int, **wanted: object) -> ScheduleView:
    asked = ScheduleChange(**wanted)  # type: ignore[arg-type]
    return schedules.change(world.database, world.admin, schedule, asked)


def details(world: World, schedule: int) -> ScheduleDetails:
    return schedules.schedule_details(world.database, world.admin, schedule)


@on_both
def test_what_is_not_given_stays(world: World, schedule: int) -> None:
    before = details(world, schedule)
    change(world, schedule, cron="@daily", apply_code=False)
    after = details(world, schedule)
    assert (after.cron, after.apply_code) == ("@daily", False)
    assert (after.name, after.metrics, after.timezone) == (before.name, before.metrics, before.timezone)
    assert (after.notify, after.guard, after.max_calls, after.max_cost) == ("failure", "strict", 500, 2.5)
    assert after.next_fire_at != before.next_fire_at


def test_budgets_are_set_and_taken_away(world: World, schedule: int, tools: Tools) -> None:
    made = tools("metric_optimiser_cron_jobs_update", schedule_id=schedule, max_calls=20, max_cost=0)
    assert (made["max_calls"], made["max_cost"]) == (20, None)
    made = tools("metric_optimiser_cron_jobs_update", schedule_id=schedule, max_calls=0, max_cost=0.5)
    assert (made["max_calls"], made["max_cost"]) == (None, 0.5)


@on_both
def test_an_edit_that_cannot_be_resumed_is_not_made_either(world: World, schedule: int) -> None:
    """Pausing and editing were two transactions once, of which the first stood when the second failed."""
    [metric] = [each.id for each in details(world, schedule).metrics]
    schedules.pause(world.database, world.admin, schedule)
    schedules.archive(world.database, world.admin, metric)
    before = details(world, schedule)
    with pytest.raises(BadSchedule, match="at least one metric"):
        change(world, schedule, name="Other", enabled=True)
    assert details(world, schedule) == before

    change(world, schedule, metrics=[world.metric("Another")], enabled=True)
    assert details(world, schedule).enabled


@on_both
def test_a_change_that_is_refused_pauses_nothing(world: World, schedule: int) -> None:
    before, audited = details(world, schedule), world.audit()
    with pytest.raises(BadCron):
        change(world, schedule, cron="nonsense", enabled=False)
    assert (details(world, schedule), world.audit()) == (before, audited)


def test_editing_and_pausing_go_together_and_are_both_audited(world: World, schedule: int) -> None:
    change(world, schedule, cron="@monthly", enabled=False)
    found = details(world, schedule)
    assert (found.cron, found.enabled, found.next_fire_at) == ("@monthly", False, None)
    assert world.audit()[-2:] == ["schedule.edit", "schedule.pause"]
    change(world, schedule, enabled=True)
    assert world.audit()[-1] == "schedule.resume" and details(world, schedule).next_fire_at is not None


def test_what_is_so_already_is_done_again_by_nobody(world: World, schedule: int) -> None:
    before = world.audit()
    change(world, schedule, enabled=True)
    assert world.audit() == before


def test_a_change_of_nothing_is_refused(world: World, schedule: int, tools: Tools) -> None:
    assert "Say what to change" in tools.refusal("metric_optimiser_cron_jobs_update", schedule_id=schedule)


def test_an_empty_name_is_no_way_to_keep_it(world: World, schedule: int) -> None:
    with pytest.raises(Refused, match="needs a name"):
        change(world, schedule, name="")


def test_auto_apply_needs_an_admin_here_too(world: World, schedule: int) -> None:
    with pytest.raises(NotAllowed):
        schedules.change(world.database, world.editor, schedule, ScheduleChange(auto_apply=True))
    change(world, schedule, auto_apply=True)
    with pytest.raises(NotAllowed):
        schedules.change(world.database, world.editor, schedule, ScheduleChange(enabled=False))
    assert details(world, schedule).auto_apply


def test_a_deleted_schedule_is_not_found(world: World, schedule: int) -> None:
    schedules.delete(world.database, world.admin, schedule)
    with pytest.raises(NotFound):
        change(world, schedule, enabled=False)


@on_both
def test_two_changes_at_once_are_both_kept(world: World, schedule: int) -> None:
    at_once(
        [
            partial(change, world, schedule, name="Renamed"),
            partial(change, world, schedule, cron="@monthly"),
            partial(change, world, schedule, max_calls=7),
        ]
    )
    found = details(world, schedule)
    assert (found.name, found.cron, found.max_calls) == ("Renamed", "@monthly", 7)
