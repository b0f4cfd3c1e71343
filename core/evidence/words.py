"""Evidence in words, for people who never heard of a test of significance."""

from __future__ import annotations

from core.evidence.agreement import Count
from core.evidence.evidence import Evidence
from core.evidence.intervals import Interval
from core.evidence.noise import Noise
from core.evidence.odds import Odds, how_often
from core.evidence.paired import Paired
from core.terms import Guard


def luck_words(held_out: Paired) -> str:
    """“7 fixed, 2 broken on the 40 rows it never saw: luck alone would do as well in 9 of 100 tries.”"""
    changed = f"{held_out.fixed} fixed, {held_out.broken} broken on the {held_out.rows} rows it never saw"
    if not held_out.fixed + held_out.broken:
        return f"Nothing changed on the {held_out.rows} rows it never saw."
    return f"{changed}: luck alone would do as well in {tries(held_out.luck)}."


def tries(probability: float) -> str:
    """“9 of 100 tries”, “fewer than 1 of 100 tries”."""
    if probability < 0.0051:  # which would be rounded to none
        return "fewer than 1 of 100 tries"
    return f"{min(round(100 * probability), 100)} of 100 tries"


def evidence_words(evidence: Evidence) -> str:
    """The one sentence that says how sure the labels make us, for a summary."""
    if evidence.held_out is None:
        return "No rows were held out (that takes 30 labels), so part of the gain may be luck."
    return luck_words(evidence.held_out)


def noise_words(noise: Noise) -> str:
    """How often the judge changed its mind about the same question."""
    asked = "1 row" if noise.rows == 1 else f"{noise.rows} rows"
    if not noise.changed:
        return f"Asked again about {asked} with the same live prompt, the judge changed none of its answers."
    answers = "1 answer" if len(noise.changed) == 1 else f"{len(noise.changed)} answers"
    flipped = f", {noise.flipped} of them from right to wrong or back" if noise.flipped else ""
    return f"Asked again about {asked} with the same live prompt, the judge changed {answers}{flipped}."


def odds_words(labels: int) -> str:
    """What each guard would let through at so many labels, by our own simulation."""
    useless, harmful, gain10 = _passed(how_often(Guard.STANDARD, labels))
    of_strict = _passed(how_often(Guard.STRICT, labels))
    counted = f"{labels} label{'' if labels == 1 else 's'}"
    return (
        f"With {counted}, the standard guard would apply {useless} of 100 useless rewrites, {harmful} of 100 "
        f"that lose 5 points and {gain10} of 100 that gain 10; the strict guard {of_strict[0]}, "
        f"{of_strict[1]} and {of_strict[2]} (our own simulation)."
    )


def _passed(odds: Odds) -> tuple[str, str, str]:
    return _of_100(odds.useless), _of_100(odds.harmful), _of_100(odds.gain10)


def _of_100(share: float) -> str:
    """A number that is neither 0 nor 100 is never called so."""
    if 0 < share < 0.005:
        return "under 1"
    return "over 99" if 0.995 < share < 1 else f"{100 * share:.0f}"


def difference_words(difference: Interval) -> str:
    """“between −2 and +14 points”."""
    return f"between {_points(difference.low)} and {_points(difference.high)} points"


def count_words(count: Count) -> str:
    """“45 of 50 (79–96 %)”: the count and the range that the true share likely lies in."""
    if not count.total:
        return "none"
    return f"{count.right} of {count.total} ({range_words(count.interval)})"


def range_words(interval: Interval) -> str:
    """“79–96 %”."""
    return f"{100 * interval.low:.0f}–{100 * interval.high:.0f} %"


def _points(share: float) -> str:
    points = round(100 * share)
    return f"−{-points}" if points < 0 else f"+{points}" if points else "0"
