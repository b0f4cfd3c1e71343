"""The agreement of a metric's live definition over time, and what each run came to.

Markers tell outcomes by shape and colour. The chart is a plain dict, and kept: Altair would take half a
second to import and a tenth of one for each chart. Python's own cache keeps it, since Streamlit's spends four
times as long on telling whether it knows the points as it takes to draw them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import streamlit as st

from core.runs import HistoryPoint, LiveScore, known_at, live_scores
from core.terms import SHOWN_AS, Outcome, Score
from dashboard.components.outcomes import LOOKS, Look
from dashboard.components.scores import change_text, score_text

HEIGHT = 340
LINE = "#7b8794"
"""A grey that stands out from a light and from a dark background alike."""
YEAR = timedelta(days=365)
MARGIN = 0.05
NARROWEST = 0.2
MARKER_SIZE = 150
PICK = "pick"
AGREEMENT = "Agreement with labels"
TOOLTIP = {
    "run": "Run",
    "when": "When",
    "outcome": "Outcome",
    "agreement": "Agreement",
    "labels": "Labels judged",
    "held_out": "Held out",
    "applied": "Applied",
}
LEGEND_STYLE = """<style>
.pl-legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.875rem}
.pl-legend span{display:inline-flex;align-items:center;gap:7px}
.pl-legend img{width:15px;height:15px;flex:none}
.pl-legend i{width:18px;height:2px;flex:none}
</style>"""

Row = dict[str, Any]


def show_history_chart(points: Sequence[HistoryPoint], zone: ZoneInfo, key: str) -> int | None:
    """Draw the chart with its legend; the id of the run whose marker was clicked, or None."""
    st.html(legend_html(points))
    event: Any = st.vega_lite_chart(
        spec=history_spec(tuple(points), zone.key),
        key=key,
        on_select="rerun",
        selection_mode=PICK,
        height=HEIGHT,
        alt=_described(points),
    )
    picked = event.selection.get(PICK) or []
    return int(picked[0]["run_id"]) if picked else None


@lru_cache(maxsize=64)
def history_spec(points: tuple[HistoryPoint, ...], timezone: str) -> dict[str, Any]:
    """The chart as a Vega-Lite dict, to be read only; times are wall-clock times of the zone."""
    zone = ZoneInfo(timezone)
    return chart_spec(points, zone, time_axis(points), {"title": AGREEMENT, "format": "%", "tickCount": 6})


def chart_spec(
    points: Sequence[HistoryPoint], zone: ZoneInfo, time_axis: Row, rate_axis: Row, size: int = MARKER_SIZE
) -> Row:
    """The live line, a stem from it to what each run reached, and the markers on top."""
    markers, line = marker_rows(points, zone), line_rows(points, zone)
    rate: Row = {
        "field": "rate",
        "type": "quantitative",
        "title": rate_axis.get("title"),
        "axis": {name: value for name, value in rate_axis.items() if name != "title"},
        "scale": {"domain": domain([row["rate"] for row in [*markers, *line]]), "nice": False},
    }
    # Shared by the layers: with one of its own each, Vega-Lite would merge two scales into neither.
    place: Row = {
        "x": {
            "field": "at",
            "type": "temporal",
            "title": None,
            "axis": time_axis,
            "scale": _span(points, zone),
        },
        "y": rate,
        "color": {"field": "outcome", "type": "nominal", "scale": _scale("hue"), "legend": None},
    }
    return {
        "background": "transparent",
        "layer": [_live_line(line, place), _stems(markers, place), _markers(markers, place, size)],
    }


def time_axis(points: Sequence[HistoryPoint]) -> Row:
    """Days where the runs are days apart, times of day where they are not, months over years."""
    span = points[-1].at - points[0].at
    shown = "%-d %b %H:%M" if span < timedelta(days=4) else "%-d %b" if span < YEAR else "%b %Y"
    return {"grid": False, "labelOverlap": True, "tickCount": 8, "format": shown}


def _span(points: Sequence[HistoryPoint], zone: ZoneInfo) -> Row:
    """From a little before the first run to a little after the last, so that no marker sits on an edge."""
    first = points[0].at
    last = max(point.applied_at or point.at for point in points)
    room = max((last - first) * 0.03, timedelta(minutes=30))
    return {"domain": [_vega_time(first - room, zone), _vega_time(last + room, zone)]}


def _vega_time(at: datetime, zone: ZoneInfo) -> Row:
    local = at.astimezone(zone)
    return {
        "year": local.year,
        "month": local.month,
        "date": local.day,
        "hours": local.hour,
        "minutes": local.minute,
    }


def _scale(look: str) -> Row:
    return {
        "domain": [SHOWN_AS[outcome] for outcome in LOOKS],
        "range": [getattr(LOOKS[outcome], look) for outcome in LOOKS],
    }


def _live_line(rows: list[Row], place: Row) -> Row:
    mark = {"type": "line", "interpolate": "step-after", "color": LINE, "strokeWidth": 2}
    return {"data": {"values": rows}, "mark": mark, "encoding": {"x": place["x"], "y": place["y"]}}


def _stems(rows: list[Row], place: Row) -> Row:
    """From the live score to what the run's rewrite reached."""
    return {
        "data": {"values": [row for row in rows if "from" in row]},
        "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.6, "aria": False},
        "encoding": {**place, "y2": {"field": "from"}},
    }


