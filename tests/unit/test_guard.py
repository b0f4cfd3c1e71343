"""What may happen to a candidate."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence import Evidence, JudgedRow, Noise, weigh
from core.guard import STRICT_FROM, Facts, decide, strict_doubts
from core.optimiser.split import HOLD_OUT_FROM
from core.terms import Guard, MetricType, Outcome, Score
from tests.unit.evidence.rows import rows

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


QUIET = Noise(20, (), 0)
CLEAR = rows(["-+"] * 12 + ["+-"] * 2 + ["++"] * 78 + ["--"] * 8)


def weighed(judged: list[JudgedRow], noise: Noise | None = QUIET) -> Evidence:
    """All rows held out."""
    found = weigh(judged, judged, str.__eq__, noise)
    assert found is not None
    return found


def strict(evidence: Evidence | None, **changes: object) -> Outcome:
    return outcome(guard=Guard.STRICT, evidence=evidence, **changes)


def test_strict_applies_a_clear_gain() -> None:
    assert strict_doubts(weighed(CLEAR)) == []
    assert strict(weighed(CLEAR)) is Outcome.APPLIED


def test_strict_asks_for_a_gain_beyond_chance() -> None:
    """7 fixed and 2 broken is p = 0.09; 6 and 2 is p = 0.14."""
    enough = rows(["-+"] * 7 + ["+-"] * 2 + ["++"] * 31)
    too_little = rows(["-+"] * 6 + ["+-"] * 2 + ["++"] * 32)
    assert strict(weighed(enough)) is Outcome.APPLIED
    assert strict(weighed(too_little)) is Outcome.NOT_ENOUGH_EVIDENCE
    (doubt,) = strict_doubts(weighed(too_little))
    assert doubt == (
        "6 fixed, 2 broken on the 40 rows it never saw: luck alone would do as well in 14 of 100 tries. "
        "Fewer than 10 are asked for."
    )


def test_a_tie_is_not_enough_for_strict() -> None:
    tie = weighed(rows(["++"] * 40))
    assert strict(tie, optimised=FACTS.baseline) is Outcome.NOT_ENOUGH_EVIDENCE
    assert outcome(evidence=tie, optimised=FACTS.baseline) is Outcome.APPLIED


def test_strict_asks_for_more_than_the_judges_own_noise() -> None:
    (doubt,) = strict_doubts(weighed(CLEAR, Noise(20, (1, 2, 3, 4, 5, 6, 7, 8), 8)))
    assert "changes of mind" in doubt
    assert strict_doubts(weighed(CLEAR, None)) == ["The judge's own noise was not measured."]


def test_strict_needs_held_out_rows() -> None:
    evidence = weigh(CLEAR, [], str.__eq__, QUIET)
    assert strict(evidence) is Outcome.NOT_ENOUGH_EVIDENCE
    assert strict(None) is Outcome.NOT_ENOUGH_EVIDENCE
    assert strict_doubts(evidence) == [
        f"Not one row was held out, which takes at least {STRICT_FROM} labels."
    ]
    assert STRICT_FROM == HOLD_OUT_FROM


@pytest.mark.parametrize(
    ("rare", "lost", "passes"), [(10, 1, True), (10, 2, False), (60, 3, True), (60, 4, False)]
)
def test_no_class_may_lose_more_than_five_points_or_one_row(rare: int, lost: int, passes: bool) -> None:
    common = rows(["-+"] * 20 + ["++"] * 30)
    other = rows(["+-"] * lost + ["++"] * (rare - lost), "false", start=50)
    doubts = strict_doubts(weighed(common + other))
    assert (doubts == []) is passes
    if doubts:
        right = f"it gets {rare - lost} right, the live prompt {rare}."
        assert doubts == [f"Of the {rare} held-out rows labelled “false” {right}"]


def test_strict_allows_no_more_unreadable_answers() -> None:
    (doubt,) = strict_doubts(weighed([*CLEAR, *rows(["+?", "?+", "-?"], start=100)]))
    assert doubt == "2 of its answers could not be read, 1 of the live prompt's."
    assert strict_doubts(weighed([*CLEAR, *rows(["+?", "?+"], start=100)])) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"optimised": Score(39, 50)}, Outcome.REGRESSED),
        ({"stale": True}, Outcome.STALE),
        ({"auto_apply": False}, Outcome.PROPOSED),
        ({"critical": True}, Outcome.PROPOSED),
        ({"candidate_type": MetricType.CUSTOM_CODE, "apply_code": False}, Outcome.PROPOSED),
        ({}, Outcome.NOT_ENOUGH_EVIDENCE),
    ],
)
def test_the_order_of_outcomes_is_the_same_under_the_strict_guard(
    changes: dict[str, object], expected: Outcome
) -> None:
    assert strict(None, **changes) is expected


def test_a_read_only_proposal_says_what_the_strict_guard_thinks_of_it() -> None:
    def reason(evidence: Evidence | None) -> str:
        return decide(replace(FACTS, auto_apply=False, guard=Guard.STRICT, evidence=evidence)).reason

    assert "would not have applied it: Not one row was held out" in reason(None)
    assert "would have" not in reason(weighed(CLEAR))
