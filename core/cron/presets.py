"""The rhythms a form offers by name, and which expression each one is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from enum import StrEnum

LAST_DAY = 0
"""The `day` of a monthly rhythm that fires on the last day of the month, however long it is."""
LATEST_DAY = 28
"""Every month has it; later days would leave out February."""

_PLAIN = re.compile(r"(\d{1,2}) (\d{1,2}) (\*|L|\d{1,2}) \* (\*|[0-7])")


class Rhythm(StrEnum):
    WEEKLY = "weekly"
    DAILY = "daily"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Preset:
    """A rhythm at a time of day (wall clock).

    `weekday` is 1 (Monday) to 7 for a weekly one; `day` 1 to 28, or LAST_DAY, for a monthly one.
    """

    rhythm: Rhythm
    at: time
    weekday: int = 1
    day: int = 1

    @property
    def cron(self) -> str:
        """Its five fields."""
        return f"{self.at.minute} {self.at.hour} {self._days}"

    @property
    def _days(self) -> str:
        if self.rhythm is Rhythm.WEEKLY:
            return f"* * {self.weekday % 7}"
        if self.rhythm is Rhythm.MONTHLY:
            return f"{self.day if self.day != LAST_DAY else 'L'} * *"
        return "* * *"


def preset_of(cron: str) -> Preset | None:
    """The preset that an expression is, or None for one that a person wrote otherwise."""
    found = _PLAIN.fullmatch(" ".join(cron.upper().split()))
    if found is None or int(found[1]) > 59 or int(found[2]) > 23:
        return None
    at, day, weekday = time(int(found[2]), int(found[1])), found[3], found[4]
    if day == "*":
        if weekday == "*":
            return Preset(Rhythm.DAILY, at)
        return Preset(Rhythm.WEEKLY, at, weekday=int(weekday) or 7)
    number = LAST_DAY if day == "L" else int(day)
    if weekday != "*" or number > LATEST_DAY or (number == 0 and day != "L"):
        return None
    return Preset(Rhythm.MONTHLY, at, day=number)
