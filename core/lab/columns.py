"""Which key of a file's row is which field of a call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import BadImport

FIELDS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "external_id", "call_id"),
    "transcript": ("transcript", "messages"),
    "expected_value": ("expected_value", "label"),
    "feedback": ("feedback", "note"),
    "metadata": ("metadata",),
    "group": ("group",),
}
"""The fields of a row, each with the keys it is known by; the first that says something wins."""

WITHHELD = frozenset(key for name, keys in FIELDS.items() if name != "id" for key in keys)
"""Keys that never become metadata: metadata may be shown to a judge, and no judge sees labels."""

ADDED = frozenset({*FIELDS["expected_value"], *FIELDS["feedback"], *FIELDS["group"]})
"""What people add to rows that other products exported."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A row's values by field, in the order of the field's keys, and what no field wants."""

    values: Mapping[str, list[Any]]
    rest: Mapping[str, Any]

    def first(self, name: str) -> Any:
        """The field's first value that says something, else None."""
        said = (value for value in self.values[name] if value is not None and not empty(value))
        return next(said, None)


@dataclass(frozen=True)
class Columns:
    """How the keys of a file map to fields.

    `mapping` names for a field the one key that holds it (`{"transcript": "dialogue"}`). Keys are
    matched without regard to case, and a space counts as an underscore. Raises BadImport for a field
    there is not.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in self.mapping:
            if name not in FIELDS:
                raise BadImport(f"There is no field “{name}” to map a column to, only: {', '.join(FIELDS)}.")

    def split(self, row: Mapping[str, Any]) -> Fields:
        """The row's fields, and the rest, which becomes metadata.

        A withheld key is left out of the rest even where another column was mapped in its place.
        """
        names = _names(row)
        values: dict[str, list[Any]] = {}
        used: set[str] = set()
        for name in FIELDS:
            keys = self._find(name, names)
            values[name] = [row[key] for key in keys]
            used.update(keys[:1] if name == "id" else keys)
        rest = {key: value for key, value in row.items() if key not in used and _plain(key) not in WITHHELD}
        return Fields(values, rest)

    def is_added(self, key: str) -> bool:
        """Whether a key of another product's row is one that a person added: mapped, or a label or note."""
        mapped = {_plain(name) for name in self.mapping.values()}
        return _plain(key) in mapped or _plain(key) in ADDED

    def found(self, name: str, row_keys: Collection[str]) -> bool:
        """Whether one of a row's keys holds the field."""
        return bool(self._find(name, _names(row_keys)))

    def keys(self, name: str) -> tuple[str, ...]:
        """The keys under which a field is looked for."""
        if name in self.mapping:
            return (self.mapping[name], _plain(self.mapping[name]))
        taken = {_plain(key) for key in self.mapping.values()}
        return tuple(key for key in FIELDS[name] if key not in taken)

    def _find(self, name: str, names: Mapping[str, str]) -> list[str]:
        return list(dict.fromkeys(names[key] for key in self.keys(name) if key in names))


def empty(value: Any) -> bool:
    """Whether a value says nothing: a text of blanks. None says something: it is the label N/A."""
    return isinstance(value, str) and not value.strip()


def _names(row_keys: Collection[str]) -> dict[str, str]:
    """A row's keys by the names they answer to; the exact spelling beats the plain one."""
    return {_plain(key): key for key in row_keys} | {key: key for key in row_keys}


def _plain(key: str) -> str:
    return key.strip().casefold().replace(" ", "_")
