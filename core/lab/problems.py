"""What is wrong with one row of an imported file."""

from __future__ import annotations

from dataclasses import dataclass


class BadRow(Exception):
    """One sentence about the row at hand; it becomes a RowProblem and never leaves this package."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row cannot come in. `line` counts from 1; in a JSON document it is the row's number."""

    line: int
    sentence: str
    unit: str = "line"

    def __str__(self) -> str:
        return f"{self.unit.capitalize()} {self.line}: {self.sentence}"
