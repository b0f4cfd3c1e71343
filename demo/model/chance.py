"""How much of a finding chance alone would explain."""

from __future__ import annotations

import math
import random
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from functools import lru_cache

SHUFFLES = 20
SEED = 20
"""Fixed, so that the same request has the same answer."""


@lru_cache(maxsize=65536)
def surprise(hits: int, shown: int, wanted: int, cases: int) -> float:
    """-log10 of the chance that `shown` of `cases`, drawn blindly, hold `hits` or more of the `wanted`.

    The upper tail of the hypergeometric distribution (Fisher's exact test, one-sided).
    """
    ways = sum(
        math.comb(wanted, k) * math.comb(cases - wanted, shown - k)
        for k in range(hits, min(shown, wanted) + 1)
    )
    return math.log10(math.comb(cases, shown)) - math.log10(ways)


def shuffles(values: Sequence[str], strata: Sequence[Hashable]) -> Iterator[list[str]]:
    """The values dealt anew, `SHUFFLES` times, each among the cases of its stratum."""
    members: defaultdict[Hashable, list[int]] = defaultdict(list)
    for number, stratum in enumerate(strata):
        members[stratum].append(number)
    dealer = random.Random(SEED)  # noqa: S311 (nothing here is a secret)
    for _ in range(SHUFFLES):
        dealt = list(values)
        for numbers in members.values():
            drawn = dealer.sample(numbers, len(numbers))
            for to, origin in zip(numbers, drawn, strict=True):
                dealt[to] = values[origin]
        yield dealt
