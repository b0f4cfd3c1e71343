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


def test_no_text_of_a_person_is_escaped_twice_in_a_badge() -> None:
    """`st.badge` escapes brackets for itself; `plain.badge` takes the text as it is."""
    twice = [
        f"{file}:{call.lineno}"
        for file, call, name in calls()
        if name == "badge" and any(getattr(node, "id", "") == "plain" for node in ast.walk(call.args[0]))
    ]
    assert twice == []


TOLD = {"when", "away"}
"""What says a moment in words alone."""
IN_UTC = {"utc", "utc_minute", "moment", "from_now"}
"""What has the same moment's UTC."""
NO_TOOLTIP = {"lab_import_progress.py"}
"""Names a moment in the title of an expander, which can be given none."""


def moments_told(function: ast.FunctionDef, names: set[str]) -> dict[str, int]:
    """By what they are told of, the lines of calls with one of these names, of functions of `times`."""
    found: dict[str, int] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in names:
                found[ast.dump(node.args[0])] = node.lineno
    return found


def test_no_moment_is_told_without_its_utc() -> None:
    bare = [
        f"{path.name}:{line}"
        for path in sorted(DASHBOARD.rglob("*.py"))
        if path.name != "times.py" and path.name not in NO_TOOLTIP
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(function, ast.FunctionDef)
        for of, line in moments_told(function, TOLD).items()
        if of not in moments_told(function, IN_UTC)
    ]
    assert bare == []
