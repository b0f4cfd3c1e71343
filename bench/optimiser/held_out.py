"""Which labelled rows a way of improving may see: those of our own search, so that all divide them alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bench.optimiser.judged import row
from bench.optimiser.lab import Lab
from bench.optimiser.trial import Rewrite, Task
from core.optimiser.split import split

EVERY_ROW = ":every_row"
"""Ends the name of a way that is shown the held-out rows as well, as it would be without Plumbline."""


def searched(lab: Lab) -> Lab:
    """The Lab without the rows that our search holds out."""
    rows = [row(number, call) for number, call in enumerate(lab.labelled, 1)]
    held_out = {each.review_id for each in split(rows).held_out}
    return replace(
        lab, labelled=[call for number, call in enumerate(lab.labelled, 1) if number not in held_out]
    )


def on_the_same_rows(improve: Callable[[Task], Rewrite]) -> Callable[[Task], Rewrite]:
    """The way, shown what our own search is shown to learn from and to choose on."""
    return lambda task: improve(replace(task, lab=searched(task.lab)))
