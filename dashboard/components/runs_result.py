"""The page of one run: a metric's result with everything that a decision needs."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import runs, trials
from core.guard import WAITS
from core.notifications.wording import HAPPENED
from core.runs import ResultView, RunView
from core.runs.going import going_in_run
from core.runs.result_detail import ResultDetail, result_detail
from core.terms import Outcome
from core.trials import Scope, TrialView
from dashboard.components import (
    plain,
    runs_decision,
    runs_edit,
    runs_evidence,
    runs_findings,
    runs_guard,
    runs_meanwhile,
    runs_progress,
    runs_rows,
    runs_rules,
    runs_scores,
    runs_try,
    runs_words,
    times,
)
from dashboard.components.diff import show_diff
from dashboard.components.links import show_link
from dashboard.session import KEPT, Here, parameter

LONG = 600
"""Characters of a reason, which may quote what a model's endpoint said; more are folded away."""
MOST_TABS = 8


def show_run(here: Here, run_id: int) -> None:
    """Raises NotFound, NotAllowed."""
    show_link("runs", "All runs", icon="arrow_back")
    run = runs.show_run(here.database, here.actor, run_id)
    _follow_project(here, run)
    _show_head(here, run)
    if _goes(run):
        _show_progress(here, run)
    chosen = _choose_result(run)
    detail = result_detail(here.database, here.actor, chosen.id)
    if detail.outcome is not None:
        _show_result(here, detail)
    elif len(run.results) > 1:
        st.caption("This metric is not done yet; its result appears here.")


def _follow_project(here: Here, run: RunView) -> None:
    """A link from a mail names the run alone; the frame around it is that of its project."""
    if run.project_id != here.the_project.id:
        st.query_params[KEPT] = str(run.project_id)
        st.rerun()


def _show_head(here: Here, run: RunView) -> None:
    title = f"Run {run.id}"
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.title(title, anchor=False, width="content")
        if _goes(run):
            st.markdown(runs_words.state_badge(run.state), width="content")
        if run.auto_apply:
            st.badge("Auto-apply", icon=":material/bolt:", color="orange")
    at = times.moment(run.created_at, here.the_project.zone)
    times.caption(f"{runs_words.origin(run.trigger, run.schedule, None)} · " + at)


def _goes(run: RunView) -> bool:
    """Whether a metric is not done; the run itself is closed a moment after its last one."""
    return any(result.outcome is None for result in run.results)


def _show_progress(here: Here, run: RunView) -> None:
    find = partial(going_in_run, here.database, here.actor, run.id)
    if runs_progress.show_going(find, key="runs-going", linked=False):
        runs_progress.show_cancel(here, run.id, find())


def _choose_result(run: RunView) -> ResultView:
    """The result in the address, else the one that needs a person most; a choice where there are several."""
    wanted = parameter("result")
    by_id = {result.id: result for result in run.results}
    current = wanted if wanted in by_id else _first(run).id
    if len(by_id) > 1:
        show = _show_menu if len(by_id) > MOST_TABS else _show_tabs
        show(by_id, current, key=f"runs-result-{run.id}-{current}")
    return by_id[current]


def _show_tabs(by_id: dict[int, ResultView], current: int, key: str) -> None:
    st.segmented_control(
        "Metric",
        list(by_id),
        default=current,
        required=True,
        format_func=lambda result_id: f"{plain.short(by_id[result_id].metric)} · {_became(by_id[result_id])}",
        key=key,
        on_change=_open_result,
        args=(key,),
        label_visibility="collapsed",
    )


def _show_menu(by_id: dict[int, ResultView], current: int, key: str) -> None:
    """For as many metrics as would be a wall of tabs; typing finds one."""
    st.selectbox(
        f"Metric: one of {len(by_id):,}",
        list(by_id),
        index=list(by_id).index(current),
        format_func=lambda result_id: (
            f"{plain.option(by_id[result_id].metric)} · {_became(by_id[result_id])}"
        ),
        key=key,
        on_change=_open_result,
        args=(key,),
    )


