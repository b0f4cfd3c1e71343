from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.notifications.diff import Kind, Line, unified_diff, word_diff
from core.notifications.legible import printable

WORDS = st.lists(st.sampled_from(["the ", "agent ", "caller", "\n", "\n\n", ", ", ".", "confirms "])).map(
    "".join
)


def marked(before: str, after: str) -> list[str]:
    """The diff as lines with [-old-] and {+new+}."""
    around = {Kind.EQUAL: ("", ""), Kind.DELETED: ("[-", "-]"), Kind.INSERTED: ("{+", "+}")}
    return [
        "".join(text.join(around[kind]) for kind, text in line.segments) for line in word_diff(before, after)
    ]


def side(lines: list[Line], left_out: Kind) -> str:
    """The words of one side, without spaces and line breaks."""
    text = "".join(text for line in lines for kind, text in line.segments if kind is not left_out)
    return "".join(text.replace("↵", "").split())


def test_words_are_never_split_into_letters() -> None:
    assert marked("The agent confirmed it.", "The agent firmly confirms it.") == [
        "The agent [-confirmed-]{+firmly confirms+} it."
    ]


def test_only_the_new_words_of_a_line_are_marked() -> None:
    before = "Pass if the agent repeats the date and time."
    after = "Pass if the agent repeats both the date and the time."
    assert marked(before, after) == ["Pass if the agent repeats {+both +}the date and{+ the+} time."]


def test_a_new_line_between_old_ones_is_marked_whole() -> None:
    assert marked("one\ntwo", "one\nbetween\ntwo") == ["one", "{+between+}", "two"]


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [("a\n\nb", "a\nb", ["a", "[-↵-]", "b"]), ("a\nb", "a\n\nb", ["a", "{+↵+}", "b"])],
)
def test_an_empty_line_that_came_or_went_can_be_seen(before: str, after: str, shown: list[str]) -> None:
    assert marked(before, after) == shown


def test_a_rewritten_clause_is_not_cut_up_at_every_space() -> None:
    assert marked("x. Be very strict now.", "x. Show some mercy here.") == [
        "x. [-Be very strict now-]{+Show some mercy here+}."
    ]


def test_placeholders_stay_readable() -> None:
    assert marked("Read {{transcript}} well", "Read {{metadata}} well") == [
        "Read {{[-transcript-]{+metadata+}}} well"
    ]


def test_words_with_combining_marks_stay_whole() -> None:
    assert marked("हिन्दी नमस्ते", "हिन्दा नमस्ते") == ["[-हिन्दी-]{+हिन्दा+} नमस्ते"]


def test_scripts_without_spaces_go_character_by_character() -> None:
    assert marked("日本語の名前", "日本人の名前") == ["日本[-語-]{+人+}の名前"]


def test_equal_texts_have_no_change_whatever_their_line_endings() -> None:
    assert not any(line.changed for line in word_diff("a\r\nb\r", "a\nb\n"))
    assert unified_diff("a\r\nb\r", "a\nb\n") == ""


def test_a_line_added_at_the_end_leaves_the_last_one_alone() -> None:
    assert marked("one\ntwo", "one\ntwo\nthree") == ["one", "two", "{+three+}"]
    assert unified_diff("one\ntwo", "one\ntwo\nthree").splitlines()[1:] == [" one", " two", "+three"]


@pytest.mark.parametrize("after", ["one\n", "one"])
def test_a_line_break_at_the_very_end_is_no_change_to_show(after: str) -> None:
    assert marked("one", after) == ["one"]


def test_nothing_against_something_is_one_insertion() -> None:
    assert marked("", "new words") == ["{+new words+}"]
    assert marked("old words", "") == ["[-old words-]"]
    assert marked("", "") == []


@given(WORDS | st.text(), WORDS | st.text())
@example("a\ud800\x00b", "a b")
def test_each_side_of_the_diff_is_the_text_it_came_from(before: str, after: str) -> None:
    lines = word_diff(before.replace("↵", ""), after.replace("↵", ""))
    assert side(lines, Kind.INSERTED) == "".join(printable(before).replace("↵", "").split())
    assert side(lines, Kind.DELETED) == "".join(printable(after).replace("↵", "").split())


def test_a_unified_diff_has_hunks_with_line_numbers() -> None:
    before = "".join(f"line {number}\n" for number in range(1, 41))
    after = before.replace("line 5\n", "line five\n").replace("line 30\n", "")
    assert unified_diff(before, after, context=1).splitlines() == [
        "@@ -4,3 +4,3 @@",
        " line 4",
        "-line 5",
        "+line five",
        " line 6",
        "@@ -29,3 +29,2 @@",
        " line 29",
        "-line 30",
        " line 31",
    ]


def test_hunks_that_touch_are_one() -> None:
    assert unified_diff("a\nb\nc\nd\n", "A\nb\nc\nD\n").count("@@ -") == 1


@given(WORDS, WORDS)
def test_a_unified_diff_holds_every_line_that_changed(before: str, after: str) -> None:
    shown = unified_diff(before, after, context=10_000).splitlines()[1:]
    if lines_of(before) != lines_of(after):
        assert [line[1:] for line in shown if line[0] != "+"] == lines_of(before)
        assert [line[1:] for line in shown if line[0] != "-"] == lines_of(after)


def lines_of(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []
