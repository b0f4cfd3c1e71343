"""Trials: a definition judged beside the live one, on the labels or on recent calls, and nothing applied."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, update

from core import jobs, lab, trials
from core.errors import BadDefinition, BadLabel, EditedMeanwhile, NotAllowed, NotFound, Refused
from core.models import Call, Job, MetricReview, Trial, TrialRow
from core.terms import Definition, EvalSettings, EvalType, Role, Score
from core.trials import NewTrial, RowChange, Scope, TrialView
from core.work import perform
from tests.at_once import at_once
from tests.databases import on_both
from tests.model_endpoint import Sent, answers, fails
from tests.scripted_model import BAD, BETTER, GOOD, POLITE, SAME, once, refusing
from tests.world import World, person


@pytest.fixture
def metric(world: World) -> int:
    """Three labels that the live prompt gets right, six that it gets wrong."""
    return world.labelled()


def tried(world: World, metric: int, description: str = BETTER, **options: Any) -> TrialView:
    """A trial from its start to its end."""
    wanted = NewTrial(metric, Definition(description), **options)
    started = trials.start(world.database, world.editor, wanted)
    world.work()
    return trials.show_trial(world.database, world.editor, started.trial_id)


def rows(world: World, trial: TrialView, *changes: RowChange) -> list[trials.TrialRowView]:
    return trials.trial_rows(world.database, world.editor, trial.id, changes, limit=100)


def reviews(world: World) -> list[MetricReview]:
    with world.database.read() as session:
        return list(session.scalars(select(MetricReview).order_by(MetricReview.id)))


def unlabelled_call(world: World, said: str) -> int:
    """A call of the project that is in no Lab; its id."""
    with world.database.write() as session:
        call = Call(
            project_id=world.project_id,
            external_id=f"recent-{said}",
            transcript=[{"role": "user", "content": said}],
            digest=said,
        )
        session.add(call)
        session.flush()
        return call.id


@on_both
def test_a_definition_is_scored_beside_the_live_one_on_every_label(world: World, metric: int) -> None:
    found = tried(world, metric)
    assert found.finished and not found.lower
    assert (found.baseline, found.tried) == (Score(3, 9), Score(9, 9))
    assert found.changes == {RowChange.FIXED: 6, RowChange.AGREES: 3}
    assert (found.calls, found.base_version, found.applied_version) == (18, 1, None)
    assert (found.job.calls_done, found.job.calls_expected) == (18, 18)
    fixed = rows(world, found, RowChange.FIXED)
    assert [
        (row.expected, row.before.value, row.after.value) for row in fixed if row.before and row.after
    ] == [("false", "true", "false")] * 6
    assert fixed[0].note == "It ended badly."
    assert world.live(metric) == POLITE
    assert [review.actual_value for review in reviews(world)] == [None] * 9


@on_both
def test_a_worse_definition_is_said_to_be_lower(world: World, metric: int) -> None:
    world.edit(metric, BETTER)
    found = tried(world, metric, POLITE)
    assert found.lower
    assert found.changes == {RowChange.BROKEN: 6, RowChange.AGREES: 3}


def test_each_trial_judges_afresh_and_the_live_definition_itself_once(world: World, metric: int) -> None:
    found = tried(world, metric, POLITE)
    assert (found.calls, found.baseline, found.tried) == (9, Score(3, 9), Score(3, 9))
    assert found.changes == {RowChange.AGREES: 3, RowChange.STILL_WRONG: 6}
    assert tried(world, metric, POLITE).calls == 9


def test_without_the_live_definition_there_is_one_score(world: World, metric: int) -> None:
    found = tried(world, metric, with_live=False)
    assert (found.calls, found.baseline, found.tried) == (9, None, Score(9, 9))
    assert found.changes == {RowChange.AGREES: 9}


def test_a_chosen_part_of_the_labels_can_be_scored(world: World, metric: int) -> None:
    chosen = [review.id for review in reviews(world)][:2]
    assert tried(world, metric, review_ids=chosen).tried == Score(2, 2)
    with pytest.raises(NotFound):
        tried(world, metric, review_ids=[10_000])


def test_verdicts_of_the_live_definition_can_be_kept_in_the_lab(world: World, metric: int) -> None:
    tried(world, metric, BETTER, save=True)
    assert {review.actual_value for review in reviews(world)} == {None}, "it is not the live one"
    tried(world, metric, POLITE, save=True)
    assert {review.actual_value for review in reviews(world)} == {"true"}


@on_both
def test_recent_calls_show_where_the_verdict_flips(world: World, metric: int) -> None:
    quiet, loud = unlabelled_call(world, f"calm {GOOD}"), unlabelled_call(world, f"loud {BAD}")
    found = tried(world, metric, scope=Scope.RECENT)
    assert (found.baseline, found.tried) == (None, None)
    assert found.changes == {RowChange.SAME: 1, RowChange.FLIPPED: 1}
    (flipped,) = rows(world, found, RowChange.FLIPPED)
    assert (flipped.call_id, flipped.label) == (loud, None)
    assert rows(world, found, RowChange.SAME)[0].call_id == quiet


@on_both
def test_a_mark_becomes_a_label_with_what_the_live_definition_said(world: World, metric: int) -> None:
    loud = unlabelled_call(world, f"loud {BAD}")
    found = tried(world, metric, scope=Scope.RECENT)
    (flipped,) = rows(world, found, RowChange.FLIPPED)
    labeller = world.people[Role.LABELLER]
    review_id = trials.mark(
        world.database, labeller, found.id, flipped.id, False, "It ended badly.", seen=None
    )
    assert trials.mark(world.database, labeller, found.id, flipped.id, False, seen=None) == review_id
    with world.database.read() as session:
        review = session.get_one(MetricReview, review_id)
        assert (review.metric_id, review.call_id) == (metric, loud)
    assert (review.labelled, review.expected_value, review.feedback) == (True, "false", "It ended badly.")
    assert (review.judged, review.actual_value) == ("answered", "true")
    assert review.labelled_by == labeller.user_id
    assert world.audit().count("label.set") == 1
    assert rows(world, found, RowChange.FLIPPED)[0].label == "false"
    with pytest.raises(Refused, match="has a label"):
        tried(world, metric, scope=Scope.RECENT)


def marked(world: World, trial: TrialView, row: trials.TrialRowView, value: bool, note: str = "") -> int:
    """The row marked by the editor as it was shown."""
    return trials.mark(world.database, world.editor, trial.id, row.id, value, note, seen=row.revision)


@on_both
def test_a_mark_does_not_replace_a_label_that_came_while_the_row_was_looked_at(
    world: World, metric: int
) -> None:
    unlabelled_call(world, f"loud {BAD}")
    found = tried(world, metric, scope=Scope.RECENT)
    (shown,) = rows(world, found, RowChange.FLIPPED)
    labeller = world.people[Role.LABELLER]
    review_id = trials.mark(
        world.database, labeller, found.id, shown.id, False, "It ended badly.", seen=shown.revision
    )
    with pytest.raises(EditedMeanwhile, match=f"{labeller.name} labelled this call “false” with the note"):
        marked(world, found, shown, True)
    assert marked(world, found, shown, False, "It ended badly.") == review_id, "two who agree do not collide"
    (shown,) = rows(world, found, RowChange.FLIPPED)
    lab.unlabel(world.database, labeller, review_id)
    with pytest.raises(EditedMeanwhile, match=f"{labeller.name} took the label back while"):
        marked(world, found, shown, True)
    (shown,) = rows(world, found, RowChange.FLIPPED)
    marked(world, found, shown, True)
    assert rows(world, found, RowChange.FLIPPED)[0].label == "true"


def test_a_call_that_came_into_the_lab_without_a_label_is_marked_as_it_was_shown(
    world: World, metric: int
) -> None:
    call_id = unlabelled_call(world, f"loud {BAD}")
    found = tried(world, metric, scope=Scope.RECENT)
    (shown,) = rows(world, found, RowChange.FLIPPED)
    with world.database.write() as session:
        session.add(MetricReview(metric_id=metric, call_id=call_id))
    marked(world, found, shown, False)
    assert rows(world, found, RowChange.FLIPPED)[0].label == "false"


def test_the_newest_calls_without_a_label_are_tried_up_to_a_limit(world: World, metric: int) -> None:
    calls = [unlabelled_call(world, f"{number} {BAD}") for number in range(5)]
    in_lab = world.row(metric, f"in the Lab {BAD}")
    found = tried(world, metric, scope=Scope.RECENT, limit=3)
    with world.database.read() as session:
        newest = session.get_one(MetricReview, in_lab).call_id
    judged = {row.call_id for row in rows(world, found, RowChange.FLIPPED)}
    assert judged == {newest, *calls[-2:]}
    with pytest.raises(Refused):
        tried(world, metric, scope=Scope.RECENT, limit=51)


def test_a_mark_is_refused_who_may_not_label_and_what_is_no_value(world: World, metric: int) -> None:
    unlabelled_call(world, f"loud {BAD}")
    found = tried(world, metric, scope=Scope.RECENT)
    (flipped,) = rows(world, found, RowChange.FLIPPED)
    with pytest.raises(NotAllowed):
        trials.mark(world.database, world.people[Role.VIEWER], found.id, flipped.id, False, seen=None)
    with pytest.raises(BadLabel):
        trials.mark(world.database, world.editor, found.id, flipped.id, "sunny", seen=None)
    with pytest.raises(NotFound):
        trials.mark(world.database, world.editor, found.id, 10_000, False, seen=None)


def test_numbers_within_the_tolerance_do_not_flip(world: World) -> None:
    settings = EvalSettings(EvalType.NUMERIC, tolerance=1.0)
    metric = world.metric("Minutes", settings=settings)
    unlabelled_call(world, "short")
    told = {POLITE: 3, BETTER: 4}
    world.model.instead = lambda received: _says(told[BETTER if BETTER in received.texts[0] else POLITE])
    assert tried(world, metric, scope=Scope.RECENT).changes == {RowChange.SAME: 1}
    told[BETTER] = 5
    assert tried(world, metric, scope=Scope.RECENT).changes == {RowChange.FLIPPED: 1}


def _says(value: int) -> Sent:
    return answers({"explanation": "Counted.", "value": value})


@on_both
def test_the_same_trial_started_at_once_goes_once(world: World, metric: int) -> None:
    start = partial(trials.start, world.database, world.editor, NewTrial(metric, Definition(BETTER)))
    started = at_once([start] * 4)
    assert len({each.trial_id for each in started}) == 1
    assert sorted(each.joined for each in started) == [False, True, True, True]
    other = trials.start(world.database, world.editor, NewTrial(metric, Definition(SAME)))
    assert not other.joined


def test_who_may_only_look_starts_and_stops_nothing(world: World, metric: int) -> None:
    wanted = NewTrial(metric, Definition(BETTER))
    for role in (Role.VIEWER, Role.LABELLER):
        with pytest.raises(NotAllowed):
            trials.start(world.database, world.people[role], wanted)
    started = trials.start(world.database, world.editor, wanted)
    with pytest.raises(NotAllowed):
        trials.cancel(world.database, world.people[Role.VIEWER], started.trial_id)
    assert (
        trials.show_trial(world.database, world.people[Role.VIEWER], started.trial_id).job.status == "queued"
    )


def test_what_makes_no_sense_is_refused_before_a_call(world: World, metric: int) -> None:
    with pytest.raises(BadDefinition):
        tried(world, metric, "  ")
    with pytest.raises(Refused, match="no labelled row"):
        tried(world, world.metric("Empty"))
    assert world.endpoint.received == []


@on_both
def test_one_that_nobody_has_begun_is_cancelled_at_once(world: World, metric: int) -> None:
    started = trials.start(world.database, world.editor, NewTrial(metric, Definition(BETTER)))
    trials.cancel(world.database, world.editor, started.trial_id)
    world.work()
    found = trials.show_trial(world.database, world.editor, started.trial_id)
    assert (found.job.status, found.calls, found.tried) == ("cancelled", 0, None)
    with pytest.raises(Refused, match="over"):
        trials.cancel(world.database, world.editor, started.trial_id)


@on_both
def test_one_that_is_going_is_cancelled_and_shows_nothing_half_done(world: World, metric: int) -> None:
    started = trials.start(world.database, world.editor, NewTrial(metric, Definition(BETTER)))
    stop = partial(trials.cancel, world.database, world.editor, started.trial_id)
    world.model.instead = once(lambda received: True, stop)  # type: ignore[assignment]
    world.model.delay = 0.3
    world.work()
    found = trials.show_trial(world.database, world.editor, started.trial_id)
    assert (found.job.status, found.tried, found.changes) == ("cancelled", None, {})


@on_both
def test_a_further_attempt_asks_only_for_what_was_not_paid_for(world: World, metric: int) -> None:
    started = trials.start(world.database, world.editor, NewTrial(metric, Definition(BETTER)))
    world.model.instead = refusing("0 angry")
    perform(world.place, world.redis, started.job_id)  # 2 of 18 fail: not judged, too many
    assert trials.show_trial(world.database, world.editor, started.trial_id).job.status == "failed"
    with world.database.write() as session:
        session.execute(update(Job).values(status="queued", finished_at=None))
    world.model.instead = lambda received: None
    before = len(world.endpoint.received)
    perform(world.place, world.redis, started.job_id)
    found = trials.show_trial(world.database, world.editor, started.trial_id)
    assert (found.tried, len(world.endpoint.received) - before) == (Score(9, 9), 2)


def test_an_endpoint_that_fails_ends_it_with_one_sentence(world: World, metric: int) -> None:
    world.model.instead = lambda received: fails(401, "no")
    found = tried(world, metric)
    assert found.job.status == "failed"
    assert "key" in found.job.error
    assert found.tried is None


def test_too_many_calls_without_an_answer_give_no_score(world: World, metric: int) -> None:
    world.model.instead = refusing("0 angry")
    found = tried(world, metric)
    assert (found.job.status, found.tried, found.changes) == ("failed", None, {})
    assert "1 of 9 rows got no answer" in found.job.error


def test_a_worker_that_died_three_times_fails_it(world: World, metric: int) -> None:
    started = trials.start(world.database, world.editor, NewTrial(metric, Definition(BETTER)))
    for _ in range(jobs.MAX_ATTEMPTS):
        assert jobs.claim(world.database, started.job_id)
        world.silence(started.job_id)
        jobs.expire_leases(world.database, 20.0)
    world.work()
    found = trials.show_trial(world.database, world.editor, started.trial_id)
    assert (found.job.status, found.tried) == ("failed", None)


@on_both
def test_changed_labels_and_an_edit_make_it_old(world: World, metric: int) -> None:
    found = tried(world, metric)
    assert (found.labels_changed, found.outdated) == (0, False)
    first, second, third = [review.id for review in reviews(world)][:3]
    lab.label(world.database, world.editor, first, False)
    lab.unlabel(world.database, world.editor, second)
    lab.note(world.database, world.editor, third, "A note is no label.")
    new = world.row(metric, f"new {GOOD}")
    lab.label(world.database, world.editor, new, True)
    again = trials.show_trial(world.database, world.editor, found.id)
    assert (again.labels_changed, again.outdated) == (3, False)
    world.edit(metric, SAME)
    assert trials.show_trial(world.database, world.editor, found.id).outdated


def test_the_size_is_told_before_a_call_is_made(world: World, metric: int) -> None:
    def size(description: str, **options: Any) -> trials.Size:
        return trials.size_of(
            world.database, world.editor, NewTrial(metric, Definition(description), **options)
        )

    assert size(BETTER) == trials.Size(9, 18)
    assert size(POLITE) == trials.Size(9, 9)
    assert size(BETTER, scope=Scope.RECENT) == trials.Size(0, 0)
    assert world.endpoint.received == []


def test_what_it_spent_counts_in_the_month(world: World, metric: int) -> None:
    tried(world, metric)
    assert jobs.month_of(world.database, world.admin, world.project_id).calls == 18
    jobs.set_monthly_caps(
        world.database, world.settings, world.admin, world.project_id, max_calls=20, max_cost=None
    )
    found = tried(world, metric, SAME)
    assert (found.job.status, found.tried) == ("failed", None)
    assert "cap of 20" in found.job.error


def test_another_project_sees_nothing_of_it(world: World, metric: int) -> None:
    stranger = person(world.database, "stranger@else.test")
    found = tried(world, metric)
    with pytest.raises((NotFound, NotAllowed)):
        trials.show_trial(world.database, stranger, found.id)


def test_no_row_is_written_twice(world: World, metric: int) -> None:
    tried(world, metric)
    with world.database.read() as session:
        assert len(session.scalars(select(TrialRow.id)).all()) == 9
        assert len(session.scalars(select(Trial.id)).all()) == 1
