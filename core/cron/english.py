"""What a cron expression means, in plain English.

`cron-descriptor` words the time of day and the months. It is handed the values that the fields
match instead of their spelling, since `*/45`, `5/2` and `9,12-15` mean something else than they seem
to. The days are worded here: whether a day of the month *and* or *or* a day of the week has to match
hangs on a leading `*`, which the library does not look at.
"""

from __future__ import annotations

import calendar
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

from cron_descriptor import DescriptionTypeEnum, ExpressionDescriptor, Options
from cronsim import CronSim

from core.cron.expression import Cron
from core.cron.words import joined

_OPTIONS = Options(locale_code="en_GB", use_24hour_time_format=True)
_LISTED = 12
"""Up to how many times of day are listed one by one…"""
_LISTED_PAIRS = 4
"""… where several minutes meet several hours…"""
_LISTED_STEPS = 3
"""… and where “every 6 hours” says it shorter."""
_ORDINALS = ("first", "second", "third", "fourth", "fifth")


@lru_cache(maxsize=4096)
def describe(cron: Cron, zone: ZoneInfo) -> str:
    """Such as “At 09:00, only on Monday (Europe/Berlin time)”, with a 24-hour clock."""
    fields = cron.fields()
    times = _times(fields)
    days = _days(fields) or (", every day" if times else "")
    place = zone.key if zone.key == "UTC" else f"{zone.key} time"
    return f"{times or _rhythm(fields)}{days}{_months(fields)} ({place})"


def _times(fields: CronSim) -> str:
    """The times of day one by one; empty where they are too many."""
    minutes, hours = sorted(fields.minutes), sorted(fields.hours)
    if len(minutes) * len(hours) > _listed(minutes, _spelled(hours, 24)):
        return ""
    return "At " + joined(f"{hour:02}:{minute:02}" for hour, minute in product(hours, minutes))


def _rhythm(fields: CronSim) -> str:
    minutes, hours = sorted(fields.minutes), sorted(fields.hours)
    every = _spelled(hours, 24)
    if len(minutes) > 1 and ("/" in every or "," in every):
        during = joined(f"{hour:02}" for hour in hours)
        return f"{_described(minutes, '*')}, during the hours {during}"
    return _described(minutes, f"{every}-{every}" if len(hours) == 1 else every)


def _listed(minutes: list[int], every: str) -> int:
    if "/" in every:
        return _LISTED_STEPS
    return _LISTED if len(minutes) == 1 else _LISTED_PAIRS


def _described(minutes: list[int], hour: str) -> str:
    words: str = ExpressionDescriptor(f"{_spelled(minutes, 60)} {hour} * * *", _OPTIONS).get_description()
    return words.replace("At 1 minutes past", "At 1 minute past")


def _months(fields: CronSim) -> str:
    month = _spelled(sorted(fields.months), 12, steps=False)
    descriptor = ExpressionDescriptor(f"* * * {month} *", _OPTIONS)
    return str(descriptor.get_description(DescriptionTypeEnum.MONTH))


def _spelled(values: list[int], size: int, *, steps: bool = True) -> str:
    """A field's text that matches `values`, ascending, of `size` possible ones."""
    step = size // len(values)
    if step == 1 and len(values) == size:
        return "*"
    if steps and len(values) > 1 and values == list(range(0, size, step)):
        return f"*/{step}"
    if _in_a_row(values):
        return f"{values[0]}-{values[-1]}"
    return ",".join(map(str, values))


def _in_a_row(values: list[int]) -> bool:
    return len(values) > 2 and values[-1] - values[0] == len(values) - 1


def _days(fields: CronSim) -> str:
    of_month, of_week = _of_month(fields.days), _of_week(fields.weekdays)
    if of_month and of_week:
        return f", {of_month}, {'but only' if fields.day_and else 'or'} {of_week}"
    if not fields.day_and:
        # Either may match, and one of them matches every day.
        return ""
    return f", {of_month}" if of_month else f", only {of_week}" if of_week else ""


def _of_month(days: set[int]) -> str:
    """Empty for every day."""
    numbers = sorted(day for day in days if day > 0)
    if len(numbers) == 31:
        return ""
    phrases = [f"{_numbered(numbers)} of the month"] if numbers else []
    if CronSim.LAST in days:
        phrases.append("the last day of the month")
    if CronSim.LAST_WEEKDAY in days:
        phrases.append("the last weekday (Monday to Friday) of the month")
    return "on " + " and ".join(phrases)


def _numbered(days: list[int]) -> str:
    if _in_a_row(days):
        return f"days {days[0]} to {days[-1]}"
    return f"{'day' if len(days) == 1 else 'days'} {joined(map(str, days))}"


def _of_week(weekdays: set[int | tuple[int, int]]) -> str:
    """Empty for every day; the week begins on Monday."""
    plain = sorted({day or 7 for day in weekdays if isinstance(day, int)})
    if len(plain) == 7:
        return ""
    nth = sorted({(day or 7, nth) for day, nth in (pair for pair in weekdays if isinstance(pair, tuple))})
    if _in_a_row(plain) and not nth:
        return f"{_weekday(plain[0])} through {_weekday(plain[-1])}"
    return "on " + joined([_weekday(day) for day in plain] + [_nth_weekday(*pair) for pair in nth])


def _weekday(number: int) -> str:
    return calendar.day_name[number - 1]


def _nth_weekday(day: int, nth: int) -> str:
    which = "last" if nth == CronSim.LAST else _ORDINALS[nth - 1]
    return f"the {which} {_weekday(day)} of the month"
