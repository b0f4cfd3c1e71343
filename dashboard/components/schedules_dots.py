"""A schedule's last fires as a row of dots: a shape and a colour each, and the words to hover or hear."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import quote
from zoneinfo import ZoneInfo

import streamlit as st

from core.schedules import FireKind, PastFire
from core.terms import SHOWN_AS
from dashboard import session
from dashboard.components.outcomes import LOOKS
from dashboard.components.times import utc, when

RING = "M0.9,0A0.9,0.9,0,1,1,-0.9,0A0.9,0.9,0,1,1,0.9,0Z"
LINE = '<path d="{path}" fill="none" stroke="{hue}" stroke-width="0.35"{dashes}/>'
GOING = LINE.format(path=RING, hue="#3b82f6", dashes="")
WITHOUT_RUN = {
    FireKind.MISSED: LINE.format(path=RING, hue="#d97706", dashes=' stroke-dasharray="0.5 0.44"'),
    FireKind.SKIPPED: LINE.format(path=f"{RING}M-0.64,0.64L0.64,-0.64", hue="#8290a4", dashes=""),
}
STYLE = """<style>
.pl-dots{display:flex;gap:4px;align-items:center;flex-wrap:wrap;margin-left:-3px}
.pl-dots img{width:16px;height:16px;display:block}
.pl-dots a,.pl-dots span{display:block;line-height:0;border-radius:4px;padding:3px}
.pl-dots a:hover{background:rgba(128,128,128,.25)}
</style>"""


def show_dots(fires: Sequence[PastFire], zone: ZoneInfo) -> None:
    """The oldest on the left, the newest on the right; each links to its run."""
    dots = "".join(
        _dot(fire, f"{when(fire.at, zone)} ({utc(fire.at)}): {in_words(fire)}") for fire in reversed(fires)
    )
    st.html(f'{STYLE}<div class="pl-dots">{dots}</div>')


def in_words(fire: PastFire) -> str:
    """“Applied”, “Proposed — awaiting review, and 2 more”, “Missed”."""
    if fire.kind is FireKind.MISSED:
        return "Missed"
    if fire.kind is FireKind.SKIPPED:
        return "Skipped"
    if fire.going:
        return "Running"
    if not fire.outcomes:
        return "Ran"
    first, more = SHOWN_AS[fire.outcomes[0]], len(fire.outcomes) - 1
    return f"{first}, and {more} more" if more else first


def _dot(fire: PastFire, words: str) -> str:
    """An image, since Streamlit takes drawings out of HTML."""
    label = escape(words, quote=True)
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1.4 -1.4 2.8 2.8">{_drawing(fire)}</svg>'
    image = f'<img src="data:image/svg+xml,{quote(svg)}" alt="{label}" title="{label}">'
    if fire.run_id is None:
        return f"<span>{image}</span>"
    address = escape(session.link("runs", run=fire.run_id), quote=True)
    return f'<a href="{address}" target="_self">{image}</a>'


def _drawing(fire: PastFire) -> str:
    """A ring for what has no outcome: dashed when missed, crossed out when skipped, whole while going."""
    if fire.kind in WITHOUT_RUN:
        return WITHOUT_RUN[fire.kind]
    if fire.going or not fire.outcomes:
        return GOING
    look = LOOKS[fire.outcomes[0]]
    return f'<path d="{look.shape}" fill="{look.hue}"/>'
