"""A dry run: what code makes of a call, with not one model call."""

from __future__ import annotations

import pytest

from core.judging.asked_by_script import FUNCTION
from core.judging.call_data import GivenVerdict
from core.judging.dry_run import DryRun, dry_run
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    Message,
    MetricType,
    Trigger,
    TriggerKind,
)

CALL = Conversation(1, (Message("user", "Thank you."),), {"agent": "Ada"})
ALWAYS = Trigger()


def tried(code: str, trigger: Trigger = ALWAYS) -> DryRun:
    definition = Definition("", trigger, MetricType.CUSTOM_CODE, code)
    return dry_run(definition, EvalSettings(), CALL, {"Polite": GivenVerdict(True)})


def by_code(text: str) -> Trigger:
    return Trigger(TriggerKind.CODE, text)


def test_it_says_value_explanation_and_what_was_printed() -> None:
    found = tried("print(data['metadata'])\n_result = 'Thank' in data['transcript']\n_explanation = 'Heard.'")
    assert found == DryRun("true", "Heard.", printed="{'agent': 'Ada'}\n")


def test_verdicts_of_other_metrics_are_there() -> None:
    assert tried("_result = data['verdicts']['Polite']['result']").value == "true"


@pytest.mark.parametrize(
    ("code", "said"),
    [("1 / 0", "ZeroDivisionError in line 1"), ("_result = 'maybe'", "neither true nor false")],
)
def test_it_says_why_there_is_no_value(code: str, said: str) -> None:
    found = tried(code)
    assert found.value is None
    assert said in found.failure


def test_what_the_judge_would_be_asked_is_said_and_not_asked() -> None:
    found = tried(f"print('now')\n_result = {FUNCTION}('Was it polite?')['result']")
    assert (found.value, found.failure, found.asks) == (None, "", "Was it polite?")


def test_a_trigger_that_does_not_hold_ends_it() -> None:
    assert tried("_result = True", by_code("_result = False\n_explanation = 'No.'")) == DryRun("N/A", "No.")


def test_a_trigger_that_fails_is_said_to_be_the_triggers_failure() -> None:
    assert tried("_result = True", by_code("1 / 0")).failure.startswith("The trigger failed. The code raised")


def test_a_trigger_that_asks_says_so() -> None:
    assert tried("_result = True", by_code(f"_result = {FUNCTION}('Booked?')['result']")).asks == "Booked?"


def test_trigger_and_code_both_print() -> None:
    assert tried("print(2)\n_result = 1", by_code("print(1)\n_result = True")).printed == "1\n2\n"


def test_a_prompt_behind_a_code_trigger_is_what_would_be_asked() -> None:
    definition = Definition("Was it polite?", by_code("_result = True"))
    assert dry_run(definition, EvalSettings(), CALL, {}).asks == "Was it polite?"


def test_a_prompt_trigger_is_taken_to_hold() -> None:
    assert tried("_result = False", Trigger(TriggerKind.PROMPT, "A patient.")).value == "false"
