from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.notifications.diff import Kind, Line, Segment, word_diff
from core.notifications.folding import Fold, fitted, folded


def numbered(count: int) -> str:
    return "\n".join(f"line {number}" for number in range(count))


def length(segment: Segment) -> int:
    return len(segment.text) + (0 if segment.kind is Kind.EQUAL else 10)


def test_long_unchanged_stretches_are_folded_around_a_change() -> None:
    before = numbered(50)
    lines = folded(word_diff(before, before.replace("line 20\n", "line twenty\n")))
    assert lines[0] == Fold(18)
    assert lines[-1] == Fold(27)
    assert len(lines) == 7


def test_a_few_unchanged_lines_between_changes_are_shown_rather_than_folded() -> None:
    before = numbered(12)
    after = before.replace("line 1\n", "line one\n").replace("line 9\n", "line nine\n")
    assert not any(isinstance(line, Fold) for line in folded(word_diff(before, after)))


def test_long_unchanged_text_within_a_changed_line_loses_its_middle() -> None:
    text = "".join(f"word{number} " for number in range(2000))
    (line,) = folded(word_diff(text + "end", "start " + text + "END"))
    assert isinstance(line, Line)
    assert "unchanged characters" in line.segments[1].text
    assert sum(len(segment.text) for segment in line.segments) < 500


def test_what_fits_is_kept_whole() -> None:
    lines = folded(word_diff("a b c", "a x c"))
    assert fitted(lines, 1000, length) == (lines, False)


def test_what_does_not_fit_is_cut_within_its_line() -> None:
    lines = [Line((Segment(Kind.EQUAL, "abc"),)), Line((Segment(Kind.INSERTED, "x" * 100),))]
    kept, is_cut = fitted(lines, 33, length)
    assert is_cut
    assert kept[-1] == Line((Segment(Kind.INSERTED, "x" * 20),))


def test_with_no_room_nothing_is_kept() -> None:
    assert fitted([Line((Segment(Kind.EQUAL, "abc"),))], 0, length) == ([], True)


@given(
    st.lists(
        st.lists(st.builds(Segment, st.sampled_from(Kind), st.text(min_size=1, max_size=30)), max_size=4)
    ),
    st.integers(0, 200),
)
def test_what_is_kept_never_costs_more_than_the_room(lines: list[list[Segment]], room: int) -> None:
    kept, is_cut = fitted([Line(tuple(line)) for line in lines], room, length)
    spent = sum(length(segment) for line in kept if isinstance(line, Line) for segment in line.segments)
    assert spent <= room
    assert is_cut or len(kept) == len(lines)
