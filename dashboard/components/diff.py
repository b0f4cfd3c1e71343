"""What changed between two definitions, word by word, in both themes."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import streamlit as st
from diff_viewer import diff_viewer

from core.notifications.diff import Kind, Line, Segment, word_diff
from core.notifications.wording import FIELD_NAMES

HEIGHT = 420
CLASSIC_HEIGHT = 500
CONTEXT = 3
VIEWS = ("Side by side", "Inline", "Classic view")
STYLE = """<style>
.pl-diff{display:grid;font-size:.875rem;line-height:1.55;white-space:pre-wrap;overflow-wrap:anywhere}
.pl-diff.two{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.pl-diff>div{padding:1px 10px;min-height:1.55em}
.pl-diff .del{background:rgba(239,68,68,.09)}.pl-diff .ins{background:rgba(34,197,94,.10)}
.pl-diff .gap{grid-column:1/-1;opacity:.65;text-align:center;font-size:.8rem;padding:4px}
.pl-diff del{background:rgba(239,68,68,.28);text-decoration:line-through;border-radius:3px}
.pl-diff ins{background:rgba(34,197,94,.32);text-decoration:none;font-weight:600;border-radius:3px}
.pl-diff .none{background:rgba(128,132,149,.08)}
@media (max-width:640px){.pl-diff.two{grid-template-columns:minmax(0,1fr)}
.pl-diff.two .none,.pl-diff.two .again{display:none}}
</style>"""


def show_diff(before: Mapping[str, str], after: Mapping[str, str], key: str) -> None:
    """Each changed field of a definition; the fields are those of `summary.definition_fields`."""
    changed = [name for name in FIELD_NAMES if before.get(name, "") != after.get(name, "")]
    if not changed:
        st.caption("The two definitions are the same.")
        return
    view = st.segmented_control(
        "View", VIEWS, default=VIEWS[0], key=f"{key}-view", label_visibility="collapsed", required=True
    )
    for name in changed:
        st.markdown(f"**{FIELD_NAMES[name]}**")
        _show_field(before.get(name, ""), after.get(name, ""), str(view), f"{key}-{name}")


def _show_field(before: str, after: str, view: str, key: str) -> None:
    if view == "Classic view":
        with st.container(height=CLASSIC_HEIGHT, key=f"{key}-classic"):
            diff_viewer(before, after, lang="none", key=f"{key}-viewer")
        return
    lines = word_diff(before, after)
    added, removed = _words(lines, Kind.INSERTED), _words(lines, Kind.DELETED)
    st.caption(f":green[+{added} words] · :red[−{removed} words]")
    with st.container(border=True, height="content" if len(lines) < 18 else HEIGHT, key=f"{key}-box"):
        st.html(STYLE + diff_html(lines, two_columns=view == VIEWS[0]))


def diff_html(lines: list[Line], *, two_columns: bool) -> str:
    """The lines as HTML; every piece of text is escaped."""
    rows = [_folded(entry) if isinstance(entry, int) else _row(entry, two_columns) for entry in _fold(lines)]
    return f'<div class="pl-diff{" two" if two_columns else ""}">{"".join(rows)}</div>'


def _fold(lines: list[Line]) -> list[Line | int]:
    """Changed lines with a little context; longer equal stretches as the number of their lines."""
    near = {
        near_by
        for number, line in enumerate(lines)
        if line.changed
        for near_by in range(number - CONTEXT, number + CONTEXT + 1)
    }
    shown: list[Line | int] = []
    for number, line in enumerate(lines):
        if number in near:
            shown.append(line)
        elif shown and isinstance(shown[-1], int):
            shown[-1] += 1
        else:
            shown.append(1)
    return shown


def _folded(count: int) -> str:
    return f'<div class="gap">… {count} unchanged line{"s" if count > 1 else ""} …</div>'


def _row(line: Line, two_columns: bool) -> str:
    if not two_columns:
        return f"<div>{_text(line.segments)}</div>"
    old = [segment for segment in line.segments if segment.kind is not Kind.INSERTED]
    new = [segment for segment in line.segments if segment.kind is not Kind.DELETED]
    marks = _marks(old, new) if line.changed else ("same", "again")
    return f'<div class="{marks[0]}">{_text(old)}</div><div class="{marks[1]}">{_text(new)}</div>'


def _marks(old: list[Segment], new: list[Segment]) -> tuple[str, str]:
    """A side on which the whole line is missing is shown as none; a narrow screen leaves it out."""
    return "del" if _says(old) else "none", "ins" if _says(new) else "none"


def _says(segments: list[Segment]) -> bool:
    return any(segment.text for segment in segments)


def _text(segments: list[Segment] | tuple[Segment, ...]) -> str:
    tags = {Kind.INSERTED: "ins", Kind.DELETED: "del"}
    pieces = []
    for segment in segments:
        tag = tags.get(segment.kind)
        text = escape(segment.text)
        pieces.append(f"<{tag}>{text}</{tag}>" if tag else text)
    return "".join(pieces)


def _words(lines: list[Line], kind: Kind) -> int:
    return sum(
        len(segment.text.split()) for line in lines for segment in line.segments if segment.kind is kind
    )
