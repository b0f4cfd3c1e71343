"""The small rules of the search: directions, batches, copying, components, the Pareto front."""

from __future__ import annotations

import json

import pytest

from core.optimiser.case import Case
from core.optimiser.components import components
from core.optimiser.copying import Shown
from core.optimiser.directions import direction, error
from core.optimiser.examples import A_SECOND_TIME, balanced, batches, batches_of, examples
from core.optimiser.pareto import front
from core.optimiser.requests import distil_request
from core.terms import (
    NOT_APPLICABLE,
    Conversation,
    Definition,
    EvalSettings,
    EvalType,
    LabelledRow,
    Message,
)
from tests.fakes import FakeTranscripts, answered

LIVE = Definition("Was it good?")
BINARY, RATING = EvalSettings(), EvalSettings(EvalType.RATING, tolerance=0.5)
MOOD = EvalSettings(EvalType.ENUM, ("calm", "cross"))


class LongCalls:
    """Every call has one turn of so many characters."""

    def __init__(self, characters: int) -> None:
        self._text = "x" * characters

    def load(self, call_ids: list[int]) -> list[Conversation]:  # type: ignore[override]
        return [Conversation(number, (Message("user", self._text),)) for number in call_ids]


def row(number: int, expected: str | None, note: str = "") -> LabelledRow:
    return LabelledRow(number, number, f"g{number}", expected, note)


@pytest.mark.parametrize(
    ("settings", "said", "expected", "kind", "words"),
    [
        (BINARY, "true", "false", "said true, should be false", "said true, should be false"),
        (MOOD, "calm", "cross", "said calm, should be cross", "said calm, should be cross"),
        (RATING, "4.5", "2", "too high", "2.5 too high"),
        (RATING, "0", "3", "too low", "3 too low"),
        (BINARY, "true", NOT_APPLICABLE, *["said true, but the metric does not apply"] * 2),
        (RATING, NOT_APPLICABLE, "3", *["said it does not apply, should be 3"] * 2),
        (BINARY, None, "true", *["gave no readable answer, should be true"] * 2),
    ],
)
def test_an_error_is_told_in_words(
    settings: EvalSettings, said: str | None, expected: str, kind: str, words: str
) -> None:
    assert direction(said, expected, settings) == kind
    assert error(said, expected, settings) == words


def test_a_rating_is_balanced_by_direction_and_not_by_pairs_of_values() -> None:
    rows = [row(n, "1") for n in range(1, 7)] + [row(7, "5")]
    verdicts = {n: answered("4") for n in range(1, 8)} | {1: answered("2"), 2: answered("3")}
    case = Case(LIVE, RATING, tuple(rows))
    assert [each.review_id for each in balanced(case, rows, verdicts)][:2] == [1, 7]


def test_the_writer_is_told_how_often_the_judge_errs_in_each_direction() -> None:
    rows = (row(1, "1"), row(2, "1"), row(3, "5"), row(4, "3"))
    case = Case(LIVE, RATING, rows)
    [batch] = batches(case, {n: answered("3") for n in range(1, 5)}, rows, FakeTranscripts())
    data = json.loads(distil_request(LIVE, RATING, batch.to_learn, batch.to_keep).user)
    assert data["directions"] == [{"error": "too high", "cases": 2}, {"error": "too low", "cases": 1}]
    assert data["metric"]["tolerance"] == 0.5
    assert [case["label_id"] for case in data["agreements"]] == [4]


def test_a_number_within_the_tolerance_is_nothing_to_learn_from() -> None:
    rows = (row(1, "3"),)
    assert batches(Case(LIVE, RATING, rows), {1: answered("3.5")}, rows, FakeTranscripts()) == []


def test_labels_of_one_conversation_that_contradict_each_other_teach_nothing() -> None:
    twice = (LabelledRow(1, 1, "same", "false"), LabelledRow(2, 2, "same", "true"), row(3, "false", "rude"))
    [batch] = batches(
        Case(LIVE, BINARY, twice), {n: answered("true") for n in (1, 2, 3)}, twice, FakeTranscripts()
    )
    assert [example.label_id for example in batch.to_learn] == [3]


