"""Cells of a CSV file that a spreadsheet would run as formulas, made harmless and back again."""

from __future__ import annotations

import re

FORMULA = re.compile(r"'*[=+\-@\t\r]")
QUOTED_FORMULA = re.compile(r"'+[=+\-@\t\r]")


def to_cell(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run.

    A text that already begins with such an apostrophe gets another, so that `from_cell` is exact.
    """
    return f"'{text}" if FORMULA.match(text) else text


def from_cell(cell: str) -> str:
    """The text that `to_cell` was given."""
    return cell[1:] if QUOTED_FORMULA.match(cell) else cell
