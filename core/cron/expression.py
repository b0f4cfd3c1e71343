"""Reading a cron expression, or saying in one sentence what is wrong with it."""

from __future__ import annotations

import calendar
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from cronsim import CronSim, CronSimError

from core.cron.fields import FIELDS, checked
from core.cron.words import joined
from core.errors import BadCron

MAX_LENGTH = 200
"""Characters an expression may have; it is also the width of the column it is stored in."""

NICKNAMES = {
    "@HOURLY": "0 * * * *",
    "@DAILY": "0 0 * * *",
    "@MIDNIGHT": "0 0 * * *",
    "@WEEKLY": "0 0 * * 0",
    "@MONTHLY": "0 0 1 * *",
    "@YEARLY": "0 0 1 1 *",
    "@ANNUALLY": "0 0 1 1 *",
}
_FIVE = "minute hour day-of-month month day-of-week, such as 0 9 * * 1 for Mondays at 09:00"
_LONGEST = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ANY_DAY = datetime(2000, 1, 1)  # noqa: DTZ001 (a wall-clock time has no zone)


@dataclass(frozen=True, slots=True)
class Cron:
    """An expression that `parse` accepted.

    `text` is what the person wrote, with single spaces; `expression` its five fields in upper case.
    """

    text: str
    expression: str

    def __str__(self) -> str:
        return self.text

    @property
    def follows_the_clock(self) -> bool:
        """Whether it is a wildcard job: Debian's cron looks only at a leading `*` of minute or hour."""
        minute, hour, *_ = self.expression.split()
        return minute.startswith("*") or hour.startswith("*")

    def fields(self) -> CronSim:
        """The values the fields match, as cronsim holds them (`minutes`, `hours`, `days`, …)."""
        return CronSim(self.expression, _ANY_DAY)

    def wall_times(self, after: datetime) -> Iterator[datetime]:
        """Matching wall-clock times strictly after `after`; both naive, they know no zone.

        Ends where 50 years have no match.
        """
        return iter(CronSim(self.expression, after))


def parse(expression: str) -> Cron:
    """Read five fields or a nickname such as `@daily`.

    Raises BadCron with one sentence that says what is wrong and, where possible, how to write it.
    """
    _check_characters(expression)
    text = " ".join(expression.split())
    parts = _expanded(text.upper()).split()
    if len(parts) != len(FIELDS):
        raise BadCron(_wrong_count(len(parts)))
    cron = Cron(text, " ".join(map(checked, parts, FIELDS)))
    _check_it_ever_runs(cron)
    return cron


def _check_characters(expression: str) -> None:
    if len(expression) > MAX_LENGTH:
        raise BadCron(f"The schedule is {len(expression)} characters long; at most {MAX_LENGTH} are allowed.")
    for character in expression:
        if not character.isspace() and not (character.isascii() and character.isprintable()):
            shown = f"“{character}”" if character.isprintable() else f"U+{ord(character):04X}"
            raise BadCron(
                f"The schedule contains the character {shown}; "
                "write it with the digits 0 to 9, English letters and * , - / # only."
            )


def _expanded(text: str) -> str:
    if not text.startswith("@"):
        return text
    if text == "@REBOOT":
        raise BadCron("“@reboot” names no time; write when it should run, such as @daily.")
    if text in NICKNAMES:
        return NICKNAMES[text]
    known = [name.lower() for name in NICKNAMES]
    close = difflib.get_close_matches(text.lower(), known, n=1)
    raise BadCron(
        f"There is no “{text.lower()}”; write {close[0] if close else 'one of ' + ' '.join(known)}."
    )


def _wrong_count(count: int) -> str:
    if count == 0:
        return f"The schedule is empty; write five fields: {_FIVE}."
    found = "1 field" if count == 1 else f"{count} fields"
    extra = " (there are no seconds and no year)" if count > len(FIELDS) else ""
    return f"The schedule has {found}; write five{extra}: {_FIVE}."


def _check_it_ever_runs(cron: Cron) -> None:
    try:
        next(cron.wall_times(_ANY_DAY))
    except (CronSimError, StopIteration):
        raise BadCron(_never(cron)) from None


def _never(cron: Cron) -> str:
    _, _, day, month, _ = cron.expression.split()
    days = CronSim(f"0 0 {day} * *", _ANY_DAY).days
    months = sorted(CronSim(f"0 0 1 {month} *", _ANY_DAY).months)
    if min(days) <= max(_LONGEST[number] for number in months):
        return f"“{cron.text}” would never run: its days of the month and of the week never meet."
    named = joined(calendar.month_name[number] for number in months)
    have = "has" if len(months) == 1 else "have"
    missing = joined((str(number) for number in sorted(days)), "or")
    return (
        f"“{cron.text}” would never run: {named} {have} no day {missing}; "
        "write L for the last day of a month."
    )
