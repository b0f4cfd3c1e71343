"""Traces of Langfuse: what its public API answers, what its tables export, and a trace's own download.

As its public API describes a Trace: `id`, `timestamp`, `name`, `input`, `output` (any JSON), `sessionId`,
`userId`, `tags`, `metadata`, with details `observations`, `latency`, `totalCost`. The download of one trace
is `{"trace": …, "observations": […]}`; a table's CSV has the same names as columns, with JSON in the cells.
An observation (`traceId`, `type`, `startTime`, `input`, `output`) is taken as a call of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.lab.problems import BadRow
from core.lab.shapes.turns import kept, listed, named, turn, written
from core.lab.storable import parse_json, storable

KNOWN_BY = frozenset(
    {"sessionId", "session_id", "observations", "htmlPath", "totalCost", "traceId", "trace_id", "bookmarked"}
)
WHEN = frozenset({"timestamp", "startTime", "start_time"})
METADATA = (
    "name", "type", "timestamp", "startTime", "environment", "release", "version", "tags", "latency",
    "totalCost", "model", "metadata",
)  # fmt: skip
"""Scores are left out: they may be what people say of the trace, and no judge sees labels."""

ASKED = ("messages", "input", "question", "query", "prompt", "text", "content", "message")
ANSWERED = ("messages", "output", "answer", "response", "completion", "text", "content", "message")
"""Under one of these an input or output that is an object says what was said."""


def recognises(values: Mapping[str, Any]) -> bool:
    trace = _trace(values)
    if "transcript" in trace or "messages" in trace:
        return False
    by_name = not KNOWN_BY.isdisjoint(trace) and not WHEN.isdisjoint(trace)
    return by_name and "id" in trace and ("input" in trace or "output" in trace or "observations" in trace)


def row(values: Mapping[str, Any]) -> dict[str, Any]:
    trace = _trace(values)
    session = trace.get("sessionId") or trace.get("session_id")
    group = session or trace.get("traceId") or trace.get("trace_id")
    made = {"id": trace.get("id"), "transcript": _transcript(trace), "metadata": kept(trace, METADATA)}
    return made | ({"group": group} if group else {})


def _trace(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trace, out of its download where it is one: its observations stand beside it there."""
    inner = named(values.get("trace"))
    return {**inner, "observations": listed(values.get("observations"))} if inner else values


def _transcript(trace: Mapping[str, Any]) -> list[Any]:
    """What was asked and answered, of the trace itself or of the last generation in it."""
    asked, answered = _opened(trace.get("input")), _opened(trace.get("output"))
    if asked is None and answered is None:
        last = _last_generation(trace)
        asked, answered = _opened(last.get("input")), _opened(last.get("output"))
    before, after = _turns(asked, "user", ASKED), _turns(answered, "assistant", ANSWERED)
    return after if before and after[: len(before)] == before else before + after


def _last_generation(trace: Mapping[str, Any]) -> Mapping[str, Any]:
    found = [each for each in listed(trace.get("observations")) if isinstance(each, dict)]
    generations = [each for each in found if str(each.get("type", "")).upper() == "GENERATION"]
    ordered = sorted(generations, key=lambda each: str(each.get("startTime") or each.get("start_time") or ""))
    return ordered[-1] if ordered else {}


def _opened(value: Any) -> Any:
    """What a cell or a field says: JSON that stands in a text is read, too."""
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{", '"')):
        return value if value != "" else None
    try:
        return storable(parse_json(value))
    except BadRow:
        return value


def _turns(value: Any, role: str, keys: tuple[str, ...]) -> list[Any]:
    """The messages in an input or output; what holds none is one message of the role."""
    if value is None:
        return []
    if isinstance(value, list):
        messages = value and all(_is_message(each) for each in value)
        return [_message(each, role) for each in value] if messages else [turn(role, written(value))]
    if isinstance(value, dict):
        if _is_message(value):
            return [_message(value, role)]
        if choices := listed(value.get("choices")):
            return _turns(named(choices[0]).get("message"), role, keys)
        inner = next((value[key] for key in keys if value.get(key)), None)
        if inner is not None:
            return _turns(inner, role, keys)
    return [turn(role, written(value))]


def _is_message(value: Any) -> bool:
    if not isinstance(value, dict) or not ("content" in value or "tool_calls" in value):
        return False
    return isinstance(value.get("role", value.get("type")), str)


def _message(value: Mapping[str, Any], role: str) -> dict[str, Any]:
    """In the shape of OpenAI's chat API; LangChain says `type` for role, human and ai."""
    content = value.get("content")
    said = value.get("role", value.get("type", role))
    made = turn(said, content if isinstance(content, list) else written(content))
    return made | kept(value, ("tool_calls", "function_call"))
