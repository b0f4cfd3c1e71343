"""Which candidates are worth a further round: those that some rows speak for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def front(right: Mapping[T, frozenset[int]]) -> list[T]:
    """Those whose right rows are not all right under another one too; of equals the first.

    `right` holds for each candidate the rows it answers as labelled, over the same rows for all.
    """
    order: Sequence[T] = list(right)
    return [
        one
        for place, one in enumerate(order)
        if not any(
            right[one] < right[other] or (right[one] == right[other] and before < place)
            for before, other in enumerate(order)
            if other is not one
        )
    ]
