"""Near the ceiling no change is better than a gamble."""

from __future__ import annotations

from core.optimiser.search import NEAR_CEILING, Search
from core.optimiser.trials import Trial

WRONG_LABELS = 0.03
"""The share of labels that is wrong where people label with care."""


def gamble(search: Search, champion: Trial) -> str:
    """Why the rewrite of a nearly perfect definition is not worth proposing; empty where it is, or below.

    Rows that single labels put right prove little: a rule learned from one wrong label does that too. They
    count where nothing broke and there are more of them than wrong labels among so many to be expected.
    """
    if not search.near_ceiling:
        return ""
    fixed = search.trials.fixed(champion, search.rows)
    broken = search.trials.broken(champion, search.rows)
    by_heart = {rule.label_ids[0] for rule in champion.candidate.rules if len(rule.label_ids) == 1}
    explained = sum(row.review_id in by_heart for row in fixed)
    without_loss = not broken and len(fixed) >= 1 + WRONG_LABELS * len(search.rows)
    if (without_loss or len(fixed) - len(broken) > explained) and _holds_on_other_rows(search, champion):
        return ""
    live = search.score(search.trials.live, search.rows)
    return (
        f"The live definition agrees with {live} labels already (from {NEAR_CEILING:.0%} on a rewrite must "
        f"prove more): the best rewrite fixed {len(fixed)}, {explained} of them learned from that label "
        f"alone, and broke {len(broken)}, which wrong labels would explain as well."
    )


def _holds_on_other_rows(search: Search, champion: Trial) -> bool:
    """Whether it lost nothing on the rows that the writer did not see, where there are some."""
    lost = len(search.trials.broken(champion, search.choose))
    return lost <= len(search.trials.fixed(champion, search.choose))
