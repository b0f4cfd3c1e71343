"""What a run would cost, against what it did cost."""

from __future__ import annotations

import pytest

from core import runs
from core.errors import NotAllowed
from core.runs import CostEstimate
from core.settings import DEMO_MODEL, Settings
from tests.databases import on_both
from tests.world import World, person


def priced(world: World, read: float | None = 2.0, wrote: float | None = 8.0) -> Settings:
    return world.settings.model_copy(update={"llm_price_input": read, "llm_price_output": wrote})


def estimate(world: World, metrics: list[int], settings: Settings) -> CostEstimate:
    calls = runs.estimated_calls(world.database, world.editor, metrics)
    return runs.estimated_cost(world.database, world.editor, settings, world.project_id, calls)


@on_both
def test_without_an_earlier_run_it_comes_from_the_length_of_prompt_and_calls(world: World) -> None:
    short, long = world.labelled("Short"), world.metric("Long", "Was it polite? " * 400)
    world.label(long, right=3, wrong=6)

    found = estimate(world, [short, long], priced(world))

    assert found.costs is not None
    assert 0 < found.costs[short] < found.costs[long]
    assert found.total == pytest.approx(found.costs[short] + found.costs[long])
    assert found.largest == found.costs[long]


@on_both
def test_after_a_run_it_comes_from_what_its_calls_took(world: World) -> None:
    metric = world.labelled()
    spent = world.improve(metric)
    assert spent.tokens

    found = estimate(world, [metric], priced(world, read=1_000_000.0, wrote=1_000_000.0))

    [calls] = runs.estimated_calls(world.database, world.editor, [metric])
    assert found.total == pytest.approx(calls.calls * spent.tokens / spent.calls, rel=0.01)


@pytest.mark.parametrize(("read", "wrote"), [(None, None), (2.0, None), (None, 8.0)])
def test_without_both_prices_no_cost_is_named(world: World, read: float | None, wrote: float | None) -> None:
    found = estimate(world, [world.labelled()], priced(world, read, wrote))
    assert (found.total, found.largest, found.free) == (None, None, False)


def test_the_demo_model_is_free_rather_than_of_unknown_price(world: World) -> None:
    demo = world.settings.model_copy(update={"llm_model": DEMO_MODEL})
    found = estimate(world, [world.labelled()], demo)
    assert (found.total, found.free) == (None, True)


def test_an_empty_lab_costs_nothing(world: World) -> None:
    assert estimate(world, [world.metric()], priced(world)).total == 0.0
    assert estimate(world, [], priced(world)).largest == 0.0


def test_a_stranger_is_told_no_cost(world: World) -> None:
    with pytest.raises(NotAllowed):
        runs.estimated_cost(
            world.database, person(world.database, "s@x.test"), priced(world), world.project_id, []
        )
