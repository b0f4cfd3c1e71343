"""What was looked for stands in the address: a reload, a link and Back lead to the same list."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core import metrics
from core.terms import Definition, Origin, Outcome
from tests.page_world import PageWorld, page_world
from tests.pages.test_audit import write
from tests.pages.test_metrics import add, cards, press
from tests.pages.test_runs import history, words
from tests.run_history import RunHistory

__all__ = ["history", "page_world"]


def reloaded(world: PageWorld, name: str, page: AppTest) -> AppTest:
    """The page in another window, at the address it has come to."""
    place = {key: value for key, value in page.query_params.items() if key != "project"}
    return world.open_in_frame(name, **place)


def test_what_is_searched_in_the_audit(page_world: PageWorld) -> None:
    write(page_world, "schedule.add", "schedule Weekly", Origin.MCP)
    write(page_world, "schedule.add", "schedule Nightly", Origin.MCP)
    write(page_world, "schedule.edit", "schedule Weekly", Origin.COMMAND_LINE)
    write(page_world, "metric.edit", "metric Weekly", Origin.MCP)
    page = page_world.open_in_frame("audit", page=2)

    page.text_input(key="audit-search-").set_value("weekly").run()
    page.selectbox(key="audit-about-all").set_value("schedule").run()
    page.selectbox(key="audit-origin-all").set_value("mcp").run()

    assert page.query_params["search"] == "weekly"
    assert "page" not in page.query_params
    for shown in (page, reloaded(page_world, "audit", page)):
        assert "1 entry" in words(shown)
        assert shown.text_input(key="audit-search-weekly").value == "weekly"
    page.selectbox(key="audit-origin-mcp").set_value("all").run()
    assert "2 entries" in words(page)
    assert "origin" not in page.query_params


def test_an_audit_that_nobody_can_look_for_is_the_whole(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("audit", about="nonsense", origin="moon")
    assert "made the project" in words(page)


def test_a_word_may_be_all(page_world: PageWorld) -> None:
    write(page_world, "metric.edit", "metric All calls")
    page = page_world.open_in_frame("audit")
    page.text_input(key="audit-search-").set_value("all").run()
    assert "1 entry" in words(page)


def test_what_is_found_among_the_metrics(page_world: PageWorld) -> None:
    for number in range(12):
        add(page_world, f"Metric {number:02}")
    page = page_world.open_in_frame("metrics")
    page.text_input(key="metrics-find-").set_value("ric 1").run()

    for shown in (page, reloaded(page_world, "metrics", page)):
        assert cards(shown) == ["Metric 10", "Metric 11"]
    page.text_input(key="metrics-find-ric 1").set_value("").run()
    assert len(cards(page)) == 12


def test_a_search_in_the_address_is_shown_even_where_none_is_needed(page_world: PageWorld) -> None:
    add(page_world, "Polite"), add(page_world, "Brief")
    page = page_world.open_in_frame("metrics", find="pol")
    assert cards(page) == ["Polite"]
    assert page.text_input(key="metrics-find-pol").value == "pol"


def test_how_many_metrics_are_shown(page_world: PageWorld) -> None:
    for number in range(32):
        add(page_world, f"Metric {number:02}")
    page = press(page_world.open_in_frame("metrics"), "metrics-more")

    assert len(cards(reloaded(page_world, "metrics", page))) == 32
    assert len(cards(page_world.open_in_frame("metrics", shown=1))) == 30


def test_how_many_versions_are_shown(page_world: PageWorld) -> None:
    made = add(page_world)
    for number in range(2, 23):
        revision = metrics.retrieve(page_world.database, page_world.actor, made).revision
        metrics.edit_definition(
            page_world.database,
            page_world.actor,
            made,
            Definition(f"Was it polite? {number}"),
            expected_revision=revision,
        )
    page = page_world.open_in_frame("metrics", metric=made, tab="Versions")
    assert "**Version 1**" not in words(page)
    press(page, "metrics-versions-more")

    assert "**Version 1**" in words(reloaded(page_world, "metrics", page))


def test_a_filter_of_runs_names_metrics_as_they_are(page_world: PageWorld, history: RunHistory) -> None:
    history.result(history.metric("Booked (v2)"), Outcome.FAILED)
    page = page_world.open_in_frame("runs")
    assert page.selectbox(key="runs-metric-all").options == ["All", "Booked (v2)"]