@pytest.mark.parametrize(("rows", "characters", "requests"), [(5, 1_000, 1), (20, 1_500, 2), (200, 4_000, 4)])
def test_long_feedback_is_read_in_several_requests(rows: int, characters: int, requests: int) -> None:
    wrong = [row(n, "false", "rude") for n in range(1, rows + 1)]
    case = Case(LIVE, BINARY, tuple(wrong))
    found = batches_of(
        case, {each.review_id: answered("true") for each in wrong}, wrong, [], LongCalls(characters)
    )
    assert len(found) == requests
    assert sorted(example.label_id for batch in found for example in batch.to_learn) == list(
        range(1, rows + 1)
    )
    assert all(sum(len(e.text) for e in batch.to_learn) <= 96_000 + 50 * 20 for batch in found)


def test_a_second_reading_takes_a_few_rows_at_a_time() -> None:
    wrong = [row(n, "false", "rude") for n in range(1, 9)]
    case = Case(LIVE, BINARY, tuple(wrong))
    verdicts = {each.review_id: answered("true") for each in wrong}
    found = batches_of(case, verdicts, wrong, [], LongCalls(1_500), A_SECOND_TIME)
    assert [len(batch.to_learn) for batch in found] == [3, 3, 2]


def test_metadata_that_the_definition_names_is_shown_and_no_other() -> None:
    class WithData(FakeTranscripts):
        def load(self, call_ids: list[int]) -> list[Conversation]:  # type: ignore[override]
            return [Conversation(1, (Message("user", "hello"),), {"plan": "gold", "secret": "s3cr3t"})]

    case = Case(Definition("Is it {{metadata.plan}}?"), BINARY, (row(1, "true"),))
    [example] = examples(case, case.rows, {}, WithData(), 500)
    assert example.data == {"plan": "gold"}
    assert "gold" in example.text


# What is copied


CALL = "agent: Doctor Quillfeather will see you.\nuser: My number is 93177, thanks a lot for that."


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Pass when thanks a lot for that.", ""),
        ("Fail when the doctor is late.", ""),
        ("Fail it. My number is known.", ""),
        ("Fail it. Thanks a lot for that.", "a sentence"),
        ("Fail when 93177 is named.", "a number"),
        ("Pass when Quillfeather calls.", "a name"),
        ("See https://evil.example now.", "an internet address"),
    ],
)
def test_what_is_copied_is_told_from_what_sounds_alike(text: str, what: str) -> None:
    found = Shown([CALL]).copied(text, "Was the doctor kind?")
    assert (what in found) if what else found == ""


def test_a_name_in_a_note_is_no_excuse_unless_many_calls_hold_it() -> None:
    rule = "Pass when the line of Quillfeather is named."
    note = ["Quillfeather must be named"]
    assert "a name" in Shown([CALL], note).copied(rule, "")
    assert Shown([f"{CALL} {n}" for n in range(3)], note).copied(rule, "") == ""
    assert "a name" in Shown([f"{CALL} {n}" for n in range(3)]).copied(rule, "")


def test_a_quotation_of_a_note_may_become_a_rule_and_an_address_in_it_may_not() -> None:
    said = "this call is recorded for training and quality"
    call = f"agent: Hello, {said}."
    assert "words in a row" in Shown([call]).copied(f"Pass when the agent says “{said}”.", "")
    assert Shown([call], [f"must say {said}"]).copied(f"Pass when the agent says “{said}”.", "") == ""
    assert "email" in Shown([], ["write to anna@example.com"]).copied("Write to anna@example.com.", "")


# Components and the front


def test_each_component_is_scored_on_what_it_decides() -> None:
    rows = [row(1, "true"), row(2, "false"), row(3, NOT_APPLICABLE), row(4, NOT_APPLICABLE), row(5, "true")]
    said = {1: "true", 2: "true", 3: NOT_APPLICABLE, 4: "true", 5: NOT_APPLICABLE}
    found = components(rows, {n: answered(value) for n, value in said.items()}, BINARY)
    assert (found.description.correct, found.description.total) == (1, 2)
    assert (found.trigger.precision, found.trigger.recall) == (0.5, 0.5)
    assert (found.trigger.decided.correct, found.trigger.decided.total) == (3, 5)


def test_without_labels_na_a_trigger_has_no_recall_and_unused_no_precision() -> None:
    found = components([row(1, "true")], {1: answered("true")}, BINARY)
    assert (found.trigger.precision, found.trigger.recall) == (None, None)


def test_the_front_holds_those_that_some_row_speaks_for() -> None:
    right = {
        "best": frozenset({1, 2, 3}),
        "other": frozenset({3, 4}),
        "worse": frozenset({1, 2}),
        "twin": frozenset({1, 2, 3}),
    }
    assert front(right) == ["best", "other"]
