"""How much agreement could the labels of simulated Labs teach at all?

The gain of a prompt that holds one right sentence for each failure mode that a right label names in its
note: what no search can be expected to exceed by more than luck. Once of all labelled rows, and once of the
rows that Plumbline learns from, since it holds others out.

    python -m bench.optimiser.teachable [--seeds 10] [--first-seed 0] [--labels 20,40,100] [--lab usual]
"""

from __future__ import annotations

import argparse
import json
import statistics

from bench.optimiser.grounds import SIMULATED
from bench.optimiser.judged import row
from bench.optimiser.simulator import Simulator
from bench.optimiser.world import SEED_PROMPT, World, make_world
from core.optimiser.split import split


def teachable(world: World, seed: int, learned: set[int]) -> float:
    """Points of agreement with the truth; `learned` are the review ids of the rows that may teach."""
    named = {
        mode
        for number, call in enumerate(world.labelled, 1)
        for mode in call.modes
        if number in learned and call.note and call.label is call.truth
    }
    lessons = [mode.lesson(mode.value) for mode in world.modes if mode.number in named and not mode.settled]
    simulator = Simulator(world, seed)
    taught = " ".join([SEED_PROMPT, *lessons])
    return 100 * (simulator.agreement(taught) - simulator.agreement(SEED_PROMPT))


def both(lab: str, labels: int, seed: int) -> tuple[float, float]:
    """By all labelled rows, and by those that Plumbline learns from."""
    world = make_world(seed, labels, **SIMULATED[lab])
    rows = [row(number, call) for number, call in enumerate(world.labelled, 1)]
    everything = {each.review_id for each in rows}
    learned = {each.review_id for each in split(rows).learn}
    return teachable(world, seed, everything), teachable(world, seed, learned)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--labels", default="20,40,100")
    parser.add_argument("--lab", choices=list(SIMULATED), default="usual")
    options = parser.parse_args()
    found = []
    for labels in map(int, options.labels.split(",")):
        seeds = range(options.first_seed, options.first_seed + options.seeds)
        gains = [both(options.lab, labels, seed) for seed in seeds]
        by_all, by_learned = (statistics.mean(each) for each in zip(*gains, strict=True))
        print(
            f"{options.lab}, {labels} labels: {by_all:+.1f} by all, {by_learned:+.1f} by those learned from"
        )
        found.append({"labels": labels, "all": by_all, "learned": by_learned})
    print(json.dumps({"bench": "teachable", "lab": options.lab, "found": found}))


if __name__ == "__main__":
    main()
