"""What may happen to a candidate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.guard import Facts, decide
from core.terms import MetricType, Outcome, Score

FACTS = Facts(baseline=Score(40, 50), optimised=Score(45, 50), auto_apply=True, stale=False)


def outcome(**changes: object) -> Outcome:
    return decide(replace(FACTS, **changes)).outcome  # type: ignore[arg-type]


def test_a_better_candidate_is_applied_when_auto_apply_is_on() -> None:
    assert outcome() is Outcome.APPLIED


def test_a_tie_passes_the_standard_guard() -> None:
    assert outcome(optimised=Score(40, 50)) is Outcome.APPLIED


@pytest.mark.parametrize("auto_apply", [True, False])
@pytest.mark.parametrize("stale", [True, False])
def test_a_lower_score_is_regressed_in_both_modes_and_before_anything_else(
    auto_apply: bool, stale: bool
) -> None:
    assert outcome(optimised=Score(39, 50), auto_apply=auto_apply, stale=stale) is Outcome.REGRESSED


@pytest.mark.parametrize("auto_apply", [True, False])
def test_an_edit_during_the_run_makes_it_stale_in_both_modes(auto_apply: bool) -> None:
    assert outcome(stale=True, auto_apply=auto_apply) is Outcome.STALE


def test_read_only_proposes() -> None:
    assert outcome(auto_apply=False) is Outcome.PROPOSED


def test_a_critical_metric_is_only_proposed() -> None:
    assert outcome(critical=True) is Outcome.PROPOSED


def test_code_waits_when_applying_code_is_off() -> None:
    assert outcome(candidate_type=MetricType.CUSTOM_CODE, apply_code=False) is Outcome.PROPOSED
    assert outcome(candidate_type=MetricType.CUSTOM_CODE, apply_code=True) is Outcome.APPLIED


def test_the_reason_names_both_scores_and_what_was_not_judged() -> None:
    reason = decide(replace(FACTS, baseline=Score(40, 50, 2))).reason
    assert "45 of 50" in reason
    assert "40 of 50, 2 not judged" in reason


@given(
    baseline=st.integers(0, 60),
    optimised=st.integers(0, 60),
    auto_apply=st.booleans(),
    stale=st.booleans(),
    critical=st.booleans(),
    apply_code=st.booleans(),
    kind=st.sampled_from(MetricType),
)
def test_nothing_that_scores_lower_is_ever_applied(
    baseline: int,
    optimised: int,
    auto_apply: bool,
    stale: bool,
    critical: bool,
    apply_code: bool,
    kind: MetricType,
) -> None:
    facts = Facts(Score(baseline, 60), Score(optimised, 60), auto_apply, stale, kind, apply_code, critical)
    decided = decide(facts).outcome
    if decided is Outcome.APPLIED:
        assert optimised >= baseline
        assert auto_apply
        assert not stale
        assert not critical
    if optimised < baseline:
        assert decided is Outcome.REGRESSED
