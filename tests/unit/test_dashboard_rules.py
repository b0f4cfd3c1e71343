"""Rules every page keeps, read from the pages' own source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

DASHBOARD = Path(__file__).parents[2] / "dashboard"
WIDGETS = {
    *("button", "download_button", "form_submit_button", "text_input", "text_area", "number_input"),
    *("selectbox", "multiselect", "radio", "checkbox", "toggle", "segmented_control", "pills", "slider"),
    *("date_input", "time_input", "file_uploader", "pagination", "data_editor"),
}


def calls() -> Iterator[tuple[str, ast.Call, str]]:
    """Every call in the dashboard with its file and the name of what is called."""
    for path in sorted(DASHBOARD.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield path.name, node, node.func.attr


def test_every_widget_has_a_key() -> None:
    without = [
        f"{file}:{call.lineno} {name}"
        for file, call, name in calls()
        if name in WIDGETS and not any(keyword.arg == "key" for keyword in call.keywords)
    ]
    assert without == []


def test_nothing_allows_markup_in_markdown() -> None:
    allowing = [
        f"{file}:{call.lineno}"
        for file, call, _ in calls()
        if any(keyword.arg == "unsafe_allow_html" for keyword in call.keywords)
    ]
    assert allowing == []
