from __future__ import annotations

from datetime import time

import pytest

from core.cron import parse
from core.cron.presets import LAST_DAY, Preset, Rhythm, preset_of

PRESETS = {
    "0 9 * * 1": Preset(Rhythm.WEEKLY, time(9), weekday=1),
    "30 23 * * 0": Preset(Rhythm.WEEKLY, time(23, 30), weekday=7),
    "5 0 * * *": Preset(Rhythm.DAILY, time(0, 5)),
    "0 7 28 * *": Preset(Rhythm.MONTHLY, time(7), day=28),
    "0 7 L * *": Preset(Rhythm.MONTHLY, time(7), day=LAST_DAY),
}
BY_HAND = [
    "*/5 * * * *",
    "0 9 * * 1-5",
    "0 9 31 * *",
    "0 9 0 * *",
    "0 9 1 * 1",
    "0 9 1 1 *",
    "60 9 * * *",
    "0 24 * * *",
    "0 9 * * 1#2",
    "@weekly",
    "0 9 * *",
    "",
]


@pytest.mark.parametrize("cron", PRESETS)
def test_a_preset_and_its_expression_are_the_same_thing(cron: str) -> None:
    assert preset_of(cron) == PRESETS[cron]
    assert PRESETS[cron].cron == cron
    assert parse(cron).text == cron


def test_sunday_may_be_written_as_seven_and_spaces_do_not_matter() -> None:
    assert preset_of("  0  9 * * 7 ") == Preset(Rhythm.WEEKLY, time(9), weekday=7)
    assert preset_of("0 9 l * *") == Preset(Rhythm.MONTHLY, time(9), day=LAST_DAY)


@pytest.mark.parametrize("cron", BY_HAND)
def test_what_no_picker_can_show_stays_as_it_was_written(cron: str) -> None:
    assert preset_of(cron) is None
