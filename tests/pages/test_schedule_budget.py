"""What a schedule may spend, in calls and in money."""

from __future__ import annotations

import pytest

from dashboard import product
from tests.page_world import PageWorld, page_world
from tests.schedule_pages import listed, metric, press, schedule, stored, texts

__all__ = ["page_world"]

NEW = "schedules-form-new"
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
