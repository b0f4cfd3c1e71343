"""A transcript as files have it, made into messages: a list of turns, or text with speakers."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from core.lab.problems import BadRow
from core.lab.storable import parse_json, storable
from core.terms import Message

ROLES: Mapping[str, str] = {
    "assistant": "assistant",
    "agent": "assistant",
    "bot": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "operator": "assistant",
    "representative": "assistant",
    "user": "user",
    "caller": "user",
    "customer": "user",
    "client": "user",
    "human": "user",
    "tool": "tool",
    "function": "tool",
    "system": "system",
    "developer": "system",
}
"""The speakers that files name, and the role each has here."""

CLOCK = r"\[?\(?(?:(\d{1,2}):)?(\d{1,3}):(\d{2}(?:\.\d+)?)\)?\]?[ \t]*[-–]?[ \t]*"
"""A time before a speaker: 00:12, [1:02:03.5]."""
SPEAKER = re.compile(rf"^[ \t]*(?:{CLOCK})?({'|'.join(ROLES)})[ \t]*:[ \t]*", re.IGNORECASE | re.MULTILINE)


def read_messages(value: Any) -> tuple[Message, ...]:
    """The turns of a transcript.

    Takes a list of `{"role", "content", "start_time"?, "end_time"?}` in the shape of OpenAI's chat
    API, such a list as JSON text or under `messages`, or text in which “Agent:”, “User:” and the like
    begin the turns, each with a time before it or none. Tool calls become lines
    `[tool call] name arguments` of the turn that made them.
    Raises BadRow for anything else, and for a transcript in which nobody says anything.
    """
    if isinstance(value, str) and value.strip():
        messages = _from_text(value)
    elif value:
        messages = _from_list(value)
    else:
        raise BadRow("It has no transcript.")
    if not any(message.content.strip() for message in messages):
        raise BadRow("Its transcript is empty: no message has any text.")
    return messages


def is_json(text: str) -> bool:
    """Whether a transcript that is text stands there as JSON; `[00:12] Agent: …` does not."""
    return text.lstrip().startswith(("[", "{")) and SPEAKER.match(text.lstrip()) is None


def _from_text(text: str) -> tuple[Message, ...]:
    if not is_json(text):
        return _from_speakers(text)
    try:
        value = parse_json(text)
    except BadRow as problem:
        raise BadRow(f"Its transcript begins like JSON. {problem}") from None
    return _from_list(storable(value))


def _from_speakers(text: str) -> tuple[Message, ...]:
    turns = list(SPEAKER.finditer(text))
    if not turns or text[: turns[0].start()].strip():
        raise BadRow("Its transcript is text that does not begin with a speaker such as “Agent:” or “User:”.")
    ends = [turn.start() for turn in turns[1:]] + [len(text)]
    return tuple(
        Message(ROLES[turn[4].lower()], text[turn.end() : end].strip(), _clock(turn))
        for turn, end in zip(turns, ends, strict=True)
    )


def _clock(turn: re.Match[str]) -> float | None:
    """Seconds from the call's beginning."""
    if turn[2] is None:
        return None
    return int(turn[1] or 0) * 3600 + int(turn[2]) * 60 + float(turn[3])


def _from_list(value: Any) -> tuple[Message, ...]:
    if isinstance(value, dict) and "messages" in value:
        value = value["messages"]
    if not isinstance(value, list):
        raise BadRow("Its transcript is neither a list of messages nor text.")
    return tuple(_message(number, raw) for number, raw in enumerate(value, 1))


def _message(number: int, raw: Any) -> Message:
    if not isinstance(raw, dict):
        raise BadRow(f"Message {number} is no object with role and content.")
    if "role" not in raw and str(raw.get("type")) in ITEMS:
        raw = ITEMS[str(raw["type"])](raw)
    return Message(
        role=_role(number, raw),
        content="\n".join(part for part in (_content(number, raw), *_tool_calls(number, raw)) if part),
        start=_seconds(number, raw, "start_time"),
        end=_seconds(number, raw, "end_time"),
    )


def _asked(item: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [{"function": item}]}


def _answered(item: dict[str, Any]) -> dict[str, Any]:
    output = item.get("output")
    return {"role": "tool", "content": output if isinstance(output, (str, list)) else json.dumps(output)}


ITEMS = {"function_call": _asked, "function_call_output": _answered}
"""Items of OpenAI's Responses API that have no role, as messages of its chat API."""


def _role(number: int, raw: dict[str, Any]) -> str:
    named = raw.get("role")
    role = ROLES.get(named.strip().lower()) if isinstance(named, str) else None
    if role is None:
        what = f"the unknown role “{str(named)[:40]}”" if named else "no role"
        raise BadRow(f"Message {number} has {what}; known are: {', '.join(ROLES)}.")
    return role


def _content(number: int, raw: dict[str, Any]) -> str:
    content = raw.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(_part(number, part) for part in content)
    if content is None and ("content" in raw or _asked_tools(raw)):
        return ""
    raise BadRow(f"Message {number} has no content that is text or a list of parts.")


def _part(number: int, part: Any) -> str:
    """A part without text, such as a picture, is named: the judge should know that it was there."""
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise BadRow(f"Message {number} has a part of content that is neither text nor an object.")
    for key in ("text", "refusal"):
        if isinstance(part.get(key), str):
            return str(part[key])
    if part.get("type") == "tool_use":
        return _tool_call(number, part)
    if part.get("type") == "tool_result" and isinstance(part.get("content"), (str, list)):
        return _content(number, part)
    return f"[{part.get('type') or 'part without text'}]"


def _asked_tools(raw: dict[str, Any]) -> list[Any]:
    calls = raw.get("tool_calls") or []
    if not isinstance(calls, list):
        calls = [calls]
    legacy = raw.get("function_call")
    return [*calls, {"function": legacy}] if legacy else calls


def _tool_calls(number: int, raw: dict[str, Any]) -> list[str]:
    return [_tool_call(number, asked) for asked in _asked_tools(raw)]


def _tool_call(number: int, asked: Any) -> str:
    function = asked.get("function", asked.get("custom", asked)) if isinstance(asked, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise BadRow(f"Message {number} has a tool call without a name.")
    arguments = function.get("arguments", function.get("input", ""))
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return f"[tool call] {function['name']} {text}".rstrip()


def _seconds(number: int, raw: dict[str, Any], name: str) -> float | None:
    value = raw.get(name)
    if value is None or value == "":
        return None
    try:
        seconds = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise BadRow(f"The {name} of message {number} is no number of seconds from the call's beginning.")
    return seconds
