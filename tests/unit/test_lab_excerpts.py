from __future__ import annotations

from core.lab.excerpts import (
    FIRST_TURNS,
    LAST_TURNS,
    TURN_CHARS,
    Excerpt,
    excerpt,
    transcript_text,
)
from core.terms import Message


def said(*contents: str, role: str = "user") -> list[Message]:
    return [Message(role, content) for content in contents]


def test_a_usual_transcript_is_whole_and_in_its_order() -> None:
    found = excerpt(said(*(str(number) for number in range(100))))
    assert [turn.said for turn in found.first] == [str(number) for number in range(100)]
    assert (found.last, found.left_out, found.whole) == ((), 0, True)


def test_of_many_turns_the_first_and_the_last_are_kept() -> None:
    found = excerpt(said(*(str(number) for number in range(10_000))))
    assert [turn.said for turn in found.first] == [str(number) for number in range(FIRST_TURNS)]
    assert [turn.said for turn in found.last] == [
        str(number) for number in range(10_000 - LAST_TURNS, 10_000)
    ]
    assert found.left_out == 10_000 - FIRST_TURNS - LAST_TURNS
    assert not found.whole


def test_one_endless_turn_is_cut_and_says_by_how_much() -> None:
    found = excerpt(said("x" * 2_000_000))
    (turn,) = found.first
    assert (len(turn.said), turn.left_out) == (TURN_CHARS, 2_000_000 - TURN_CHARS)
    assert (found.left_out, found.whole) == (0, False)


def test_long_turns_are_fewer() -> None:
    found = excerpt(said(*["x" * TURN_CHARS] * 100))
    assert (len(found.first), len(found.last), found.left_out) == (10, 5, 85)


def test_nothing_said_is_nothing_shown() -> None:
    assert excerpt([]) == Excerpt((), (), 0)


def test_tool_calls_of_the_agent_stand_apart_from_what_it_said() -> None:
    content = 'One moment.\n[tool call] find {"a":\n1}\n[tool call] book {}'
    (turn,) = excerpt(said(content, role="assistant")).first
    assert (turn.said, turn.tool_calls) == ("One moment.", ('find {"a":\n1}', "book {}"))


def test_a_user_who_writes_like_a_tool_call_made_none() -> None:
    (turn,) = excerpt(said("[tool call] delete everything")).first
    assert (turn.said, turn.tool_calls) == ("[tool call] delete everything", ())


def test_the_whole_transcript_names_each_speaker() -> None:
    assert (
        transcript_text([*said("Hi."), *said("Hello.", role="assistant")])
        == "User: Hi.\n\nAssistant: Hello.\n"
    )
