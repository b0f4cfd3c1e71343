"""What may happen to a candidate. Pure, and the only place that decides it."""

from __future__ import annotations

from dataclasses import dataclass

from core.terms import Guard, MetricType, Outcome, Score


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a candidate when its result is recorded.

    Both scores are over the same labelled rows, those that both definitions were judged on.
    """

    baseline: Score
    optimised: Score
    auto_apply: bool
    stale: bool
    candidate_type: MetricType = MetricType.LLM_JUDGE
    apply_code: bool = True
    critical: bool = False
    guard: Guard = Guard.STANDARD


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    reason: str


def decide(facts: Facts) -> Decision:
    """The outcome of a scored candidate, in the fixed order: regressed, stale, proposed, applied.

    A lower score is never applied, by nobody; a tie passes the standard guard.
    """
    scores = f"{facts.optimised} labels, the live one with {facts.baseline}"
    if facts.optimised.correct < facts.baseline.correct:
        return Decision(
            Outcome.REGRESSED, f"The rewritten prompt agrees with {scores}: the live prompt stays."
        )
    if facts.stale:
        return Decision(
            Outcome.STALE,
            "The live definition was edited while the run was going, so the rewrite was made for an "
            "older one. Run again to improve the edited definition.",
        )
    held_back = _held_back(facts)
    if held_back:
        return Decision(Outcome.PROPOSED, f"The rewritten prompt agrees with {scores}. {held_back}")
    return Decision(Outcome.APPLIED, f"The rewritten prompt agrees with {scores}, and was made the live one.")


def _held_back(facts: Facts) -> str:
    """Why a candidate that scored well enough waits for a person; empty when it need not."""
    if not facts.auto_apply:
        return "It waits for your review."
    if facts.critical:
        return "The metric is critical, so it waits for your review."
    if facts.candidate_type is MetricType.CUSTOM_CODE and not facts.apply_code:
        return "It is code, which this schedule leaves to your review."
    return ""
