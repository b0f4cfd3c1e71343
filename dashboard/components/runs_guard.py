"""What the guard looked at, line by line, in words."""

from __future__ import annotations

import streamlit as st

from core.runs.guard_view import GuardCheck
from core.runs.result_detail import ResultDetail
from dashboard.components import plain

LOOKS = {True: ("green", "check_circle"), False: ("red", "cancel"), None: ("gray", "info")}


def show_guard(result: ResultDetail) -> None:
    """Nothing where there was no candidate to guard against."""
    if not result.guard:
        return
    with st.expander(
        _title(result.guard), key=f"runs-guard-{result.id}", icon=":material/shield:", expanded=False
    ):
        for check in result.guard:
            color, icon = LOOKS[check.passed]
            st.markdown(f":{color}[:material/{icon}:] {plain.label(check.text)}")


def _title(checks: tuple[GuardCheck, ...]) -> str:
    failed = sum(check.passed is False for check in checks)
    if failed:
        return f"The guard: {failed} {'thing speaks' if failed == 1 else 'things speak'} against applying it"
    return "The guard: nothing speaks against applying it"
