"""One number for a whole definition, beside agreement: balanced accuracy and kappa, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.evidence.agreement import MOST_CLASSES, Side
from core.evidence.intervals import Interval, Numbers, bootstrap
from core.evidence.rows import UNREADABLE, Answer, JudgedRow, Rows, by_conversation

Agrees = Callable[[str, str], bool]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number between −1 and 1 with its interval."""

    value: float
    interval: Interval

    def as_json(self) -> dict[str, Any]:
        return {"value": self.value, "interval": self.interval.as_json()}

    @classmethod
    def of_json(cls, data: Mapping[str, Any] | None) -> Estimate | None:
        return None if data is None else cls(data["value"], Interval.of_json(data["interval"]))


@dataclass(frozen=True, slots=True)
class Table:
    """How often which cell occurs: the whole as one row of `sums`, and conversation by conversation."""

    cells: Mapping[Hashable, int]
    units: Sequence[tuple[tuple[Hashable, int], ...]]

    def added(self, unit: tuple[tuple[Hashable, int], ...]) -> list[float]:
        """What a conversation adds to the cells."""
        sums = [0.0] * len(self.cells)
        for cell, count in unit:
            sums[self.cells[cell]] += count
        return sums

    def estimate(self, statistic: Callable[[Numbers], Numbers]) -> Estimate | None:
        """The statistic of the cells' counts (resamples × cells); None where it has no value."""
        whole = np.sum([self.added(unit) for unit in self.units], axis=0)[None, :]
        value = float(statistic(whole)[0])
        return None if np.isnan(value) else Estimate(value, bootstrap(self.units, self.added, statistic))


def balanced_accuracy(rows: Rows, side: Side) -> Estimate | None:
    """The mean of the classes' recalls; None with fewer than two classes, or too many.

    Brodersen et al. (2010), “The balanced accuracy and its posterior distribution”, ICPR, 3121–3124.
    """
    classes = sorted({row.expected for row in rows})
    if not 1 < len(classes) <= MOST_CLASSES:
        return None

    def mean_recall(counts: Numbers) -> Numbers:
        by_class = counts.reshape(-1, len(classes), 2)
        total = by_class.sum(axis=2)
        return np.asarray(_divided(by_class[:, :, 0], total).mean(axis=1))

    table = _table(
        rows,
        [(name, agrees) for name in classes for agrees in (True, False)],
        lambda row: (row.expected, side(row).agrees),
    )
    return table.estimate(mean_recall)


def kappa(rows: Rows, side: Side, agrees: Agrees) -> Estimate | None:
    """Agreement beyond what both sides' habits would give by chance; None where chance explains all.

    Cohen (1960), “A coefficient of agreement for nominal scales”, Educational and Psychological
    Measurement 20:37–46. With a tolerance it is the weighted form of Cohen (1968), Psychological
    Bulletin 70:213–220, in which values within it count as agreement.
    """
    labels = sorted({row.expected for row in rows})
    words = sorted({_said(side(row)) for row in rows})
    if max(len(labels), len(words)) > MOST_CLASSES:
        return None
    weights = np.array([[word != UNREADABLE and agrees(label, word) for word in words] for label in labels])

    def beyond_chance(counts: Numbers) -> Numbers:
        shares = counts.reshape(-1, len(labels), len(words)) / counts.sum(axis=1)[:, None, None]
        seen = (shares * weights).sum(axis=(1, 2))
        by_chance = np.einsum("ri,rj,ij->r", shares.sum(axis=2), shares.sum(axis=1), weights)
        return _divided(seen - by_chance, 1 - by_chance)

    cells = [(label, word) for label in labels for word in words]
    return _table(rows, cells, lambda row: (row.expected, _said(side(row)))).estimate(beyond_chance)


def _table(rows: Rows, cells: Sequence[Hashable], cell: Callable[[JudgedRow], Hashable]) -> Table:
    places = {name: index for index, name in enumerate(cells)}
    units = [
        tuple(sorted(Counter(map(cell, conversation)).items(), key=lambda item: places[item[0]]))
        for conversation in by_conversation(rows)
    ]
    return Table(places, units)


def _divided(part: Numbers, whole: Numbers) -> Numbers:
    """NaN where the whole is nothing."""
    nothing = whole < 1e-12
    return np.asarray(np.where(nothing, np.nan, part / np.where(nothing, 1.0, whole)))


def _said(answer: Answer) -> str:
    return UNREADABLE if answer.value is None else answer.value
