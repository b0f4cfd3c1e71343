"""How often each guard lets which kind of rewrite pass, from our own simulation (`bench/guard.py`).

The table is data: `python -m bench.guard --write` makes it anew, and a test holds that it is what the
simulation gives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from core.terms import Guard

FILE = Path(__file__).with_name("odds.json")


@dataclass(frozen=True, slots=True)
class Odds:
    """The share of tries, from 0 to 1, in which a guard lets a rewrite pass.

    `useless` fixes as many rows as it breaks (4 of 100 each), `harmful` loses 5 points (fixes 3, breaks
    8), `gain10` gains 10 (fixes 12, breaks 2).
    """

    useless: float
    harmful: float
    gain10: float


def how_often(guard: Guard, labels: int) -> Odds:
    """The odds at so many labels, in a straight line between the numbers that were simulated.

    Beyond the table its last row holds; where a row has no held-out rows, so has what lies below the
    next one.
    """
    rows = odds_table()
    if labels <= rows[0]["labels"]:
        return _odds(rows[0], rows[0], guard, 0.0)
    for below, above in pairwise(rows):
        if below["labels"] <= labels < above["labels"]:
            way = (labels - below["labels"]) / (above["labels"] - below["labels"])
            jumps = guard is Guard.STRICT and not below["held_out"]
            return _odds(below, above, guard, 0.0 if jumps else way)
    return _odds(rows[-1], rows[-1], guard, 0.0)


@cache
def odds_table() -> list[dict[str, Any]]:
    """Rows by number of labels: `labels`, `held_out`, and by kind the share that each guard passes."""
    rows: list[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))["table"]
    return rows


def _odds(below: dict[str, Any], above: dict[str, Any], guard: Guard, way: float) -> Odds:
    return Odds(
        *(
            below[kind][guard.value] + way * (above[kind][guard.value] - below[kind][guard.value])
            for kind in ("useless", "harmful", "gain10")
        )
    )
