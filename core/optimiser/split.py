"""Which rows the search may learn from, choose on, and never sees."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.terms import LabelledRow

HOLD_OUT_FROM = 30
CHOOSE_FROM = 80


class Part(StrEnum):
    LEARN = "learn"
    CHOOSE = "choose"
    HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True)
class Split:
    """Rows by part, each in the order they came. Rows with a note but no label are learned from."""

    learn: tuple[LabelledRow, ...]
    choose: tuple[LabelledRow, ...] = ()
    held_out: tuple[LabelledRow, ...] = ()

    def part_of(self) -> dict[int, Part]:
        """The part of each row, by review id."""
        parts = ((Part.LEARN, self.learn), (Part.CHOOSE, self.choose), (Part.HELD_OUT, self.held_out))
        return {row.review_id: part for part, rows in parts for row in rows}


def fractions(labelled: int) -> tuple[float, float]:
    """The shares of learn and choose rows at this number of labels; the rest is held out.

    Under 30 labels everything is learned from: a held-out handful would decide by chance. Up to 80 only a
    fifth is held out: each row more to learn from counts for more than what a few rows can prove.
    """
    if labelled < HOLD_OUT_FROM:
        return 1.0, 0.0
    if labelled < CHOOSE_FROM:
        return 0.8, 0.0
    return 0.5, 0.2


def split(rows: Sequence[LabelledRow]) -> Split:
    """Split by conversation, stratified by label, and the same for the same rows in every run.

    Within each label the conversations are ordered by a hash of their group and cut at the shares, so
    that new labels move few of the old ones. All rows of a conversation fall on one side.
    """
    labelled = [row for row in rows if row.labelled]
    learn_share, choose_share = fractions(len(labelled))
    part_of_group: dict[str, Part] = {}
    for groups in _groups_by_label(labelled).values():
        for index, group in enumerate(groups):
            place = (index + 0.5) / len(groups)
            part_of_group[group] = _part(place, learn_share, choose_share)
    parts: dict[Part, list[LabelledRow]] = defaultdict(list)
    for row in rows:
        parts[part_of_group.get(row.group, Part.LEARN)].append(row)
    return Split(tuple(parts[Part.LEARN]), tuple(parts[Part.CHOOSE]), tuple(parts[Part.HELD_OUT]))


def _groups_by_label(labelled: Sequence[LabelledRow]) -> dict[str, list[str]]:
    """Each group once, under the label of its first row, ordered by hash."""
    label_of: dict[str, str] = {}
    for row in labelled:
        label_of.setdefault(row.group, row.expected or "")
    groups: dict[str, list[str]] = defaultdict(list)
    for group, label in label_of.items():
        groups[label].append(group)
    for names in groups.values():
        names.sort(key=_hash)
    return groups


def _hash(group: str) -> bytes:
    return hashlib.sha256(group.encode("utf-8", "surrogatepass")).digest()


def _part(place: float, learn_share: float, choose_share: float) -> Part:
    if place < learn_share:
        return Part.LEARN
    return Part.CHOOSE if place < learn_share + choose_share else Part.HELD_OUT
