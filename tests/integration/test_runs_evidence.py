"""What a run knows about its candidate beyond the score: luck, noise, and what people should look at."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from core import runs
from core.evidence import Evidence
from core.evidence.findings import Findings
from core.models import Result
from core.runs import ResultView, RunOptions
from core.runs.result_detail import ResultDetail, result_detail
from core.terms import Guard, Outcome
from tests.databases import on_both
from tests.mails import mails
from tests.model_endpoint import Received, Sent, answers
from tests.scripted_model import BETTER, GOOD, POLITE, SAME, kind
from tests.world import AUTO_APPLY, World

STRICT = replace(AUTO_APPLY, guard=Guard.STRICT)


def evidence_of(world: World, result: ResultView) -> Evidence | None:
    return detail_of(world, result).evidence


def detail_of(world: World, result: ResultView) -> ResultDetail:
    return result_detail(world.database, world.editor, result.id)


def stored_findings(world: World, result: ResultView) -> Findings:
    with world.database.read() as session:
        found = session.get_one(Result, result.id).findings
    assert found is not None
    return Findings.of_json(found)


def judged(world: World, prompt: str) -> int:
    verdicts = (received for received in world.endpoint.received if kind(received) == "verdict")
    return sum(prompt in received.texts[0] for received in verdicts)


@on_both
def test_strict_applies_a_gain_that_luck_does_not_explain(world: World) -> None:
    metric = world.labelled(right=40, wrong=40)
    result = world.improve(metric, STRICT)
    assert (result.outcome, world.live(metric)) == (Outcome.APPLIED, BETTER)
    evidence = evidence_of(world, result)
    assert evidence is not None
    assert evidence.held_out is not None
    assert (evidence.held_out.rows, evidence.held_out.fixed, evidence.held_out.broken) == (24, 12, 0)
    assert evidence.held_out.luck == 0.5**12


@on_both
def test_what_strict_does_not_let_pass_waits_and_a_person_may_apply_it(world: World) -> None:
    metric = world.labelled(right=36, wrong=4)
    result = world.improve(metric, STRICT)
    assert result.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "the strict guard asks for more. " in result.reason
    assert "of 100 tries" in result.reason
    assert (world.live(metric), result.applied) == (POLITE, False)
    assert result.proposal is not None
    detail = detail_of(world, result)
    assert detail.waits
    runs.apply(world.database, world.editor, result.proposal)
    assert world.live(metric) == BETTER


def test_strict_has_no_evidence_below_thirty_labels(world: World) -> None:
    result = world.improve(world.labelled(right=10, wrong=10), STRICT)
    assert result.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "at least 30 labels" in result.reason


def test_the_standard_guard_applies_the_same_candidate(world: World) -> None:
    assert world.improve(world.labelled(right=36, wrong=4), AUTO_APPLY).outcome is Outcome.APPLIED


def test_a_newer_proposal_supersedes_one_that_lacked_evidence(world: World) -> None:
    metric = world.labelled(right=36, wrong=4)
    first = world.improve(metric, STRICT)
    world.row(metric, f"new {GOOD}", expected="true")
    second = world.improve(metric)
    assert (second.outcome, detail_of(world, first).waits) == (Outcome.PROPOSED, False)
    assert detail_of(world, second).waits


def test_the_same_question_under_the_strict_guard_is_asked_once(world: World) -> None:
    metric = world.labelled(right=36, wrong=4)
    assert world.improve(metric, STRICT).outcome is Outcome.NOT_ENOUGH_EVIDENCE
    asked = len(world.endpoint.received)
    again = world.improve(metric, STRICT)
    assert (again.outcome, again.calls) == (Outcome.NO_CHANGES, 0)
    assert len(world.endpoint.received) == asked


@pytest.mark.parametrize(
    ("labels", "options", "again"),
    [
        (20, AUTO_APPLY, 0),
        (40, AUTO_APPLY, 20),
        (40, replace(AUTO_APPLY, check_noise=False), 0),
        (20, replace(AUTO_APPLY, check_noise=True), 20),
        (10, STRICT, 10),
        (40, replace(STRICT, check_noise=False), 20),
    ],
)
def test_the_judge_is_asked_again_where_that_is_worth_its_calls(
    world: World, labels: int, options: RunOptions, again: int
) -> None:
    result = world.improve(world.labelled(right=labels // 2, wrong=labels // 2), options)
    evidence = evidence_of(world, result)
    assert evidence is not None
    assert (evidence.noise.rows if evidence.noise else 0) == again
    assert result.calls == len(world.endpoint.received)


def test_a_lower_candidate_is_not_worth_asking_again(world: World) -> None:
    world.model.proposes = "Did the agent stay polite? Say the opposite."
    result = world.improve(world.labelled(right=40, wrong=10), STRICT)
    assert result.outcome is not Outcome.APPLIED
    assert judged(world, POLITE) - judged(world, "opposite") <= 50


def test_a_judge_that_changes_its_mind_is_found_out(world: World) -> None:
    """Under the live prompt the judge tosses a coin; both answers about a row are kept apart."""
    turns = itertools.count()

    def fickle(received: Received) -> Sent | None:
        if kind(received) != "verdict" or BETTER in received.texts[0]:
            return None
        return answers({"explanation": "So.", "value": next(turns) % 2 == 0})

    world.model.instead = fickle
    result = world.improve(world.labelled(right=30, wrong=30), STRICT)
    evidence, findings = evidence_of(world, result), stored_findings(world, result)
    assert evidence is not None
    assert evidence.noise is not None
    assert evidence.noise.rows == 20
    assert evidence.noise.flipped == len(evidence.noise.changed) > 0
    assert findings.unstable == evidence.noise.changed


def test_a_budget_that_ends_before_the_noise_is_known_keeps_the_proposal(world: World) -> None:
    metric = world.labelled(right=36, wrong=14)
    whole = world.improve(metric, replace(AUTO_APPLY, check_noise=True, auto_apply=False)).calls
    world.row(metric, f"new {GOOD}", expected="true")
    limited = replace(STRICT, max_calls=whole - 5)
    result = world.improve(metric, limited)
    assert result.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "noise was not measured" in result.reason
    assert result.calls == whole - 5


def test_contradictory_labels_are_found_and_no_label_is_edited(world: World) -> None:
    metric = world.labelled(right=6, wrong=4)
    one = world.row(metric, f"twice {GOOD}", expected="true")
    other = world.row(metric, f"twice {GOOD}", expected="false")
    result = world.improve(metric)
    assert stored_findings(world, result).contradictions == ((one, other),)
    view = detail_of(world, result).findings
    assert view is not None
    assert [[row.expected for row in group] for group in view.contradictions] == [["true", "false"]]


def test_notes_whose_rows_stay_wrong_are_named(world: World) -> None:
    world.model.proposes = SAME
    metric = world.metric()
    world.label(metric, right=6, wrong=0)
    deaf = world.row(metric, "angry never again", expected="false", feedback="It ended badly.")
    silent = world.row(metric, "cross never again", expected="false")
    result = world.improve(metric)
    assert result.outcome is Outcome.PROPOSED
    findings = stored_findings(world, result)
    assert [note.review_id for note in findings.notes] == [deaf]
    view = detail_of(world, result).findings
    assert view is not None
    assert [(note.row.note, note.rules) for note in view.notes] == [
        ("It ended badly.", ("The closing line decides.",))
    ]
    assert silent not in findings.review_ids() - {limit.review_id for limit in findings.limits}


def test_a_run_that_asked_nothing_has_neither_evidence_nor_findings(world: World) -> None:
    metric = world.labelled()
    world.improve(metric)
    detail = detail_of(world, world.improve(metric))
    assert (detail.outcome, detail.evidence, detail.findings) == (Outcome.NO_CHANGES, None, None)


def test_the_mail_says_how_sure_it_is_and_what_to_look_at(world: World) -> None:
    metric = world.labelled(right=30, wrong=20)
    world.row(metric, f"twice {GOOD}", expected="true")
    world.row(metric, f"twice {GOOD}", expected="false")
    world.improve(metric)
    (mail,) = mails(world)
    body = mail.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "rows it never saw: luck alone would do as well in" in text
    assert "Worth a look: 2 contradictory labels" in text
