"""Runs: the list with its filters, or one run with the result of a metric."""

from __future__ import annotations

from dashboard import session
from dashboard.components import runs_list, runs_result, said
from dashboard.components.links import show_link_style


def show_page() -> None:
    here = session.need_project()
    show_link_style()
    said.show_said("runs")
    run_id = session.parameter("run")
    if run_id is None:
        runs_list.show_list(here)
    else:
        runs_result.show_run(here, run_id)


with session.saying_refusals():
    show_page()
