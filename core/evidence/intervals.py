"""How far a share or a difference may be from what was seen, at 95 % confidence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.95
RESAMPLES = 4_000
SEED = 20_261
"""Fixed, so that the same rows give the same interval."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """Both ends; shares and differences are fractions, not percent."""

    low: float
    high: float

    def as_json(self) -> list[float]:
        return [self.low, self.high]

    @classmethod
    def of_json(cls, ends: Sequence[float]) -> Interval:
        return cls(*ends)


def wilson(successes: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a share, which holds at its ends and for few rows, too.

    Wilson (1927), “Probable inference, the law of succession, and statistical inference”, Journal of
    the American Statistical Association 22:209–212. Of nothing it is all there is, from 0 to 1.
    """
    if total == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    reach = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return Interval(max(0.0, middle - reach), min(1.0, middle + reach))


def bootstrap(
    units: Sequence[Hashable],
    contribution: Callable[[Any], Sequence[float]],
    statistic: Callable[[Numbers], Numbers],
) -> Interval:
    """The percentile interval of a statistic of sums, over units drawn again with replacement.

    Equal units are drawn together: the counts of a resample's kinds are multinomial, which is the same
    draw at a fraction of the work. Efron and Tibshirani (1993), “An Introduction to the Bootstrap”,
    chapter 13.

    Args:
        units: what is independent of each other, such as conversations; at least one.
        contribution: the numbers that a unit adds to the sums.
        statistic: from the sums of each resample (resamples × numbers) to its value; NaN where it has
            none, which is left out.
    """
    kinds = Counter(units)
    weights = np.array(list(kinds.values()), dtype=float)
    added = np.array([contribution(kind) for kind in kinds], dtype=float)
    drawn = np.random.default_rng(SEED).multinomial(len(units), weights / weights.sum(), size=RESAMPLES)
    values = statistic(drawn @ added)
    values = values[~np.isnan(values)]
    if not len(values):
        return Interval(math.nan, math.nan)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))
