"""Every page with hostile texts in every field, in both themes and on a phone."""

from __future__ import annotations

import pytest

from tests.browser.conftest import RichHouse
from tests.browser.hostile_house import Window, hostile_house, window
from tests.browser.places import address, every_place
from tests.browser.scans import begin, sweep
from tests.hostile import make_hostile

__all__ = ["hostile_house", "window"]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]

PLACES = every_place()
LARGEST = ("/", "/lab", "/runs")
"""They hold most of the components; the others are looked at with `make test-all`."""


@pytest.mark.parametrize(
    "place",
    [pytest.param(place, marks=[] if place in LARGEST else [pytest.mark.thorough]) for place in PLACES],
)
def test_no_page_keeps_anybody_out_or_takes_texts_for_markup(
    window: Window, hostile_house: RichHouse, place: str
) -> None:
    """In both themes nothing that axe calls serious, on a phone nothing beyond its edge, and no text acts."""
    begin(window.page, hostile_house.address + address(place, hostile_house.project))
    assert sweep(window.page) == []
    assert [url for url in window.asked if "evil.example" in url] == []


def test_the_sweep_reaches_every_free_text(hostile_house: RichHouse) -> None:
    written = make_hostile(hostile_house.database)
    must = {"project.name", "metric.name", "metric_version.description", "call.transcript", "call.metadata"}
    assert written >= must | {"metric_review.feedback", "schedule.name", "result.reason", "delivery.subject"}
