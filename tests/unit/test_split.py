"""Which rows are learned from, chosen on and held out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.optimiser.split import Part, Split, split
from core.terms import LabelledRow


def rows(count: int, *, per_group: int = 1, fails: float = 0.5) -> list[LabelledRow]:
    return [
        LabelledRow(i + 1, i + 1, f"group-{i // per_group}", "false" if i < count * fails else "true")
        for i in range(count)
    ]


def sizes(parts: Split) -> tuple[int, int, int]:
    return len(parts.learn), len(parts.choose), len(parts.held_out)


def test_under_thirty_labels_everything_is_learned_from() -> None:
    assert sizes(split(rows(29))) == (29, 0, 0)


def test_from_thirty_labels_a_fifth_is_held_out() -> None:
    assert sizes(split(rows(30))) == (24, 0, 6)


def test_from_eighty_labels_some_are_set_apart_for_choosing() -> None:
    assert sizes(split(rows(100))) == (50, 20, 30)


def test_each_part_has_its_share_of_each_label() -> None:
    parts = split(rows(100, fails=0.2))
    assert sum(row.expected == "false" for row in parts.held_out) == 6
    assert sum(row.expected == "false" for row in parts.learn) == 10


def test_the_same_rows_in_another_order_are_split_alike() -> None:
    given_rows = rows(60)
    assert split(given_rows).part_of() == split(given_rows[::-1]).part_of()


def test_a_few_new_labels_move_few_of_the_old_rows() -> None:
    before, after = split(rows(100)).part_of(), split(rows(104)).part_of()
    moved = sum(before[key] is not after[key] for key in before)
    assert moved <= 10


def test_a_row_with_a_note_but_no_label_is_learned_from() -> None:
    noted = LabelledRow(999, 999, "alone", None, "the tone was off")
    assert split([*rows(60), noted]).part_of()[999] is Part.LEARN


@given(st.integers(0, 150), st.integers(1, 5))
def test_every_row_has_one_part_and_a_conversation_is_never_parted(count: int, per_group: int) -> None:
    given_rows = rows(count, per_group=per_group)
    parts = split(given_rows).part_of()
    assert set(parts) == {row.review_id for row in given_rows}
    by_group: dict[str, set[Part]] = {}
    for row in given_rows:
        by_group.setdefault(row.group, set()).add(parts[row.review_id])
    assert all(len(found) == 1 for found in by_group.values())
