"""Many schedules that are due at the same moment share a transaction, and each keeps its promises."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from sqlalchemy import event, func, select, update

from core import queue, schedules
from core.models import AuditEvent, FireRecord, Job, Result, Run, Schedule, ScheduleMetric
from core.schedules import Fired
from tests.at_once import at_once
from tests.databases import on_both
from tests.schedule_clock import GRACE, due_for, fires, kinds, runs_of, stored
from tests.world import World
from worker.scheduler import DatabaseScheduler


def due_schedules(world: World, count: int, cron: str = "0 9 1 1 *") -> list[int]:
    """So many schedules over the same two metrics, due five minutes ago."""
    metrics = [world.metric(f"Metric {number}") for number in range(2)]
    made = [
        schedules.add(world.database, world.admin, world.project_id, metrics, cron, timezone="UTC").id
        for _ in range(count)
    ]
    for schedule in made:
        due_for(world, schedule, timedelta(minutes=5))
    return made


def fire_all(world: World, ids: list[int]) -> dict[int, Fired]:
    return schedules.fire_all(world.database, ids, GRACE)


@on_both
def test_each_of_many_has_its_own_run_with_its_metrics_in_order_and_its_jobs(world: World) -> None:
    due = due_schedules(world, 5)

    fired = fire_all(world, due)

    assert all(kinds(world, schedule) == ["run"] for schedule in due)
    jobs = [job_id for done in fired.values() for job_id in done.job_ids]
    assert len(jobs) == len(set(jobs)) == 10
    with world.database.read() as session:
        for schedule in due:
            [run] = session.scalars(select(Run).where(Run.schedule_id == schedule))
            results = session.scalars(select(Result).where(Result.run_id == run.id).order_by(Result.id)).all()
            metrics = session.scalars(
                select(ScheduleMetric.metric_id)
                .where(ScheduleMetric.schedule_id == schedule)
                .order_by(ScheduleMetric.position)
            ).all()
            theirs = session.scalars(select(Job).where(Job.id.in_(fired[schedule].job_ids)).order_by(Job.id))
            assert [result.metric_id for result in results] == metrics
            assert [job.subject_id for job in theirs] == [result.id for result in results]
            assert session.scalar(select(FireRecord.run_id).where(FireRecord.run_id == run.id)) == run.id
        started = session.scalar(select(func.count()).where(AuditEvent.action == "run.start"))
    assert started == 5
    world.work()
    assert all(world.run(runs_of(world, schedule)[0]).state == "finished" for schedule in due)


@on_both
def test_two_schedulers_at_once_with_the_same_many_fire_each_once(world: World) -> None:
    due = due_schedules(world, 8)

    answers = at_once([partial(fire_all, world, due), partial(fire_all, world, list(reversed(due)))] * 2)

    assert all(isinstance(answer, dict) for answer in answers)
    assert [kinds(world, schedule) for schedule in due] == [["run"]] * 8
    assert [len(runs_of(world, schedule)) for schedule in due] == [1] * 8
    assert sum(len(done.job_ids) for answer in answers for done in answer.values()) == 16


@on_both
def test_those_that_are_not_to_fire_are_passed_over_among_those_that_are(world: World) -> None:
    due, paused, deleted, gone, early = due_schedules(world, 5)
    schedules.pause(world.database, world.admin, paused)
    schedules.delete(world.database, world.admin, deleted)
    with world.database.write() as session:
        session.execute(update(Schedule).where(Schedule.id == gone).values(timezone="Middle/Earth"))
    at = due_for(world, early, timedelta(hours=-1))

    fired = fire_all(world, [due, paused, deleted, gone, early, 999])

    assert len(fired[due].job_ids) == 2
    assert fired[early] == Fired((), at)
    assert [fired[each] for each in (paused, deleted, gone, 999)] == [Fired((), None)] * 4
    assert "Middle/Earth" in stored(world, gone).paused_reason


@on_both
def test_a_moment_that_has_its_row_already_starts_nothing_while_the_others_do(world: World) -> None:
    done, due = due_schedules(world, 2)
    with world.database.write() as session:
        at = session.get_one(Schedule, done).next_fire_at
        session.add(FireRecord(schedule_id=done, due_at=at, kind="missed", reason="Already settled."))

    fired = fire_all(world, [done, due])

    assert (fired[done].job_ids, len(fired[due].job_ids)) == ((), 2)
    assert kinds(world, done) == ["missed"]
    assert fired[done].next_fire_at == stored(world, done).next_fire_at


def test_where_one_raises_none_has_fired_and_the_scheduler_fires_the_others_alone(world: World) -> None:
    due = due_schedules(world, 3)
    with world.database.write() as session:
        session.execute(update(Schedule).where(Schedule.id == due[1]).values(notify="no such word"))

    DatabaseScheduler(world.place, world.redis).enqueue_jobs()

    assert [kinds(world, schedule) for schedule in due] == [["run"], [], ["run"]]
    assert len(queue.queue(world.redis).get_job_ids()) == 4


def test_many_that_were_down_for_long_are_settled_in_pieces_and_lose_no_moment(world: World) -> None:
    due = due_schedules(world, 30, "* * * * *")
    for schedule in due:
        due_for(world, schedule, timedelta(minutes=100))

    fire_all(world, due)
    written = [len(fires(world, schedule)) for schedule in due]
    assert max(written) < 100
    for _ in range(3):
        fire_all(world, due)

    for schedule in due:
        moments = [at for at, _ in fires(world, schedule)]
        assert len(moments) >= 101
        assert moments == [moments[0] + timedelta(minutes=number) for number in range(len(moments))]
        assert kinds(world, schedule).count("run") == 1


def test_ten_times_as_many_are_looked_up_in_as_many_queries_and_one_transaction(world: World) -> None:
    def looked(ids: list[int]) -> list[str]:
        asked: list[str] = []

        def note(*told: object) -> None:
            asked.append(str(told[2]).partition(" ")[0])

        event.listen(world.database.engine, "before_cursor_execute", note)
        fire_all(world, ids)
        event.remove(world.database.engine, "before_cursor_execute", note)
        return [word for word in asked if word in ("BEGIN", "SELECT")]

    due = due_schedules(world, 22)
    few = looked(due[:2])
    assert few.count("BEGIN") == 1
    assert looked(due[2:]) == few
