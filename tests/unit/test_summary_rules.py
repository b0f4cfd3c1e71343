from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.notifications.summary import (
    FAILURES,
    SUCCESSES,
    ResultSummary,
    candidates_with_diff,
    changed_fields,
    definition_fields,
    matches,
    outcome_counts,
    subject,
)
from core.terms import Definition, MetricType, Notify, Outcome, Trigger, TriggerKind
from tests.golden.runs import APPLIED, EVERY_OUTCOME, FAILED, NO_CHANGES, PROPOSED, REGRESSED, fields, run

SUCCESS_WORDS = ("applied", "proposed", "no_changes", "regressed", "not_enough_evidence", "stale")
FAILURE_WORDS = ("failed", "over_budget", "not_enough_labels")


@pytest.mark.parametrize("word", SUCCESS_WORDS)
def test_notify_on_success_matches_whatever_answered_the_question(word: str) -> None:
    assert matches(Notify.SUCCESS, [Outcome(word)])
    assert matches(Notify.BOTH, [Outcome(word)])
    assert not matches(Notify.FAILURE, [Outcome(word)])


@pytest.mark.parametrize("word", FAILURE_WORDS)
def test_notify_on_failure_matches_whatever_gave_no_answer(word: str) -> None:
    assert matches(Notify.FAILURE, [Outcome(word)])
    assert matches(Notify.BOTH, [Outcome(word)])
    assert not matches(Notify.SUCCESS, [Outcome(word)])


@pytest.mark.parametrize("notify", [Notify.SUCCESS, Notify.FAILURE, Notify.BOTH])
def test_a_mixed_run_matches_either(notify: Notify) -> None:
    assert matches(notify, [Outcome.FAILED, Outcome.APPLIED, Outcome.CANCELLED])


@pytest.mark.parametrize("notify", Notify)
@pytest.mark.parametrize("outcomes", [[], [Outcome.CANCELLED], [Outcome.CANCELLED] * 3])
def test_a_wholly_cancelled_run_sends_nothing(notify: Notify, outcomes: Sequence[Outcome]) -> None:
    assert not matches(notify, outcomes)


def test_never_sends_nothing_whatever_happened() -> None:
    assert not matches(Notify.NEVER, list(Outcome))


def test_every_outcome_but_cancelled_is_a_success_or_a_failure() -> None:
    assert set(Outcome) - {Outcome.CANCELLED} == SUCCESSES | FAILURES
    assert not SUCCESSES & FAILURES


def test_the_subject_says_what_a_person_has_to_do_first() -> None:
    summary = replace(run(REGRESSED, PROPOSED, PROPOSED), project="Acme", schedule="weekly")
    assert subject(summary) == "Plumbline: 2 proposals to review, 1 regressed — Acme, weekly"


def test_the_subject_of_a_run_without_a_schedule_names_the_project_alone() -> None:
    summary = replace(run(APPLIED, FAILED), schedule=None, trigger="button")
    assert subject(summary) == "Plumbline: 1 failed, 1 applied — Acme Dental"


def test_the_subject_of_one_metric_names_it() -> None:
    expected = "Plumbline: 1 applied (Appointment confirmed) — Acme Dental, Weekly"
    assert subject(run(APPLIED)) == expected


def test_a_run_that_changed_nothing_says_so_in_the_exact_words() -> None:
    assert outcome_counts([NO_CHANGES, NO_CHANGES]) == "no changes proposed"


def test_every_outcome_is_counted_in_the_subject() -> None:
    assert len(outcome_counts(list(EVERY_OUTCOME.values())).split(", ")) == len(Outcome)


def test_a_long_hostile_name_keeps_the_subject_on_one_short_line() -> None:
    summary = replace(
        run(APPLIED), project="Évil\r\nBcc: x\u2028y " + "n" * 5000, schedule="s\x00\u202e" * 900
    )
    line = subject(summary)
    assert line.splitlines() == [line]
    assert "Évil Bcc: x" in line
    assert "\u202e" not in line
    assert len(line) < 300


def test_every_candidate_gets_a_diff_applied_or_not() -> None:
    shown = candidates_with_diff(run(*EVERY_OUTCOME.values()))
    assert {result.outcome.value for result in shown} == {
        "applied",
        "proposed",
        "regressed",
        "not_enough_evidence",
        "stale",
    }


def test_a_stale_result_without_a_candidate_has_no_diff() -> None:
    without = replace(EVERY_OUTCOME[Outcome.STALE], fields_after=None)
    assert candidates_with_diff(run(without)) == []


def test_changed_fields_come_in_their_fixed_order() -> None:
    result = ResultSummary(
        "m",
        Outcome.PROPOSED,
        fields_before=fields("a", "always", "llm_judge", ""),
        fields_after=fields("b", "prompt: t", "llm_judge", "code"),
    )
    assert changed_fields(result) == ["description", "evaluation_trigger", "custom_code"]


def test_a_trigger_is_always_or_its_kind_and_text() -> None:
    asked = Definition("d", Trigger(TriggerKind.PROMPT, "A cancellation."), MetricType.CUSTOM_CODE, "code")
    assert definition_fields(asked) == fields("d", "prompt: A cancellation.", "custom_code", "code")
    assert definition_fields(Definition("d"))["evaluation_trigger"] == "always"
