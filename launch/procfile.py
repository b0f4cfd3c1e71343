"""The Procfile format: one `name: command` a line."""

from __future__ import annotations

import re
from collections.abc import Mapping

LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(.+)$")


def parse(text: str) -> Mapping[str, str]:
    """Commands by process name, in the order of the file; blank lines and # comments are skipped."""
    lines = (line.strip() for line in text.splitlines())
    found = (LINE.match(line) for line in lines if not line.startswith("#"))
    return {match[1]: match[2] for match in found if match}
