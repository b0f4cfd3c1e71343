"""Description and trigger are two components: a candidate keeps of its two changes only what serves.

The writer changes both in one answer. Where the score of one component fell, that component goes back
to the live one, and the mixture is judged as a candidate of its own.
"""

from __future__ import annotations

from dataclasses import replace

from core.optimiser.components import components
from core.optimiser.propose import admissible
from core.optimiser.search import Search
from core.optimiser.trials import Trial
from core.terms import Definition


def unmixed(search: Search, champion: Trial) -> Trial:
    """The champion, or the better mixture of its components and the live ones."""
    mixture = _mixture(search, champion)
    if mixture is None:
        return champion
    passed, _ = admissible(search.case, [replace(champion.candidate, definition=mixture)], search.shown)
    if not passed:
        return champion
    search.stage("Judging description and trigger apart")
    trial = search.trials.find(passed[0]) or search.trials.enter(passed[0], "one component")
    search.trials.judge([trial], search.rows)
    best = search.trials.best([champion, trial], search.rows)
    if best is trial:
        search.say("Only one component was changed: the other one had got worse.")
    return best


def _mixture(search: Search, champion: Trial) -> Definition | None:
    """The candidate with the component that got worse put back; None where none did, or only one changed."""
    live, new = search.case.definition, champion.candidate.definition
    if live.trigger == new.trigger or live.description == new.description or live.type != new.type:
        return None
    before = components(search.rows, search.trials.live.verdicts, search.case.settings)
    after = components(search.rows, champion.verdicts, search.case.settings)
    if after.trigger.decided.rate < before.trigger.decided.rate:
        return replace(new, trigger=live.trigger)
    if after.description.rate < before.description.rate:
        return replace(new, description=live.description)
    return None
