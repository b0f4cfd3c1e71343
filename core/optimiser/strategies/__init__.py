"""The ways to search. Each takes a Search and returns what it found; none sees a held-out row."""

from __future__ import annotations

from collections.abc import Callable

from core.errors import Refused
from core.optimiser.case import Found, Nothing
from core.optimiser.search import Search

OWN, GEPA = "plumbline", "gepa"
STRATEGIES = (OWN, GEPA)
"""Names of the run option `strategy`; the first is the default."""

Strategy = Callable[[Search], Found | Nothing]


def strategy_named(name: str) -> Strategy:
    """The search of this name. Raises Refused where there is none, or where its package is missing."""
    if name == OWN:
        from core.optimiser.strategies.own import search_by_rules

        return search_by_rules
    if name == GEPA:
        from core.optimiser.strategies.gepa_search import package, search_with_gepa

        package()
        return search_with_gepa
    raise Refused(f"There is no search named “{name}”; choose one of: {', '.join(STRATEGIES)}.")
