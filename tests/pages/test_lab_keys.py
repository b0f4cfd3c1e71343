"""The keys of the Lab's page: on no state of it do two buttons answer to one."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core import lab
from core.terms import EvalSettings, EvalType
from tests.page_world import PageWorld
from tests.pages.lab_page import Lab, buttons, calls, lab_of

KINDS = {
    "binary": (EvalSettings(), "true"),
    "enum": (EvalSettings(EvalType.ENUM, tuple(f"mood {number}" for number in range(12))), "mood 1"),
    "rating": (EvalSettings(EvalType.RATING), "3"),
    "numeric": (EvalSettings(EvalType.NUMERIC), "3"),
}
"""For each type of answer a metric's settings, and a value."""


def keys(page: AppTest) -> list[str]:
    """Of all buttons, in the order drawn; each once, or the test is over."""
    assert not page.exception
    found = [button.proto.shortcut.lower() for button in page.button if button.proto.shortcut]
    assert len(set(found)) == len(found), found
    return found


def filled(world: PageWorld, kind: str) -> tuple[Lab, str]:
    settings, value = KINDS[kind]
    made = lab_of(world, settings)
    turns = [{"role": "user", "content": f"turn {number}."} for number in range(300)]
    made.bring_in(*calls("silent", "judged", "unread", "last"), {"id": "long", "transcript": turns})
    made.judged(judged=value, long="N/A")
    return made, value


def by_another(made: Lab, external_id: str, value: str) -> None:
    lab.label(made.world.database, made.world.actor, made.row(external_id).id, value, "Theirs.")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_the_page_belongs_to_one_button(page_world: PageWorld, kind: str) -> None:
    made, value = filled(page_world, kind)
    assert {"l", "e"} <= set(keys(made.open()))
    assert {"b", "p", "n", "j", "k"} <= set(keys(made.open("long")))
    assert {"a", "p", "n"} <= set(keys(made.open("judged")))
    page = made.open("silent")
    assert {"x", "n"} <= set(keys(page))
    buttons(page)["N/A"].click().run()
    assert "z" in keys(page)
    page.query_params["review"] = str(made.row("silent").id)
    assert {"u", "z"} <= set(keys(page.run()))
    page.query_params.pop("review")
    assert {"l", "e", "z"} <= set(keys(page.run()))
    assert made.row("silent").expected_value == "N/A"
    by_another(made, "silent", value)
    assert "u" in keys(made.open("silent"))


@pytest.mark.parametrize("kind", KINDS)
def test_while_two_answers_wait_for_a_choice_no_key_gives_a_third(page_world: PageWorld, kind: str) -> None:
    made, value = filled(page_world, kind)
    for name in ("silent", "judged"):
        page = made.open(name, show="unlabelled")
        by_another(made, name, value)
        not_applicable = "N/A" if name == "silent" or kind == "rating" else "Disagree: N/A"
        buttons(page)[not_applicable].click().run()
        assert keys(page) == ["b", "p", "n", "o", "m"]
        buttons(page)["Keep theirs"].click().run()
        assert "x" in keys(page)
