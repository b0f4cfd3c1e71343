"""How far is the estimate before a run from the calls that the run makes?

Whole searches in the simulated worlds of `bench.optimiser`, against what `core.runs.estimate` said of
the same Lab beforehand. The noise check, which asks a known number of calls, is left out of both.

    python -m bench.estimate [--seeds 5] [--labels 20 40 100 200]
"""

from __future__ import annotations

import argparse
import json
import statistics

from bench.optimiser.grounds import SIMULATED, simulated
from bench.optimiser.ours import plumbline
from bench.optimiser.serving import Models, serving
from bench.optimiser.trial import trial
from core.runs.estimate import expected_calls

PROMISED = 0.30


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--labels", type=int, nargs="+", default=[20, 40, 100, 200])
    parser.add_argument("--lab", choices=list(SIMULATED), default="usual")
    options = parser.parse_args()
    with serving(models := Models()) as base_url:
        found = [measure(models, base_url, options.lab, count, options.seeds) for count in options.labels]
    for row in found:
        print("  ".join(f"{name}={value}" for name, value in row.items()))
    print(json.dumps({"bench": "estimate", "lab": options.lab, "results": found}))


def measure(models: Models, base_url: str, lab: str, labels: int, seeds: int) -> dict[str, object]:
    """Estimate over calls made, a seed each."""
    ratios, made = [], []
    for seed in range(seeds):
        wrong = round(labels * (1 - SIMULATED[lab]["baseline"]))
        estimate = expected_calls(labels, wrong, check_noise=False)
        ground = simulated(lab, labels, seed)
        calls = trial(models, base_url, "plumbline", plumbline, ground, seed, max_calls=10_000).calls
        ratios.append(estimate / calls)
        made.append(calls)
    within = sum(abs(ratio - 1) <= PROMISED for ratio in ratios)
    return {
        "labels": labels,
        "estimated": estimate,
        "made": round(statistics.mean(made)),
        "ratio": round(statistics.mean(ratios), 2),
        "lowest": round(min(ratios), 2),
        "highest": round(max(ratios), 2),
        "within_30_percent": f"{within} of {seeds}",
    }


if __name__ == "__main__":
    main()
