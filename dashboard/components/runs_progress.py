"""Live progress of what is being worked on; the fragment looks again by itself until nothing is."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from core import jobs, runs
from core.runs.going import Going, GoingResult
from dashboard import session
from dashboard.components import plain
from dashboard.components.links import show_link
from dashboard.session import Here

EVERY = "2s"


def show_going(find: Callable[[], Going], *, key: str, linked: bool) -> bool:
    """The first unfinished results with their stages and calls, and how many more; whether there is any.

    When one of them is done, the whole page is run again. `linked`: with a link to its run.
    """
    first = find()
    if not first.results:
        return False
    known = {result.result_id for result in first.results}

    @st.fragment(run_every=EVERY)
    def watch() -> None:
        going = find()
        if known - {result.result_id for result in going.results}:
            st.rerun()
        for result in going.results:
            _show_result(result, linked=linked)
        if going.more:
            st.caption(f"And {going.more:,} more, which wait for their turn or go on beside these.")

    with st.container(key=key):
        watch()
    return True


def _show_result(result: GoingResult, *, linked: bool) -> None:
    with st.container(border=True, key=f"going-{result.result_id}", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain.short(result.metric)}**", width="content")
            st.space("stretch")
            if linked:
                show_link("runs", f"Run {result.run_id}", run=result.run_id, result=result.result_id)
        if result.working:
            st.progress(result.share, text=progress_text(result))
        else:
            st.caption(
                ":material/hourglass_empty: Waits for its turn; it starts as soon as a worker is free."
            )


def progress_text(result: GoingResult) -> str:
    """“Judging the live prompt · 12 of 84 calls · about 30 s left”."""
    stage = "Cancelling" if result.cancel_requested else plain.short(result.stage or "Starting")
    parts = [stage]
    if result.calls_expected:
        parts.append(f"{result.calls_done:,} of {result.calls_expected:,} calls")
    if result.seconds_left is not None and not result.cancel_requested:
        parts.append(time_left(result.seconds_left))
    return " · ".join(parts)


def time_left(seconds: float) -> str:
    if seconds < 5:
        return "a few seconds left"
    return f"about {seconds:.0f} s left" if seconds < 90 else f"about {seconds / 60:.0f} min left"


def show_cancel(here: Here, run_id: int, going: Going) -> None:
    """The button that cancels what is left of a run; nothing of it is applied."""
    asked = all(result.cancel_requested for result in going.results)
    label = "Cancelling…" if asked else "Cancel run"
    if st.button(label, icon=":material/cancel:", key=f"runs-cancel-{run_id}", disabled=asked):
        with session.saying_refusals():
            jobs.push_now(here.database, here.redis, runs.cancel(here.database, here.actor, run_id))
            st.rerun()
