"""A transcript to read: who said what and when, with tool calls folded away."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from core.lab import Excerpt, Turn, Window

HEIGHT = 620
METADATA_CHARS = 20_000
SPEAKERS = {"assistant": "Agent", "user": "User", "tool": "Tool", "system": "System"}
STYLE = """<style>
.pl-turn{max-width:88%;width:fit-content;margin:0 0 .65rem;padding:.45rem .8rem .55rem;border-radius:12px;
 font-size:.92rem;line-height:1.5;border:1px solid transparent}
.pl-turn header{font-size:.75rem;opacity:.7;display:flex;gap:.6rem;justify-content:space-between}
.pl-turn.user{background:rgba(128,132,149,.13);border-bottom-left-radius:3px}
.pl-turn.assistant{background:rgba(99,102,241,.15);margin-left:auto;border-bottom-right-radius:3px}
.pl-turn.tool,.pl-turn.system{max-width:100%;width:auto;font-size:.82rem;
 border:1px dashed rgba(128,132,149,.5)}
.pl-turn p{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.pl-turn summary{cursor:pointer;opacity:.8;font-size:.82rem;overflow-wrap:anywhere}
.pl-turn details p{font-family:monospace;font-size:.8rem;margin-top:.3rem;max-height:16rem;overflow:auto}
.pl-gap{text-align:center;opacity:.75;font-size:.85rem;margin:1rem 0;padding:.5rem;
 border-block:1px dashed rgba(128,132,149,.5)}
.pl-turn mark{background:rgba(250,204,21,.55);color:inherit;border-radius:3px}
@media (max-width:640px){[class*="st-key-lab-transcript"]{max-height:60vh!important}}
</style>"""


def show_transcript(transcript: Excerpt) -> None:
    if not transcript.whole:
        st.caption(shortened(transcript), help="The whole of it can be downloaded below.")
    with st.container(border=True, height=HEIGHT, key="lab-transcript"):
        st.html(STYLE + transcript_html(transcript))


def shortened(transcript: Excerpt) -> str:
    """How much of a long transcript is shown."""
    if not transcript.left_out:
        return f"All {transcript.turns:,} turns; very long ones are cut."
    return (
        f"The first {len(transcript.first):,} and the last {len(transcript.last):,} of "
        f"{transcript.turns:,} turns; very long ones are cut."
    )


def show_metadata(metadata: Mapping[str, Any]) -> None:
    if not metadata:
        return
    text = json.dumps(metadata, indent=2, ensure_ascii=False)
    with st.expander("Metadata of the call", icon=":material/data_object:"):
        st.code(
            text[:METADATA_CHARS],
            language=None,
            wrap_lines=True,
            height=240 if len(text) > 600 else "content",
        )


def transcript_html(transcript: Excerpt) -> str:
    """The turns as HTML; every piece of text is escaped."""
    gap = ""
    if transcript.left_out:
        gap = f'<div class="pl-gap">{transcript.left_out:,} turns in between are not shown</div>'
    return f"{_turns(transcript.first)}{gap}{_turns(transcript.last)}"


def window_html(window: Window) -> str:
    """A stretch of a transcript as HTML, with the words that are searched for marked; text is escaped."""
    pieces: list[str] = []
    before: Turn | None = None
    for turn in window.turns:
        if before is not None and turn.number > before.number + 1:
            pieces.append('<div class="pl-gap">…</div>')
        pieces.append(_turn(turn, window.words))
        before = turn
    return "".join(pieces)


def _turns(turns: Sequence[Turn]) -> str:
    return "".join(_turn(turn) for turn in turns)


def _turn(turn: Turn, words: str = "") -> str:
    look = turn.role if turn.role in SPEAKERS else "system"
    speaker = escape(SPEAKERS.get(turn.role, turn.role))
    cut = f"<p><em>… {turn.left_out:,} more characters</em></p>" if turn.left_out else ""
    return (
        f'<div class="pl-turn {look}"><header><strong>{speaker}</strong>{_number(turn)}'
        f"<span>{_times(turn)}</span></header>{_said(turn, words)}{cut}"
        f"{''.join(_folded('Tool call', call, words) for call in turn.tool_calls)}</div>"
    )


def _number(turn: Turn) -> str:
    if not turn.number:
        return ""
    part = f", part {turn.part} of {turn.parts}" if turn.parts > 1 else ""
    return f"<span>#{turn.number:,}{part}</span>"


def _said(turn: Turn, words: str) -> str:
    if turn.role == "tool":
        return _folded("Result", turn.said, words)
    return f"<p>{_marked(turn.said, words)}</p>" if turn.said else ""


def _folded(name: str, text: str, words: str) -> str:
    """Closed, but where it holds what is searched for."""
    first = text.split("\n", 1)[0]
    opening = first if len(first) <= 60 else f"{first[:59]}…"
    shown = _marked(text, words)
    unfolded = " open" if "<mark>" in shown else ""
    return f"<details{unfolded}><summary>{name}: {escape(opening)}</summary><p>{shown}</p></details>"


def _marked(text: str, words: str) -> str:
    """The text escaped, with the words in it marked, whatever their case."""
    if not words:
        return escape(text)
    pieces = re.split(f"({re.escape(words)})", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{escape(piece)}</mark>" if number % 2 else escape(piece)
        for number, piece in enumerate(pieces)
    )


def _times(turn: Turn) -> str:
    return "–".join(_clock(at) for at in (turn.start, turn.end) if at is not None)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02}"
