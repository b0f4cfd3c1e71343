"""Calls and chats of Retell: what its get and list calls answer, and the body of its webhooks.

As its public API describes a call: `transcript_with_tool_calls` are utterances of role agent, user and
transfer_target with `words` (start and end in seconds), tool_call_invocation, tool_call_result,
node_transition, dtmf and sms; `transcript_object` are the utterances alone, `transcript` the same as
text. A chat has `message_with_tool_calls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.lab.shapes.turns import asking, kept, listed, named, seconds, turn

TRANSCRIPTS = (
    "transcript_with_tool_calls",
    "message_with_tool_calls",
    "scrubbed_transcript_with_tool_calls",
    "transcript_object",
)
"""The fullest first."""

ROLES = {
    "agent": "assistant",
    "transfer_target": "assistant",
    "tool_call_result": "tool",
    "injected": "system",
}
UNSAID = frozenset({"node_transition", "state_transition"})
"""Steps of the agent's own flow that nobody hears."""

METADATA = (
    "call_type", "call_status", "chat_type", "chat_status", "direction", "agent_id", "agent_name",
    "agent_version", "start_timestamp", "end_timestamp", "duration_ms", "disconnection_reason",
    "call_analysis", "chat_analysis", "recording_url", "metadata",
)  # fmt: skip
"""What of a call may be shown to a judge: no phone numbers, no tokens, no logs."""


def recognises(values: Mapping[str, Any]) -> bool:
    call = _call(values)
    named_so = "call_id" in call or "chat_id" in call
    of_retell = any(key in call for key in TRANSCRIPTS) or {"agent_id", "call_status"} <= call.keys()
    return named_so and of_retell


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    call = _call(values)
    own_id = call.get("call_id") or call.get("chat_id")
    return {"id": own_id, "transcript": _transcript(call), "metadata": kept(call, METADATA)}


def _call(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The call, out of the body of a webhook where it is one."""
    if "event" not in values:
        return values
    return named(values.get("call")) or named(values.get("chat")) or values


def _transcript(call: Mapping[str, Any]) -> Any:
    for key in TRANSCRIPTS:
        if utterances := listed(call.get(key)):
            return [_turn(raw) for raw in utterances if not _is_unsaid(raw)]
    return call.get("transcript")


def _is_unsaid(raw: Any) -> bool:
    return isinstance(raw, dict) and str(raw.get("role")) in UNSAID


def _turn(raw: Any) -> Any:
    """What is no turn stays as it is, so that it is named with its number."""
    if not isinstance(raw, dict) or not isinstance(raw.get("role"), str):
        return raw
    role, start, end = raw["role"], *_times(raw)
    if role == "tool_call_invocation":
        return asking("assistant", [{"function": raw}], start=start)
    if role == "dtmf":
        return turn("user", f"[pressed] {raw.get('digit', '')}", start, end)
    if role == "sms":
        return turn("user", f"[text message] {raw.get('content', '')}", start, end)
    return turn(ROLES.get(role, role), raw.get("content"), start, end)


def _times(raw: Mapping[str, Any]) -> tuple[float | None, float | None]:
    words = [word for word in listed(raw.get("words")) if isinstance(word, dict)]
    if not words:
        return seconds(raw.get("time_sec")), None
    return seconds(words[0].get("start")), seconds(words[-1].get("end"))
