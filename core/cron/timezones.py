"""IANA timezones by name."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from core.errors import UnknownZone

_SHOWN = 60
_NOT_A_PLACE = frozenset({"Factory", "localtime", "posixrules"})


def zone(name: str) -> ZoneInfo:
    """The timezone of that IANA name, aliases such as `US/Pacific` included.

    Only names of the IANA list reach the file system. Raises UnknownZone, with a close name if any.
    """
    wanted = name.strip()
    if wanted not in _known():
        raise UnknownZone(_unknown(wanted))
    return ZoneInfo(wanted)


@cache
def _known() -> frozenset[str]:
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8")
    return frozenset(listed.split()) - _NOT_A_PLACE


def zones() -> list[str]:
    """The names to choose from, sorted: one for each place in IANA's `zone.tab`, and UTC.

    A stored alias (`US/Pacific`) is valid without being in it.
    """
    return list(_places())


@cache
def _places() -> tuple[str, ...]:
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    return tuple(sorted({"UTC"} | {row[2] for row in rows}))


def _unknown(name: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in name[:_SHOWN])
    close = _closest(shown)
    advice = f"did you mean {close}?" if close else "write one like Europe/Berlin."
    return f"“{shown}” is not an IANA timezone; {advice}"


def _closest(name: str) -> str | None:
    """The zone whose whole name or city is spelled most like `name`."""
    spelled = _spellings()
    found = difflib.get_close_matches(_folded(name), spelled, n=1, cutoff=0.75)
    return spelled[found[0]] if found else None


@cache
def _spellings() -> dict[str, str]:
    # Abbreviations and offsets are left out: EST for a mistyped CEST would be six hours off.
    regions = [name for name in sorted(_known()) if "/" in name and not name.startswith("Etc/")]
    cities = {_folded(name.rpartition("/")[2]): name for name in zones()}
    return cities | {_folded(name): name for name in regions}


def _folded(name: str) -> str:
    return name.casefold().replace(" ", "_")
