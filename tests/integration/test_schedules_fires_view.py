from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from core import schedules
from core.errors import NotAllowed, NotFound
from core.models import FireRecord
from core.schedules import FireKind, ScheduleFilter, SchedulePage
from core.terms import Outcome, Role
from tests.databases import on_both
from tests.schedule_clock import due_for, fire, now, scheduled
from tests.world import World, person


def write_fires(world: World, schedule: int, count: int) -> None:
    with world.database.write() as session:
        for number in range(count):
            at = now() - timedelta(days=number + 1)
            session.add(FireRecord(schedule_id=schedule, due_at=at, kind="missed", reason=f"no {number}"))


def listed(world: World, *wanted: ScheduleFilter, page: int = 1, size: int = 10) -> SchedulePage:
    return schedules.page_of_schedules(
        world.database, world.admin, world.project_id, *wanted, page=page, size=size
    )


@on_both
def test_runs_by_fire_and_by_hand_stand_with_what_was_missed_and_skipped_newest_first(world: World) -> None:
    metric = world.metric()
    world.label(metric)
    schedule = scheduled(world, metric=metric)
    due_for(world, schedule, timedelta(hours=5))
    fire(world, schedule, grace=60)
    due_for(world, schedule, timedelta(minutes=2))
    fire(world, schedule)
    due_for(world, schedule, timedelta(minutes=1))
    fire(world, schedule)
    world.work()
    by_hand, _ = schedules.run_now(world.database, world.admin, schedule)

    found = schedules.fires(world.database, world.people[Role.VIEWER], schedule)

    assert found.total == 4
    assert [one.kind for one in found.fires] == [
        FireKind.BY_HAND,
        FireKind.SKIPPED,
        FireKind.RUN,
        FireKind.MISSED,
    ]
    assert (found.fires[0].run_id, found.fires[0].going, found.fires[0].outcomes) == (by_hand, True, ())
    assert found.fires[1].reason.endswith("was still going.")
    assert found.fires[2].outcomes == (Outcome.PROPOSED,)
    assert not found.fires[2].going
    assert "too late" in found.fires[3].reason


def test_they_come_in_pages(world: World) -> None:
    schedule = scheduled(world)
    write_fires(world, schedule, 7)

    pages = [schedules.fires(world.database, world.admin, schedule, page=n, size=3) for n in (1, 2, 3, 4)]

    assert [page.total for page in pages] == [7, 7, 7, 7]
    assert [[one.reason for one in page.fires] for page in pages] == [
        ["no 0", "no 1", "no 2"],
        ["no 3", "no 4", "no 5"],
        ["no 6"],
        [],
    ]


def test_the_outcome_that_needs_a_person_comes_first(world: World) -> None:
    agreeing, improvable = world.metric("Agreeing"), world.metric("Improvable")
    world.label(agreeing, wrong=0)
    world.label(improvable)
    schedule = schedules.add(
        world.database, world.admin, world.project_id, [agreeing, improvable], "0 9 1 1 *"
    ).id
    schedules.run_now(world.database, world.admin, schedule)
    world.work()

    (found,) = schedules.fires(world.database, world.admin, schedule).fires
    assert found.outcomes == (Outcome.PROPOSED, Outcome.NO_CHANGES)


@on_both
def test_the_list_shows_the_newest_of_each_schedule(world: World) -> None:
    busy, quiet = scheduled(world, metric=world.metric("A")), scheduled(world, metric=world.metric("B"))
    write_fires(world, busy, 12)

    found = {one.id: one for one in listed(world).schedules}

    assert [fire.reason for fire in found[busy].newest] == [f"no {number}" for number in range(10)]
    assert found[quiet].newest == ()
    assert not found[busy].going


