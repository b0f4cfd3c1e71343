"""The judge's own noise: the same question asked again, under the same definition."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.terms import LabelledRow

MOST_ROWS = 20
SIDE_OF_LUCK = 1.645
"""Standard deviations that a normal variable exceeds in 1 of 20 tries."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Rows judged twice under the live definition.

    `rows` counts them; `changed` are the review ids of those that got another answer, `flipped` how
    many of them agree with their label one time and not the other.
    """

    rows: int
    changed: tuple[int, ...]
    flipped: int

    @property
    def share(self) -> float:
        """The share of rows whose agreement changes by itself, on the careful side.

        Laplace's rule of succession: no change among 20 rows does not mean that there never is one.
        """
        return (self.flipped + 1) / (self.rows + 2)

    def floor(self, rows: int) -> float:
        """The gain, in rows, that judging one prompt twice passes by luck in 1 of 20 tries.

        Each of `rows` changes by itself with probability `share`, as often to the better as to the
        worse, so the sum has a variance of `share × rows`; normal approximation.
        """
        return SIDE_OF_LUCK * math.sqrt(self.share * rows)

    def as_json(self) -> dict[str, Any]:
        return {"rows": self.rows, "changed": list(self.changed), "flipped": self.flipped}

    @classmethod
    def of_json(cls, data: Mapping[str, Any] | None) -> Noise | None:
        return None if data is None else cls(data["rows"], tuple(data["changed"]), data["flipped"])


def rows_to_judge_again(
    rows: Sequence[LabelledRow], kind: Callable[[LabelledRow], Hashable], most: int = MOST_ROWS
) -> list[LabelledRow]:
    """Up to `most` rows, each kind with its share, the same ones for the same rows; in their order.

    Within a kind they are drawn by a hash of their conversation, one of each conversation first.
    """
    kinds: dict[Hashable, list[LabelledRow]] = defaultdict(list)
    for row in sorted(rows, key=_drawn):
        kinds[kind(row)].append(row)
    ranked = [
        ((place + 0.5) / len(of_kind), _drawn(row), row.review_id)
        for of_kind in kinds.values()
        for place, row in enumerate(of_kind)
    ]
    chosen = {review_id for _, _, review_id in sorted(ranked)[:most]}
    return [row for row in rows if row.review_id in chosen]


def _drawn(row: LabelledRow) -> bytes:
    """Salted: ordered by the bare hash, they would all be rows that the search learns from."""
    return hashlib.sha256(f"noise {row.group}".encode("utf-8", "surrogatepass")).digest()
