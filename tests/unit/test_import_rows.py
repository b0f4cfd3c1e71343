from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import BadImport
from core.lab.checking import MAX_BATCH_CHARS, MAX_BATCH_ROWS, batches
from core.lab.columns import Columns
from core.lab.formulas import from_cell, to_cell
from core.lab.messages import read_messages
from core.lab.reading import RawRow
from core.lab.rows import ImportedCall, read_row
from core.lab.transcripts import messages_of, stored
from core.terms import EvalSettings, EvalType, Message

BINARY = EvalSettings()
SAID = [{"role": "user", "content": "Hello?"}]


def call(
    mapping: dict[str, str] | None = None, settings: EvalSettings | None = BINARY, **values: Any
) -> ImportedCall:
    found = read_row(RawRow(1, {"id": "x", "transcript": SAID} | values), settings, Columns(mapping or {}))
    assert isinstance(found, ImportedCall), found
    return found


@pytest.mark.parametrize(
    ("given_label", "expected"),
    [
        ({}, None),
        ({"expected_value": ""}, None),
        ({"label": "  "}, None),
        ({"expected_value": None}, "N/A"),
        ({"label": None}, "N/A"),
        ({"expected_value": "n/a"}, "N/A"),
        ({"label": "pass"}, "true"),
        ({"label": "FAIL"}, "false"),
        ({"expected_value": True}, "true"),
        ({"expected_value": "TRUE"}, "true"),
        ({"expected_value": 0}, "false"),
        ({"expected_value": "", "label": "pass"}, "true"),
        ({"expected_value": True, "label": "pass"}, "true"),
    ],
)
def test_absent_and_empty_are_unlabelled_and_null_is_not_applicable(
    given_label: dict[str, Any], expected: str | None
) -> None:
    found = call(**given_label)
    assert (found.expected, found.labelled) == (expected, expected is not None)


def test_a_numeric_label_becomes_canonical() -> None:
    numeric = EvalSettings(EvalType.NUMERIC)
    assert [call(settings=numeric, label=label).expected for label in (4, "4.0", 0.5, "-3")] == [
        "4",
        "4",
        "0.5",
        "-3",
    ]


def test_without_a_metric_a_label_is_kept_as_it_is_written() -> None:
    found = [call(settings=None, label=label).expected for label in ("so-so", True, None, 3)]
    assert found == ["so-so", "true", "N/A", "3"]


@pytest.mark.parametrize("key", ["id", "external_id", "call_id", "ID", "Call ID"])
def test_an_id_has_several_names(key: str) -> None:
    found = read_row(RawRow(1, {key: 17, "transcript": SAID}), BINARY)
    assert isinstance(found, ImportedCall)
    assert (found.external_id, found.own_id, found.metadata) == ("17", True, {})


def test_a_row_without_an_id_has_one_made_of_its_transcript() -> None:
    one, same, other = call(id=""), call(id=None), call(id=None, transcript="User: Bye")
    assert one.external_id == same.external_id != other.external_id
    assert one.external_id.startswith("transcript-")
    assert not one.own_id


def test_unknown_keys_go_to_metadata_and_empty_cells_do_not() -> None:
    found = call(metadata={"a": 1}, source="web", a=1, empty="", nothing=None, call_id="other")
    assert found.metadata == {"a": 1, "source": "web", "nothing": None, "call_id": "other"}


def test_labels_and_notes_never_become_metadata() -> None:
    found = call(
        {"expected_value": "gold", "feedback": "why"},
        gold="pass",
        why="Because.",
        label="fail",
        note="No.",
        **{"Expected Value": "x"},
    )
    assert (found.expected, found.feedback, found.metadata) == ("true", "Because.", {})


def test_metadata_may_be_json_text_as_in_a_cell() -> None:
    assert call(metadata='{"a": [1]}').metadata == {"a": [1]}


def test_feedback_and_note_are_both_kept() -> None:
    assert call(feedback=" One. ", note="Two.").feedback == "One.\nTwo."


def test_a_mapped_column_is_read_instead_of_the_usual_one() -> None:
    found = call({"transcript": "Dialogue", "id": "ref", "group": "ref"}, Dialogue="User: Hi", ref="r1")
    assert (found.external_id, found.group, found.messages) == ("r1", "r1", (Message("user", "Hi"),))


def test_a_column_mapped_to_one_field_is_no_other_field() -> None:
    found = call({"feedback": "label"}, label="It was rude.")
    assert (found.expected, found.feedback) == (None, "It was rude.")


