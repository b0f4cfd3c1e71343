"""How much true agreement does a rewrite gain, at what price, beside other optimisers?

Every way gets the same labelled rows, the same endpoint and the same limit on calls. The Labs are
simulated (`world`), so that the true gain is known; the endpoint speaks the public protocol and knows
nobody's prompts (`simulator`). A table for each Lab size, means with 95 % bootstrap intervals over the
seeds, and one line of JSON.

    python -m bench.optimiser [--seeds 10] [--labels 20,40,100] [--ways plumbline,one_rewrite,gepa]
                              [--keep trials.jsonl]

`--keep` writes each trial as it ends, and takes from the file what stands there already: a run that was
stopped goes on, and the peers need not be asked again after a change of ours.

What it can show: whether a search finds lessons that stand in notes, whether it is fooled by wrong
labels and noise, and what it pays. What it cannot: how well a real model writes or follows a prompt.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from bench.optimiser import naive, ours, peers
from bench.optimiser.kept import Kept
from bench.optimiser.peers.environments import Unavailable
from bench.optimiser.serving import Models, serving
from bench.optimiser.simulator import Simulator
from bench.optimiser.trial import Measured, Rewrite, Task, measured
from bench.optimiser.world import make_world

WAYS: dict[str, Callable[[Task], Rewrite]] = {
    "nothing": naive.nothing,
    "one_rewrite": naive.one_rewrite,
    "plumbline": ours.plumbline,
    **peers.WAYS,
}
LABS = {
    "usual": {"baseline": 0.67, "wrong_labels": 0.0},
    "mislabelled": {"baseline": 0.67, "wrong_labels": 0.03},
    "near the ceiling": {"baseline": 0.88, "wrong_labels": 0.03},
}
RESAMPLES = 2_000


def main() -> None:
    options = _options()
    models, kept = Models(), Kept(options.keep)
    found: list[dict[str, object]] = []
    with serving(models) as base_url:
        for lab in options.labs:
            for labels in options.labels:
                trials, missing = measure(models, base_url, lab, labels, options, kept)
                show(f"{lab}, {labels} labels, {options.seeds} seeds", trials, missing)
                found += [{"lab": lab, "labels": labels, **asdict(one)} for one in trials]
    print(json.dumps({"bench": "optimiser", "trials": found}))


def measure(
    models: Models, base_url: str, lab: str, labels: int, options: argparse.Namespace, kept: Kept
) -> tuple[list[Measured], dict[str, str]]:
    """The trials of every way in one Lab, and by way why it has none."""
    trials: list[Measured] = []
    missing: dict[str, str] = {}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for way in (way for way in options.ways if way not in missing):
            one = kept.find(lab, labels, way, seed)
            try:
                one = one or trial(models, base_url, way, lab, labels, seed, options.max_calls)
            except Unavailable as error:
                missing[way] = str(error)
                continue
            kept.add(lab, labels, one)
            trials.append(one)
    return trials, missing


def trial(
    models: Models, base_url: str, way: str, lab: str, labels: int, seed: int, max_calls: int
) -> Measured:
    world = make_world(seed, labels, **LABS[lab])
    simulator = Simulator(world, seed)
    model = f"world-{lab.replace(' ', '-')}-{labels}-{seed}-{way}"
    models.add(model, simulator)
    task = Task(world, model, base_url, max_calls, seed)
    began = time.perf_counter()
    rewrite = WAYS[way](task)
    seconds = time.perf_counter() - began
    models.drop(model)
    return measured(way, task, simulator, rewrite, seconds)


def show(title: str, trials: Sequence[Measured], missing: Mapping[str, str]) -> None:
    print(f"\n{title}")
    print(f"{'':15} {'true gain, points':>24} {'calls':>7} {'per 100 calls':>14} {'tokens':>9} "
          f"{'seconds':>8} {'growth':>7} {'worse':>6}")  # fmt: skip
    for way in dict.fromkeys(one.way for one in trials):
        mine = [one for one in trials if one.way == way]
        gains = np.array([one.gain for one in mine])
        low, high = interval(gains)
        calls = np.mean([one.calls for one in mine])
        per_hundred = 100 * gains.mean() / calls if calls else 0.0
        print(
            f"{way:15} {gains.mean():+8.1f} [{low:+6.1f}, {high:+6.1f}] {calls:7.0f} {per_hundred:14.2f} "
            f"{np.mean([one.tokens for one in mine]):9.0f} {np.mean([one.seconds for one in mine]):8.1f} "
            f"{np.mean([one.growth for one in mine]):7.2f} {sum(one.gain < 0 for one in mine):6}"
        )
    for way, why in missing.items():
        print(f"{way:15} could not be asked: {why.splitlines()[-1] if why else 'its script failed'}")


def interval(values: np.ndarray) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of the mean (Efron 1979), seeded."""
    chance = np.random.default_rng(0)
    means = chance.choice(values, (RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0, help="others than those a search was tuned on")
    parser.add_argument("--labels", type=_numbers, default=[20, 40, 100])
    parser.add_argument("--labs", type=_names, default=list(LABS))
    parser.add_argument("--ways", type=_names, default=list(WAYS))
    parser.add_argument("--max-calls", type=int, default=1_500)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _numbers(text: str) -> list[int]:
    return [int(name) for name in text.split(",")]


if __name__ == "__main__":
    main()