def test_twenty_schedules_take_as_many_queries_as_two(world: World) -> None:
    def queries(count: int) -> int:
        while listed(world).total < count:
            schedule = scheduled(world, metric=metric)
            write_fires(world, schedule, 2)
        asked: list[str] = []
        event.listen(world.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        assert len(listed(world, size=20).schedules) == count
        return len(asked)

    metric = world.metric()
    few = queries(2)
    # Each call adds a listener, and every one of them counts into its own list.
    assert queries(20) == few


def test_only_members_see_them_and_a_schedule_that_never_was_is_not_found(world: World) -> None:
    schedule = scheduled(world)
    stranger = person(world.database, "stranger@x.test")
    for look in (
        lambda: schedules.fires(world.database, stranger, schedule),
        lambda: schedules.schedule_details(world.database, stranger, schedule),
    ):
        with pytest.raises(NotFound):
            look()
    for look in (
        lambda: schedules.page_of_schedules(world.database, stranger, world.project_id),
        lambda: schedules.next_to_fire(world.database, stranger, world.project_id, 5),
    ):
        with pytest.raises(NotAllowed):
            look()
    with pytest.raises(NotFound):
        schedules.fires(world.database, world.admin, schedule + 1)


def test_a_deleted_schedule_keeps_its_fires_and_has_no_page(world: World) -> None:
    schedule = scheduled(world)
    write_fires(world, schedule, 1)
    schedules.delete(world.database, world.admin, schedule)

    assert schedules.fires(world.database, world.admin, schedule).total == 1
    with pytest.raises(NotFound):
        schedules.schedule_details(world.database, world.admin, schedule)


def named(world: World, *names: str) -> dict[str, int]:
    metric = world.metric()
    return {
        name: schedules.add(
            world.database, world.admin, world.project_id, [metric], "0 9 * * 1", name=name
        ).id
        for name in names
    }


@on_both
def test_the_list_comes_in_pages_by_name_and_says_how_many_there_are(world: World) -> None:
    named(world, *(f"Number {number:02}" for number in reversed(range(7))))

    pages = [listed(world, page=number, size=3) for number in (1, 2, 3, 4)]

    assert [[one.name[-2:] for one in page.schedules] for page in pages] == [
        ["00", "01", "02"],
        ["03", "04", "05"],
        ["06"],
        [],
    ]
    assert {page.total for page in pages} == {7}


@on_both
@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        (ScheduleFilter("WEEK"), ["Every week", "weekly %"]),
        (ScheduleFilter("%"), ["weekly %"]),
        (ScheduleFilter("_"), []),
        (ScheduleFilter(enabled=False), ["Nightly"]),
        (ScheduleFilter("week", enabled=False), []),
        (ScheduleFilter(), ["Every week", "Nightly", "weekly %"]),
    ],
)
def test_the_list_is_narrowed_by_a_piece_of_the_name_and_by_on_or_paused(
    world: World, wanted: ScheduleFilter, names: list[str]
) -> None:
    made = named(world, "Every week", "Nightly", "weekly %", "Deleted week")
    schedules.pause(world.database, world.admin, made["Nightly"])
    schedules.delete(world.database, world.admin, made["Deleted week"])

    found = listed(world, wanted)

    assert sorted(one.name for one in found.schedules) == names
    assert found.total == len(names)


@on_both
def test_the_next_to_fire_come_first_and_paused_ones_not_at_all(world: World) -> None:
    made = named(world, "Later", "Sooner", "Paused", "Last")
    schedules.pause(world.database, world.admin, made["Paused"])
    for name, hours in (("Later", 2), ("Sooner", 1), ("Last", 3)):
        due_for(world, made[name], timedelta(hours=-hours))

    found = schedules.next_to_fire(world.database, world.admin, world.project_id, 2)

    assert ([one.name for one in found.schedules], found.total) == (["Sooner", "Later"], 3)


def test_listing_every_schedule_takes_as_many_queries_as_listing_two(world: World) -> None:
    def queries() -> int:
        asked: list[str] = []
        event.listen(world.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        schedules.list_schedules(world.database, world.admin)
        return len(asked)

    named(world, "One", "Two")
    few = queries()
    metrics = [world.metric(name) for name in ("A", "B", "C")]
    for _ in range(10):
        schedules.add(world.database, world.admin, world.project_id, metrics, "0 9 * * 1")
    assert queries() == few
    assert [one.metrics for one in schedules.list_schedules(world.database, world.admin)][-1] == (
        "A",
        "B",
        "C",
    )
