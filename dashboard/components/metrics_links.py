"""From a metric to one of its runs, and back again."""

from __future__ import annotations

from typing import NoReturn

from dashboard import session


def open_run(metric_id: int, run_id: int, result_id: int | None = None) -> NoReturn:
    """Open a run's page from a button or a marker; where an anchor will do, `show_link` is better.

    `st.switch_page` first puts the new place behind the address of this page, and the browser's Back
    stops there. So the place names the metric too, and Back finds it again.
    """
    session.go("runs", run=run_id, result=result_id, metric=metric_id)
