"""What a schedule may be, and who may make it so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from core import accounts, metrics, schedules
from core.errors import BadCron, BadSchedule, NotAllowed, NotFound, Refused, UnknownZone
from core.runs import READ_ONLY, RunOptions
from core.schedules import ScheduleView
from core.terms import Actor, Definition, EvalSettings, Guard, MetricType, Notify, Role
from tests.schedule_clock import runs_of
from tests.world import AUTO_APPLY, World, person


def add(world: World, actor: Actor | None = None, **changed: Any) -> ScheduleView:
    wanted: dict[str, Any] = {"metrics": ["Polite"], "cron": "0 9 * * 1", "options": READ_ONLY} | changed
    return schedules.add(world.database, actor or world.admin, "Clinic", **wanted)


@pytest.fixture
def polite(world: World) -> int:
    return world.metric()


def test_a_schedule_is_what_was_asked_for(world: World, polite: int) -> None:
    options = RunOptions(True, False, Guard.STANDARD, Notify.FAILURE, max_calls=100, max_cost=2.5)
    made = add(world, cron=" 30  9 * *  1 ", timezone="Asia/Kolkata", name=" Weekly ", options=options)
    assert (made.name, made.cron, made.timezone, made.metrics) == (
        "Weekly",
        "30 9 * * 1",
        "Asia/Kolkata",
        ("Polite",),
    )
    assert (made.auto_apply, made.notify, made.enabled) == (True, "failure", True)
    assert made.next_fire_at is not None
    assert (made.next_fire_at.weekday(), made.next_fire_at.strftime("%H:%M")) == (0, "04:00")
    assert made.next_fire_at > datetime.now(UTC)
    assert schedules.list_schedules(world.database, world.admin) == [made]


def test_without_a_zone_it_has_the_projects(world: World, polite: int) -> None:
    assert add(world).timezone == "Europe/Berlin"


def test_it_is_read_only_unless_asked_otherwise(world: World, polite: int) -> None:
    made = schedules.add(world.database, world.admin, "Clinic", ["Polite"], "@weekly")
    assert (made.auto_apply, made.notify, made.guard) == (False, "both", "standard")


def test_a_metric_named_twice_is_in_it_once(world: World, polite: int) -> None:
    assert add(world, metrics=["Polite", polite]).metrics == ("Polite",)


def test_metrics_keep_their_order(world: World, polite: int) -> None:
    world.metric("Brief")
    assert add(world, metrics=["Polite", "Brief"]).metrics == ("Polite", "Brief")


@pytest.mark.parametrize(
    ("wrong", "error", "says"),
    [
        ({"metrics": []}, BadSchedule, "at least one metric"),
        ({"metrics": ["Rude"]}, NotFound, "Rude"),
        ({"cron": "0 9 * *"}, BadCron, "4 fields"),
        ({"cron": "0 0 30 2 *"}, BadCron, "0 0 30 2"),
        ({"cron": "nonsense"}, BadCron, "1 field;"),
        ({"timezone": "Moon/Crater"}, UnknownZone, "Moon/Crater"),
        ({"timezone": "../etc/passwd"}, UnknownZone, "IANA"),
        ({"options": RunOptions(max_calls=0)}, BadSchedule, "at least 1"),
        ({"name": "two\nlines"}, Refused, "line break"),
        ({"name": "x" * 201}, Refused, "longer than"),
    ],
)
def test_what_makes_no_sense_is_refused(
    world: World, polite: int, wrong: dict[str, Any], error: type[Exception], says: str
) -> None:
    before = world.audit()
    with pytest.raises(error, match=says):
        add(world, **wrong)
    assert schedules.list_schedules(world.database, world.admin) == []
    assert world.audit() == before


def test_another_projects_metric_is_refused(world: World, polite: int) -> None:
    accounts.add_project(world.database, world.admin, "Second")
    other = metrics.add(world.database, world.admin, "Second", "Other", Definition("Hm?"), EvalSettings())
    with pytest.raises(NotFound):
        add(world, metrics=[polite, other.id])
    with pytest.raises(NotFound):
        add(world, metrics=["Other"])


def test_a_code_metric_is_refused(world: World, polite: int) -> None:
    code = Definition("", type=MetricType.CUSTOM_CODE, custom_code="def judge(call): ...")
    metrics.add(world.database, world.admin, "Clinic", "Code", code, EvalSettings())
    with pytest.raises(BadSchedule, match="code metric"):
        add(world, metrics=["Code"])


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER])
def test_viewers_and_labellers_make_no_schedules(world: World, polite: int, role: Role) -> None:
    with pytest.raises(NotAllowed, match="needs the role editor"):
        add(world, world.people[role])


def test_a_stranger_makes_no_schedules(world: World, polite: int) -> None:
    with pytest.raises(NotAllowed):
        add(world, person(world.database, "stranger@elsewhere.test"))


def test_an_editor_manages_read_only_schedules_alone(world: World, polite: int) -> None:
    mine = add(world, world.editor)
    with pytest.raises(NotAllowed, match="needs the role admin"):
        add(world, world.editor, options=AUTO_APPLY)
    theirs = add(world, world.admin, options=AUTO_APPLY)

    schedules.pause(world.database, world.editor, mine.id)
    schedules.resume(world.database, world.editor, mine.id)
    for act in (schedules.pause, schedules.resume, schedules.run_now, schedules.delete):
        with pytest.raises(NotAllowed, match="needs the role admin"):
            act(world.database, world.editor, theirs.id)
    schedules.delete(world.database, world.editor, mine.id)
    assert schedules.list_schedules(world.database, world.editor) == [theirs]


def test_everybody_sees_the_schedules(world: World, polite: int) -> None:
    made = add(world)
    assert schedules.list_schedules(world.database, world.people[Role.VIEWER], "Clinic") == [made]


def test_auto_apply_on_a_critical_metric_needs_its_name(world: World) -> None:
    world.metric("Safety", critical=True)
    world.metric("Polite")
    both: dict[str, Any] = {"metrics": ["Polite", "Safety"], "options": AUTO_APPLY}
    with pytest.raises(BadSchedule, match="“Safety” is critical"):
        add(world, **both)
    with pytest.raises(BadSchedule, match="“Safety” is critical"):
        add(world, **both, confirmed_critical=["Polite"])
    assert add(world, **both, confirmed_critical=["Safety"]).auto_apply
    assert not add(world, metrics=["Safety"]).auto_apply


def test_a_schedule_without_metrics_is_not_resumed(world: World, polite: int) -> None:
    made = add(world)
    schedules.archive(world.database, world.admin, polite)
    [paused] = schedules.list_schedules(world.database, world.admin)
    assert (paused.enabled, paused.metrics) == (False, ())
    with pytest.raises(BadSchedule, match="no metrics left"):
        schedules.resume(world.database, world.admin, made.id)
    with pytest.raises(BadSchedule, match="no metrics left"):
        schedules.run_now(world.database, world.admin, made.id)


def test_a_deleted_schedule_is_gone(world: World, polite: int) -> None:
    made = add(world)
    schedules.delete(world.database, world.admin, made.id)
    for act in (schedules.pause, schedules.resume, schedules.run_now, schedules.delete):
        with pytest.raises(NotFound):
            act(world.database, world.admin, made.id)


def test_running_it_now_is_refused_while_its_run_is_going(world: World, polite: int) -> None:
    made = add(world)
    run_id, _ = schedules.run_now(world.database, world.admin, made.id)
    with pytest.raises(Refused, match=f"Run {run_id} of this schedule is still going"):
        schedules.run_now(world.database, world.admin, made.id)
    world.work()
    schedules.run_now(world.database, world.admin, made.id)
    assert len(runs_of(world, made.id)) == 2


def test_a_pause_says_who_and_why(world: World, polite: int) -> None:
    made = add(world)
    assert schedules.pause(world.database, world.admin, made.id).paused_reason == (
        "Paused by admin@clinic.test."
    )
    paused = schedules.pause(world.database, world.admin, made.id, "Holidays")
    assert (paused.paused_reason, paused.next_fire_at) == ("Holidays", None)
    assert schedules.resume(world.database, world.admin, made.id).paused_reason == ""
