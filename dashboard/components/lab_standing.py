"""Where a Lab stands: counts, classes, and the one thing to do next."""

from __future__ import annotations

from html import escape

import streamlit as st

from core.lab import LabStanding, RowFilter, next_step
from dashboard.components import lab_place, plain

CLASSES_SHOWN = 8
HUES = ("#6366f1", "#0ea5a4", "#d97706", "#db2777", "#64748b", "#84a10f", "#7c3aed", "#0284c7")
STYLE = """<style>
.pl-classes{display:flex;height:10px;border-radius:5px;overflow:hidden;gap:2px;margin:.15rem 0 .45rem}
.pl-classes i{display:block;min-width:4px}
.pl-legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;font-size:.875rem}
.pl-legend b{font-weight:600;overflow-wrap:anywhere}
.pl-legend i{display:inline-block;width:.65em;height:.65em;border-radius:3px;margin-right:.4em}
</style>"""


def show_standing(lab: LabStanding) -> None:
    with st.grid(min_column_width=150, key="lab-cards"):
        _card(
            "Labelled", _of(lab.labelled, lab.rows), "Calls that somebody labelled, of all calls in this Lab."
        )
        judged = lab.agreeing + lab.disagreeing
        _card(
            "Disagreeing",
            _of(lab.disagreeing, judged),
            "Labelled calls on which the judge answers something else, of those it was evaluated on.",
        )
        _card("With a note", _of(lab.notes, lab.rows), "Calls with a note; notes teach the optimiser why.")
        _card(
            "Not evaluated", _of(lab.rows_not_evaluated, lab.rows), "Calls that the judge has not seen yet."
        )
        _card("New labels", str(lab.new), "Labels and notes given since the last run that decided.")
    if lab.classes:
        _show_classes(lab)
    show_advice(lab)


def show_advice(lab: LabStanding) -> None:
    """The next step in a box, what else there is to know below it."""
    advice = next_step(lab)
    st.info(plain.label(advice), icon=":material/lightbulb:")
    for said in (*lab.warnings, *noticed(lab)):
        if said != advice:
            st.caption(plain.label(said))
    if lab.contradictions and lab_place.read().asked.show is not RowFilter.CONTRADICTING:
        st.button(
            "Show the contradictions",
            icon=":material/compare_arrows:",
            key="lab-contradictions",
            on_click=lab_place.move,
            kwargs={"show": RowFilter.CONTRADICTING.value, "part": lab_place.ROWS},
        )


def noticed(lab: LabStanding) -> tuple[str, ...]:
    """What is worth a look and keeps no run from being useful."""
    unsure, twins = "", ""
    if lab.unstable:
        unsure = f"Asked the same again, the judge answered otherwise on {_calls(lab.unstable)}: see Unsure."
    if lab.duplicates:
        twins = f"The same transcript as another call have {_calls(lab.duplicates)}: see Duplicates."
    return tuple(said for said in (unsure, twins) if said)


def _calls(count: int) -> str:
    return f"{count:,} call{'s' if count > 1 else ''}"


def _card(name: str, value: str, explained: str) -> None:
    st.metric(name, value, help=explained, border=True)


def _of(count: int, total: int) -> str:
    return f"{count} of {total}" if total else "—"


def _show_classes(lab: LabStanding) -> None:
    shown = _classes(lab)
    hues = [HUES[number % len(HUES)] for number in range(len(shown))]
    bar = "".join(
        f'<i style="flex:{count};background:{hue}"></i>' for (_, count), hue in zip(shown, hues, strict=True)
    )
    legend = "".join(
        f'<span><i style="background:{hue}"></i><b>{escape(value)}:</b> '
        f"{count} of {lab.labelled} ({count / lab.labelled:.0%})</span>"
        for (value, count), hue in zip(shown, hues, strict=True)
    )
    with st.container(border=True, key="lab-classes"):
        st.caption("Labels by value")
        st.html(f'{STYLE}<div class="pl-classes">{bar}</div><div class="pl-legend">{legend}</div>')


def _classes(lab: LabStanding) -> list[tuple[str, int]]:
    """The most frequent values with their counts, and the others together."""
    classes = sorted(lab.classes.items(), key=lambda item: -item[1])
    rest = classes[CLASSES_SHOWN:]
    others = [(f"{len(rest)} other values", sum(count for _, count in rest))] if rest else []
    return classes[:CLASSES_SHOWN] + others
