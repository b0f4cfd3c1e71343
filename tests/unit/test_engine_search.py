"""Rounds, rules that must earn their place, components, code: with a judge and a writer that follow a script.

A row shows one kind of situation, named in its group. The judge answers as its prompt's sentences say:
“KIND means VALUE.”; of two about one kind the later one counts. The writer's rules are such sentences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from core.errors import CallFailed
from core.optimiser.case import Case, Found, Nothing, Tries
from core.optimiser.engine import optimise
from core.optimiser.split import Split, split
from core.terms import (
    NOT_APPLICABLE,
    Definition,
    EvalSettings,
    LabelledRow,
    MetricType,
    Trigger,
    TriggerKind,
)
from tests.fakes import FakeJudge, FakeTranscripts, Stages

LIVE = Definition("Was the matter dealt with as we want? Answer true or false.")
LESSON = re.compile(r"(\w+) means (true|false|N/A)\.")
BINARY = EvalSettings()


def follows(definition: Definition, row: LabelledRow) -> str:
    """What a judge answers: what its prompt says of the row's kind, else true."""
    kind = row.group.split()[0]
    if definition.type is MetricType.CUSTOM_CODE:
        return dict(LESSON.findall(definition.custom_code)).get(kind, "true")
    trigger = dict(LESSON.findall(definition.trigger.text))
    if trigger.get(kind) == NOT_APPLICABLE:
        return NOT_APPLICABLE
    return dict(LESSON.findall(definition.description)).get(kind, "true")