def _first(run: RunView) -> ResultView:
    waiting = (Outcome.PROPOSED, Outcome.NOT_ENOUGH_EVIDENCE)
    return next((result for result in run.results if result.outcome in waiting), run.results[0])


def _became(result: ResultView) -> str:
    return result.shown_as.split(" — ")[0]


def _open_result(key: str) -> None:
    st.query_params["result"] = str(st.session_state[key])


def _show_result(here: Here, result: ResultDetail) -> None:
    """In the order in which a person decides: what happened, the numbers, what may be done, what changes,
    and then what lies behind it."""
    _show_sentence(result)
    if result.baseline is not None:
        runs_scores.show_scores(result)
    runs_decision.show_decision(here, result, _scored_again(here, result))
    runs_meanwhile.show_meanwhile(here, result)
    runs_edit.show_editor(here, result)
    _show_changes(result)
    runs_rows.show_rows(here, result)
    runs_evidence.show_evidence(result)
    runs_guard.show_guard(result)
    runs_rules.show_rules(here, result)
    runs_try.show_try(here, result)
    runs_findings.show_findings(here, result)
    _show_log(result)
    _show_spent(result)


def _show_changes(result: ResultDetail) -> None:
    """What the run wrote; where an edit of it went live, that first."""
    if result.before is None or result.after is None:
        return
    if result.edited is not None:
        st.subheader("What went live", anchor=False)
        show_diff(result.before, result.edited, f"runs-live-diff-{result.id}")
        with st.expander("What the run proposed", key=f"runs-proposed-{result.id}"):
            show_diff(result.before, result.after, f"runs-diff-{result.id}")
        return
    st.subheader("What changes", anchor=False)
    if result.summary:
        plain.sentence(result.summary)
    show_diff(result.before, result.after, f"runs-diff-{result.id}")


def _scored_again(here: Here, result: ResultDetail) -> TrialView | None:
    """The newest trial of a waiting proposal on the labels."""
    if not result.waits:
        return None
    proposed = runs.written_candidate(here.database, here.actor, result.id).definition
    return trials.newest_trial(
        here.database, here.actor, result.metric_id, Scope.LABELS, result_id=result.id, of=proposed
    )


def _show_sentence(result: ResultDetail) -> None:
    """What happened and why, first."""
    assert result.outcome is not None
    with st.container(border=True, key=f"runs-sentence-{result.id}", gap="small"):
        badge = runs_words.outcome_badge(result.outcome)
        closed = runs_words.CLOSED.get(result.proposal.state, "") if result.proposal else ""
        st.markdown(f"{badge} **{plain.short(result.metric)}**{f' :gray-badge[{closed}]' if closed else ''}")
        reason = result.reason or HAPPENED[result.outcome]
        reason = reason.replace(WAITS, "").strip() if closed else reason
        st.markdown(f"##### {plain.label(reason, LONG)}", anchors=False)
        if len(reason) > LONG:
            with st.expander("The whole sentence", key=f"runs-reason-{result.id}-whole"):
                plain.prompt(reason, height=240)
        if result.same_as is not None:
            place = result.same_as
            show_link(
                "runs",
                f"Open run {place.run_id}",
                icon="arrow_forward",
                run=place.run_id,
                result=place.result_id,
            )
    if result.warning:
        st.warning(plain.label(result.warning), icon=":material/warning:")


def _show_log(result: ResultDetail) -> None:
    if not result.log:
        return
    with st.expander(
        "What the search did, step by step", key=f"runs-log-{result.id}", icon=":material/list:"
    ):
        for number, step in enumerate(result.log, 1):
            st.markdown(f":gray[{number}.] {plain.label(step)}")


def _show_spent(result: ResultDetail) -> None:
    words = runs_words.spent_words(result.calls, result.cost, result.started_at, result.finished_at)
    tokens = f" · {result.input_tokens:,} tokens in, {result.output_tokens:,} out" if result.calls else ""
    st.caption(f":material/receipt_long: {words[0].upper()}{words[1:]}{tokens}")
