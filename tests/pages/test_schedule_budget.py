"""What a schedule may spend, in calls and in money."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from core import runs
from core.runs import CallEstimate
from core.terms import Guard
from dashboard import product
from tests.page_world import PageWorld, page_world
from tests.run_history import RunHistory
from tests.schedule_pages import listed, metric, press, schedule, stored, texts

__all__ = ["page_world"]

NEW = "schedules-form-new"
WARNING = "This budget is below that: such a run would stop halfway."
PRICED = {
    "LLM_BASE_URL": "http://127.0.0.1:1/v1",
    "LLM_MODEL": "some-model",
    "LLM_PRICE_INPUT": "2",
    "LLM_PRICE_OUTPUT": "8",
}


def test_money_is_limited_where_the_prices_are_known(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric(page_world)
    for name, value in PRICED.items():
        monkeypatch.setenv(name, value)
    product.settings.cache_clear()
    page = page_world.open_in_frame("schedules", new=1)

    page.number_input(key=f"{NEW}-money").set_value(2.5).run()
    press(page, f"{NEW}-save")

    (made,) = listed(page_world)
    assert (made.max_calls, made.max_cost) == (None, 2.5)
    assert "at most 2.50 in money a metric" in texts(page_world.open_in_frame("schedules", schedule=made.id))


def test_where_no_prices_are_known_the_form_says_where_to_set_them(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric(page_world)
    monkeypatch.setenv("LLM_BASE_URL", PRICED["LLM_BASE_URL"])
    monkeypatch.setenv("LLM_MODEL", PRICED["LLM_MODEL"])
    product.settings.cache_clear()
    page = page_world.open_in_frame("schedules", new=1)

    assert page.number_input(key=f"{NEW}-money").disabled
    assert "LLM_PRICE_INPUT" in texts(page)


def test_the_form_estimates_a_run_and_warns_of_a_budget_that_would_stop_it(page_world: PageWorld) -> None:
    few, many = metric(page_world, "Few"), metric(page_world, "Many")
    labelled(page_world, few, 4)
    labelled(page_world, many, 8)
    calls = {one.metric_id: one.calls for one in estimates(page_world, [few, many])}
    page = page_world.open_in_frame("schedules", new=1, metric=many)
    assert f"about **{calls[many]:,} model calls** for the 8 labels there are now; one" in texts(page)

    page.multiselect(key=f"{NEW}-metrics").set_value([few, many]).run()
    largest = calls[many]
    assert f"about **{calls[few] + largest:,} model calls** for the 12 labels" in texts(page)
    assert f"at most {largest:,} for one metric" in texts(page)
    assert WARNING not in texts(page)

    page.number_input(key=f"{NEW}-budget").set_value(largest - 1).run()
    assert WARNING in texts(page)
    page.number_input(key=f"{NEW}-budget").set_value(largest).run()
    assert WARNING not in texts(page)


def test_a_metric_without_labels_costs_nothing_yet(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)
    assert "not enough labels yet: a run would end without a model call" in texts(page)


def test_the_estimate_names_the_money_and_a_limit_below_it_is_warned_of(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    labelled(page_world, metric(page_world), 4)
    for name, value in PRICED.items():
        monkeypatch.setenv(name, value)
    product.settings.cache_clear()
    page = page_world.open_in_frame("schedules", new=1)
    assert "at the prices set for the 4 labels" in texts(page) and WARNING not in texts(page)

    page.number_input(key=f"{NEW}-money").set_value(0.0002).run()
    assert WARNING in texts(page)


def labelled(world: PageWorld, metric_id: int, count: int) -> None:
    history = RunHistory(world.database, world.actor, world.project_id)
    for number in range(count):
        history.review(metric_id, f"call {metric_id}.{number}", "true" if number % 2 else "false")


def estimates(world: PageWorld, metric_ids: list[int]) -> Sequence[CallEstimate]:
    return runs.estimated_calls(world.database, world.actor, metric_ids, Guard.STANDARD)


def test_the_demo_model_has_no_money_to_limit(page_world: PageWorld) -> None:
    metric(page_world)
    page = page_world.open_in_frame("schedules", new=1)

    assert page.number_input(key=f"{NEW}-money").disabled
    assert "demo model costs nothing" in texts(page)


def test_limits_that_stand_can_be_taken_away_even_without_prices(page_world: PageWorld) -> None:
    chosen = schedule(page_world, max_calls=70, max_cost=3.0)
    key = f"schedules-form-{chosen}"
    page = page_world.open_in_frame("schedules", schedule=chosen, edit=1)
    limits = [page.number_input(key=f"{key}-{name}") for name in ("budget", "money")]
    assert [limit.value for limit in limits] == [70, 3.0]

    for limit in limits:
        assert not limit.proto.HasField("default"), "a number input with a default cannot be emptied"
        limit.set_value(None)
    press(page.run(), f"{key}-save")

    assert (stored(page_world, chosen).max_calls, stored(page_world, chosen).max_cost) == (None, None)
