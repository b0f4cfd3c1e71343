"""Evaluate: the live prompt on the calls of the Lab, and what it writes there."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, update

from core import evaluations, jobs
from core.errors import NotAllowed, NotFound, Refused
from core.evaluations import Selection
from core.models import Job, MetricReview, MetricVersion
from core.terms import Role
from core.work import perform
from tests.at_once import at_once
from tests.databases import on_both
from tests.model_endpoint import fails, says
from tests.scripted_model import BAD, BETTER, GOOD, once, refusing
from tests.world import World


def reviews(world: World) -> list[MetricReview]:
    with world.database.read() as session:
        return list(session.scalars(select(MetricReview).order_by(MetricReview.id)))


def evaluate(world: World, metric: int, selection: Selection = evaluations.ALL) -> jobs.JobView:
    job_id = evaluations.start(world.database, world.editor, metric, selection)
    world.work()
    return world.job(job_id)


@pytest.fixture
def metric(world: World) -> int:
    """Three good calls and two bad ones, none labelled."""
    made = world.metric(description=BETTER)
    for number in range(5):
        world.row(made, f"{number} {GOOD if number < 3 else BAD}")
    return made


@on_both
def test_it_writes_what_the_live_prompt_says_of_each_call(world: World, metric: int) -> None:
    job = evaluate(world, metric)
    assert (job.status, job.error, job.calls_done, job.calls_expected) == ("finished", "", 5, 5)
    assert [review.actual_value for review in reviews(world)] == ["true"] * 3 + ["false"] * 2
    with world.database.read() as session:
        version = session.scalars(select(MetricVersion.id)).one()
    for review in reviews(world):
        assert (review.judged, review.explanation) == ("answered", "The closing line says so.")
        assert review.evaluated_version_id == version
        assert review.evaluated_at is not None
        assert not review.labelled


def test_it_judges_afresh_each_time_or_new_calls_alone(world: World, metric: int) -> None:
    evaluate(world, metric)
    evaluate(world, metric)
    assert len(world.endpoint.received) == 10
    world.row(metric, f"a new one {GOOD}")
    assert evaluate(world, metric, evaluations.NEW).calls_done == 1
    assert len(world.endpoint.received) == 11
    with pytest.raises(Refused, match="no new calls"):
        evaluations.start(world.database, world.editor, metric, evaluations.NEW)


def test_a_label_given_while_it_judges_is_not_lost(world: World, metric: int) -> None:
    def label() -> None:
        with world.database.write() as session:
            session.execute(update(MetricReview).values(labelled=True, expected_value="false"))

    world.model.instead = once(lambda received: True, label)
    evaluate(world, metric)
    assert {(review.labelled, review.expected_value) for review in reviews(world)} == {(True, "false")}
    assert [review.actual_value for review in reviews(world)] == ["true"] * 3 + ["false"] * 2


def test_a_call_that_got_no_answer_keeps_what_it_had_and_is_counted(world: World, metric: int) -> None:
    evaluate(world, metric)
    world.edit(metric, "Did the agent stay polite?")
    world.model.instead = refusing("4 never")
    job = evaluate(world, metric)
    assert job.status == "finished"
    assert job.error.startswith("1 row was not judged: ")
    assert [review.actual_value for review in reviews(world)] == ["true"] * 4 + ["false"]


def test_an_unreadable_answer_is_shown_as_such(world: World, metric: int) -> None:
    world.model.instead = lambda received: says("Hm.") if "4 never" in received.texts[1] else None
    evaluate(world, metric)
    last = reviews(world)[4]
    assert (last.judged, last.actual_value, last.explanation) == ("unreadable", None, "Hm.")


def test_an_endpoint_that_refuses_the_key_fails_it_with_what_to_do(world: World, metric: int) -> None:
    world.model.instead = lambda received: fails(401)
    job = evaluate(world, metric)
    assert job.status == "failed"
    assert "check LLM_API_KEY" in job.error
    assert {review.judged for review in reviews(world)} == {None}


@on_both
def test_two_who_press_at_once_start_one(world: World, metric: int) -> None:
    started = at_once([partial(evaluations.start, world.database, world.editor, metric)] * 4)
    assert len(set(started)) == 1
    with world.database.read() as session:
        assert len(session.scalars(select(Job.id)).all()) == 1


def test_cancelled_before_it_began_it_asks_nothing(world: World, metric: int) -> None:
    job_id = evaluations.start(world.database, world.editor, metric)
    with world.database.write() as session:
        jobs.request_cancel(session, job_id)
    world.work()
    assert world.job(job_id).status == "cancelled"
    assert world.endpoint.received == []


def test_a_job_that_killed_three_workers_is_failed_with_a_sentence(world: World, metric: int) -> None:
    job_id = evaluations.start(world.database, world.editor, metric)
    with world.database.write() as session:
        session.execute(update(Job).values(attempt=jobs.MAX_ATTEMPTS))
    perform(world.place, world.redis, job_id)
    assert world.job(job_id).status == "failed"
    assert "several times" in world.job(job_id).error
    assert world.endpoint.received == []


def test_there_must_be_calls_a_metric_and_an_editor(world: World, metric: int) -> None:
    with pytest.raises(Refused, match="no calls"):
        evaluations.start(world.database, world.editor, world.metric("Empty"))
    with pytest.raises(NotFound):
        evaluations.start(world.database, world.editor, 99)
    with pytest.raises(NotAllowed):
        evaluations.start(world.database, world.people[Role.LABELLER], metric)
