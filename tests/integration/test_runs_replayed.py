"""A run is done over from its stored answers, without a model, and comes to the same candidate."""

from __future__ import annotations

import pytest

from core.errors import NotFound, Refused
from core.models import MetricReview, Run
from core.runs import ResultView, RunOptions
from core.runs.recording import candidate_json
from core.runs.replaying import Replay, replay
from core.terms import Actor, Outcome, Role
from tests.databases import on_both
from tests.scripted_model import BETTER, SAME, kind, refusing
from tests.world import AUTO_APPLY, World, person


def replayed(world: World, result: ResultView, actor: Actor | None = None) -> Replay:
    """A replay, during which not one request may arrive."""
    before = len(world.endpoint.received)
    done = replay(world.database, world.settings, actor or world.people[Role.VIEWER], result.id)
    assert len(world.endpoint.received) == before
    return done


@on_both
def test_a_run_done_over_comes_to_the_same_candidate(world: World) -> None:
    result = world.improve(world.labelled(right=14, wrong=12))
    done = replayed(world, result)
    assert done.same
    assert done.candidate is not None
    assert done.candidate.definition.description == BETTER
    assert candidate_json(done.candidate) == result.candidate
    assert done.log


def test_a_run_whose_rewrite_went_live_starts_from_the_prompt_it_started_from(world: World) -> None:
    result = world.improve(world.labelled(), AUTO_APPLY)
    assert result.outcome is Outcome.APPLIED
    assert replayed(world, result).same


def test_the_seed_is_part_of_what_is_done_over(world: World) -> None:
    result = world.improve(world.labelled(right=14, wrong=12), RunOptions(seed=9))
    with world.database.read() as session:
        assert session.query(Run).one().options == {"seed": 9}
    assert replayed(world, result).same


def test_rows_that_were_not_judged_are_not_judged_again(world: World) -> None:
    metric = world.labelled(right=12, wrong=12)
    world.model.instead = refusing("0 pleased")
    result = world.improve(metric)
    assert str(result.baseline).endswith("1 not judged")
    world.model.instead = lambda received: None
    assert replayed(world, result).same


def test_a_writer_that_could_not_be_read_is_not_asked_again(world: World) -> None:
    metric = world.labelled(right=14, wrong=12)
    result = world.improve(metric)
    scripts = [received for received in world.endpoint.received if kind(received) == "proposed_script"]
    assert scripts
    assert replayed(world, result).same


def test_a_run_that_found_nothing_finds_nothing_again(world: World) -> None:
    result = world.improve(world.labelled(right=4, wrong=0))
    done = replayed(world, result)
    assert done.same
    assert done.candidate is None
    assert done.reason == "Every label agrees already."


def test_changed_labels_make_other_questions_of_it(world: World) -> None:
    metric = world.labelled()
    result = world.improve(metric)
    with world.database.write() as session:
        review = session.query(MetricReview).filter_by(metric_id=metric, expected_value="true").first()
        assert review is not None
        review.expected_value = "false"
    with pytest.raises(Refused, match="changed since this run"):
        replayed(world, result)


def test_a_run_without_new_feedback_searched_for_nothing(world: World) -> None:
    metric = world.labelled()
    world.model.proposes = SAME
    world.improve(metric)
    with pytest.raises(Refused, match="searched for nothing"):
        replayed(world, world.improve(metric))


def test_only_members_may_and_only_what_there_is(world: World) -> None:
    result = world.improve(world.labelled())
    with pytest.raises(NotFound):
        replayed(world, result, person(world.database, "stranger@elsewhere.test"))
    with pytest.raises(NotFound):
        replay(world.database, world.settings, world.editor, result.id + 99)
