"""What a script finds in `data`: one call as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.judging.prompt import transcript_text
from core.terms import Conversation, Message

DURATIONS = (
    ("duration", 1.0),
    ("call_duration", 1.0),
    ("duration_seconds", 1.0),
    ("durationSeconds", 1.0),
    ("duration_ms", 0.001),
    ("durationMs", 0.001),
)
"""Names that telephony platforms give a call's length, and how many seconds their unit has."""
END_REASONS = (
    "end_reason",
    "call_end_reason",
    "ended_reason",
    "endedReason",
    "disconnection_reason",
    "hangup_reason",
)

PlainValue = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class GivenVerdict:
    """Another metric's answer on the call; `result` None is N/A."""

    result: PlainValue
    explanation: str = ""

    def as_data(self) -> dict[str, PlainValue]:
        return {"result": self.result, "explanation": self.explanation}


NO_VERDICTS: Mapping[str, GivenVerdict] = {}


def call_data(call: Conversation, verdicts: Mapping[str, GivenVerdict] = NO_VERDICTS) -> dict[str, Any]:
    """The call as a script sees it; docs/code-metrics.md describes every key.

    `transcript` is the text that a judge reads, `messages` a list of `role`, `content`, `start` and `end`
    (seconds or None), `duration` seconds or None, `end_reason` a text or None. Three keys stand there
    again under names that scripts written for other tools use.
    """
    messages = [_message_data(message) for message in call.messages]
    duration, end_reason = _duration(call), _end_reason(call.metadata)
    return {
        "transcript": transcript_text(call.messages),
        "messages": messages,
        "transcript_json": messages,
        "duration": duration,
        "call_duration": duration,
        "end_reason": end_reason,
        "call_end_reason": end_reason,
        "metadata": dict(call.metadata),
        "verdicts": {name: verdict.as_data() for name, verdict in verdicts.items()},
    }


def _message_data(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content, "start": message.start, "end": message.end}


def _duration(call: Conversation) -> float | None:
    """Seconds: as the metadata has it, else until the last moment that a turn names."""
    for name, seconds in DURATIONS:
        value = call.metadata.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
            return value * seconds
    named = [at for message in call.messages for at in (message.start, message.end) if at is not None]
    return max(named, default=None)


def _end_reason(metadata: Mapping[str, Any]) -> str | None:
    found = (metadata.get(name) for name in END_REASONS)
    return next((reason for reason in found if isinstance(reason, str) and reason), None)
