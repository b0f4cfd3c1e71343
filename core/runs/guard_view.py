"""What the guard looked at, one line a question: passed, failed, or left to a person."""

from __future__ import annotations

from dataclasses import dataclass

from core.evidence import Evidence
from core.evidence.words import luck_words
from core.guard import strict_doubts
from core.models import Metric, Result, Run
from core.runs.standing import Standing
from core.terms import Guard, MetricType, Outcome


@dataclass(frozen=True, slots=True)
class GuardCheck:
    """`passed` is None where it is no question of passing: who decides, or what is not known yet."""

    passed: bool | None
    text: str


def guard_checks(
    result: Result, run: Run, metric: Metric, found: Standing | None, candidate_type: MetricType
) -> tuple[GuardCheck, ...]:
    """For a result with a candidate, in the order in which the guard asks."""
    evidence = Evidence.of_json(result.evidence) if result.evidence else None
    return (
        _score(found),
        _base(result),
        *_strict(Guard(run.guard), evidence),
        *_who(result, run, metric, candidate_type),
    )


def _score(found: Standing | None) -> GuardCheck:
    if found is None:
        return GuardCheck(None, "It was not scored on the labels. Applying scores it first.")
    scores = f"{found.optimised} labels agree, with the live prompt {found.baseline}"
    if found.lower:
        return GuardCheck(False, f"{scores}. A lower score is never applied, by nobody.")
    return GuardCheck(True, f"It agrees with at least as many labels as the live prompt: {scores}.")


def _base(result: Result) -> GuardCheck:
    if result.outcome == Outcome.STALE:
        return GuardCheck(False, "The live definition was edited while the run was going.")
    return GuardCheck(True, "The live definition stayed the one that the run started from.")


def _strict(guard: Guard, evidence: Evidence | None) -> list[GuardCheck]:
    if guard is not Guard.STRICT:
        return [GuardCheck(None, "The standard guard asks no more than that.")]
    doubts = [GuardCheck(False, doubt) for doubt in strict_doubts(evidence)]
    if doubts or evidence is None or evidence.held_out is None:
        return doubts
    return [GuardCheck(True, f"The strict guard is content: {luck_words(evidence.held_out)}")]


def _who(result: Result, run: Run, metric: Metric, candidate_type: MetricType) -> list[GuardCheck]:
    if result.outcome == Outcome.APPLIED:
        return [GuardCheck(None, "Auto-apply was on, so the run applied it itself.")]
    if not run.auto_apply:
        return [GuardCheck(None, "Auto-apply was off: a person decides.")]
    if metric.critical:
        return [GuardCheck(None, "Auto-apply was on, but the metric is critical: a person decides.")]
    if candidate_type is MetricType.CUSTOM_CODE and not run.apply_code:
        return [GuardCheck(None, "Auto-apply was on, but not for code: a person decides.")]
    return [GuardCheck(None, "Auto-apply was on.")]
