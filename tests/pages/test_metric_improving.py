"""Auto Improve on the page of a metric: when it may be pressed, what it starts, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from core import jobs, runs
from core.models import Run
from core.runs import READ_ONLY
from core.settings import load_settings
from core.terms import Definition, Guard, MetricType
from tests.page_world import PageWorld, page_world
from tests.pages.metric_page import add, has, label, links, opened, press, said

__all__ = ["page_world"]


class TestAutoImprove:
    def test_without_labels_it_is_disabled_and_says_why(self, page_world: PageWorld) -> None:
        page = opened(page_world, add(page_world))
        assert page.button(key="metrics-improve").disabled
        assert "Not enough labels: 0 of the 2" in said(page.caption)
        assert "Label calls in the Lab" in links(page)

    def test_a_code_metric_needs_a_prompt_to_start_from(self, page_world: PageWorld) -> None:
        code = Definition("", type=MetricType.CUSTOM_CODE, custom_code="_result = True")
        bare = add(page_world, definition=code)
        label(page_world, bare)
        page = opened(page_world, bare)
        assert page.button(key="metrics-improve").disabled
        assert "has no prompt to start from" in said(page.caption)

        described = add(page_world, "Described", definition=replace(code, description="Was it polite?"))
        label(page_world, described)
        assert not opened(page_world, described).button(key="metrics-improve").disabled

    def test_a_press_starts_a_run_with_the_options(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric)
        page = opened(page_world, metric)
        page.toggle(key=f"metrics-auto-{metric}").set_value(True)
        page.number_input(key=f"metrics-budget-{metric}").set_value(120)
        press(page, "metrics-improve")

        (run,) = stored_runs(page_world)
        assert (run.trigger, run.auto_apply, run.max_calls) == ("button", True, 120)
        assert not has(page, "metrics-improve")
        assert "Redis does not answer; the run is stored" in said(page.info)

    def test_the_guard_is_chosen_with_its_odds_at_the_labels_there_are(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric)
        page = opened(page_world, metric)
        page.toggle(key=f"metrics-auto-{metric}").set_value(True).run()
        assert "useless rewrites" in said(page.caption)
        page.radio(key=f"metrics-guard-{metric}").set_value(Guard.STRICT).run()
        press(page, "metrics-improve")
        (run,) = stored_runs(page_world)
        assert (run.auto_apply, run.guard) == (True, "strict")

    def test_a_month_that_is_nearly_spent_is_told_before_the_run(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric)
        world = page_world
        jobs.set_monthly_caps(
            world.database, load_settings(), world.actor, world.project_id, max_calls=3, max_cost=None
        )
        assert "3 are left: such a run would stop at the cap" in said(opened(page_world, metric).markdown)

    def test_it_applies_nothing_unless_asked(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric)
        press(opened(page_world, metric), "metrics-improve")
        (run,) = stored_runs(page_world)
        assert (run.auto_apply, run.max_calls) == (False, None)

    def test_a_critical_metric_can_not_be_applied_automatically(self, page_world: PageWorld) -> None:
        metric = add(page_world, critical=True)
        label(page_world, metric)
        page = opened(page_world, metric)
        assert page.toggle(key=f"metrics-auto-{metric}").disabled
        assert "always waits for your review" in said(page.caption)

    def test_a_run_that_was_going_is_joined_and_said_so(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric)
        page = opened(page_world, metric)
        started = runs.improve(page_world.database, page_world.actor, metric, READ_ONLY)
        press(page, "metrics-improve")
        assert f"Run {started.run_id} was working on this metric already" in said(page.info)
        assert len(stored_runs(page_world)) == 1

    def test_a_cancelled_run_says_so_until_it_is_dismissed(self, page_world: PageWorld) -> None:
        metric = add(page_world)
        label(page_world, metric)
        page = press(opened(page_world, metric), "metrics-improve")
        press(page, "metrics-cancel")
        page.run()
        assert "Cancelled" in said(page.markdown)
        assert has(page, "metrics-improve")
        press(page, "metrics-dismiss")
        assert not has(page, "metrics-dismiss")


def stored_runs(world: PageWorld) -> list[Run]:
    with world.database.read() as session:
        return list(session.scalars(select(Run)))