def test_mapping_to_a_field_there_is_not_is_refused() -> None:
    with pytest.raises(BadImport, match="no field “transcripts”"):
        Columns({"transcripts": "x"})


def test_the_digest_is_of_roles_and_contents_alone() -> None:
    timed = [{"role": "Customer", "content": "Hello?", "start_time": 0, "end_time": "1.5"}]
    assert call().digest == call(id="y", transcript=timed, metadata={"a": 1}).digest
    assert call().digest != call(transcript=[{"role": "assistant", "content": "Hello?"}]).digest


ROLES = [
    ("assistant", "assistant"), ("Agent", "assistant"), ("bot", "assistant"), ("AI", "assistant"),
    ("user", "user"), ("caller", "user"), ("customer", "user"), (" Human ", "user"),
    ("tool", "tool"), ("function", "tool"), ("system", "system"), ("developer", "system"),
]  # fmt: skip


@pytest.mark.parametrize(("named", "role"), ROLES)
def test_speakers_have_several_names(named: str, role: str) -> None:
    assert read_messages([{"role": named, "content": "x"}]) == (Message(role, "x"),)
    assert read_messages(f"{named.strip()}: x") == (Message(role, "x"),)


def test_a_chat_with_tools_is_read() -> None:
    asked = {"id": "1", "type": "function", "function": {"name": "find", "arguments": '{"id": 7}'}}
    messages = read_messages(
        [
            {"role": "assistant", "content": None, "tool_calls": [asked]},
            {"role": "assistant", "content": "Wait.", "tool_calls": [asked, {"function": {"name": "stop"}}]},
            {"role": "assistant", "content": None, "function_call": {"name": "old", "arguments": {"a": 1}}},
            {"role": "tool", "tool_call_id": "1", "content": ""},
        ]
    )
    assert [message.content for message in messages] == [
        '[tool call] find {"id": 7}',
        'Wait.\n[tool call] find {"id": 7}\n[tool call] stop',
        '[tool call] old {"a": 1}',
        "",
    ]


def test_parts_of_content_are_joined_and_those_without_text_are_named() -> None:
    parts = ["a", {"type": "text", "text": "b"}, {"type": "image_url"}, {"type": "refusal", "refusal": "No."}]
    assert read_messages([{"role": "user", "content": parts}])[0].content == "a\nb\n[image_url]\nNo."


def test_messages_may_stand_under_messages_or_be_json_text() -> None:
    expected = (Message("user", "Hello?"),)
    assert read_messages({"messages": SAID}) == expected
    assert read_messages('[{"role": "user", "content": "Hello?"}]') == expected
    assert call(transcript=None, messages=SAID).messages == expected


def test_plain_text_is_cut_at_its_speakers() -> None:
    text = "\n Agent : Hello,\nhow are you: well?\n\nUSER: Fine.\nNote: none\n"
    assert read_messages(text) == (
        Message("assistant", "Hello,\nhow are you: well?"),
        Message("user", "Fine.\nNote: none"),
    )


def test_times_are_seconds() -> None:
    timed = [{"role": "user", "content": "x", "start_time": 0, "end_time": "2.5"}]
    assert read_messages(timed) == (Message("user", "x", 0.0, 2.5),)


TIMES = st.none() | st.floats(0, 1e6)
MESSAGES = st.lists(st.builds(Message, st.sampled_from(["user", "tool"]), st.text(), TIMES, TIMES))


@settings(deadline=None)
@given(MESSAGES)
def test_stored_messages_come_back_as_they_were(messages: list[Message]) -> None:
    assert messages_of(stored(messages)) == tuple(messages)


@settings(deadline=None)
@given(st.text(alphabet="'=+-@\t\r\n＝＋－＠ab ", max_size=6) | st.text())
@example("'=1+1")
def test_a_cell_comes_back_as_it_was_and_is_never_a_formula(text: str) -> None:
    assert from_cell(to_cell(text)) == text
    assert not to_cell(text).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_an_apostrophe_that_guards_no_formula_is_left_alone() -> None:
    assert from_cell("'tis") == "'tis"


def test_long_calls_make_smaller_batches() -> None:
    long, short = call(transcript=f"User: {'x' * (MAX_BATCH_CHARS // 2)}"), call()
    assert [len(batch) for batch in batches([long, long, long, short])] == [2, 2]
    assert [len(batch) for batch in batches([short] * (MAX_BATCH_ROWS + 1))] == [MAX_BATCH_ROWS, 1]
