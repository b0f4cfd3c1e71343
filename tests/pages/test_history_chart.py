"""The history chart: markers, the live line, the axis and the legend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.runs import HeldOut, HistoryPoint
from core.terms import SHOWN_AS, Outcome, Score
from dashboard.components.history_chart import (
    domain,
    history_spec,
    legend_html,
    line_rows,
    marker_rows,
)
from dashboard.components.outcomes import LOOKS

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
"""In Berlin the 2nd of March, 0:30."""


def point(day: int, outcome: Outcome, *scores: int, **more: Any) -> HistoryPoint:
    """A result so many days after the start; the scores are of 50: before and after."""
    before, after = (*(Score(correct, 50) for correct in scores), None, None)[:2]
    at = START + timedelta(days=day)
    applied = more.pop("applied", None)
    return HistoryPoint(
        at=at,
        run_id=100 + day,
        result_id=day,
        outcome=outcome,
        baseline=before,
        optimised=after,
        held_out=more.pop("held_out", None),
        applied=applied is not None,
        reason="",
        applied_at=None if applied is None else START + timedelta(days=applied),
        version=None if applied is None else 2,
    )


WEEKS = (
    point(0, Outcome.FAILED),
    point(7, Outcome.APPLIED, 35, 40, applied=7),
    point(14, Outcome.NO_CHANGES),
    point(21, Outcome.PROPOSED, 41, 43, applied=24),
    point(28, Outcome.REGRESSED, 43, 40),
)


def test_a_marker_sits_where_the_rewrite_came_to_or_on_the_live_line() -> None:
    rates = {row["run_id"]: row["rate"] for row in marker_rows(WEEKS, BERLIN)}
    assert rates == {100: 0.70, 107: 0.80, 114: 0.80, 121: 0.86, 128: 0.80}


def test_a_run_whose_model_failed_half_way_does_not_look_like_a_fall() -> None:
    outage = replace(point(28, Outcome.FAILED, 5), baseline=Score(5, 8, 42))
    assert marker_rows([*WEEKS[:4], outage], BERLIN)[-1]["rate"] == 0.86
    assert line_rows([*WEEKS[:4], outage], BERLIN)[-1]["rate"] == 0.86


def test_a_stem_leads_from_the_live_score_to_the_rewrite() -> None:
    stems = {row["run_id"]: row["from"] for row in marker_rows(WEEKS, BERLIN) if "from" in row}
    assert stems == {107: 0.70, 121: 0.82, 128: 0.86}


def test_times_are_the_projects_without_a_zone() -> None:
    first, *_, last = marker_rows(WEEKS, BERLIN)
    assert first["at"] == "2026-03-02T00:30:00.000"
    assert first["when"] == "2 March 2026, 00:30"
    assert last["at"] == "2026-03-30T01:30:00.000"  # summer time began the day before


def test_the_tooltip_says_k_of_n_never_a_lone_percentage() -> None:
    rows = marker_rows(WEEKS, BERLIN)
    assert [row["agreement"] for row in rows] == [
        "not measured",
        "35 of 50 (70%) → 40 of 50 (80%)",
        "not measured",
        "41 of 50 (82%) → 43 of 50 (86%)",
        "43 of 50 (86%) → 40 of 50 (80%)",
    ]
    assert [row["applied"] for row in rows] == ["no", "as version 2", "no", "as version 2", "no"]
    assert [row["held_out"] for row in rows][:2] == ["none", "none below 30 labels"]


def test_held_out_scores_say_how_much_they_changed() -> None:
    held_out = HeldOut(Score(12, 20), Score(14, 20))
    (row,) = marker_rows([point(0, Outcome.PROPOSED, 40, 45, held_out=held_out)], BERLIN)
    assert row["held_out"] == "12 of 20 (60%) → 14 of 20 (70%), +2 rows (+10.0 points)"


def test_the_live_line_steps_when_something_goes_live_and_is_held_to_the_newest_run() -> None:
    rows = line_rows(WEEKS, BERLIN)
    assert [row["rate"] for row in rows] == [0.70, 0.80, 0.82, 0.86, 0.86, 0.86]
    assert rows[3]["at"].startswith("2026-03-26")
    assert rows[-1]["at"] == marker_rows(WEEKS, BERLIN)[-1]["at"]


def test_without_a_score_there_is_no_line() -> None:
    assert line_rows([point(0, Outcome.FAILED)], BERLIN) == []


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ([], [0.0, 1.0]),
        ([0.72, 0.86], [0.6, 1.0]),
        ([0.5], [0.4, 0.6]),
        ([1.0], [0.8, 1.0]),
        ([0.0], [0.0, 0.2]),
        ([0.0, 1.0], [0.0, 1.0]),
    ],
)
def test_the_axis_covers_the_scores_in_whole_tens(rates: list[float], expected: list[float]) -> None:
    assert domain(rates) == expected


def test_every_outcome_has_a_shape_and_a_colour_of_its_own() -> None:
    assert set(LOOKS) == set(Outcome)
    assert len({look.shape for look in LOOKS.values()}) == len(Outcome)
    assert len({look.hue for look in LOOKS.values()}) == len(Outcome)


@pytest.mark.parametrize("background", ["#ffffff", "#0f131f"])
def test_every_marker_stands_out_from_both_backgrounds(background: str) -> None:
    for outcome, look in LOOKS.items():
        assert contrast(look.hue, background) >= 3, outcome


def test_the_legend_names_what_occurs_and_nothing_else() -> None:
    html = legend_html(WEEKS)
    occurring = {each.outcome for each in WEEKS}
    for outcome in Outcome:
        assert (SHOWN_AS[outcome] in html) is (outcome in occurring)


def test_the_layers_share_their_scales_and_leave_the_background_to_the_theme() -> None:
    spec = history_spec(WEEKS, BERLIN.key)
    assert spec["background"] == "transparent"
    line, stems, markers = spec["layer"]
    assert stems["encoding"]["color"] == markers["encoding"]["color"]
    for one, other in pairwise((line, stems, markers)):
        assert one["encoding"]["y"] == other["encoding"]["y"]
    assert markers["encoding"]["y"]["title"] == "Agreement with labels"
    assert markers["encoding"]["color"]["scale"]["domain"] == markers["encoding"]["shape"]["scale"]["domain"]
    (pick,) = markers["params"]
    assert (pick["name"], pick["select"]["fields"]) == ("pick", ["run_id"])


@pytest.mark.parametrize(
    ("days", "shown"), [((0, 1), "%-d %b %H:%M"), ((0, 60), "%-d %b"), ((0, 900), "%b %Y")]
)
def test_the_time_axis_is_as_fine_as_the_runs_are(days: tuple[int, int], shown: str) -> None:
    points = tuple(point(day, Outcome.APPLIED, 40, 41) for day in days)
    spec = history_spec(points, BERLIN.key)
    assert spec["layer"][0]["encoding"]["x"]["axis"]["format"] == shown


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, from 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)