def _markers(rows: list[Row], place: Row, size: int) -> Row:
    tooltip = [{"field": name, "type": "nominal", "title": title} for name, title in TOOLTIP.items()]
    shape = {"field": "outcome", "type": "nominal", "scale": _scale("shape"), "legend": None}
    return {
        "data": {"values": rows},
        "mark": {"type": "point", "filled": True, "size": size, "opacity": 1, "cursor": "pointer"},
        "encoding": {**place, "shape": shape, "tooltip": tooltip},
        "params": [{"name": PICK, "select": {"type": "point", "fields": ["run_id"]}}],
    }


def legend_html(points: Iterable[HistoryPoint]) -> str:
    """The outcomes that occur, each with its marker; wraps at any width. No text of a user is in it."""
    occurring = {point.outcome for point in points}
    entries = [
        f'<span><img alt="" src="{_picture(look)}">{escape(SHOWN_AS[outcome])}</span>'
        for outcome, look in LOOKS.items()
        if outcome in occurring
    ]
    live = f'<span><i style="background:{LINE}"></i>Live prompt, as last measured</span>'
    return f'{LEGEND_STYLE}<div class="pl-legend">{live}{"".join(entries)}</div>'


def _picture(look: Look) -> str:
    """A marker as the address of an image: st.html lets no svg element through."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1.3 -1.3 2.6 2.6">'
        f'<path d="{look.shape}" fill="{look.hue}"/></svg>'
    )
    return f"data:image/svg+xml,{quote(drawn)}"


def marker_rows(points: Iterable[HistoryPoint], zone: ZoneInfo) -> list[Row]:
    """One row a run."""
    points = tuple(points)
    scores = live_scores(points)
    rows = []
    for point in points:
        score = _score_shown(point, scores)
        row: Row = {
            "at": _local(point.at, zone),
            "run_id": point.run_id,
            "rate": score.rate if score else 0.0,
            "run": str(point.run_id),
            "when": f"{point.at.astimezone(zone):%-d %B %Y, %H:%M}",
            "outcome": SHOWN_AS[point.outcome],
            "agreement": agreement_text(point),
            "labels": _labels_judged(point),
            "held_out": held_out_text(point),
            "applied": f"as version {point.version}" if point.applied else "no",
        }
        if point.baseline and point.optimised:
            row["from"] = point.baseline.rate
        rows.append(row)
    return rows


def _labels_judged(point: HistoryPoint) -> str:
    score = point.optimised or point.baseline
    if score is None:
        return "none"
    missing = f", {score.not_judged} not judged" if score.not_judged else ""
    return f"n = {score.total}{missing}"


def _score_shown(point: HistoryPoint, scores: Sequence[LiveScore]) -> Score | None:
    """What the run came to; without a score that holds, it sits on the live line as last measured."""
    baseline = None if point.outcome is Outcome.FAILED else point.baseline
    own = point.optimised or baseline
    return own if own and own.total else known_at(scores, point.at)


def line_rows(points: Iterable[HistoryPoint], zone: ZoneInfo) -> list[Row]:
    """The live score's steps, held up to the newest run."""
    points = tuple(points)
    scores = live_scores(points)
    if not scores:
        return []
    rows = [{"at": _local(one.at, zone), "rate": one.score.rate} for one in scores]
    newest = max(points[-1].at, scores[-1].at)  # a proposal may have been applied after the last run
    return [*rows, {"at": _local(newest, zone), "rate": scores[-1].score.rate}]


def domain(rates: Sequence[float]) -> list[float]:
    """From where to where the axis goes: whole tens around the rates, never narrower than 20 points."""
    if not rates:
        return [0.0, 1.0]
    low = max(0.0, math.floor((min(rates) - MARGIN) * 10) / 10)
    high = min(1.0, math.ceil((max(rates) + MARGIN) * 10) / 10)
    if high - low < NARROWEST:
        low = max(0.0, high - NARROWEST)
        high = min(1.0, low + NARROWEST)
    return [round(low, 1), round(high, 1)]


def agreement_text(point: HistoryPoint) -> str:
    """“38 of 54 (70%) → 39 of 54 (72%)”, or what there is of it."""
    if point.optimised is None:
        return score_text(point.baseline) if point.baseline else "not measured"
    return f"{score_text(point.baseline)} → {score_text(point.optimised)}"


def held_out_text(point: HistoryPoint) -> str:
    if point.held_out is None:
        return "none" if point.optimised is None else "none below 30 labels"
    change = change_text(point.held_out.baseline, point.held_out.optimised)
    shown = f"{score_text(point.held_out.baseline)} → {score_text(point.held_out.optimised)}"
    return f"{shown}, {change}" if change else shown


def _local(at: datetime, zone: ZoneInfo) -> str:
    """Wall-clock time without a zone: with one, the browser would move it into its own."""
    return at.astimezone(zone).replace(tzinfo=None).isoformat(timespec="milliseconds")


def _described(points: Sequence[HistoryPoint]) -> str:
    newest: Score | None = next((one.score for one in reversed(live_scores(points))), None)
    return f"Agreement with the labels over {len(points)} runs; last measured {score_text(newest)}."
