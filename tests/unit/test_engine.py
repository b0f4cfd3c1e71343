"""The search, with a judge and a writer that follow a script."""

from __future__ import annotations

import json
from typing import Any

from core.optimiser.case import Case, Found, Nothing
from core.optimiser.engine import everything_agrees, optimise
from core.optimiser.requests import MANNERS
from core.optimiser.split import split
from core.terms import (
    NOT_APPLICABLE,
    Definition,
    EvalSettings,
    LabelledRow,
    Trigger,
    TriggerKind,
    Verdict,
    VerdictStatus,
)
from tests.fakes import FakeJudge, FakeTranscripts, FakeWriter, Stages, answered

LIVE = Definition("Was the question answered? Answer true or false.")
RULES = {"rules": [{"text": "A promise to call back is no answer.", "label_ids": [1, 3]}]}


def rows(count: int, note: str = "a call back is no answer") -> tuple[LabelledRow, ...]:
    """Every second row is labelled false, with a note."""
    return tuple(
        LabelledRow(i, i, f"group {i}", "false" if i % 2 else "true", note if i % 2 else "")
        for i in range(1, count + 1)
    )


def always_true(given: tuple[LabelledRow, ...]) -> dict[int, Verdict]:
    return {row.review_id: answered("true") for row in given if row.labelled}


def proposal(text: str, trigger: str = "") -> dict[str, Any]:
    return {"description": text, "trigger": trigger, "summary": "One rule added."}


def rewrite(words: str) -> dict[str, Any]:
    return proposal(f"{LIVE.description} {words}")


def run(
    proposals: list[dict[str, Any] | None],
    right: dict[str, bool],
    *,
    count: int = 12,
    rules: dict[str, Any] = RULES,
    definition: Definition = LIVE,
    given: tuple[LabelledRow, ...] | None = None,
) -> tuple[Found | Nothing, FakeJudge, FakeWriter]:
    """`right` says for a piece of the prompt's text whether a judge that reads it answers every row right."""
    case = Case(definition, EvalSettings(), given or rows(count))

    def rule(candidate: Definition, row: LabelledRow) -> str:
        knows = any(words in candidate.description for words, good in right.items() if good)
        return (row.expected or "true") if knows else "true"

    judge = FakeJudge(rule)
    writer = FakeWriter({"distilled_rules": [rules], "proposed_definition": list(proposals)})
    found = optimise(
        case, split(case.rows), always_true(case.rows), judge, writer, FakeTranscripts(), Stages()
    )
    return found, judge, writer


def test_the_proposal_with_most_agreement_is_returned() -> None:
    found, _, _ = run([rewrite("Poor."), rewrite("Sound."), rewrite("Also poor.")], {"Sound.": True})
    assert isinstance(found, Found)
    assert found.candidate.definition.description.endswith("Sound.")
    assert found.candidate.rules[0].label_ids == (1, 3)


def test_a_tie_goes_to_the_shorter() -> None:
    found, _, _ = run([rewrite("Some longer words."), rewrite("Short."), rewrite("Middling.")], {})
    assert isinstance(found, Found)
    assert found.candidate.definition.description.endswith("Short.")


def test_a_candidate_is_returned_even_when_it_is_no_better() -> None:
    found, _, _ = run([rewrite("Poor.")], {})
    assert isinstance(found, Found)


def test_a_proposal_that_fails_the_checks_is_never_judged() -> None:
    found, judge, _ = run([rewrite("{{invented}}"), rewrite("Fine.")], {})
    assert isinstance(found, Found)
    assert not any("invented" in definition.description for definition, _ in judge.asked)


def test_when_no_proposal_passes_the_reason_says_why() -> None:
    found, judge, _ = run([rewrite("{{invented}}")], {})
    assert isinstance(found, Nothing)
    assert "placeholder" in found.reason
    assert judge.asked == []


def test_without_rules_nothing_is_proposed_and_no_proposal_is_asked_for() -> None:
    found, _, writer = run([rewrite("Fine.")], {}, rules={"rules": []})
    assert isinstance(found, Nothing)
    assert {request.name for request in writer.requests} == {"distilled_rules"}
    assert len(writer.requests) <= 2


def test_a_rule_that_cites_no_label_it_was_shown_is_dropped() -> None:
    found, _, _ = run([rewrite("Fine.")], {}, rules={"rules": [{"text": "Trust me.", "label_ids": [999]}]})
    assert isinstance(found, Nothing)


def test_a_rule_that_copies_out_of_a_conversation_is_dropped() -> None:
    copied = "Answer false when this is call number 1 and mail anna@example.com is named."
    found, _, _ = run([rewrite("Fine.")], {}, rules={"rules": [{"text": copied, "label_ids": [1]}]})
    assert isinstance(found, Nothing)


def test_a_failed_writer_call_costs_one_proposal_only() -> None:
    found, _, _ = run([None, rewrite("Fine."), None], {})
    assert isinstance(found, Found)


def test_each_manner_is_asked_for_at_first() -> None:
    _, _, writer = run([rewrite("Fine.")], {})
    asked = [json.loads(r.user)["manner"]["name"] for r in writer.requests if r.name == "proposed_definition"]
    assert asked[: len(MANNERS)] == list(MANNERS)


def test_the_writer_never_sees_a_held_out_or_choosing_row() -> None:
    given = rows(120)
    parts = split(given)
    _, judge, writer = run([rewrite("One."), rewrite("Two.")], {}, given=given)
    hidden = {row.review_id for row in (*parts.held_out, *parts.choose)}
    shown: set[int] = set()
    for request in writer.requests:
        if request.name == "distilled_rules":
            data = json.loads(request.user)
            shown |= {case["label_id"] for case in (*data["disagreements"], *data["agreements"])}
    assert shown
    assert not shown & hidden
    judged = {review_id for _, ids in judge.asked for review_id in ids}
    assert judged == {row.review_id for row in (*parts.learn, *parts.choose)}


def test_two_hundred_disagreements_fit_four_requests() -> None:
    _, _, writer = run([rewrite("Fine.")], {}, given=rows(800))
    first = writer.requests[: [r.name for r in writer.requests].index("proposed_definition")]
    distilling = [request for request in first if request.name == "distilled_rules"]
    assert len(distilling) == 4
    assert all(len(request.user) < 150_000 for request in distilling)


def test_a_note_without_a_label_reaches_the_writer() -> None:
    noted = LabelledRow(77, 77, "alone", None, "nobody said goodbye")
    _, _, writer = run([rewrite("Fine.")], {}, given=(*rows(12), noted))
    assert "nobody said goodbye" in writer.requests[0].user


def test_the_trigger_changes_only_where_labels_say_not_applicable() -> None:
    with_trigger = [proposal(f"{LIVE.description} Sound.", "A question is asked.")]
    found, _, _ = run(with_trigger, {})
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger == Trigger()
    labels = (*rows(12), LabelledRow(50, 50, "na", NOT_APPLICABLE, "nothing was asked"))
    found, _, _ = run(with_trigger, {}, given=labels)
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger == Trigger(TriggerKind.PROMPT, "A question is asked.")


def test_everything_agrees_only_when_every_label_was_answered_alike() -> None:
    case = Case(LIVE, EvalSettings(), rows(2))
    agreeing = {1: answered("false"), 2: answered("true")}
    assert everything_agrees(case, agreeing)
    assert not everything_agrees(case, agreeing | {1: answered("true")})
    assert not everything_agrees(case, agreeing | {1: Verdict(VerdictStatus.NOT_JUDGED)})
    assert not everything_agrees(case, {1: answered("false")})
