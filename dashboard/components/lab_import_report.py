"""What an import did or would do, in words; its problems by line; its first rows."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.lab import ImportReport
from core.lab.problems import RowProblem
from core.lab.rows import ImportedCall
from dashboard.components import plain
from dashboard.components.lab_words import value_html

PROBLEMS_SHOWN = 200
SAMPLE_CHARS = 180
STYLE = """<style>
.pl-lines{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.3rem .9rem;font-size:.9rem}
.pl-lines b{white-space:nowrap;font-weight:600}
.pl-lines span,.pl-sample{overflow-wrap:anywhere}
.pl-sample{border-top:1px solid rgba(128,132,149,.3);padding:.5rem 0;font-size:.9rem}
.pl-sample:first-of-type{border-top:0}
.pl-sample p{margin:.15rem 0 0;white-space:pre-wrap;opacity:.8}
</style>"""


def report_sentence(report: ImportReport) -> str:
    """What becomes, or became, of the file's rows, of the calls, and of the labels."""
    rows = f"{'Imported' if report.written else 'Read'} {report.good} of {_count(report.rows, 'row')}"
    calls = f"{_count(report.new, 'new call')}, {report.known} known already"
    return f"{rows}: {calls}; {_marks(report)}."


def _marks(report: ImportReport) -> str:
    add, change = ("added", "changed") if report.written else ("to add", "to change")
    found = [
        f"{_count(count, thing)} {verb}"
        for count, thing, verb in (
            (report.labels_added, "label", add),
            (report.labels_changed, "label", change),
            (report.notes_changed, "note", add),
        )
        if count
    ]
    return ", ".join(found) or "no label or note changes"


def show_report(report: ImportReport) -> None:
    icon = ":material/check_circle:" if report.written else ":material/preview:"
    (st.success if report.written else st.info)(plain.label(report_sentence(report)), icon=icon)
    if report.recognised:
        st.caption(plain.label(f"Recognised {report.recognised}."))
    if report.values:
        ordered = sorted(report.values.items(), key=lambda item: -item[1])[:12]
        values = " ".join(f"{value_html(value)}&nbsp;{count}" for value, count in ordered)
        st.html(f'<div class="pl-dim">Labels in the file: {values}</div>')
    for notice in report.notices:
        st.caption(plain.label(notice))


def show_problems(report: ImportReport) -> None:
    """Each bad row with its line and one sentence; the first of them where there are many."""
    if not report.problems:
        return
    shown = report.problems[:PROBLEMS_SHOWN]
    with st.container(border=True, height=260 if len(shown) > 6 else "content", key="lab-problems"):
        st.markdown(f"**{_count(report.bad, 'row')} with a problem**")
        st.html(f'{STYLE}<div class="pl-lines">{"".join(_problem(problem) for problem in shown)}</div>')
        if report.bad > len(shown):
            st.caption(f"and {report.bad - len(shown)} more")


def show_sample(report: ImportReport) -> None:
    """The first good rows as they would come in."""
    if not report.sample:
        return
    with st.expander(
        f"The first {len(report.sample)} good rows", icon=":material/table_rows:", expanded=True
    ):
        st.html(STYLE + "".join(_sample(call) for call in report.sample))


def _problem(problem: RowProblem) -> str:
    return f"<b>{problem.unit.capitalize()} {problem.line}</b><span>{escape(problem.sentence)}</span>"


def _sample(call: ImportedCall) -> str:
    opening = " · ".join(message.content for message in call.messages[:4])
    label = f" {value_html(call.expected)}" if call.expected is not None else ""
    note = f"<p><em>Note:</em> {_cut(call.feedback)}</p>" if call.feedback else ""
    return (
        f'<div class="pl-sample"><strong>{escape(call.external_id)}</strong>{label} '
        f'<span class="pl-dim">{_count(len(call.messages), "turn")}</span><p>{_cut(opening)}</p>{note}</div>'
    )


def _cut(text: str) -> str:
    return escape(text if len(text) <= SAMPLE_CHARS else f"{text[:SAMPLE_CHARS]}…")


def _count(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"
