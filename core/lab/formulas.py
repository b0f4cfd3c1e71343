"""Cells of a CSV file that a spreadsheet would run as formulas, made harmless and back again.

The signs are those of OWASP's page on CSV injection, the full-width ones of East Asian keyboards among them.
"""

from __future__ import annotations

import re

SIGNS = r"[=+\-@\t\r\n＝＋－＠]"
FORMULA = re.compile(f"'*{SIGNS}")
QUOTED_FORMULA = re.compile(f"'+{SIGNS}")


def to_cell(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run.

    A text that already begins with such an apostrophe gets another, so that `from_cell` is exact.
    """
    return f"'{text}" if FORMULA.match(text) else text


def from_cell(cell: str) -> str:
    """The text that `to_cell` was given."""
    return cell[1:] if QUOTED_FORMULA.match(cell) else cell
