"""How often does each guard let a useless, a harmful and a better prompt pass, for so many labels?

A simulation: no model is asked. The live prompt agrees with 80 % of the labels, which are of two classes
in equal parts. A search writes three candidates of one kind and takes the one that does best on the rows
it chooses on, as the product does; then the product's own rule (`core.guard.decide`) looks at it. A
candidate's kind says which share of all rows it truly fixes and breaks, the judge's noise included:

    useless   fixes 4 of 100 rows and breaks 4
    harmful   fixes 3 of 100 rows and breaks 8
    gain10    fixes 12 of 100 rows and breaks 2

Judged again, the live prompt changes 3 of 100 answers from right to wrong or back.

    python -m bench.guard [--trials 4000] [--labels 10 20 30] [--write]

`--write` keeps the table in core/evidence/odds.json, which the schedule form and docs/optimiser.md show.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evidence import BothSides, ClassRecall, Count, Evidence, Interval, Noise, Paired, mcnemar
from core.evidence.noise import MOST_ROWS
from core.evidence.odds import FILE
from core.guard import Facts, decide
from core.optimiser.split import CHOOSE_FROM, HOLD_OUT_FROM, fractions
from core.terms import Guard, Outcome, Score

LABELS = (10, 20, 30, 50, 79, 80, 100, 200, 500)
TRIALS = 4_000
SEED = 6
BASELINE, NOISE = 0.80, 0.03
CLASSES = ("true", "false")
CANDIDATES = 3
TARGET_ROWS = 100
UNKNOWN = Interval(0.0, 1.0)


@dataclass(frozen=True)
class Kind:
    """The share of all rows that a candidate truly fixes, and breaks."""

    name: str
    fixes: float
    breaks: float


KINDS = (Kind("useless", 0.04, 0.04), Kind("harmful", 0.03, 0.08), Kind("gain10", 0.12, 0.02))


@dataclass(frozen=True)
class Sizes:
    """Rows of each part."""

    learn: int
    choose: int
    held_out: int

    @property
    def total(self) -> int:
        return self.learn + self.choose + self.held_out


def sizes_of(labels: int) -> Sizes:
    """As the product splits so many labels."""
    learn_share, choose_share = fractions(labels)
    learn, choose = round(labels * learn_share), round(labels * choose_share)
    return Sizes(learn, choose, labels - learn - choose)


def shares_passed(sizes: Sizes, kind: Kind, trials: int, seed: Sequence[int]) -> dict[str, float]:
    """How often each guard lets the champion of the search pass."""
    passed = dict.fromkeys(Guard, 0)
    for facts in champions(sizes, kind, trials, np.random.default_rng(seed)):
        for guard in Guard:
            applied = decide(Facts(**facts, auto_apply=True, stale=False, guard=guard))
            passed[guard] += applied.outcome is Outcome.APPLIED
    return {guard.value: round(count / trials, 4) for guard, count in passed.items()}


def champions(sizes: Sizes, kind: Kind, trials: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """The best of three candidates a trial, as the guard sees it.

    Arrays are trials × candidates × parts (learn, choose, held out) × classes.
    """
    parts = np.array([sizes.learn, sizes.choose, sizes.held_out])
    rows = np.stack([parts - parts // 2, parts // 2], axis=1)
    right = rng.binomial(rows, BASELINE, size=(trials, *rows.shape))
    many = (trials, CANDIDATES, *rows.shape)
    fixed = rng.binomial((rows - right)[:, None], kind.fixes / (1 - BASELINE), size=many)
    broken = rng.binomial(right[:, None], kind.breaks / BASELINE, size=many)
    chosen_on = 1 if sizes.choose else 0
    best = (fixed - broken)[:, :, chosen_on].sum(axis=-1).argmax(axis=1)
    again = min(MOST_ROWS, sizes.total)
    flipped = rng.binomial(again, NOISE, size=trials)
    for trial in range(trials):
        yield facts_of(
            rows,
            right[trial],
            fixed[trial, best[trial]],
            broken[trial, best[trial]],
            Noise(again, tuple(range(flipped[trial])), int(flipped[trial])),
        )


def facts_of(rows: Any, right: Any, fixed: Any, broken: Any, noise: Noise) -> dict[str, Any]:
    """Arrays are parts × classes; the last part is held out."""
    held_out = [int(each[-1].sum()) for each in (rows, right, fixed, broken)]
    total = [int(each.sum()) for each in (rows, right, fixed, broken)]
    recalls = tuple(
        ClassRecall(name, Count(int(was), int(size)), Count(int(was + up - down), int(size)))
        for name, size, was, up, down in zip(CLASSES, rows[-1], right[-1], fixed[-1], broken[-1], strict=True)
    )
    nothing = BothSides(None, None)
    evidence = Evidence(
        everything=paired(*total),
        held_out=paired(*held_out) if held_out[0] else None,
        recalls=(),
        held_out_recalls=recalls,
        balanced_accuracy=nothing,
        kappa=nothing,
        trigger=None,
        unreadable=(0, 0),
        noise=noise,
    )
    size, was, up, down = total
    return {"baseline": Score(was, size), "optimised": Score(was + up - down, size), "evidence": evidence}


def paired(rows: int, right: int, fixed: int, broken: int) -> Paired:
    luck = mcnemar(fixed, broken)
    return Paired(rows, right, right + fixed - broken, fixed, broken, luck, UNKNOWN, UNKNOWN, UNKNOWN)


def simulate(labels: Sequence[int], trials: int) -> list[dict[str, Any]]:
    """For each number of labels, how often each guard lets each kind pass; each cell has its own seed."""
    return [
        {
            "labels": count,
            "held_out": sizes_of(count).held_out,
            **{
                kind.name: shares_passed(sizes_of(count), kind, trials, [SEED, count, place])
                for place, kind in enumerate(KINDS)
            },
        }
        for count in labels
    ]


def target(trials: int) -> dict[str, Any]:
    """The same at 100 held-out rows, which no number of labels above happens to give."""
    sizes = Sizes(learn=167, choose=67, held_out=TARGET_ROWS)
    found = {kind.name: shares_passed(sizes, kind, trials, [SEED, 0, i]) for i, kind in enumerate(KINDS)}
    return {"labels": sizes.total, "held_out": TARGET_ROWS, **found}


def written(rows: list[dict[str, Any]], trials: int) -> str:
    """The text of odds.json."""
    head = {"made_by": "python -m bench.guard --write", "seed": SEED, "trials": trials, "baseline": BASELINE}
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    return json.dumps(head)[:-1] + ', "table": [\n' + lines + "\n]}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--trials", type=int, default=TRIALS)
    parser.add_argument("--labels", type=int, nargs="+", default=LABELS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    assert HOLD_OUT_FROM < CHOOSE_FROM
    found = simulate(options.labels, options.trials)
    for row in [*found, target(options.trials)]:
        shown = "  ".join(
            f"{kind.name} {row[kind.name]['standard']:6.1%} {row[kind.name]['strict']:6.1%}" for kind in KINDS
        )
        print(f"{row['labels']:4} labels, {row['held_out']:3} held out:  {shown}   (standard, strict)")
    if options.write:
        FILE.write_text(written(found, options.trials), encoding="utf-8")
    print(json.dumps({"bench": "guard", "table": found, "target": target(options.trials)}))


if __name__ == "__main__":
    main()
