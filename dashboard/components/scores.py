"""Scores in words: never a percentage without its k of n."""

from __future__ import annotations

from core.evidence.agreement import Count
from core.evidence.words import range_words
from core.terms import Score

RANGES = "The range holds the true share in 95 of 100 such samples."


def score_text(score: Score | None) -> str:
    """“45 of 50 (90%)”, with what was not judged; a dash where there is none."""
    if score is None:
        return "—"
    if score.total == 0:
        return f"none judged ({score.not_judged} not judged)" if score.not_judged else "none judged"
    missing = f", {score.not_judged} not judged" if score.not_judged else ""
    return f"{score.correct} of {score.total} ({score.rate:.0%}{missing})"


def change_text(before: Score | None, after: Score | None) -> str | None:
    """“+4 rows (+8.0 points)” from one score to another over the same rows."""
    if before is None or after is None or not before.total or not after.total:
        return None
    rows = after.correct - before.correct
    points = 100 * (after.rate - before.rate)
    return f"{rows:+d} {'row' if abs(rows) == 1 else 'rows'} ({points:+.1f} points)"


def likely_words(score: Score) -> str:
    """“likely 12–65 %”: the range that the true share lies in."""
    return f"likely {range_words(Count(score.correct, score.total).interval)}"
