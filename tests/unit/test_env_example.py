from __future__ import annotations

import re
from pathlib import Path

from core.settings import Settings

EXAMPLE = (Path(__file__).parents[2] / ".env.example").read_text(encoding="utf-8")
OFFERED = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))


def test_the_example_names_every_setting_and_no_other() -> None:
    assert set(OFFERED) == {name.upper() for name in Settings.model_fields}


def test_what_the_example_offers_is_the_default_wherever_there_is_one() -> None:
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}

    wrong = {
        name: value
        for name, value in OFFERED.items()
        if defaults[name] is not None and str(defaults[name]) != value
    }

    assert wrong == {}


def test_every_setting_of_the_example_is_explained_on_the_line_before_it() -> None:
    lines = EXAMPLE.splitlines()
    before = [lines[number - 1] for number, line in enumerate(lines) if re.match(r"^# [A-Z_]+=", line)]

    assert all(re.match(r"^# [A-Z`].*\.$", line) and "=" not in line for line in before)
