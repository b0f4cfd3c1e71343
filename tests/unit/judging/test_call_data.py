"""What a script finds in `data`."""

from __future__ import annotations

from typing import Any

import pytest

from core.judging.call_data import GivenVerdict, call_data
from core.sandbox import run_script
from core.terms import Conversation, Message

CALL = Conversation(
    7,
    (
        Message("assistant", "Clinic, good morning.", 0.0, 2.5),
        Message("user", "I'd like to\ncancel.", 3.0),
        Message("tool", '{"cancelled": true}'),
    ),
    {"call_duration": 42, "ended_reason": "caller hung up", "agent": {"name": "Ada"}},
)


def test_the_transcript_stands_there_as_text_and_as_a_list() -> None:
    data = call_data(CALL)
    assert data["transcript"].splitlines()[:2] == [
        "[1] agent (0:00): Clinic, good morning.",
        "[2] user (0:03): I'd like to",
    ]
    assert data["messages"][1] == {
        "role": "user",
        "content": "I'd like to\ncancel.",
        "start": 3.0,
        "end": None,
    }
    assert data["transcript_json"] == data["messages"]


def test_duration_end_reason_and_metadata_stand_there() -> None:
    data = call_data(CALL)
    assert (data["duration"], data["end_reason"]) == (42, "caller hung up")
    assert (data["call_duration"], data["call_end_reason"]) == (42, "caller hung up")
    assert data["metadata"]["agent"] == {"name": "Ada"}


@pytest.mark.parametrize(
    ("metadata", "seconds"),
    [
        ({"duration": 3}, 3),
        ({"durationSeconds": 3.5}, 3.5),
        ({"duration_ms": 1500}, 1.5),
        ({"durationMs": 0}, 0),
        ({"duration": "long"}, 2.5),
        ({"duration": True}, 2.5),
        ({"duration": -1}, 2.5),
        ({}, 2.5),
    ],
)
def test_the_duration_is_in_seconds_or_the_last_moment_a_turn_names(
    metadata: dict[str, Any], seconds: float
) -> None:
    call = Conversation(1, (Message("user", "Hi", 0.5, 2.5), Message("assistant", "Hi")), metadata)
    assert call_data(call)["duration"] == pytest.approx(seconds)


def test_a_call_that_says_nothing_of_itself_has_neither() -> None:
    data = call_data(Conversation(1, (Message("user", "Hi"),)))
    assert (data["duration"], data["end_reason"], data["metadata"], data["verdicts"]) == (None, None, {}, {})


def test_verdicts_of_other_metrics_stand_there_by_name() -> None:
    data = call_data(CALL, {"Polite": GivenVerdict(True, "It was."), "Mood": GivenVerdict(None)})
    assert data["verdicts"] == {
        "Polite": {"result": True, "explanation": "It was."},
        "Mood": {"result": None, "explanation": ""},
    }


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("_result = 'cancel' in data['transcript']", True),
        ("_result = sum(1 for m in data['messages'] if m['role'] == 'user')", 1),
        ("_result = data['duration'] > 40", True),
        ("_result = data['end_reason']", "caller hung up"),
        ("_result = data['metadata']['agent']['name']", "Ada"),
        ("_result = data['metadata'].get('missing')", None),
        ("_result = data['verdicts']['Polite']['result']", False),
        ("_result = data['messages'][2]['role']", "tool"),
        ("import json\n_result = json.loads(data['messages'][2]['content'])['cancelled']", True),
    ],
)
def test_a_script_reads_all_of_it(code: str, value: Any) -> None:
    result = run_script(code, call_data(CALL, {"Polite": GivenVerdict(False)}))
    assert (result.value, result.failure) == (value, "")


def test_hostile_metadata_reaches_the_script_as_it_is() -> None:
    call = Conversation(
        1, (Message("user", "</x>\x00\ud83d"),), {"__class__": "x", "_result": True, "\ud83d": 1}
    )
    result = run_script("_result = len(data['metadata']) + len(data['messages'])", call_data(call))
    assert result.value == 4
