"""The estimate against what real runs spent."""

from __future__ import annotations

import pytest

from core import runs
from core.errors import NotAllowed
from tests.model_endpoint import Received, Sent, answers
from tests.scripted_model import BETTER, kind
from tests.world import World, person


def an_idea_each(received: Received) -> Sent | None:
    """Another rewrite for each proposal asked for, so that there are three to choose from."""
    if kind(received) != "proposed_definition":
        return None
    description = f"{BETTER} {'Look closely. ' * (received.number % 7)}"
    return answers({"description": description, "trigger": "", "summary": "Look at the closing line."})


@pytest.mark.parametrize(("right", "wrong"), [(4, 6), (20, 16), (60, 40)])
def test_a_run_makes_about_as_many_calls_as_was_said(world: World, right: int, wrong: int) -> None:
    world.model.instead = an_idea_each
    metric = world.metric()
    world.label(metric, right=right, wrong=wrong)
    (estimate,) = runs.estimated_calls(world.database, world.editor, [metric])

    spent = world.improve(metric).calls

    assert estimate.labelled == right + wrong
    assert estimate.calls == pytest.approx(spent, rel=0.3)


def test_the_estimate_keeps_the_order_and_knows_an_empty_lab(world: World) -> None:
    full, empty = world.metric("Full"), world.metric("Empty")
    world.label(full)

    found = runs.estimated_calls(world.database, world.editor, [empty, full])

    assert [(one.metric_id, one.labelled) for one in found] == [(empty, 0), (full, 6)]
    assert found[0].calls == 0


def test_a_stranger_learns_nothing_about_the_lab(world: World) -> None:
    metric = world.metric()
    with pytest.raises(NotAllowed):
        runs.estimated_calls(world.database, person(world.database, "stranger@x.test"), [metric])
