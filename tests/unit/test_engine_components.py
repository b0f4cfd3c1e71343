"""The parts of a definition beside its description: the trigger, and code in the place of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from core.optimiser.case import Found
from core.terms import (
    NOT_APPLICABLE,
    MetricType,
    Trigger,
    TriggerKind,
)
from tests.unit.pupil import FINE, LATE, LIVE, REFUNDS, Pupil, rows, searched

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
