"""The Lab's words and looks: filters, alignments, values, and the escaped pieces its rows are made of."""

from __future__ import annotations

from html import escape

from core.lab import Alignment, LabStanding, RowFilter, RowView
from core.terms import VerdictStatus

FILTER_NAMES: dict[RowFilter, str] = {
    RowFilter.ALL: "All",
    RowFilter.TO_LABEL: "To label",
    RowFilter.DISAGREEING: "Disagreeing",
    RowFilter.UNLABELLED: "Unlabelled",
    RowFilter.LABELLED: "Labelled",
    RowFilter.NOT_EVALUATED: "Not evaluated",
    RowFilter.UNSTABLE: "Unsure",
    RowFilter.DUPLICATES: "Duplicates",
    RowFilter.CONTRADICTING: "Contradicting",
}

ALIGNMENTS: dict[Alignment, tuple[str, str]] = {
    Alignment.AGREES: ("Agrees", "good"),
    Alignment.DISAGREES: ("Disagrees", "bad"),
    Alignment.UNLABELLED: ("Not labelled", "open"),
    Alignment.NOT_EVALUATED: ("Not evaluated", "idle"),
    Alignment.NOT_JUDGED: ("Not judged", "idle"),
}
"""The words and the CSS class of each alignment."""

STYLE = """<style>
.pl-value{display:inline-block;font-weight:600;border:1px solid rgba(128,132,149,.45);border-radius:6px;
 padding:0 .5em;line-height:1.5;overflow-wrap:anywhere}
.pl-none{opacity:.6}
.pl-mark{display:inline-block;border-radius:999px;padding:0 .65em;font-size:.8rem;line-height:1.6;
 white-space:nowrap;font-weight:600}
.pl-mark.good{background:rgba(22,163,74,.14);color:light-dark(#15703a,#7ee2a4)}
.pl-mark.bad{background:rgba(225,29,72,.13);color:light-dark(#b3123c,#ff9fb4)}
.pl-mark.open{background:rgba(79,70,229,.13);color:light-dark(#4338ca,#b9c0ff)}
.pl-mark.idle{background:rgba(128,132,149,.18)}
.pl-dim{opacity:.72;font-size:.85rem}
.pl-text{white-space:pre-wrap;overflow-wrap:anywhere}
</style>"""


def filter_count(lab: LabStanding, show: RowFilter) -> int:
    """How many rows of the Lab a filter leaves."""
    return {
        RowFilter.ALL: lab.rows,
        RowFilter.TO_LABEL: lab.to_label,
        RowFilter.DISAGREEING: lab.disagreeing,
        RowFilter.UNLABELLED: lab.rows - lab.labelled,
        RowFilter.LABELLED: lab.labelled,
        RowFilter.NOT_EVALUATED: lab.rows_not_evaluated,
        RowFilter.UNSTABLE: lab.unstable,
        RowFilter.DUPLICATES: lab.duplicates,
        RowFilter.CONTRADICTING: sum(len(group) for group in lab.contradictions),
    }[show]


def mark_html(alignment: Alignment) -> str:
    words, look = ALIGNMENTS[alignment]
    return f'<span class="pl-mark {look}">{words}</span>'


def value_html(value: str) -> str:
    return f'<span class="pl-value">{escape(value)}</span>'


def verdict_html(row: RowView) -> str:
    """What the judge answered, in one piece."""
    if row.judged is None:
        return '<span class="pl-none">not evaluated</span>'
    if row.actual is not None:
        unsure = ' <span class="pl-none">unsure</span>' if row.unstable else ""
        return value_html(row.actual) + unsure
    unreadable = row.judged is VerdictStatus.UNREADABLE
    return f'<span class="pl-none">{"answer could not be read" if unreadable else "not judged"}</span>'


def label_html(row: RowView) -> str:
    return '<span class="pl-none">no label</span>' if row.expected is None else value_html(row.expected)
