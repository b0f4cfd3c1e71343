"""What may happen to a candidate. Pure, and the only place that decides it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.evidence import ClassRecall, Evidence, Paired
from core.evidence.words import luck_words
from core.terms import Guard, MetricType, Outcome, Score

MOST_LUCK = 0.10
"""The strict guard asks for a gain that chance alone would show less often than this."""
MOST_RECALL_LOST = 0.05
"""How much of a class the candidate may lose; one row may always be lost."""
WAITS = "It waits for your review."
"""The end of a reason that no longer holds once somebody has decided."""
STRICT_FROM = 30
"""Labels from which there are held-out rows, without which the strict guard passes nothing."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a candidate when its result is recorded.

    Both scores are over the same labelled rows, those that both definitions were judged on. The strict
    guard looks at `evidence`.
    """

    baseline: Score
    optimised: Score
    auto_apply: bool
    stale: bool
    candidate_type: MetricType = MetricType.LLM_JUDGE
    apply_code: bool = True
    critical: bool = False
    guard: Guard = Guard.STANDARD
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    outcome: Outcome
    reason: str


STALE = Decision(
    Outcome.STALE,
    "The live definition was edited while the run was going, so the rewrite was made for an older one. "
    "Run again to improve the edited definition.",
)


def decide_unscored(stale: bool) -> Decision:
    """The outcome of a candidate whose evaluation was skipped: a person decides, once it has a score."""
    if stale:
        return STALE
    return Decision(
        Outcome.PROPOSED,
        "The rewritten prompt was not scored, as asked. It waits for your review; Apply scores it first.",
    )


def decide(facts: Facts) -> Decision:
    """The outcome of a scored candidate, in the fixed order: regressed, stale, proposed,
    not_enough_evidence, applied.

    A lower score is never applied, by nobody; a tie passes the standard guard.
    """
    scores = f"{facts.optimised} labels, the live one with {facts.baseline}"
    if facts.optimised.correct < facts.baseline.correct:
        return Decision(
            Outcome.REGRESSED, f"The rewritten prompt agrees with {scores}: the live prompt stays."
        )
    if facts.stale:
        return STALE
    doubts = strict_doubts(facts.evidence) if facts.guard is Guard.STRICT else []
    held_back = _held_back(facts)
    if held_back:
        doubted = f" The strict guard would not have applied it: {doubts[0]}" if doubts else ""
        return Decision(Outcome.PROPOSED, f"The rewritten prompt agrees with {scores}. {held_back}{doubted}")
    if doubts:
        return Decision(
            Outcome.NOT_ENOUGH_EVIDENCE,
            f"The rewritten prompt agrees with {scores}, but the strict guard asks for more. "
            f"{' '.join(doubts)}",
        )
    return Decision(Outcome.APPLIED, f"The rewritten prompt agrees with {scores}, and was made the live one.")


def strict_doubts(evidence: Evidence | None) -> list[str]:
    """Why the strict guard does not let a candidate pass, one sentence each; empty where it does."""
    if evidence is None or evidence.held_out is None:
        return [f"Not one row was held out, which takes at least {STRICT_FROM} labels."]
    doubts = [*_luck(evidence.held_out), *_noise(evidence, evidence.held_out)]
    doubts += [doubt for each in evidence.held_out_recalls for doubt in _recall(each)]
    return [*doubts, *_unreadable(evidence)]


def _luck(held_out: Paired) -> Iterator[str]:
    if held_out.luck < MOST_LUCK:
        return
    changed = held_out.fixed + held_out.broken
    asked = f" Fewer than {MOST_LUCK * 100:.0f} are asked for." if changed else ""
    yield luck_words(held_out) + asked


def _noise(evidence: Evidence, held_out: Paired) -> Iterator[str]:
    if evidence.noise is None:
        yield "The judge's own noise was not measured."
        return
    floor = evidence.noise.floor(held_out.rows)
    if held_out.luck < MOST_LUCK and held_out.gain <= floor:
        yield (
            f"A gain of {held_out.gain} on {held_out.rows} rows is no more than the judge's own changes of "
            f"mind can give ({floor:.1f})."
        )


def _recall(recall: ClassRecall) -> Iterator[str]:
    if recall.lost > max(1.0, MOST_RECALL_LOST * recall.before.total):
        yield (
            f"Of the {recall.before.total} held-out rows labelled “{recall.name}” it gets "
            f"{recall.after.right} right, the live prompt {recall.before.right}."
        )


def _unreadable(evidence: Evidence) -> Iterator[str]:
    before, after = evidence.unreadable
    if after > before:
        yield f"{after} of its answers could not be read, {before} of the live prompt's."


def _held_back(facts: Facts) -> str:
    """Why a candidate that scored well enough waits for a person; empty when it need not."""
    if not facts.auto_apply:
        return WAITS
    if facts.critical:
        return "The metric is critical, so it waits for your review."
    if facts.candidate_type is MetricType.CUSTOM_CODE and not facts.apply_code:
        return "It is code, which this schedule leaves to your review."
    return ""
