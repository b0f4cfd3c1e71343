"""The Claude Code page: three steps to copy, filled in for the project."""

from __future__ import annotations

from core import metrics
from core.terms import Definition, EvalSettings, Role
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]


def add_metric(world: PageWorld, name: str) -> int:
    made = metrics.add(world.database, world.actor, world.project_id, name, Definition("?"), EvalSettings())
    return made.id


def copied(page: object) -> list[str]:
    return [each.value for each in page.code]  # type: ignore[attr-defined]


def test_without_a_metric_it_says_to_make_one(page_world: PageWorld) -> None:
    page = page_world.open("routine")
    assert not page.exception
    assert "There is no metric yet" in page.info[0].value


def test_the_prompt_names_the_projects_metrics_and_follows_the_choice(page_world: PageWorld) -> None:
    first, second = add_metric(page_world, "Polite"), add_metric(page_world, "Booked")
    page = page_world.open("routine")
    command, prompt, schedule, *_ = [text for text in copied(page) if text]
    assert command.startswith("claude mcp add --transport http plumbline http://127.0.0.1:")
    assert f'{first}: "Polite"' in prompt and f'{second}: "Booked"' in prompt
    assert "apply_optimisation_proposal" not in prompt
    assert schedule == f"/schedule every Monday at 09:00: {prompt}"

    page.radio(key="routine-applies").set_value(True).run()
    assert any("apply_optimisation_proposal" in text for text in copied(page))
    page.multiselect(key=f"routine-metrics-{page_world.project_id}").set_value([first]).run()
    assert not any('"Booked"' in text for text in copied(page))


def test_only_admins_are_offered_a_token(page_world: PageWorld) -> None:
    add_metric(page_world, "Polite")
    assert any(each.label == "Make a token here" for each in page_world.open("routine").expander)
    page_world.sign_in_as("ed@clinic.test", Role.EDITOR)
    page = page_world.open("routine")
    assert not page.expander
    assert any("project's admins" in each.value for each in page.caption)