@dataclass
class Pupil:
    """A writer that turns each note into a rule and works in every rule it is given.

    `overlooks` are kinds that it does not see in its first `misses` readings; `scripts` what it answers to
    the request for a script; `silent` the names of requests that fail.
    """

    overlooks: tuple[str, ...] = ()
    misses: int = 1
    script: str = ""
    trigger_script: str = ""
    silent: tuple[str, ...] = ()
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    readings: int = 0

    def ask_all(self, requests: Any, read: Any) -> list[Any]:
        if requests and requests[0].name in self.silent:
            raise CallFailed("the line is dead")
        return [read(self._answer(request.name, json.loads(request.user))) for request in requests]

    def _answer(self, name: str, data: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append((name, data))
        if name == "distilled_rules":
            return {"rules": self._rules(data)}
        if name == "proposed_script":
            return {"script": self.script, "trigger_script": self.trigger_script, "summary": "Code does."}
        return self._proposal(data)

    def _rules(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        self.readings += 1
        cited: dict[str, list[int]] = {}
        for case in data["disagreements"]:
            for kind, value in LESSON.findall(case["reviewer_note"]):
                if self.readings > self.misses or kind not in self.overlooks:
                    cited.setdefault(f"{kind} means {value}.", []).append(case["label_id"])
        return [{"text": text, "label_ids": ids} for text, ids in cited.items()]

    def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
        texts = [rule["text"] for rule in data["rules"]]
        na = [text for text in texts if NOT_APPLICABLE in text and data["may_change_trigger"]]
        new = [text for text in texts if text not in na]
        padding = {"smallest edit": "", "restructured": " Be fair."}.get(data["manner"]["name"], " Be brief.")
        return {
            "description": " ".join([data["metric"]["description"], *new]) + padding,
            "trigger": " ".join(filter(None, [data["metric"]["trigger"], *na])),
            "summary": f"{len(texts)} rules.",
        }


def rows(*kinds: tuple[str, int, str, str]) -> tuple[LabelledRow, ...]:
    """(kind, how many, expected, note) → rows, numbered from 1."""
    found: list[LabelledRow] = []
    for kind, count, expected, note in kinds:
        for _ in range(count):
            number = len(found) + 1
            found.append(LabelledRow(number, number, f"{kind} {number}", expected, note))
    return tuple(found)


def searched(
    given: tuple[LabelledRow, ...],
    writer: Pupil,
    live: Definition = LIVE,
    settings: EvalSettings = BINARY,
    parts: Split | None = None,
    **options: Any,
) -> tuple[Found | Nothing, FakeJudge, Stages]:
    case = Case(live, settings, given)
    judge, stages = FakeJudge(follows), Stages()
    before = judge.judge_each([live], case.labelled)[0]
    judge.asked.clear()
    parts = parts or split(given)
    return optimise(case, parts, before, judge, writer, FakeTranscripts(), stages, **options), judge, stages


REFUNDS = ("refund", 8, "false", "refund means false.")
LATE = ("late", 6, "false", "late means false.")
FINE = ("fine", 12, "true", "")


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


# Description and trigger

NA = ("wrongnumber", 8, NOT_APPLICABLE, "wrongnumber means N/A.")


def test_labels_na_change_the_trigger_and_both_components_have_scores() -> None:
    found, _, _ = searched(rows(REFUNDS, NA, FINE), Pupil())
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger == Trigger(TriggerKind.PROMPT, "wrongnumber means N/A.")
    assert found.before is not None
    assert found.after is not None
    assert (found.before.trigger.precision, found.before.trigger.recall) == (None, 0.0)
    assert (found.after.trigger.precision, found.after.trigger.recall) == (1.0, 1.0)
    assert found.before.description.rate < found.after.description.rate == 1.0


def test_without_labels_na_an_always_trigger_stays() -> None:
    found, _, _ = searched(rows(REFUNDS, ("fine", 8, "true", "wrongnumber means N/A.")), Pupil())
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger == Trigger()


def test_values_where_the_trigger_left_the_call_out_let_it_change() -> None:
    live = replace(LIVE, trigger=Trigger(TriggerKind.PROMPT, "refund means N/A."))

    class Opening(Pupil):
        def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
            assert data["may_change_trigger"] is True
            return {**super()._proposal(data), "trigger": ""}

    found, _, _ = searched(rows(REFUNDS, FINE), Opening(), live)
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger == Trigger()


def test_a_trigger_that_got_worse_goes_back_while_the_description_stays() -> None:
    class Careless(Pupil):
        def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
            return {**super()._proposal(data), "trigger": "fine means N/A. late means N/A."}

    live = replace(LIVE, trigger=Trigger(TriggerKind.PROMPT, "wrongnumber means N/A."))
    found, _, _ = searched(rows(REFUNDS, LATE, NA, FINE), Careless(), live)
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger == live.trigger
    assert "refund means false." in found.candidate.definition.description
    assert any("one component" in step for step in found.log)


# Code

SCRIPT = "# refund means false. late means false.\n_result = True"


def test_a_script_that_is_as_right_makes_the_metric_code() -> None:
    found, _, _ = searched(rows(REFUNDS, LATE, FINE), Pupil(script=SCRIPT))
    assert isinstance(found, Found)
    assert found.candidate.definition.type is MetricType.CUSTOM_CODE
    assert found.candidate.definition.custom_code == SCRIPT
    assert "refund means false." in found.candidate.definition.description


@pytest.mark.parametrize(
    "script",
    [
        "# refund means false.\n_result = True",  # wrong on late ones
        "# refund means false. late means false.\n_result = = True",  # no Python
        f"{SCRIPT}\n" + "x = 1\n" * 2_000,  # no short rule
        f"{SCRIPT}\nseen = 'this is call number 3'",  # a sentence of one call
    ],
)
def test_a_script_that_is_less_right_or_fails_the_checks_does_not(script: str) -> None:
    found, _, _ = searched(rows(REFUNDS, LATE, FINE), Pupil(script=script))
    assert isinstance(found, Found)
    assert found.candidate.definition.type is MetricType.LLM_JUDGE


def test_below_twenty_labels_no_script_is_asked_for() -> None:
    writer = Pupil(script=SCRIPT)
    searched(rows(("refund", 8, "false", "refund means false."), ("fine", 8, "true", "")), writer)
    assert "proposed_script" not in [name for name, _ in writer.asked]


def test_a_script_may_decide_the_trigger_alone() -> None:
    found, _, _ = searched(
        rows(REFUNDS, NA, FINE), Pupil(trigger_script="# wrongnumber means N/A.\n_result = True")
    )
    assert isinstance(found, Found)
    assert found.candidate.definition.trigger.kind is TriggerKind.CODE
    assert found.candidate.definition.type is MetricType.LLM_JUDGE


def test_a_metric_that_is_code_starts_from_its_last_prompt_and_its_script() -> None:
    live = replace(LIVE, type=MetricType.CUSTOM_CODE, custom_code="# refund means false.\n_result = True")
    mended = "# refund means false. late means false.\n_result = True"
    writer = Pupil(script=mended)
    found, _, _ = searched(rows(REFUNDS, LATE, FINE), writer, live)
    [asked] = [data for name, data in writer.asked if name == "proposed_script"]
    assert asked["script"] == live.custom_code
    assert isinstance(found, Found)
    assert found.candidate.definition.custom_code == mended
    assert found.candidate.definition.type is MetricType.CUSTOM_CODE


def test_a_metric_that_is_code_may_become_a_prompt_again_where_that_is_more_right() -> None:
    live = replace(LIVE, type=MetricType.CUSTOM_CODE, custom_code="# late means false.\n_result = True")
    described = replace(live, description=f"{LIVE.description} late means false.")
    found, _, _ = searched(rows(REFUNDS, LATE, FINE), Pupil(), described)
    assert isinstance(found, Found)
    assert found.candidate.definition.type is MetricType.LLM_JUDGE
    assert found.candidate.definition.custom_code == ""
