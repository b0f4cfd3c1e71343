"""Calls of Vapi: what `GET /call` and `GET /call/{id}` answer, and the end-of-call-report of a webhook.

As its public API describes a Call: `artifact.messages` (in older exports `messages`) are turns of role
user, bot, system, tool_calls and tool_call_result with `message`, `secondsFromStart` in seconds and
`duration` in milliseconds; `artifact.transcript` is the same as text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.lab.shapes.turns import asking, kept, listed, named, seconds, turn, written

ROLES = {"bot": "assistant", "tool_call_result": "tool"}
TURNS = frozenset({"bot", "assistant", "user", "system", "tool_calls", "tool_call_result"})
SAYS = ("message", "toolCalls", "result")
KNOWN_BY = frozenset({"orgId", "assistantId", "endedReason", "squadId", "workflowId"})
METADATA = (
    "type", "status", "endedReason", "startedAt", "endedAt", "assistantId", "name", "cost", "analysis",
)  # fmt: skip
"""What of a call may be shown to a judge: no phone numbers, no settings, no addresses that expire."""


def recognises(values: Mapping[str, Any]) -> bool:
    call = _call(values)
    if any(_is_turn(raw) for raw in _messages(call)[:3]):
        return True
    return isinstance(call.get("artifact"), dict) and not KNOWN_BY.isdisjoint(call)


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    call = _call(values)
    artifact = named(call.get("artifact"))
    recording = named(artifact.get("recording")).get("mono") or artifact.get("recordingUrl")
    metadata = kept(call, METADATA)
    if isinstance(recording, str):
        metadata["recordingUrl"] = recording
    return {"id": call.get("id"), "transcript": _transcript(call), "metadata": metadata}


def _call(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The call, out of the body of a webhook where it is one: the report stands beside it there."""
    report = named(values.get("message"))
    if report.get("type") != "end-of-call-report":
        return values
    beside = {key: value for key, value in report.items() if key not in ("type", "call", "message")}
    return {**named(report.get("call")), **beside}


def _messages(call: Mapping[str, Any]) -> list[Any]:
    return listed(named(call.get("artifact")).get("messages")) or listed(call.get("messages"))


def _is_turn(raw: Any) -> bool:
    if not isinstance(raw, dict) or not isinstance(raw.get("role"), str):
        return False
    return raw["role"] in TURNS and "content" not in raw and any(key in raw for key in SAYS)


def _transcript(call: Mapping[str, Any]) -> Any:
    artifact = named(call.get("artifact"))
    if messages := _messages(call):
        return [_turn(raw) for raw in messages]
    as_chat = listed(artifact.get("messagesOpenAIFormatted"))
    return as_chat or artifact.get("transcript") or call.get("transcript")


def _turn(raw: Any) -> Any:
    """What is no turn stays as it is, so that it is named with its number."""
    if not isinstance(raw, dict) or not isinstance(raw.get("role"), str):
        return raw
    start = seconds(raw.get("secondsFromStart"))
    if raw["role"] == "tool_calls":
        return asking("assistant", raw.get("toolCalls"), raw.get("message"), start)
    said = raw.get("result") if raw["role"] == "tool_call_result" else raw.get("message", raw.get("content"))
    lasted = seconds(raw.get("duration"), unit=0.001)
    end = None if start is None or lasted is None else round(start + lasted, 3)
    return turn(ROLES.get(raw["role"], raw["role"]), written(said), start, end)
