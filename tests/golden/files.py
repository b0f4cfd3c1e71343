"""Comparing with files that were looked at once.

UPDATE_GOLDEN=1 pytest tests/unit/test_summary_golden.py      writes them anew; then read the diff
"""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent


def check_golden(name: str, text: str) -> None:
    path = FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed; see tests/golden/files.py"
