"""Exports of other products, read as they are: what each turn becomes, and what is left out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadImport
from core.lab.importing import preview
from core.lab.report import ImportReport
from core.lab.rows import ImportedCall
from core.terms import EvalSettings, Message
from tests.product_exports import (
    LANGFUSE_DOWNLOAD,
    LANGFUSE_TRACE,
    RETELL_CALL,
    RETELL_CHAT,
    VAPI_CALL,
    VAPI_REPORT,
)


class Upload(io.BytesIO):
    def __init__(self, name: str, content: str) -> None:
        super().__init__(content.encode())
        self.name = name


def looked_at(content: Any, name: str = "export.json", **columns: str) -> ImportReport:
    text = content if isinstance(content, str) else json.dumps(content)
    return preview(Upload(name, text), EvalSettings(), columns=columns)


def only(content: Any, **columns: str) -> ImportedCall:
    report = looked_at(content, **columns)
    assert report.problems == []
    (call,) = report.sample
    return call


def test_a_vapi_call_keeps_speakers_times_and_tools() -> None:
    call = only([VAPI_CALL])
    assert call.external_id == VAPI_CALL["id"]
    assert call.messages == (
        Message("system", "You are Mia.", 0.0),
        Message("assistant", "Good morning.", 1.36, 4.2),
        Message("user", "I want to move my appointment.", 5.233, 7.733),
        Message("assistant", '[tool call] find_slot {"day": "Friday"}', 8.2),
        Message("tool", '{"slot": "10:00"}', 9.1),
        Message("assistant", "Friday at ten?", 10.0, 11.5),
    )
    assert call.metadata["endedReason"] == "customer-ended-call"
    assert call.metadata["recordingUrl"] == "https://storage.example.com/1.wav"


def test_no_phone_number_token_or_log_of_a_call_comes_in() -> None:
    for export in (VAPI_CALL, RETELL_CALL):
        written = json.dumps(dict(only([export]).metadata))
        assert [hidden for hidden in ("+1", "never", ".log", "organi") if hidden in written] == []


def test_a_vapi_webhook_is_the_call_it_reports() -> None:
    call = only(VAPI_REPORT)
    assert (call.external_id, len(call.messages)) == ("call-of-report", 6)
    assert call.metadata["analysis"] == {"summary": "Short."}


def test_a_vapi_call_of_old_has_its_messages_beside_it() -> None:
    old = {key: value for key, value in VAPI_CALL.items() if key != "artifact"}
    assert len(only([old | {"messages": VAPI_CALL["artifact"]["messages"]}]).messages) == 6


def test_a_vapi_call_without_messages_is_read_from_its_transcript() -> None:
    artifact = {"transcript": VAPI_CALL["artifact"]["transcript"]}
    messages = only([VAPI_CALL | {"artifact": artifact}]).messages
    assert [message.role for message in messages] == ["assistant", "user"]


def test_a_call_that_nobody_answered_is_reported_and_not_invented() -> None:
    report = looked_at([VAPI_CALL, VAPI_CALL | {"id": "x", "artifact": {"messages": []}}])
    assert [(problem.line, problem.sentence) for problem in report.problems] == [(2, "It has no transcript.")]


def test_a_retell_call_keeps_tools_keys_and_messages_and_leaves_its_own_steps_out() -> None:
    call = only([RETELL_CALL])
    assert call.external_id == "call_9fA2b1"
    assert call.messages == (
        Message("assistant", "Hi, thank you for calling.", 0.7, 2.3),
        Message("user", "I need a driveway poured."),
        Message("assistant", '[tool call] find_area {"zip": "80301"}'),
        Message("tool", '{"ok": true}'),
        Message("user", "[pressed] 1"),
        Message("user", "[text message] It is the blue house.", 31.5),
        Message("assistant", "Sales, hello.", 40.0, 41.0),
    )
    assert call.metadata["call_analysis"]["user_sentiment"] == "Positive"


def test_a_retell_call_may_have_utterances_alone_or_text_alone() -> None:
    plain = {key: value for key, value in RETELL_CALL.items() if key != "transcript_with_tool_calls"}
    assert [message.start for message in only([plain]).messages] == [0.7, None]
    text = {key: value for key, value in plain.items() if key != "transcript_object"}
    assert [message.role for message in only([text]).messages] == ["assistant", "user"]


@pytest.mark.parametrize("wrapped", [{"items": [RETELL_CALL]}, {"event": "call_ended", "call": RETELL_CALL}])
def test_a_retell_list_and_webhook_are_opened(wrapped: dict[str, Any]) -> None:
    assert only(wrapped).external_id == "call_9fA2b1"


def test_a_retell_chat_is_a_call_too() -> None:
    call = only([RETELL_CHAT])
    assert (call.external_id, [message.role for message in call.messages]) == (
        "chat_1",
        ["user", "assistant"],
    )


def test_a_langfuse_trace_is_what_was_asked_and_answered() -> None:
    call = only({"data": [LANGFUSE_TRACE], "meta": {"page": 1}})
    assert (call.external_id, call.group) == ("trace-1", "session-7")
    assert call.messages == (
        Message("system", "You help."),
        Message("user", "Where is my parcel?"),
        Message("assistant", "It arrives today."),
    )
    assert "scores" not in call.metadata
    assert call.metadata["metadata"] == {"plan": "pro"}


def test_a_download_of_one_trace_is_read_from_its_last_generation() -> None:
    call = only(LANGFUSE_DOWNLOAD)
    assert [message.content for message in call.messages] == [
        "First?",
        "Not the last word.",
        "And then?",
        "[tool call] look {}",
    ]


def test_an_output_that_repeats_the_conversation_is_not_said_twice() -> None:
    said = LANGFUSE_TRACE["input"]
    whole = {"messages": [*said, {"role": "assistant", "content": "It arrives today."}]}
    assert len(only([LANGFUSE_TRACE | {"output": whole}]).messages) == 3


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Hi?", "Yes."),
        ({"question": "Hi?"}, {"answer": "Yes."}),
        (
            {"messages": [{"type": "human", "content": "Hi?"}]},
            {"messages": [{"type": "ai", "content": "Yes."}]},
        ),
        ('{"input": "Hi?"}', '{"choices": [{"message": {"role": "assistant", "content": "Yes."}}]}'),
        ('"Hi?"', [{"role": "assistant", "content": "Yes."}]),
    ],
)
def test_inputs_and_outputs_of_a_trace_have_many_forms(asked: Any, answered: Any) -> None:
    call = only([LANGFUSE_TRACE | {"input": asked, "output": answered}])
    assert call.messages == (Message("user", "Hi?"), Message("assistant", "Yes."))


def test_what_a_trace_says_in_no_known_form_is_kept_as_json() -> None:
    call = only([LANGFUSE_TRACE | {"input": {"a": [1]}, "output": 7}])
    assert [message.content for message in call.messages] == ['{"a": [1]}', "7"]


def test_a_table_of_traces_has_json_in_its_cells() -> None:
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow(["id", "timestamp", "name", "sessionId", "input", "output", "correct"])
    sheet.writerow(
        ["t", "2026-03-02", "chat", "", json.dumps(LANGFUSE_TRACE["input"]), '{"content": "Today."}', "true"]
    )
    report = looked_at(text.getvalue(), "traces.csv", expected_value="correct")
    assert report.recognised == "a table (CSV), separated by commas with 1 Langfuse trace"
    assert (report.sample[0].expected, len(report.sample[0].messages)) == ("true", 3)


@pytest.mark.parametrize("export", [VAPI_CALL, RETELL_CALL, LANGFUSE_TRACE])
def test_labels_that_somebody_added_to_an_export_come_in(export: dict[str, Any]) -> None:
    call = only([export | {"label": "fail", "note": "Too long.", "group": "g"}])
    assert (call.expected, call.feedback, call.group) == ("false", "Too long.", "g")
    assert only([export | {"verdict": ["pass"]}], expected_value="verdict").expected == "true"


def test_a_person_who_maps_the_transcript_is_believed() -> None:
    call = only([LANGFUSE_TRACE | {"said": "User: Hello"}], transcript="said")
    assert call.messages == (Message("user", "Hello"),)


def test_what_was_recognised_is_said_with_its_counts() -> None:
    lines = [json.dumps(row) for row in (VAPI_CALL, RETELL_CALL, {"id": 1, "transcript": "User: hi"})]
    lines.append(json.dumps(VAPI_CALL | {"id": "other"}))
    report = looked_at("\n".join(lines), "mixed.jsonl")
    assert report.recognised == (
        "JSON Lines with 2 Vapi calls and 1 Retell call and 1 call of text with speakers"
    )


def test_a_list_of_messages_is_one_call() -> None:
    messages = [{"role": "user", "content": "Hi?"}, {"role": "assistant", "content": "Yes."}]
    assert only(messages).messages == (Message("user", "Hi?"), Message("assistant", "Yes."))
    assert looked_at(f"{json.dumps(messages)}\n{json.dumps(messages[:1])}", "chats.jsonl").good == 2


def test_items_of_the_responses_api_and_parts_with_tools_are_read() -> None:
    messages = [
        {"role": "user", "content": [{"type": "input_text", "text": "Rain?"}]},
        {"type": "function_call", "name": "weather", "arguments": '{"city": "Kiel"}', "call_id": "c"},
        {"type": "function_call_output", "call_id": "c", "output": "wet"},
        {"role": "assistant", "content": [{"type": "tool_use", "name": "look", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "ok"}]}]},
    ]
    assert [message.content for message in only(messages).messages] == [
        "Rain?",
        '[tool call] weather {"city": "Kiel"}',
        "wet",
        '[tool call] look {"a": 1}',
        "ok",
    ]


def test_a_text_file_is_a_call_or_several_between_lines_of_dashes() -> None:
    text = "[00:03] Agent: Hello.\n00:07.5 - User: Hi,\nit is me.\n-----\nClient: Bye.\n\n=====\n"
    report = looked_at(text, "friday calls.txt")
    assert (report.good, report.problems) == (2, [])
    first, second = report.sample
    assert first.messages == (Message("assistant", "Hello.", 3.0), Message("user", "Hi,\nit is me.", 7.5))
    assert second.messages == (Message("user", "Bye."),)
    assert first.external_id.startswith("friday calls-")
    assert report.recognised == "plain text with 2 calls of text with speakers"
    assert looked_at(text, "friday calls.txt").sample[0].external_id == first.external_id


def test_a_text_file_without_speakers_says_where_its_calls_begin() -> None:
    report = looked_at("User: Hi\n---\nsomething else\n", "calls.txt")
    assert [(problem.line, "begin with a speaker" in problem.sentence) for problem in report.problems] == [
        (3, True)
    ]


JUNK = st.sampled_from(
    [None, True, 0, -1, 1e300, float("nan"), "", "x", "[", "{}", [], {}, [[]], [None], {"role": 1}, {"a": []}]
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """An export in which junk stands in some places."""
    export = draw(st.sampled_from([VAPI_CALL, VAPI_REPORT, RETELL_CALL, RETELL_CHAT, LANGFUSE_TRACE]))
    places = draw(st.dictionaries(st.integers(1, 90), JUNK, min_size=1, max_size=4))
    return _damaged(export, places, count())


def _damaged(value: Any, places: dict[int, Any], numbers: Iterator[int]) -> Any:
    number = next(numbers)
    if number in places:
        return places[number]
    if isinstance(value, dict):
        return {key: _damaged(inner, places, numbers) for key, inner in value.items()}
    return [_damaged(inner, places, numbers) for inner in value] if isinstance(value, list) else value


@settings(deadline=None, max_examples=100)
@given(st.lists(damaged(), min_size=1, max_size=2))
def test_whatever_stands_in_an_export_the_answer_is_a_report(exports: list[Any]) -> None:
    try:
        report = looked_at("\n".join(json.dumps(export) for export in exports), "export.jsonl")
    except BadImport:
        return
    assert report.rows == report.good + report.bad + report.repeated == len(exports)
