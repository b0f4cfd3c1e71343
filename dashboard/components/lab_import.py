"""Bringing calls in: look at the file, map its columns, say what would happen, then do it."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core import imports, jobs, lab
from core.lab import ImportReport
from dashboard import session
from dashboard.components import lab_place
from dashboard.components.lab_examples import show_examples
from dashboard.components.lab_import_progress import DONE, show_going, show_last
from dashboard.components.lab_import_report import show_problems, show_report, show_sample
from dashboard.components.lab_place import REFUSED
from dashboard.components.plain import option
from dashboard.session import Here

MOST_MEGABYTES = imports.MOST_BYTES // 2**20
AT_ONCE_BYTES = 2 * 1024 * 1024
"""A smaller file comes in while the page is drawn; a larger one waits for a worker."""
TYPES = ["csv", "tsv", "json", "jsonl", "ndjson", "txt"]
PLAN, UPLOADS = "lab-import-plan", "lab-import-uploads"
NONE = "(none)"
NO_COLUMN = ""
"""A name that no column has: the field is left out, even where a column is named after it."""
FIELD_NAMES = {
    "transcript": "Transcript (needed)",
    "id": "Call id",
    "expected_value": "Label",
    "feedback": "Note",
    "group": "Group",
}
WANT_ALL, WANT_GOOD = "Nothing, until the file is mended", "The good ones"
NO_REDIS = "Redis does not answer. The file is stored and comes in by itself when Redis is back."


def show_import(here: Here, metric_id: int) -> None:
    newest = imports.newest(here.database, here.actor, here.the_project.id)
    if newest is not None and not newest.job.final:
        show_going(here, newest.id)
        return
    uploaded = st.file_uploader(
        "A file of calls",
        type=TYPES,
        max_upload_size=MOST_MEGABYTES,
        key=f"lab-file-{st.session_state.get(UPLOADS, 0)}",
        help=f"CSV, JSON, JSON Lines or text, up to {MOST_MEGABYTES} MB. A larger one comes in by the "
        "command line: python -m core import.",
    )
    if uploaded is None:
        if newest is not None and newest.metric_id == metric_id:
            show_last(newest)
        show_examples()
        return
    st.session_state.pop(DONE, None)
    with session.saying_refusals():
        _show_upload(here, metric_id, uploaded)


def _show_upload(here: Here, metric_id: int, uploaded: UploadedFile) -> None:
    first = _plan(here, metric_id, uploaded, {})
    remembered = imports.remembered_columns(here.database, here.actor, here.the_project.id, first.columns)
    mapping = _show_mapping(uploaded.file_id, first, remembered)
    plan = _plan(here, metric_id, uploaded, mapping)
    show_report(plan)
    show_problems(plan)
    show_sample(plan)
    _show_decision(here, metric_id, uploaded, mapping, plan)


def _plan(here: Here, metric_id: int, uploaded: UploadedFile, mapping: dict[str, str]) -> ImportReport:
    """What an import would do; read once for each file and mapping, however often the page is drawn."""
    plans = st.session_state.setdefault(PLAN, {})
    key = (uploaded.file_id, metric_id, *sorted(mapping.items()))
    if key not in plans:
        if any(known[0] != uploaded.file_id for known in plans):
            plans.clear()
        with st.spinner("Reading the file…"):
            plans[key] = lab.import_file(
                here.database,
                here.actor,
                here.the_project.id,
                metric_id,
                uploaded,
                dry_run=True,
                columns=mapping,
            )
    found: ImportReport = plans[key]
    return found


def _show_mapping(file_id: str, first: ImportReport, remembered: dict[str, str]) -> dict[str, str]:
    """Which column holds what; open where the transcript was not found, else there for who needs it."""
    found, guessed = lab.columns_found(first.columns, {}), lab.columns_guessed(first.columns)
    missing = bool(first.columns) and found["transcript"] is None and "transcript" not in remembered
    if missing:
        st.warning(
            "No column is called “transcript”. Say below which one holds the conversation.",
            icon=":material/view_column:",
        )
    chosen: dict[str, str | None] = {}
    with st.expander("Columns", icon=":material/view_column:", expanded=missing or bool(remembered)):
        if remembered:
            st.caption("As chosen for the last such file of this project.")
        with st.grid(min_column_width=180):
            for name, words in FIELD_NAMES.items():
                suggested = found[name] or (guessed.get(name) if missing else None)
                if name in remembered:
                    suggested = remembered[name] or None
                chosen[name] = _choose_column(f"lab-column-{name}-{file_id}", words, first.columns, suggested)
    return {name: column or NO_COLUMN for name, column in chosen.items() if column != found[name]}


def _choose_column(key: str, words: str, columns: list[str], suggested: str | None) -> str | None:
    options: list[str | None] = [None, *columns]
    return st.selectbox(
        words,
        options,
        index=options.index(suggested),
        format_func=lambda column: NONE if column is None else option(column),
        key=key,
    )


def _show_decision(
    here: Here, metric_id: int, uploaded: UploadedFile, mapping: dict[str, str], plan: ImportReport
) -> None:
    if not plan.good:
        st.error("No row of this file can come in as it is.", icon=":material/block:")
        return
    skip_bad = False
    if plan.bad:
        choice = st.radio(
            f"{plan.bad} of {plan.rows} rows cannot come in. What should be imported?",
            [WANT_ALL, WANT_GOOD],
            captions=["", f"{plan.good} rows; the others are left out"],
            key=f"lab-bad-{uploaded.file_id}",
        )
        skip_bad = choice == WANT_GOOD
    st.caption(
        "Nothing is taken away: calls that are there stay as they are, and a row without a label or note "
        "leaves the one there is. A label that differs replaces the old one."
    )
    words = f"Import {plan.good} {'row' if plan.good == 1 else 'rows'}"
    if st.button(
        words,
        type="primary",
        icon=":material/upload:",
        key="lab-import",
        disabled=bool(plan.bad) and not skip_bad,
    ):
        _import(here, metric_id, uploaded, mapping, skip_bad, plan)


def _import(
    here: Here,
    metric_id: int,
    uploaded: UploadedFile,
    mapping: dict[str, str],
    skip_bad: bool,
    plan: ImportReport,
) -> None:
    job_id = imports.start(
        here.database,
        here.actor,
        here.the_project.id,
        metric_id,
        uploaded,
        plan,
        columns=mapping,
        skip_bad=skip_bad,
    )
    if uploaded.size <= AT_ONCE_BYTES:
        with st.spinner("Importing…"):
            imports.bring_in_here(here.database, here.settings, job_id)
    elif not jobs.push_now(here.database, here.redis, [job_id]):
        st.session_state[REFUSED] = NO_REDIS
    st.session_state[DONE] = jobs.view(here.database, job_id).subject_id
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1
    st.session_state.pop(PLAN, None)
    lab_place.move(part=lab_place.IMPORT)
    st.rerun()
