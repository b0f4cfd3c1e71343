"""A prompt in parts and in one piece: no word is lost between the two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.outline import Outline, compose, read_outline, titles
from core.terms import EvalSettings, EvalType

BINARY = EvalSettings()
MOOD = EvalSettings(EvalType.ENUM, ("calm", "angry"))
KINDS = [BINARY, MOOD, EvalSettings(EvalType.RATING), EvalSettings(EvalType.NUMERIC)]
WHOLE = """\
Did the agent confirm the appointment?

True when:
- day and time are repeated
- the caller says yes

False when:
- only a call back is promised"""


def test_parts_make_up_a_prompt_that_says_what_passes_and_what_fails() -> None:
    parts = ("day and time are repeated\n- the caller says yes\n\n", "  only a call back is promised ")
    assert compose(Outline(" Did the agent confirm the appointment?\n", parts), BINARY) == WHOLE


def test_such_a_prompt_comes_apart_again() -> None:
    assert read_outline(WHOLE, BINARY) == Outline(
        "Did the agent confirm the appointment?",
        ("day and time are repeated\nthe caller says yes", "only a call back is promised"),
    )


def test_parts_that_are_empty_are_left_out() -> None:
    assert compose(Outline("Hm?", ("", " \n - ")), BINARY) == "Hm?"
    assert compose(Outline("", ("it is so", "")), BINARY) == "True when:\n- it is so"


def test_each_value_of_an_enum_has_a_part() -> None:
    assert titles(MOOD) == ("calm when:", "angry when:")
    assert compose(Outline("Mood?", ("", "they shout")), MOOD) == "Mood?\n\nangry when:\n- they shout"


@pytest.mark.parametrize(
    "text",
    [
        "Was the agent polite?\n\n- Pass when polite.\n- Otherwise fail.",
        "False when:\n- x\n\nTrue when:\n- y",
        "Hm?\n\nTrue when:\n- a\n\nTrue when:\n- b",
        "Hm?\n\nTrue when:\n- a\nno bullet",
        "True when:",
        "",
    ],
)
def test_what_is_written_otherwise_is_all_question(text: str) -> None:
    assert read_outline(text, BINARY) == Outline(text, ("", ""))


PIECES = st.sampled_from(
    ["True when:", "False when:", "- a", "-", "b", "\n", "\n\n", "calm when:", " ", "5 when:"]
)


@given(st.lists(PIECES).map("\n".join), st.sampled_from(KINDS))
def test_no_prompt_is_changed_by_taking_it_apart(text: str, settings: EvalSettings) -> None:
    found = read_outline(text, settings)
    assert len(found.parts) == len(titles(settings))
    assert compose(found, settings) == text.strip()


@given(st.text(), st.sampled_from(KINDS))
def test_nor_is_any_other_text(text: str, settings: EvalSettings) -> None:
    assert compose(read_outline(text, settings), settings) == text.strip()
