"""The dicts of the charts on Trends; kept, since a page of them is drawn on every rerun."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from core.runs import HistoryPoint, Period
from dashboard.components.history_chart import chart_spec, time_axis

MARKER_SIZE = 70
BAR = "#6366f1"
"""The accent, between its light and its dark theme's, so that it stands out (3:1) from both backgrounds."""
WHOLE = {"tickMinStep": 1, "format": "~s"}
FEW = {"labelOverlap": True, "tickCount": 4}


@lru_cache(maxsize=64)
def small_spec(points: tuple[HistoryPoint, ...], timezone: str) -> dict[str, Any]:
    """A metric's history in little: the same shapes, and axes with few words."""
    axis = time_axis(points) | FEW
    rate = {"format": "%", "tickCount": 3}
    return chart_spec(points, ZoneInfo(timezone), axis, rate, MARKER_SIZE)


@lru_cache(maxsize=64)
def bars_spec(periods: tuple[Period, ...], name: str, title: str) -> dict[str, Any]:
    """One bar a period, from the period's field of that name."""
    rows = [{"begins": one.begins.isoformat() + "T00:00", name: getattr(one, name) or 0} for one in periods]
    when: dict[str, Any] = {"field": "begins", "type": "temporal", "title": None}
    return {
        "background": "transparent",
        "data": {"values": rows},
        "mark": {"type": "bar", "color": BAR, "width": _width(periods)},
        "encoding": {
            "x": when | {"axis": FEW | {"grid": False, "format": "%-d %b"}, "scale": {"padding": 12}},
            "y": {
                "field": name,
                "type": "quantitative",
                "title": None,
                "axis": {"tickCount": 3} | ({} if name == "cost" else WHOLE),
                "scale": {} if any(row[name] for row in rows) else {"domain": [0, 1]},
            },
            "tooltip": [
                when | {"title": "From", "format": "%-d %b %Y"},
                {"field": name, "type": "quantitative", "title": title},
            ],
        },
    }


def _width(periods: tuple[Period, ...]) -> int:
    """Pixels that leave room between the bars on a third of a page."""
    days = (periods[-1].begins - periods[0].begins).days + 1
    between = min(
        ((after.begins - before.begins).days for before, after in pairwise(periods)),
        default=days,
    )
    return max(2, min(24, round(170 * between / days)))
