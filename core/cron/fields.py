"""The five fields of a cron expression: what each one takes, and a sentence where it does not.

The dialect is that of Debian's crontab(5) (numbers, names, `*`, lists, ranges, steps) with four
additions of cronsim: `5/15` (from 5 in steps of 15), `L` and `LW` as a day of the month, `5L` and
`5#2` as a day of the week.
"""

from __future__ import annotations

import calendar
import difflib
from dataclasses import dataclass

from core.errors import BadCron


@dataclass(frozen=True, slots=True)
class Field:
    """One field: numbers from `low` to `high`, and names for them, the first one for `low`."""

    name: str
    low: int
    high: int
    takes: str
    names: tuple[str, ...] = ()


DAY_OF_MONTH = Field("day-of-month", 1, 31, "1 to 31, L (the last day) or LW (the last weekday)")
DAY_OF_WEEK = Field(
    "day-of-week",
    0,
    7,
    "0 to 7 (0 and 7 are Sunday) or sun to sat",
    ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
)
FIELDS = (
    Field("minute", 0, 59, "0 to 59"),
    Field("hour", 0, 23, "0 to 23"),
    DAY_OF_MONTH,
    Field(
        "month",
        1,
        12,
        "1 to 12 or jan to dec",
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
    ),
    DAY_OF_WEEK,
)


def checked(text: str, field: Field) -> str:
    """The field's text (upper case) as cronsim understands it; raises BadCron."""
    terms = text.split(",")
    if "" in terms:
        raise BadCron(f"The {field.name} field “{text}” has a comma with nothing beside it.")
    return ",".join(_term(term, field) for term in terms)


def _term(term: str, field: Field) -> str:
    if field is DAY_OF_MONTH and "L" in term:
        return _last_day(term)
    if field is DAY_OF_WEEK and "#" in term:
        return _nth_weekday(term)
    if field is DAY_OF_WEEK and term.endswith("L"):
        return _last_weekday(term)
    body, slash, step = term.partition("/")
    if slash:
        _check_step(term, body, step, field)
    return term if body == "*" else _range(body, slash + step, field)


def _range(body: str, step: str, field: Field) -> str:
    first, dash, last = body.partition("-")
    if not dash:
        _value(first, body, field)
        return body + step
    low, high = _value(first, body, field), _value(last, body, field)
    if high < low:
        raise BadCron(_backwards(body, low, high, field))
    # cronsim takes 5-5/2 for 5/2, "from 5 on"; it is the 5 alone.
    return first if low == high else body + step


def _value(text: str, body: str, field: Field) -> int:
    if text in field.names:
        return field.low + field.names.index(text)
    if text.isdecimal() and field.low <= int(text) <= field.high:
        return int(text)
    raise BadCron(_not_a_value(text or body, field))


def _check_step(term: str, body: str, step: str, field: Field) -> None:
    if not body:
        raise BadCron(f"The {field.name} field “{term}” steps through nothing; write *{term}.")
    if not step.isdecimal() or int(step) == 0:
        raise BadCron(
            f"The step after “/” in the {field.name} field “{term}” must be a whole number from 1 up."
        )


def _last_day(term: str) -> str:
    if term not in ("L", "LW"):
        raise BadCron(
            "The day-of-month field takes L (the last day) and LW (the last weekday) "
            f"only as they stand, not “{term}”."
        )
    return term


def _nth_weekday(term: str) -> str:
    day, _, nth = term.partition("#")
    if nth not in ("1", "2", "3", "4", "5"):
        raise BadCron(
            f"The day-of-week field takes 1 to 5 after “#”, not “{term}”; "
            "5#2 is the second Friday of the month."
        )
    _value(day, term, DAY_OF_WEEK)
    return term


def _last_weekday(term: str) -> str:
    day = term.removesuffix("L")
    if not day.isdecimal():
        number = DAY_OF_WEEK.names.index(day) if day in DAY_OF_WEEK.names else 5
        raise BadCron(
            f"The day-of-week field takes L only after a number, not “{term}”; "
            f"write {number}L for the last {calendar.day_name[number - 1]} of the month."
        )
    _value(day, term, DAY_OF_WEEK)
    return term


def _backwards(body: str, low: int, high: int, field: Field) -> str:
    # Sunday is both 0 and 7: as 7 it ends the first part, and the second begins on Monday.
    start = 1 if field is DAY_OF_WEEK else field.low
    parts = [(low, field.high), (start, high)] if high >= start else [(low, field.high)]
    written = ",".join(f"{first}-{last}" if first < last else str(first) for first, last in parts)
    return f"The {field.name} range “{body}” runs backwards; write {written}."


def _not_a_value(text: str, field: Field) -> str:
    if text == "?":
        return f"The {field.name} field has no “?”; write * for every value."
    if text.startswith("*"):
        return f"The {field.name} field takes * alone or with a step such as */2, not “{text}”."
    meant = _meant(text, field)
    hint = f"; write {meant}" if meant else ""
    return f"The {field.name} field takes {field.takes}, not “{text}”{hint}."


def _meant(text: str, field: Field) -> str:
    if not text.isalpha():
        return ""
    cut = [name for name in field.names if text.startswith(name)]
    close = cut or difflib.get_close_matches(text, field.names, n=1)
    return close[0].lower() if close else ""
