"""How much searching so many labels are worth, and about how many calls that makes.

A round of refinement pays from 20 labels, since writers miss notes in long requests; a second one gained
about a point more for a tenth more calls, where the first one gained anything (`bench.optimiser`).
"""

from __future__ import annotations

from core.optimiser.examples import requests_for
from core.optimiser.requests import MANNERS, RESTRUCTURED, SMALLEST_EDIT
from core.optimiser.split import CHOOSE_FROM, fractions

ROUNDS_FROM = 20
ROUNDS = 2
"""Labels from which there are rounds of refinement, and how many at most."""
FEWEST_ERRORS = 2
"""With fewer rows left to learn from, a round could only learn single labels by heart."""
SCRIPT_FROM = 20
"""Labels from which a script that agrees with them is more than a coincidence."""
SCREEN_ERRORS, SCREEN_RIGHT = 8, 8
"""Rows a refined proposal must do better on before it is judged on the others."""
REFINEMENTS = (SMALLEST_EDIT, RESTRUCTURED)
"""The manners of the two proposals of a round of refinement."""
MOST_LEARN, MOST_CHOOSE = 100, 50
"""Rows that candidates are compared on: more would cost calls and change few choices."""

LOSING_SHARE, LEFT_SHARE, JUDGED_SHARE, LEFT_OUT_SHARE, LEFT_OUT_CALLS = 0.5, 0.1, 0.6, 0.25, 3
ERRORS_FOR_EVERY_ROUND = 4
"""What proposals that lose are judged on; what a first rewrite leaves wrong; how often a refined one is
judged in full; how often one without some rule is, and what it costs to try that with few labels. With so
many errors left no round is without gain."""


def rounds(labelled: int) -> int:
    """How many rounds of refinement at most."""
    return ROUNDS if labelled >= ROUNDS_FROM else 0


def expected_search_calls(labelled: int, to_learn: int) -> int:
    """About how many calls a search makes beyond the live definition's and the candidate's own verdicts.

    Args:
        labelled: labelled rows, all parts together.
        to_learn: labelled rows that disagree and notes without a label, all parts together.

    The shares are what `bench.optimiser` spent on simulated Labs of 20 to 400 labels; a search that ends
    early, as most do near the ceiling, makes fewer.
    """
    learn, choose = fractions(labelled)
    learning, choosing = min(MOST_LEARN, labelled * learn), min(MOST_CHOOSE, labelled * choose)
    writing = requests_for(max(1, round(to_learn * learn))) + len(MANNERS) + (labelled >= SCRIPT_FROM)
    losing = LOSING_SHARE * 2 * (choosing or learning)
    left = min(SCREEN_ERRORS, LEFT_SHARE * to_learn * learn)
    a_round = 1 + len(REFINEMENTS) * (1 + left + SCREEN_RIGHT) + JUDGED_SHARE * (learning + choosing)
    likely_rounds = rounds(labelled) * min(1.0, left / ERRORS_FOR_EVERY_ROUND)
    leaving_out = LEFT_OUT_SHARE * (learning + choosing) if labelled >= CHOOSE_FROM else LEFT_OUT_CALLS
    return round(writing + losing + likely_rounds * a_round + leaving_out)
