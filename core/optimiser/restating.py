"""Rules without effect are worked in once more: a rewrite may have lost them, or put them too softly.

Such a rule rests on learn rows all of which are still wrong. It costs a request and a verdict on each of
those rows; where none comes right, the candidate stays as it was.
"""

from __future__ import annotations

from core.optimiser.propose import Proposal
from core.optimiser.requests import SMALLEST_EDIT
from core.optimiser.search import Search
from core.optimiser.trials import Trial
from core.terms import Rule


def restated(search: Search, champion: Trial) -> Trial:
    """The champion, or one in which a rule that had no effect has one; it is judged on all rows."""
    rules = champion.candidate.rules
    unheeded = tuple(rule for rule in rules if _has_no_effect(search, champion, rule))
    if not unheeded or _lost(search, champion):
        return champion
    search.stage("Stating rules again")
    definition = champion.candidate.definition
    [fresh] = search.rewritten([Proposal(definition, unheeded, SMALLEST_EDIT, rules)])
    if fresh is None or fresh is champion:
        return champion
    rows = search.cited(unheeded)
    search.trials.judge([fresh], rows)
    if not search.trials.correct(fresh, rows):
        return champion
    search.trials.judge([fresh], search.rows)
    best = search.trials.best([champion, fresh], search.rows)
    if best is fresh:
        what = "a rule" if len(unheeded) == 1 else f"{len(unheeded)} rules"
        search.say(f"Stated {what} without effect once more: {search.score(fresh, search.rows)}.")
    return best


def _has_no_effect(search: Search, champion: Trial, rule: Rule) -> bool:
    """Whether every learn row that the rule rests on is still wrong."""
    rows = search.cited([rule])
    return bool(rows) and not search.trials.correct(champion, rows)


def _lost(search: Search, champion: Trial) -> bool:
    """Against the live definition: then it is not for want of a rule."""
    right = search.trials.correct
    return right(champion, search.rows) < right(search.trials.live, search.rows)
