"""Times as people say them, in the project's zone; UTC stays within reach.

What a page shows is a `Dated`, which brings its UTC along; `when` and `away` are for the words alone, where
UTC is put beside them by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NoReturn
from zoneinfo import ZoneInfo

import streamlit as st

Width = Literal["stretch", "content"]


@dataclass(frozen=True, slots=True)
class Dated:
    """Words that name moments, and these moments in UTC for a tooltip, in the order of the words.

    It is joined to texts by +, and shown by `show` or `caption`. It cannot be put into a text, which would
    lose the UTC.
    """

    words: str
    utc: tuple[str, ...] = ()

    @property
    def help(self) -> str | None:
        return " · ".join(self.utc) or None

    def __add__(self, other: str | Dated) -> Dated:
        if isinstance(other, Dated):
            return Dated(self.words + other.words, self.utc + other.utc)
        return Dated(self.words + other, self.utc)

    def __radd__(self, other: str) -> Dated:
        return Dated(other + self.words, self.utc)

    def __str__(self) -> NoReturn:
        raise TypeError("Show it by `show` or `caption`, so that its UTC is shown with it.")


def moment(at: datetime | None, zone: ZoneInfo) -> Dated:
    """As `when`."""
    return Dated(when(at, zone), () if at is None else (utc(at),))


def from_now(at: datetime) -> Dated:
    """As `away`."""
    return Dated(away(at), (utc(at),))


def show(words: Dated, width: Width = "stretch") -> None:
    """Read as markup: escape what users wrote."""
    st.markdown(words.words, help=words.help, width=width)


def caption(words: Dated, width: Width = "stretch") -> None:
    """As `show`, in the small type."""
    st.caption(words.words, help=words.help, width=width)


def when(at: datetime | None, zone: ZoneInfo, now: datetime | None = None) -> str:
    """“today 14:05”, “Mon 23 Nov 09:00”, with the year where it is another one; a dash for None."""
    if at is None:
        return "—"
    local, today = at.astimezone(zone), (now or datetime.now(UTC)).astimezone(zone)
    days = (local.date() - today.date()).days
    names = {0: "today", -1: "yesterday", 1: "tomorrow"}
    if days in names:
        return f"{names[days]} {local:%H:%M}"
    if local.year == today.year:
        return f"{local:%a %-d %b %H:%M}"
    return f"{local:%-d %b %Y %H:%M}"


def utc(at: datetime | None) -> str:
    """The same moment in UTC, for a tooltip."""
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def utc_minute(at: datetime) -> str:
    """For a column that is headed UTC."""
    return f"{at.astimezone(UTC):%-d %b %Y %H:%M}"


def away(at: datetime, now: datetime | None = None) -> str:
    """“in 3 days”, “5 minutes ago”."""
    gap = at - (now or datetime.now(UTC))
    ahead = gap >= timedelta(0)
    words = _longest_unit(abs(gap).total_seconds())
    if words == "moments":
        return "in a moment" if ahead else "just now"
    return f"in {words}" if ahead else f"{words} ago"


def lasted(start: datetime | None, end: datetime | None) -> str:
    """How long something took: “12 s”, “3 min”."""
    if start is None or end is None:
        return "—"
    seconds = max(0.0, (end - start).total_seconds())
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _longest_unit(seconds: float) -> str:
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds // size)
        if count:
            return f"{count} {name}{'s' if count > 1 else ''}"
    return "moments"
