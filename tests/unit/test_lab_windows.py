from __future__ import annotations

from core.lab.excerpts import TURN_CHARS
from core.lab.windows import WINDOW_PIECES, Looking, Window, window
from core.terms import Message


def said(*contents: str, role: str = "user") -> list[Message]:
    return [Message(role, content) for content in contents]


def numbers(found: Window) -> list[int]:
    return [turn.number for turn in found.turns]


def walk(messages: list[Message], words: str = "") -> list[Window]:
    """Every window from the first to the last."""
    found = [window(messages, Looking(0, words))]
    while (later := found[-1].later) is not None:
        found.append(window(messages, Looking(later, words)))
    return found


def test_a_usual_transcript_is_there_at_once() -> None:
    found = window(said("a", "b", "c"))
    assert (numbers(found), found.earlier, found.later, found.total) == ([1, 2, 3], None, None, 3)


def test_ten_thousand_turns_come_in_windows_without_a_gap() -> None:
    messages = said(*(str(number) for number in range(10_000)))
    windows = walk(messages)
    assert [number for found in windows for number in numbers(found)] == list(range(1, 10_001))
    assert max(len(found.turns) for found in windows) == WINDOW_PIECES


def test_going_back_leads_to_the_windows_that_were_there() -> None:
    messages = said(*(str(number) for number in range(350)))
    forth = [found.turns for found in walk(messages)]
    found = window(messages, Looking(300))
    back = [found.turns]
    while found.earlier is not None:
        found = window(messages, Looking(found.earlier))
        back.append(found.turns)
    assert back == forth[::-1]


def test_every_character_of_an_endless_turn_can_be_read() -> None:
    content = "".join(chr(97 + number % 26) for number in range(2_000_000))
    turns = [turn for found in walk(said(content)) for turn in found.turns]
    assert "".join(turn.said for turn in turns) == content
    assert [turn.part for turn in turns] == list(range(1, 501))
    assert {(turn.number, turn.parts) for turn in turns} == {(1, 500)}
    assert max(sum(len(turn.said) for turn in found.turns) for found in walk(said(content))) <= 60_000


def test_words_leave_the_turns_that_hold_them_and_their_neighbours() -> None:
    messages = said(*(f"turn {number}" for number in range(100)), "the REFUND came", *["later"] * 50)
    found = window(messages, Looking(0, " refund "))
    assert (numbers(found), found.found, found.total) == ([100, 101, 102], 1, 151)


def test_neighbours_of_two_hits_come_once() -> None:
    assert numbers(window(said("x", "hit", "y", "hit", "z"), Looking(0, "hit"))) == [1, 2, 3, 4, 5]


def test_words_deep_in_an_endless_turn_are_found_there() -> None:
    content = "x" * (TURN_CHARS * 7 + 5) + "needle" + "x" * TURN_CHARS
    found = window(said(content), Looking(0, "needle"))
    assert [turn.part for turn in found.turns] == [7, 8, 9]
    assert found.found == 1


def test_words_that_nobody_said_leave_nothing() -> None:
    found = window(said("a", "b"), Looking(0, "c"))
    assert (found.turns, found.found, found.total) == ((), 0, 2)


def test_a_place_behind_the_end_shows_the_end() -> None:
    assert numbers(window(said("a", "b"), Looking(99))) == [2]


def test_what_is_searched_for_is_no_pattern() -> None:
    assert window(said("a.c", "abc"), Looking(0, "a.c")).found == 1


def test_nothing_said_is_an_empty_window() -> None:
    assert window([]) == Window((), 0)
