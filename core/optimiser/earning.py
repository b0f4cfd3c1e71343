"""Rules must earn their place: one that rests on a single label, or that may have broken a right row.

A wrong label with a note teaches a rule in the wrong direction. It fixes its own row and breaks others,
so the candidate is written again without it: first judged on the rows in question, and where nothing is
lost there, on all of them. Rows that come right whichever rule is left out were broken by no rule but by
how it was written, so then it is written once more from the same rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from core.optimiser.propose import Proposal
from core.optimiser.requests import SMALLEST_EDIT
from core.optimiser.search import Search
from core.optimiser.trials import Trial
from core.terms import LabelledRow, Rule

AT_ONCE = 6
"""Rules that are tried without, one by one, at most."""
BY_WORDING_FROM = 2
"""Rows that broke whatever the rules: one is the judge's noise as a rule."""


def earned(search: Search, champion: Trial) -> Trial:
    """The champion, or one without the rules that did not earn their place; it is judged on all rows."""
    suspects = _suspects(search, champion)
    if not suspects:
        return champion
    search.stage("Leaving out rules")
    idle, without = _idle(search, champion, suspects)
    if len(_broken_by_wording(search, champion, list(without.values()))) >= BY_WORDING_FROM:
        champion = _reworded(search, champion)
    for left_out in _worth_leaving_out(search, champion, idle, without):
        leaner = _leaner(search, champion, left_out, without)
        if leaner is not None and _as_right_without(search, champion, leaner, left_out):
            search.say(f"Dropped {_rules(len(left_out))} that did not earn their place.")
            return leaner
    search.say(f"Tried the rewrite without {_rules(len(suspects))} on few labels: nothing was gained.")
    return champion


def _worth_leaving_out(
    search: Search, champion: Trial, idle: Sequence[Rule], without: Mapping[tuple[Rule, ...], Trial]
) -> list[tuple[Rule, ...]]:
    """All idle rules together, and failing that the one without which most broken rows came right."""
    if not idle:
        return []
    broken = search.trials.broken(champion, search.rows)
    mended = {rules: search.trials.correct(trial, broken) for rules, trial in without.items()}
    alone = [(rule,) for rule in idle if mended.get((rule,))]
    best = sorted(alone, key=lambda rules: -mended[rules])[:1]
    return [tuple(idle), *(one for one in best if one != tuple(idle))]


def _as_right_without(search: Search, champion: Trial, leaner: Trial, left_out: Sequence[Rule]) -> bool:
    search.trials.judge([leaner], search.rows)
    rows = _counted(search, search.rows, left_out)
    return search.trials.correct(leaner, rows) >= search.trials.correct(champion, rows)


def _suspects(search: Search, champion: Trial) -> list[Rule]:
    """Rules on a single label; where right rows broke, others too, those on the fewest labels first."""
    rules = sorted(champion.candidate.rules, key=lambda rule: len(rule.label_ids))
    if len(rules) < 2:
        return []
    if search.trials.broken(champion, search.rows):
        return rules[:AT_ONCE]
    return [rule for rule in rules if len(rule.label_ids) == 1]


def _idle(
    search: Search, champion: Trial, suspects: Sequence[Rule]
) -> tuple[list[Rule], dict[tuple[Rule, ...], Trial]]:
    """The suspects without which the rows in question are as right as with them, and what was tried.

    Where right rows broke, each is left out by itself; else all of them together.
    """
    broken = search.trials.broken(champion, search.rows)
    groups = [(rule,) for rule in suspects] if broken else [tuple(suspects)]
    without = _without(search, champion, groups)
    for left_out, trial in without.items():
        search.trials.judge([trial], [*broken, *search.cited(left_out)])
    by_wording = _broken_by_wording(search, champion, list(without.values()))
    doubtful = [row for row in broken if row not in by_wording]
    idle = [
        rule
        for left_out, trial in without.items()
        for rule in left_out
        if _idles(search, rule, champion, trial, doubtful)
    ]
    return idle, without


def _broken_by_wording(search: Search, champion: Trial, trials: Sequence[Trial]) -> list[LabelledRow]:
    """The rows that come right whichever rule is left out: no rule broke them, or chance did."""
    if len(trials) < 2:
        return []
    broken = search.trials.broken(champion, search.rows)
    return [row for row in broken if all(search.trials.right(trial, row) for trial in trials)]


def _reworded(search: Search, champion: Trial) -> Trial:
    """The better of the champion and of its rules worked into the live definition once more."""
    [fresh] = search.rewritten([_proposal(search, champion, ())])
    if fresh is None or fresh is champion:
        return champion
    search.trials.judge([fresh], search.rows)
    best = search.trials.best([champion, fresh], search.rows)
    if best is fresh:
        search.say("Written once more from the same rules: how it was put had broken rows.")
    return best


def _idles(
    search: Search, rule: Rule, champion: Trial, trial: Trial, doubtful: Sequence[LabelledRow]
) -> bool:
    rows = _counted(search, [*doubtful, *search.cited([rule])], [rule])
    return search.trials.correct(trial, rows) >= search.trials.correct(champion, rows)


def _without(
    search: Search, champion: Trial, groups: Sequence[tuple[Rule, ...]]
) -> dict[tuple[Rule, ...], Trial]:
    """The champion's rules worked into the live definition once more, without each group of them."""
    proposals = {group: _proposal(search, champion, group) for group in groups}
    asked = {group: proposal for group, proposal in proposals.items() if proposal.rules}
    trials = search.rewritten(list(asked.values()))
    return {group: trial for group, trial in zip(asked, trials, strict=True) if trial is not None}


def _proposal(search: Search, champion: Trial, left_out: Collection[Rule]) -> Proposal:
    kept = tuple(rule for rule in champion.candidate.rules if rule not in left_out)
    return Proposal(search.case.definition, kept, SMALLEST_EDIT)


def _leaner(
    search: Search,
    champion: Trial,
    left_out: tuple[Rule, ...],
    without: Mapping[tuple[Rule, ...], Trial],
) -> Trial | None:
    if left_out in without:
        return without[left_out]
    return _without(search, champion, [left_out]).get(left_out)


def _counted(search: Search, rows: Sequence[LabelledRow], left_out: Sequence[Rule]) -> list[LabelledRow]:
    """The rows that speak for or against rules, each once.

    Near the ceiling a row that a rule was made from does not speak for it: there it may well be the
    label that is wrong.
    """
    own = {row.review_id for row in search.cited(left_out)} if search.near_ceiling else set()
    return [row for row in {row.review_id: row for row in rows}.values() if row.review_id not in own]


def _rules(count: int) -> str:
    return f"{count} rule" if count == 1 else f"{count} rules"
