"""One sentence for a fire that meets a clock change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from core.cron.clock import Change
from core.cron.words import joined

_LISTED = 3
"""From how many times on a list of times becomes its first and last."""


def made_up(times: Sequence[datetime], change: Change, zone: ZoneInfo) -> str:
    """For a fixed-time job whose `times` (naive) the clock skips."""
    does, runs = ("does", "it runs") if len(times) == 1 else ("do", "it runs once,")
    at = change.at.astimezone(zone)
    return f"The clock goes forward that night: {_clock(times)} {does} not exist, {runs} at {at:%H:%M}."


def once(wall: datetime) -> str:
    """For a fixed-time job at a time shown twice."""
    return f"The clock goes back that night: {wall:%H:%M} comes twice, it runs once, the first time."


def twice(wall: datetime, *, again: bool) -> str:
    """For a wildcard job at a time shown twice."""
    which = "second" if again else "first"
    return f"The clock goes back that night: {wall:%H:%M} comes twice, it runs both times, here the {which}."


def left_out(times: Sequence[datetime]) -> str:
    """For the fire that follows `times` (naive) which a wildcard job loses."""
    does, are = ("does", "is") if len(times) == 1 else ("do", "are")
    day = f"{times[0].day} {times[0]:%B %Y}"
    return f"The clock goes forward on {day}: {_clock(times)} {does} not exist and {are} left out."


def _clock(times: Sequence[datetime]) -> str:
    shown = [f"{time:%H:%M}" for time in times]
    return f"{shown[0]} to {shown[-1]}" if len(shown) >= _LISTED else joined(shown)
