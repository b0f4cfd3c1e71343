"""Scoring a proposal again, scoring an edit of it, and what may then go live."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select, update

from core import lab, metrics, runs, trials
from core.errors import (
    BadDefinition,
    EditedMeanwhile,
    NotAllowed,
    NotFound,
    NotScored,
    ProposalClosed,
    Refused,
    ScoresLower,
)
from core.models import AuditEvent, Membership, Metric, MetricReview, Proposal, Result
from core.runs import DefinitionChange, ResultDetail, result_detail
from core.runs.overview import page_of_cards
from core.terms import Definition, MetricType, Role, Score, Trigger, TriggerKind
from core.trials import TrialView
from tests.at_once import at_once
from tests.databases import on_both
from tests.scripted_model import BAD, BETTER, GOOD, POLITE, SAME, WORSE, once
from tests.world import World

KINDER = f"{BETTER} A short goodbye is enough."


@pytest.fixture
def metric(world: World) -> int:
    """Three labels that the live prompt gets right, six that it gets wrong."""
    return world.labelled()


@pytest.fixture
def proposal(world: World, metric: int) -> int:
    made = world.improve(metric).proposal
    assert made is not None
    return made


def detail(world: World) -> ResultDetail:
    """The first result, as its page shows it."""
    with world.database.read() as session:
        result_id = session.scalars(select(Result.id).order_by(Result.id)).first()
    return result_detail(world.database, world.editor, result_id or 0)


def scored(world: World, started: trials.StartedTrial) -> TrialView:
    world.work()
    return trials.show_trial(world.database, world.editor, started.trial_id)


def edited(world: World, proposal: int, description: str = KINDER) -> TrialView:
    return scored(world, runs.score_edited(world.database, world.editor, proposal, Definition(description)))


def unscored(world: World, proposal: int) -> None:
    """Let the run have skipped its evaluation."""
    with world.database.write() as session:
        session.execute(update(Proposal).where(Proposal.id == proposal).values(scored=False))
        session.execute(update(Result).values(optimised_correct=None, optimised_total=None))


def relabel(world: World, expected: bool, *, having: str) -> None:
    """Give the labels of a kind another value."""
    with world.database.read() as session:
        ids = session.scalars(select(MetricReview.id).where(MetricReview.expected_value == having)).all()
    for review_id in ids:
        lab.label(world.database, world.editor, review_id, expected)


def state(world: World, proposal: int) -> str:
    with world.database.read() as session:
        return session.get_one(Proposal, proposal).state


@on_both
def test_scored_again_a_proposal_stands_by_the_labels_of_today(world: World, proposal: int) -> None:
    found = detail(world).standing
    assert found is not None and found.trial_id is None
    assert (found.baseline, found.optimised, found.labels_changed) == (Score(3, 9), Score(9, 9), 0)
    with world.database.read() as session:
        one = session.scalars(select(MetricReview.id)).first()
    lab.label(world.database, world.editor, one or 0, False)
    assert detail(world).labels_changed == 1
    trial = scored(world, runs.score_proposal(world.database, world.editor, proposal))
    found = detail(world).standing
    assert found is not None and found.trial_id == trial.id
    assert (found.baseline, found.optimised, found.labels_changed) == (Score(2, 9), Score(8, 9), 0)
    assert state(world, proposal) == "waiting"


@on_both
def test_what_went_live_is_known_by_the_score_it_went_live_with(
    world: World, metric: int, proposal: int
) -> None:
    with world.database.read() as session:
        one = session.scalars(select(MetricReview.id)).first()
    lab.label(world.database, world.editor, one or 0, False)
    trial = scored(world, runs.score_proposal(world.database, world.editor, proposal))
    runs.apply(world.database, world.editor, proposal)
    assert trials.show_trial(world.database, world.editor, trial.id).applied_version == 2
    (point,) = runs.history(world.database, world.editor, metric)
    assert (point.optimised, point.applied_score) == (Score(9, 9), Score(8, 9))
    assert runs.live_scores([point])[-1].score == Score(8, 9)
    assert metrics.metric_summary(world.database, world.editor, metric).score == Score(8, 9)
    latest = page_of_cards(world.database, world.editor, world.project_id).cards[0].latest
    assert latest is not None and latest.score == Score(8, 9)


@on_both
def test_a_lower_score_is_never_applied(world: World, metric: int, proposal: int) -> None:
    relabel(world, True, having="false")
    trial = scored(world, runs.score_proposal(world.database, world.editor, proposal))
    assert trial.lower
    for actor in (world.editor, world.admin):
        with pytest.raises(ScoresLower, match="a lower score is never applied"):
            runs.apply(world.database, actor, proposal)
        with pytest.raises(ScoresLower):
            runs.apply_edited(world.database, actor, proposal, trial.id)
    assert (world.live(metric), state(world, proposal)) == (POLITE, "waiting")
    assert "proposal.apply" not in world.audit()


def test_a_tie_may_be_applied(world: World, metric: int, proposal: int) -> None:
    trial = edited(world, proposal, SAME)
    assert (trial.baseline, trial.tried) == (Score(3, 9), Score(3, 9))
    assert runs.apply_edited(world.database, world.editor, proposal, trial.id) == 2
    assert world.live(metric) == SAME


@on_both
def test_a_proposal_that_was_not_scored_is_scored_before_it_is_applied(
    world: World, metric: int, proposal: int
) -> None:
    unscored(world, proposal)
    assert detail(world).standing is None
    with pytest.raises(NotScored, match="score it first"):
        runs.apply(world.database, world.editor, proposal)
    started = runs.score_proposal(world.database, world.editor, proposal, then_apply=True)
    assert scored(world, started).applied_version == 2
    assert (world.live(metric), state(world, proposal)) == (BETTER, "applied")
    with world.database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "proposal.apply")).one()
    assert (event.user_id, event.origin, event.details["trial"]) == (
        world.editor.user_id,
        "page",
        started.trial_id,
    )


def test_scored_in_order_to_be_applied_it_is_not_when_it_is_lower(
    world: World, metric: int, proposal: int
) -> None:
    unscored(world, proposal)
    relabel(world, True, having="false")
    trial = scored(world, runs.score_proposal(world.database, world.editor, proposal, then_apply=True))
    assert trial.finished and trial.lower
    assert (world.live(metric), state(world, proposal)) == (POLITE, "waiting")


def test_nor_when_the_starter_may_no_longer_apply(world: World, metric: int, proposal: int) -> None:
    started = runs.score_proposal(world.database, world.editor, proposal, then_apply=True)
    with world.database.write() as session:
        mine = Membership.user_id == world.editor.user_id
        session.execute(update(Membership).where(mine).values(role=Role.VIEWER))
    world.work()
    assert trials.show_trial(world.database, world.admin, started.trial_id).finished
    assert (world.live(metric), state(world, proposal)) == (POLITE, "waiting")


@on_both
def test_an_edited_proposal_is_scored_and_then_applied(world: World, metric: int, proposal: int) -> None:
    trial = edited(world, proposal)
    assert (trial.baseline, trial.tried, trial.definition) == (Score(3, 9), Score(9, 9), Definition(KINDER))
    assert (world.live(metric), state(world, proposal)) == (POLITE, "waiting")
    assert runs.apply_edited(world.database, world.editor, proposal, trial.id, "Kinder.") == 2
    assert (world.live(metric), state(world, proposal)) == (KINDER, "applied")
    found = detail(world)
    assert found.edited is not None and found.edited["description"] == KINDER
    assert (found.applied_version, found.edited_score) == (2, Score(9, 9))
    version = metrics.list_versions(world.database, world.editor, metric)[0]
    assert (version.comment, version.author, version.run_id) == ("Kinder.", world.editor.name, 1)
    with world.database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "proposal.apply")).one()
    assert event.details == {"proposal": proposal, "version": 2, "edited": True, "trial": trial.id}


@on_both
def test_an_edit_is_applied_once_by_those_who_press_at_once(world: World, proposal: int) -> None:
    trial = edited(world, proposal)
    acts = [
        partial(runs.apply_edited, world.database, world.editor, proposal, trial.id),
        partial(runs.apply, world.database, world.admin, proposal),
        partial(runs.reject, world.database, world.admin, proposal),
    ]
    done = at_once(acts)
    assert [isinstance(each, ProposalClosed) for each in done].count(True) == 2
    with world.database.read() as session:
        assert session.scalars(select(Metric.revision)).one() == (
            1 if state(world, proposal) == "rejected" else 2
        )


def test_an_edit_that_is_worse_is_never_applied(world: World, metric: int, proposal: int) -> None:
    trial = edited(world, proposal, WORSE)
    assert trial.lower
    with pytest.raises(ScoresLower):
        runs.apply_edited(world.database, world.admin, proposal, trial.id)
    assert world.live(metric) == POLITE


@on_both
def test_what_was_scored_against_another_definition_is_scored_again_first(
    world: World, metric: int, proposal: int
) -> None:
    trial = edited(world, proposal)
    world.edit(metric, SAME)
    with pytest.raises(ProposalClosed, match="superseded by an edit"):
        runs.apply_edited(world.database, world.editor, proposal, trial.id)
    assert world.live(metric) == SAME


def test_changed_eval_settings_make_a_score_worthless(world: World, metric: int, proposal: int) -> None:
    trial = edited(world, proposal)
    with world.database.write() as session:
        session.execute(update(Metric).values(revision=Metric.revision + 1))
    with pytest.raises(EditedMeanwhile, match="score it again"):
        runs.apply_edited(world.database, world.editor, proposal, trial.id)


def test_an_edit_during_the_scoring_makes_it_old(world: World, metric: int, proposal: int) -> None:
    world.model.instead = once(  # type: ignore[assignment]
        lambda received: KINDER in received.texts[0], lambda: world.edit(metric, SAME)
    )
    trial = edited(world, proposal)
    assert trial.finished and trial.outdated
    with pytest.raises(ProposalClosed):
        runs.apply_edited(world.database, world.editor, proposal, trial.id)


def test_a_trial_of_something_else_cannot_be_applied_as_an_edit(
    world: World, metric: int, proposal: int
) -> None:
    draft = trials.start(world.database, world.editor, trials.NewTrial(metric, Definition(KINDER)))
    world.row(metric, f"new {BAD}")
    recent = trials.start(
        world.database, world.editor, runs.recent_trial(world.database, world.editor, detail(world).id)
    )
    world.work()
    for started in (draft, recent):
        with pytest.raises(NotFound):
            runs.apply_edited(world.database, world.editor, proposal, started.trial_id)
    waiting = runs.score_edited(world.database, world.editor, proposal, Definition(KINDER))
    with pytest.raises(NotScored):
        runs.apply_edited(world.database, world.editor, proposal, waiting.trial_id)


def test_a_candidate_is_tried_on_recent_calls(world: World, metric: int, proposal: int) -> None:
    world.row(metric, f"new {BAD}")
    world.row(metric, f"new {GOOD}")
    wanted = runs.recent_trial(world.database, world.people[Role.VIEWER], detail(world).id)
    assert trials.size_of(world.database, world.editor, wanted) == trials.Size(2, 4)
    trial = scored(world, trials.start(world.database, world.editor, wanted))
    assert trial.changes == {trials.RowChange.FLIPPED: 1, trials.RowChange.SAME: 1}
    assert detail(world).labels_changed == 0


def test_edits_that_make_no_sense_are_refused_before_a_call(world: World, metric: int, proposal: int) -> None:
    before = len(world.endpoint.received)
    with pytest.raises(BadDefinition):
        edited(world, proposal, "")
    with pytest.raises(Refused, match="live definition says already"):
        edited(world, proposal, POLITE)
    assert len(world.endpoint.received) == before


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER])
def test_scoring_and_applying_an_edit_need_an_editor(world: World, proposal: int, role: Role) -> None:
    trial = edited(world, proposal)
    person = world.people[role]
    with pytest.raises(NotAllowed):
        runs.score_proposal(world.database, person, proposal)
    with pytest.raises(NotAllowed):
        runs.score_edited(world.database, person, proposal, Definition(KINDER))
    with pytest.raises(NotAllowed):
        runs.apply_edited(world.database, person, proposal, trial.id)


def test_a_rejected_proposal_is_not_scored_again(world: World, proposal: int) -> None:
    runs.reject(world.database, world.editor, proposal, "No.")
    with pytest.raises(ProposalClosed):
        runs.score_proposal(world.database, world.editor, proposal)
    with pytest.raises(ProposalClosed):
        runs.score_edited(world.database, world.editor, proposal, Definition(KINDER))


def test_some_of_the_fields_can_be_taken() -> None:
    live = Definition("Old.", Trigger(TriggerKind.PROMPT, "Old trigger."))
    code = Definition("New.", Trigger(TriggerKind.PROMPT, "New."), MetricType.CUSTOM_CODE, "_result = True")
    assert runs.taking(live, code, ["description"]) == Definition("New.", live.trigger)
    assert runs.taking(live, code, ["evaluation_trigger"]) == Definition("Old.", code.trigger)
    assert runs.taking(live, code, ["type", "custom_code"]).custom_code == "_result = True"
    assert runs.taking(live, code, []) == live
    with pytest.raises(Refused):
        runs.taking(live, code, ["colour"])


def test_the_result_says_what_changed_meanwhile(world: World, metric: int, proposal: int) -> None:
    assert detail(world).meanwhile is None
    world.edit(metric, SAME)
    found = detail(world).meanwhile
    assert found is not None and not found.resettled
    assert [(one.number, one.author) for one in found.versions] == [(2, world.editor.name)]
    assert (found.live_version, found.live["description"]) == (2, SAME)


def test_the_guard_is_explained_line_by_line(world: World, proposal: int) -> None:
    checks = detail(world).guard
    assert [check.passed for check in checks] == [True, True, None, None]
    assert "9 of 9 labels agree, with the live prompt 3 of 9" in checks[0].text
    assert checks[-1].text == "Auto-apply was off: a person decides."


def test_the_steps_of_the_search_are_kept(world: World, proposal: int) -> None:
    assert detail(world).log


@on_both
def test_a_scored_proposal_is_applied_at_once_and_an_unscored_one_as_soon_as_it_is(
    world: World, proposal: int, metric: int
) -> None:
    unscored(world, proposal)
    asked = partial(runs.apply_once_scored, world.database, world.editor, proposal)
    first, second = at_once([asked, asked])
    assert {first.version, second.version} == {None}
    assert {one.scoring and one.scoring.job_id for one in (first, second)} == {world.due_jobs()[-1]}
    world.work()
    assert world.live(metric) == BETTER and state(world, proposal) == "applied"
    with pytest.raises(ProposalClosed):
        asked()

    other = world.improve(world.labelled("Polite too")).proposal or 0
    done = runs.apply_once_scored(world.database, world.editor, other)
    assert (done.version, done.scoring) == (2, None)


def test_only_a_change_is_scored_beside_the_live_definition(world: World, metric: int) -> None:
    same = runs.score_change(world.database, world.editor, metric, DefinitionChange(), save=False)
    alone = scored(world, same)
    assert alone.baseline is None and alone.tried == Score(3, 9)
    changed = runs.score_change(
        world.database, world.editor, metric, DefinitionChange(description=BETTER), review_ids=None
    )
    both = scored(world, changed)
    assert (both.baseline, both.tried, both.saved) == (Score(3, 9), Score(9, 9), False)


def test_a_part_of_a_long_prompt_is_not_scored_in_its_place(world: World) -> None:
    metric = world.metric("Long", "".join(f"Rule {number}: be fair. " for number in range(400)))
    world.label(metric)
    half = DefinitionChange(description=world.live(metric)[:3_000])
    with pytest.raises(BadDefinition, match="only a part"):
        runs.score_change(world.database, world.editor, metric, half)
