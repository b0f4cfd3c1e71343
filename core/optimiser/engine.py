"""The search for a better definition: what it is given, and what it promises whichever way it is done.

The writer sees learn rows only; held-out rows are judged once, by the champion, outside this package.
"""

from __future__ import annotations

from collections.abc import Mapping

from core.optimiser.case import Case, Found, Judging, Nothing, Staging, Transcripts, Writing
from core.optimiser.examples import agreeing
from core.optimiser.propose import may_change_trigger
from core.optimiser.search import Search
from core.optimiser.split import Split
from core.optimiser.strategies import OWN, strategy_named
from core.optimiser.trials import Trials
from core.terms import Verdict


def optimise(
    case: Case,
    parts: Split,
    baseline: Mapping[int, Verdict],
    judge: Judging,
    writer: Writing,
    transcripts: Transcripts,
    progress: Staging,
    *,
    seed: int = 0,
    strategy: str = OWN,
) -> Found | Nothing:
    """The best rewrite that differs and passed the checks, even when it scores lower than the live one.

    Near the ceiling, where wrong labels explain as much as the rewrite gained, it is none at all.

    Args:
        baseline: the live definition's verdicts on all labelled rows, by review id.
        seed: decides which rows are drawn where not all are used. The same inputs, answers and seed
            give the same candidate, byte for byte.
        strategy: one of `strategies.STRATEGIES`.

    Raises:
        Refused: for a strategy that is not there.
        BudgetSpent, Cancelled, LeaseLost, ModelError: from the judge or the writer.
        CallFailed: when the writer did not answer what the search can't do without.
    """
    search_by = strategy_named(strategy)
    search = Search(
        case,
        parts,
        Trials(case, judge, baseline, seed),
        writer,
        transcripts,
        progress,
        may_change_trigger(case, baseline),
    )
    return search_by(search)


def everything_agrees(case: Case, verdicts: Mapping[int, Verdict]) -> bool:
    """Whether the judge answered every labelled row as its reviewer did."""
    return len(agreeing(case, verdicts, case.labelled)) == len(case.labelled)
