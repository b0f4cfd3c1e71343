"""How much agreement does a rewrite gain, at what price, beside other optimisers?

Every way gets the same labelled rows, divided alike, the same endpoint and the same limit on calls: rows
that our search holds out (from 30 labels) are shown to no way but one whose name ends with `:every_row`.
Simulated Labs (`world`) are behind an endpoint that speaks the public protocol and knows nobody's prompts
(`simulator`), so that the true gain is known. The demo's Labs, and labelled conversations in ../shared/data
where they are, are asked of the endpoint in LLM_BASE_URL, LLM_API_KEY and LLM_MODEL; without one of the demo
model, which answers Plumbline alone. A table for each Lab, means with 95 % bootstrap intervals over the
seeds, and one line of JSON.

    python -m bench.optimiser [--seeds 10] [--labels 20,40,100] [--ways plumbline,one_rewrite,gepa_1000]
                              [--labs usual,demo,shared] [--keep trials.jsonl]

`--keep` writes each trial as it ends, and takes from the file what stands there already: a run that was
stopped goes on, and the peers need not be asked again after a change of ours.

What it can show: whether a search finds lessons that stand in notes, whether it is fooled by wrong
labels and noise, and what it pays. What it cannot: how well a real model writes or follows a prompt.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.optimiser import naive, ours, peers
from bench.optimiser.file_labs import SHARED, file_labs
from bench.optimiser.grounds import SIMULATED, Endpoint, Ground, endpoint, simulated
from bench.optimiser.held_out import EVERY_ROW, on_the_same_rows
from bench.optimiser.kept import Kept
from bench.optimiser.peers.environments import Unavailable
from bench.optimiser.serving import Models, serving
from bench.optimiser.table import show
from bench.optimiser.trial import Measured, Rewrite, Task, trial

OTHERS = {"one_rewrite": naive.one_rewrite, **peers.WAYS}
ON_THE_SAME_ROWS: dict[str, Callable[[Task], Rewrite]] = {
    "nothing": naive.nothing,
    "plumbline": ours.plumbline,
    **{name: on_the_same_rows(way) for name, way in OTHERS.items()},
}
WAYS = ON_THE_SAME_ROWS | {f"{name}{EVERY_ROW}": way for name, way in OTHERS.items()}
ANSWERED_BY_DEMO = ("nothing", "plumbline")
FROM_FILES = ("demo", "shared")
GroundOf = Callable[[int], Ground]


def main() -> None:
    options = _options()
    models, kept = Models(), Kept(options.keep)
    found: list[dict[str, object]] = []
    with serving(models) as base_url, endpoint() as asked:
        for lab, labels, ways, ground_of in settings(options, asked):
            trials, missing = measure(models, base_url, (lab, labels), ways, ground_of, options, kept)
            show(f"{lab}, {labels} labels, {options.seeds} seeds", trials, missing)
            found += [{"lab": lab, "labels": labels, **asdict(one)} for one in trials]
    print(json.dumps({"bench": "optimiser", "trials": found}))


def settings(options: argparse.Namespace, asked: Endpoint) -> Iterator[tuple[str, int, list[str], GroundOf]]:
    """Each Lab with its number of labels, the ways that can be tried in it, and the ground by seed."""
    for kind in (name for name in options.labs if name in SIMULATED):
        for labels in options.labels:
            yield kind, labels, options.ways, partial(simulated, kind, labels)
    if "shared" in options.labs and not SHARED.is_dir():
        print(f"No labelled conversations: {SHARED} is not there.")
    ways = [way for way in options.ways if way in ANSWERED_BY_DEMO or not asked.is_demo]
    for name, lab in file_labs().items():
        if name.partition(":")[0] in options.labs:
            learned = len(lab.divided(options.first_seed).labelled)
            yield f"{name}, {asked.model}", learned, ways, partial(asked.ground, lab)


def measure(
    models: Models,
    base_url: str,
    lab: tuple[str, int],
    ways: list[str],
    ground_of: GroundOf,
    options: argparse.Namespace,
    kept: Kept,
) -> tuple[list[Measured], dict[str, str]]:
    """The trials of every way in one Lab, and by way why it has none."""
    trials: list[Measured] = []
    missing: dict[str, str] = {}
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        for way in (way for way in ways if way not in missing):
            one = kept.find(*lab, way, seed)
            try:
                ask = partial(trial, models, base_url, way, WAYS[way])
                one = one or ask(ground_of(seed), seed, options.max_calls)
            except Unavailable as error:
                missing[way] = str(error)
                continue
            kept.add(*lab, one)
            trials.append(one)
    return trials, missing


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0, help="others than those a search was tuned on")
    parser.add_argument("--labels", type=_numbers, default=[20, 40, 100], help="of the simulated Labs")
    parser.add_argument("--labs", type=_names, default=[*SIMULATED, *FROM_FILES])
    parser.add_argument("--ways", type=_names, default=list(ON_THE_SAME_ROWS))
    parser.add_argument("--max-calls", type=int, default=1_500)
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _numbers(text: str) -> list[int]:
    return [int(name) for name in text.split(",")]


if __name__ == "__main__":
    main()
