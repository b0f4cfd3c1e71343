"""Faults the server commits when it is told to, so that a client's care can be tested.

A fault strikes every Kth completion it could strike, at most `times` times, and only questions of the
kind named by `on`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NO_FAULT = "none"
FAULTS: Mapping[str, str] = {
    "rate_limit": "429 with Retry-After",
    "server_error": "500",
    "timeout": "never answers",
    "refuse_key": "401 invalid_api_key",
    "no_json_schema": "400 to a request with a json_schema response format",
    "slow": "waits `seconds` and then answers",
    "cut_json": "the first half of the answer, finish_reason length",
    "wrong_enum": "an answer whose value is none of those asked for",
    "empty_answer": "an answer without content",
}


class BadFault(ValueError):
    """There is no fault …; known are: … / `every` must be a whole number from 1."""


@dataclass(slots=True)
class Fault:
    """One fault and how often it strikes. `retry_after` and `seconds` are seconds."""

    name: str
    every: int = 1
    times: int | None = None
    on: str = "any"
    retry_after: float = 1.0
    seconds: float = 2.0
    seen: int = 0
    struck: int = 0

    def strikes(self, kind: str, asks_schema: bool) -> bool:
        """Count this question and say whether the fault befalls it."""
        if self.on not in ("any", kind) or (self.name == "no_json_schema" and not asks_schema):
            return False
        self.seen += 1
        if self.seen % self.every or (self.times is not None and self.struck >= self.times):
            return False
        self.struck += 1
        return True

    def shown(self) -> dict[str, Any]:
        shown = ("name", "every", "times", "on", "retry_after", "seconds", "struck")
        return {name: getattr(self, name) for name in shown}


class Faults:
    """The faults that are switched on, by name; the one switched on first has precedence."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._on = {fault.name: fault for fault in faults}

    def switch_on(self, fault: Fault) -> None:
        self._on[fault.name] = fault

    def switch_all_off(self) -> None:
        self._on.clear()

    def strike(self, kind: str, asks_schema: bool) -> Fault | None:
        """The fault that befalls this question, if any."""
        for fault in self._on.values():
            if fault.strikes(kind, asks_schema):
                return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        return [fault.shown() for fault in self._on.values()]


def fault_from(data: Mapping[str, Any]) -> Fault:
    """Read `{"fault": NAME, "every"?, "times"?, "on"?, "retry_after"?, "seconds"?}`; raises BadFault."""
    name = data.get("fault")
    if not isinstance(name, str) or name not in FAULTS:
        raise BadFault(f"There is no fault “{name}”; known are: {', '.join(FAULTS)}, {NO_FAULT}.")
    times = data.get("times")
    on = data.get("on", "any")
    if on not in ("any", "judge", "writer"):
        raise BadFault("`on` is one of: any, judge, writer.")
    return Fault(
        name=name,
        every=_whole(data.get("every", 1), "every"),
        times=None if times is None else _whole(times, "times"),
        on=on,
        retry_after=_seconds(data.get("retry_after", 1.0), "retry_after"),
        seconds=_seconds(data.get("seconds", 2.0), "seconds"),
    )


def fault_named(text: str) -> Fault:
    """Read `NAME` or `NAME:every=K,times=N,…` from the command line; raises BadFault."""
    name, _, options = text.partition(":")
    pairs = [pair.partition("=") for pair in options.split(",") if pair]
    return fault_from({"fault": name, **{key: _number(value) for key, _, value in pairs}})


def spoiled(content: str, fault: Fault) -> str:
    """The answer as a fault of the content leaves it; any other fault leaves it as it is."""
    if fault.name == "cut_json":
        return content[: len(content) // 2]
    if fault.name == "empty_answer":
        return ""
    if fault.name == "wrong_enum" and content.startswith("{"):
        return json.dumps({**json.loads(content), "value": "none of those asked for"}, ensure_ascii=False)
    return content


def _number(text: str) -> float | int | str:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise BadFault(f"`{name}` must be a whole number from 1.")
    return value


def _seconds(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 3600:
        raise BadFault(f"`{name}` must be a number of seconds from 0 to 3600.")
    return float(value)
