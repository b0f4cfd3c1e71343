"""What an evaluation paid for is in the rows, however it ended; and which rows it takes."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from core import evaluations, jobs
from core.errors import NotFound, Refused
from core.evaluations import Kind, Selection
from core.lab import RowFilter, RowsAsked
from core.models import Job, MetricReview, StoredVerdict
from core.work import perform
from tests.databases import on_both
from tests.model_endpoint import Received, Sent, fails, says
from tests.scripted_model import BAD, BETTER, GOOD
from tests.world import World

CALLS = 40


def as_usual(received: Received) -> Sent | None:
    return None


@pytest.fixture
def metric(world: World) -> int:
    made = world.metric(description=BETTER)
    for number in range(CALLS):
        world.row(made, f"{number} {GOOD if number % 2 else BAD}")
    return made


def reviews(world: World) -> list[MetricReview]:
    with world.database.read() as session:
        return list(session.scalars(select(MetricReview).order_by(MetricReview.id)))


def judged(world: World) -> list[MetricReview]:
    return [review for review in reviews(world) if review.judged is not None]


def paid(world: World, job_id: int) -> int:
    with world.database.read() as session:
        query = select(func.count()).select_from(StoredVerdict).where(StoredVerdict.job_id == job_id)
        return session.scalar(query) or 0


def start(world: World, metric: int, selection: Selection = evaluations.ALL) -> int:
    return evaluations.start(world.database, world.editor, metric, selection)


@on_both
def test_cancelled_in_the_middle_it_keeps_every_verdict_it_paid_for(world: World, metric: int) -> None:
    def cancel_then_go_on(received: Received) -> Sent | None:
        if received.number == 10:
            evaluations.cancel(world.database, world.editor, metric)
        return None

    world.model.instead = cancel_then_go_on
    world.model.delay = 0.4
    job_id = start(world, metric)
    world.work()
    assert world.job(job_id).status == "cancelled"
    assert 0 < paid(world, job_id) < CALLS
    assert len(judged(world)) == paid(world, job_id) == world.job(job_id).calls_done


@on_both
def test_failed_in_the_middle_it_keeps_every_verdict_it_paid_for(world: World, metric: int) -> None:
    refused = fails(401)
    world.model.instead = lambda received: refused if received.number >= 20 else None
    job_id = start(world, metric)
    world.work()
    assert world.job(job_id).status == "failed"
    assert len(judged(world)) == paid(world, job_id) == 20
    assert {review.evaluated_at is not None for review in judged(world)} == {True}


@pytest.mark.thorough
def test_a_second_worker_asks_only_for_what_the_first_one_left(world: World, metric: int) -> None:
    """The first one is taken for dead in the middle, and stops when it notices."""

    def silence(received: Received) -> Sent | None:
        if received.number == 15:
            with world.database.write() as session:
                job = session.get_one(Job, job_id)
                job.status, job.token = "queued", None
        return None

    job_id = start(world, metric)
    world.model.instead = silence
    world.model.delay = 0.4
    perform(world.place, world.redis, job_id)
    assert world.job(job_id).status == "queued"
    world.model.instead = as_usual
    asked_first = len(world.endpoint.received)
    world.work()
    assert world.job(job_id).status == "finished"
    assert len(judged(world)) == CALLS
    assert len(world.endpoint.received) < asked_first + CALLS


def test_verdicts_are_seen_while_the_others_are_still_asked_for(world: World, metric: int) -> None:
    seen: list[int] = []

    def look(received: Received) -> Sent | None:
        if received.number == CALLS - 1:
            seen.append(len(judged(world)))
        return None

    world.model.instead = look
    world.model.delay = 0.1
    start(world, metric)
    world.work()
    assert 0 < seen[0] < CALLS


@on_both
def test_chosen_rows_alone_are_judged(world: World, metric: int) -> None:
    wanted = tuple(review.id for review in reviews(world)[3:6])
    start(world, metric, Selection(Kind.CHOSEN, review_ids=(*wanted, wanted[0])))
    world.work()
    assert [review.id for review in judged(world)] == list(wanted)


@on_both
def test_what_a_filter_and_a_search_leave_is_judged(world: World, metric: int) -> None:
    asked = RowsAsked(RowFilter.UNLABELLED, "7 ")
    start(world, metric, Selection(Kind.ASKED, asked=asked))
    world.work()
    assert len(judged(world)) == 4  # 7, 17, 27 and 37


def test_a_sample_is_as_large_as_asked_for_and_the_same_for_every_worker(world: World, metric: int) -> None:
    job_id = start(world, metric, Selection(Kind.SAMPLE, size=7))
    with world.database.read() as session:
        ids = session.get_one(Job, job_id).payload["review_ids"]
    world.work()
    assert len(set(ids)) == 7
    assert [review.id for review in judged(world)] == sorted(ids)
    assert (
        evaluations.estimate(
            world.database, world.editor, world.settings, metric, Selection(Kind.SAMPLE, size=10**6)
        ).rows
        == CALLS
    )


def test_rows_of_another_lab_and_no_rows_at_all_are_refused(world: World, metric: int) -> None:
    other = world.metric("Other")
    foreign = world.row(other, f"elsewhere {GOOD}")
    with pytest.raises(NotFound):
        start(world, metric, Selection(Kind.CHOSEN, review_ids=(foreign,)))
    for nothing in (Selection(Kind.CHOSEN), Selection(Kind.SAMPLE, size=0)):
        with pytest.raises(Refused, match="nothing to evaluate"):
            start(world, metric, nothing)


def test_more_rows_by_name_than_a_job_keeps_are_refused(
    world: World, metric: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.evaluations.selection.MAX_CHOSEN", 10)
    with pytest.raises(Refused, match="at most 10 can be evaluated by name"):
        start(world, metric, Selection(Kind.ASKED))


def test_asked_the_same_again_a_judge_that_answers_otherwise_is_unsure(world: World, metric: int) -> None:
    start(world, metric)
    world.work()
    world.model.instead = lambda received: says("Hm.") if "4 " in received.texts[1] else None
    start(world, metric)
    world.work()
    unsure = [review.id for review in reviews(world) if review.unstable]
    assert unsure == [reviews(world)[number].id for number in (4, 14, 24, 34)]
    world.model.instead = as_usual
    world.edit(metric, f"{BETTER} Really?")
    start(world, metric)
    world.work()
    assert not [review for review in reviews(world) if review.unstable]


def test_an_estimate_names_calls_and_money_where_prices_are_known(world: World, metric: int) -> None:
    priced = world.settings.model_copy(update={"llm_price_input": 10.0, "llm_price_output": 0.0})
    found = evaluations.estimate(world.database, world.editor, priced, metric, evaluations.ALL)
    half = evaluations.estimate(
        world.database, world.editor, priced, metric, Selection(Kind.SAMPLE, size=CALLS // 2)
    )
    assert (found.rows, found.calls, half.calls) == (CALLS, CALLS, CALLS // 2)
    assert found.cost is not None
    assert half.cost == pytest.approx(found.cost / 2, rel=0.01)
    assert world.endpoint.received == []


def test_an_evaluation_says_how_long_it_will_still_take(world: World, metric: int) -> None:
    job_id = start(world, metric)
    assert jobs.claim(world.database, job_id) is not None
    with world.database.write() as session:
        job = session.get_one(Job, job_id)
        job.calls_done, job.calls_expected = 10, 40
    left = evaluations.state(world.database, world.editor, metric).seconds_left
    assert left is not None
    assert left >= 0
