"""The table of one Lab: a line a way, means over the seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.optimiser.trial import Measured

RESAMPLES = 2_000


def show(title: str, trials: Sequence[Measured], missing: Mapping[str, str]) -> None:
    print(f"\n{title}")
    print(f"{'':15} {'gain, points':>24} {'calls':>7} {'per 100 calls':>14} {'tokens':>9} "
          f"{'seconds':>8} {'growth':>7} {'worse':>6} {'lower applied':>14}")  # fmt: skip
    for way in dict.fromkeys(one.way for one in trials):
        print(_line(way, [one for one in trials if one.way == way]))
    for way, why in missing.items():
        print(f"{way:15} could not be asked: {why.splitlines()[-1] if why else 'its script failed'}")


def _line(way: str, mine: Sequence[Measured]) -> str:
    gains = np.array([one.gain for one in mine])
    low, high = interval(gains)
    calls = np.mean([one.calls for one in mine])
    per_hundred = 100 * gains.mean() / calls if calls else 0.0
    return (
        f"{way:15} {gains.mean():+8.1f} [{low:+6.1f}, {high:+6.1f}] {calls:7.0f} {per_hundred:14.2f} "
        f"{np.mean([one.tokens for one in mine]):9.0f} {np.mean([one.seconds for one in mine]):8.1f} "
        f"{np.mean([one.growth for one in mine]):7.2f} {sum(one.gain < 0 for one in mine):6} "
        f"{sum(one.lower_applied for one in mine):14}"
    )


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean (Efron 1979), seeded."""
    chance = np.random.default_rng(0)
    means = chance.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
