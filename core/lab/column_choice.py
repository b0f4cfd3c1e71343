"""Which column of a file holds which field: what is known, and a guess where nothing is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.lab.columns import Columns

MAPPED_FIELDS = ("transcript", "id", "expected_value", "feedback", "group")
GUESSES: Mapping[str, tuple[str, ...]] = {
    "transcript": ("conversation", "dialogue", "dialog", "chat", "turns", "utterances", "text", "body"),
    "id": ("conversation_id", "session_id", "uuid", "reference"),
    "expected_value": ("expected", "human_label", "correct_value"),
    "feedback": ("comment", "comments", "notes", "remark", "remarks"),
}
"""Names that files use and the importer does not take by itself, likeliest first: a person confirms them."""


def columns_found(columns: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str | None]:
    """For each field that can be mapped the file's column that holds it, or None."""
    known = Columns(mapping)
    return {
        name: next((column for column in columns if known.found(name, [column])), None)
        for name in MAPPED_FIELDS
    }


def columns_guessed(columns: Sequence[str]) -> dict[str, str]:
    """A likely column for each field that no column is named after; for a person to confirm."""
    found = columns_found(columns, {})
    free = {_plain(column): column for column in columns if column not in found.values()}
    guesses = {
        name: next((free[known] for known in names if known in free), None)
        for name, names in GUESSES.items()
        if found[name] is None
    }
    return {name: guess for name, guess in guesses.items() if guess is not None}


def _plain(column: str) -> str:
    return column.strip().casefold().replace(" ", "_").replace("-", "_")
