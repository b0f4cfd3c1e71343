"""Rounds of refinement, and rules that must earn their place: a judge and a writer follow a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from core.errors import CallFailed
from core.optimiser.case import Case, Found, Nothing, Tries
from core.optimiser.engine import optimise
from core.optimiser.split import Split, split
from core.terms import Conversation, Definition, LabelledRow, Message
from tests.fakes import FakeJudge, FakeTranscripts, Stages
from tests.unit.pupil import BINARY, FINE, LATE, LIVE, REFUNDS, Pupil, follows, rows, searched


def test_notes_that_no_rule_rests_on_are_shown_once_more() -> None:
    writer = Pupil(overlooks=("late",))
    found, _, stages = searched(rows(REFUNDS, LATE, FINE), writer)
    assert isinstance(found, Found)
    assert "late means false." in found.candidate.definition.description
    assert not any(name.startswith("Refining") for name in stages.names)
    first, second = (data for name, data in writer.asked if name == "distilled_rules")
    assert "known_rules" not in first
    assert second["known_rules"] == ["refund means false."]
    assert {case["reviewer_note"] for case in second["disagreements"]} == {"late means false."}


def test_all_of_them_are_also_where_they_fill_several_requests() -> None:
    class Long(FakeTranscripts):
        def load(self, call_ids: Sequence[int]) -> list[Conversation]:
            talk = "a word more " * 150
            return [Conversation(each, (Message("user", f"call number {each} {talk}"),)) for each in call_ids]

    given = rows(
        ("refund", 3, "false", "refund means false."), ("late", 3, "false", "late means false."), FINE
    )
    case, judge, writer = Case(LIVE, BINARY, given), FakeJudge(follows), Pupil(overlooks=("refund", "late"))
    before = judge.judge_each([LIVE], case.labelled)[0]
    found = optimise(case, split(given), before, judge, writer, Long(), Stages())
    assert isinstance(found, Found)
    first, *again = (data for name, data in writer.asked if name == "distilled_rules")
    assert len(again) > 1
    assert _labels(again) == _labels([first]) == [1, 2, 3, 4, 5, 6]


def _labels(requests: Sequence[Mapping[str, Any]]) -> list[int]:
    return sorted(case["label_id"] for data in requests for case in data["disagreements"])


def test_where_every_note_was_heard_nothing_is_shown_twice() -> None:
    writer = Pupil()
    searched(rows(REFUNDS, LATE, FINE), writer)
    assert [name for name, _ in writer.asked].count("distilled_rules") == 1


def test_a_kind_that_was_overlooked_is_learned_in_a_round_of_refinement() -> None:
    found, _, stages = searched(rows(REFUNDS, LATE, FINE), Pupil(overlooks=("late",), misses=2))
    assert isinstance(found, Found)
    assert "late means false." in found.candidate.definition.description
    assert {rule.text for rule in found.candidate.rules} == {"refund means false.", "late means false."}
    assert "Refining, round 1" in stages.names
    assert any(step.startswith("Round 1:") for step in found.log)


def test_where_nothing_is_left_to_learn_there_is_no_round() -> None:
    found, _, stages = searched(rows(REFUNDS, LATE, FINE), Pupil())
    assert isinstance(found, Found)
    assert not any(name.startswith("Refining") for name in stages.names)


def test_few_labels_are_worth_no_round() -> None:
    few = rows(("refund", 4, "false", "refund means false."), ("late", 3, "false", "late means false."))
    found, _, stages = searched(few, Pupil(overlooks=("late",), misses=2))
    assert isinstance(found, Found)
    assert not any(name.startswith("Refining") for name in stages.names)


def test_a_writer_that_falls_silent_later_costs_the_round_and_not_the_rewrite() -> None:
    class Tiring(Pupil):
        def ask_all(self, requests: Any, read: Any) -> list[Any]:
            if self.readings and requests[0].name == "distilled_rules":
                raise CallFailed("the line is dead")
            return super().ask_all(requests, read)

    found, _, _ = searched(rows(REFUNDS, LATE, FINE), Tiring(overlooks=("late",)))
    assert isinstance(found, Found)
    assert "refund means false." in found.candidate.definition.description
    assert any("the line is dead" in step for step in found.log)


def test_a_writer_that_is_silent_from_the_first_fails_the_search() -> None:
    with pytest.raises(CallFailed):
        searched(rows(REFUNDS, FINE), Pupil(silent=("distilled_rules",)))


def test_a_rule_from_one_wrong_label_is_dropped_when_it_breaks_right_rows() -> None:
    mislabelled = ("fine", 1, "false", "fine means false.")
    found, _, stages = searched(rows(REFUNDS, LATE, mislabelled, ("fine", 5, "true", "")), Pupil())
    assert isinstance(found, Found)
    assert "fine means false." not in found.candidate.definition.description
    assert [rule.text for rule in found.candidate.rules] == ["refund means false.", "late means false."]
    assert "Leaving out rules" in stages.names
    assert any("did not earn their place" in step for step in found.log)


def test_a_rule_on_one_label_that_breaks_nothing_stays_while_much_is_wrong() -> None:
    rare = ("rare", 1, "false", "rare means false.")
    found, _, _ = searched(rows(REFUNDS, LATE, rare, FINE), Pupil())
    assert isinstance(found, Found)
    assert "rare means false." in found.candidate.definition.description


def test_a_rewrite_that_broke_rows_by_how_it_was_put_is_written_once_more() -> None:
    class Adding(Pupil):
        def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
            answer = dict(super()._proposal(data))
            if [name for name, _ in self.asked].count("proposed_definition") <= 3:
                answer["description"] += " fine means false."
            return answer

    found, _, _ = searched(rows(REFUNDS, LATE, ("fine", 7, "true", "")), Adding())
    assert isinstance(found, Found)
    assert "fine means false." not in found.candidate.definition.description
    assert {rule.text for rule in found.candidate.rules} == {"refund means false.", "late means false."}
    assert any("same rules" in step for step in found.log)


def test_of_two_idle_rules_that_are_missed_together_the_harmful_one_goes_alone() -> None:
    def follows_either(definition: Definition, row: LabelledRow) -> str:
        """“late” is understood from either of two rules, so either alone can be left out."""
        taught = definition.description
        if row.group.startswith("late"):
            return "false" if "late means" in taught or "fine means" in taught else "true"
        return follows(definition, row)

    given = rows(REFUNDS, ("late", 8, "false", "late means false."), ("fine", 6, "true", ""))
    given = (*given, LabelledRow(90, 90, "fine 90", "false", "fine means false."))
    case = Case(LIVE, BINARY, given)
    judge = FakeJudge(follows_either)
    before = judge.judge_each([LIVE], case.labelled)[0]
    found = optimise(case, split(given), before, judge, Pupil(), FakeTranscripts(), Stages())
    assert isinstance(found, Found)
    assert [rule.text for rule in found.candidate.rules] == ["refund means false.", "late means false."]


def test_a_few_rows_more_than_usual_are_not_yet_the_ceiling() -> None:
    given = rows(
        ("fine", 17, "true", ""), *((f"odd{n}", 1, "false", f"odd{n} means false.") for n in range(3))
    )
    found, _, _ = searched(given, Pupil())
    assert isinstance(found, Found)


def test_near_the_ceiling_single_labels_are_no_reason_for_a_change() -> None:
    given = rows(
        ("fine", 36, "true", ""),
        ("odd", 1, "false", "odd means false."),
        ("queer", 1, "false", "queer means false."),
    )
    found, _, _ = searched(given, Pupil(), parts=Split(given))
    assert isinstance(found, Nothing)
    assert "agrees with 36 of 38 labels already" in found.reason
    assert found.tried


@pytest.mark.parametrize(("singles", "broken", "enough"), [(1, 0, False), (2, 0, True), (2, 1, False)])
def test_near_the_ceiling_of_few_labels_two_corrections_that_break_nothing_are(
    singles: int, broken: int, enough: bool
) -> None:
    kinds = [(f"odd{n}", 1, "false", f"odd{n} means false.") for n in range(singles)]
    also = ("odd0", broken, "true", "")
    given = rows(("fine", 20 - singles - broken, "true", ""), *kinds, also)
    found, _, _ = searched(given, Pupil(), parts=Split(given))
    assert isinstance(found, Found) is enough


def test_near_the_ceiling_a_rule_on_several_labels_is() -> None:
    given = rows(("fine", 36, "true", ""), ("odd", 4, "false", "odd means false."))
    found, _, _ = searched(given, Pupil(), parts=Split(given))
    assert isinstance(found, Found)


def test_held_out_rows_are_never_judged_nor_shown() -> None:
    given = rows(
        ("refund", 40, "false", "refund means false."),
        ("late", 40, "false", "late means false."),
        ("fine", 80, "true", ""),
    )
    writer = Pupil(overlooks=("late",), misses=2)
    parts = split(given)
    _, judge, _ = searched(given, writer, parts=parts)
    judged = {review_id for _, ids in judge.asked for review_id in ids}
    shown = {
        case["label_id"]
        for name, data in writer.asked
        if name == "distilled_rules"
        for case in (*data["disagreements"], *data["agreements"])
    }
    held_out = {row.review_id for row in parts.held_out}
    assert held_out
    assert not held_out & (judged | shown)
    assert not {row.review_id for row in parts.choose} & shown


def test_losers_are_dropped_before_they_are_judged_on_every_row() -> None:
    class Uneven(Pupil):
        def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
            answer = dict(super()._proposal(data))
            if data["manner"]["name"] == "shortened":
                answer["description"] = f"{LIVE.description} fine means false."
            return answer

    given = rows(("refund", 60, "false", "refund means false."), ("fine", 60, "true", ""))
    _, judge, _ = searched(given, Uneven())
    loser = next(ids for definition, ids in judge.asked if "fine means false." in definition.description)
    assert len(loser) == 12
    assert len([1 for definition, _ in judge.asked if "fine means false." in definition.description]) == 1


def test_no_definition_is_judged_twice_on_a_row() -> None:
    given = rows(
        ("refund", 30, "false", "refund means false."),
        ("late", 30, "false", "late means false."),
        ("fine", 60, "true", ""),
    )
    _, judge, _ = searched(given, Pupil(overlooks=("late",), misses=2))
    pairs = [(definition, review_id) for definition, ids in judge.asked for review_id in ids]
    assert len(pairs) == len(set(pairs))


def test_how_often_a_row_was_wrong_is_told() -> None:
    given = rows(REFUNDS, FINE, ("hopeless", 1, "false", ""))
    found, _, _ = searched(given, Pupil())
    assert found.tried[len(given)].wrong == found.tried[len(given)].judged >= 2
    assert found.tried[1] == Tries(judged=found.tried[1].judged, wrong=1)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_same_answers_and_seed_give_the_same_candidate_byte_for_byte(seed: int) -> None:
    given = rows(("refund", 60, "false", "refund means false."), LATE, ("fine", 70, "true", ""))
    one, _, _ = searched(given, Pupil(overlooks=("late",), misses=2), seed=seed)
    other, _, _ = searched(given, Pupil(overlooks=("late",), misses=2), seed=seed)
    assert isinstance(one, Found)
    assert one == other
    assert repr(one) == repr(other)
