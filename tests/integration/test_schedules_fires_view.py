from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from core import schedules
from core.errors import NotAllowed, NotFound
from core.models import FireRecord
from core.schedules import FireKind
from core.terms import Outcome, Role
from tests.databases import on_both
from tests.schedule_clock import due_for, fire, now, scheduled
from tests.world import World, person


def write_fires(world: World, schedule: int, count: int) -> None:
    with world.database.write() as session:
        for number in range(count):
            at = now() - timedelta(days=number + 1)
            session.add(FireRecord(schedule_id=schedule, due_at=at, kind="missed", reason=f"no {number}"))


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

    found = {one.id: one for one in schedules.schedules_of(world.database, world.admin, world.project_id)}

    assert [fire.reason for fire in found[busy].newest] == [f"no {number}" for number in range(8)]
    assert found[quiet].newest == ()
    assert not found[busy].going


def test_twenty_schedules_take_as_many_queries_as_two(world: World) -> None:
    def queries(count: int) -> int:
        while len(schedules.schedules_of(world.database, world.admin, world.project_id)) < count:
            schedule = scheduled(world, metric=metric)
            write_fires(world, schedule, 2)
        asked: list[str] = []
        event.listen(world.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        schedules.schedules_of(world.database, world.admin, world.project_id)
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
        lambda: schedules.schedules_of(world.database, stranger, world.project_id),
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
