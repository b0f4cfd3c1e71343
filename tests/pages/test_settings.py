from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core import accounts, jobs, metrics, schedules
from core.models import Membership
from core.terms import Definition, EvalSettings, Role
from dashboard import product
from dashboard.components import plain
from tests.model_endpoint import ModelEndpoint, Sent, answers, fails, taking_only
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold**"


def texts(page: AppTest) -> str:
    """Everything that is written on the page, without what escapes it."""
    kinds = ("title", "markdown", "caption", "text", "code", "error", "warning", "success", "subheader")
    written = "\n".join(str(one.value) for kind in kinds for one in page.get(kind))
    return written.replace("\\", "").replace(plain.NOTHING, "")


def press(page: AppTest, key: str) -> AppTest:
    return next(one for one in page.button if one.key == key).click().run()


def widget(page: AppTest, kind: str, begins: str) -> Any:
    return next(one for one in page.get(kind) if str(one.key).startswith(begins))


def become(world: PageWorld, role: Role) -> None:
    with world.database.write() as session:
        session.query(Membership).update({"role": int(role)})


def with_settings(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """What the next rerun of the dashboard reads."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    product.settings.cache_clear()


def test_on_a_new_installation_the_first_thing_is_a_project(page_world: PageWorld) -> None:
    with page_world.database.write() as session:
        session.query(Membership).delete()
    page = page_world.open_in_frame("settings")
    assert "Make your first project" in texts(page)

    page.text_input(key="settings-new-name").set_value("  ")
    page = press(page, "settings-new-make")
    assert "needs a name" in texts(page)

    page.text_input(key="settings-new-name").set_value(HOSTILE)
    page.selectbox(key="settings-new-zone").set_value("Asia/Kolkata")
    press(page, "settings-new-make")
    (made,) = accounts.projects_of(page_world.database, page_world.actor)
    assert (made.name, made.timezone) == (HOSTILE, "Asia/Kolkata")


def test_another_project_is_made_beside_the_first(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("settings", new=1)

    page.text_input(key="settings-new-name").set_value("Clinic")
    page = press(page, "settings-new-make")
    assert "already a project named “Clinic”" in texts(page)

    page.text_input(key="settings-new-name").set_value("Bakery")
    press(page, "settings-new-make")
    assert [one.name for one in accounts.projects_of(page_world.database, page_world.actor)] == [
        "Bakery",
        "Clinic",
    ]


def test_name_timezone_and_model_are_saved(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("settings")
    widget(page, "text_input", "settings-name").set_value("Praxis")
    widget(page, "selectbox", "settings-zone").set_value("Europe/Berlin")
    widget(page, "text_input", "settings-model").set_value("small")

    page = press(page, f"settings-save-{page_world.project_id}")

    assert "are saved" in texts(page)
    (project,) = accounts.projects_of(page_world.database, page_world.actor)
    assert (project.name, project.timezone, project.model) == ("Praxis", "Europe/Berlin", "small")


def test_an_editor_is_told_who_may_change_the_settings(page_world: PageWorld) -> None:
    become(page_world, Role.EDITOR)
    page = page_world.open_in_frame("settings")

    page = press(page, f"settings-save-{page_world.project_id}")

    assert "needs the role admin" in texts(page)


def test_add_schedule_stands_under_general_and_uses_the_same_form(page_world: PageWorld) -> None:
    metrics.add(
        page_world.database,
        page_world.actor,
        page_world.project_id,
        "Polite",
        Definition("?"),
        EvalSettings(),
    )
    page = page_world.open_in_frame("settings")
    assert "Auto-optimise metrics" in texts(page)

    page = page_world.open_in_frame("settings", add=1)
    press(page, "settings-schedule-save")

    found = schedules.page_of_schedules(page_world.database, page_world.actor, page_world.project_id)
    (made,) = found.schedules
    assert made.cron == "0 9 * * 1"
    assert "At 09:00, only on Monday" in texts(page_world.open_in_frame("settings"))


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (answers(), "json_schema supported"),
        (taking_only("plain"), "no structured output"),
        (fails(401), "check LLM_API_KEY"),
        (answers({"value": True}), "answers, but not with the JSON"),
    ],
)
def test_the_endpoint_is_tested_by_one_question(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch, script: Sent, words: str
) -> None:
    with ModelEndpoint(script) as endpoint:
        with_settings(
            monkeypatch, LLM_BASE_URL=endpoint.url, LLM_API_KEY="sk-very-secret", LLM_MODEL="judge-1"
        )
        page = page_world.open_in_frame("settings", section="endpoint")
        shown = texts(page)
        assert endpoint.url in shown and "judge-1" in shown

        page = press(page, "settings-probe")

    assert words in texts(page)
    assert "very-secret" not in str(page)


def test_an_address_with_a_password_is_shown_without_it(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(monkeypatch, LLM_BASE_URL="https://ana:hidden@api.example.com/v1", LLM_MODEL="judge-1")

    shown = texts(page_world.open_in_frame("settings", section="endpoint"))

    assert "https://api.example.com/v1" in shown
    assert "hidden" not in shown


def test_without_an_endpoint_the_button_says_so(page_world: PageWorld) -> None:
    page = press(page_world.open_in_frame("settings", section="endpoint"), "settings-probe")

    assert "No model endpoint is set" in texts(page)


def test_mail_says_server_catcher_or_nowhere(page_world: PageWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "No mail server is set" in texts(page_world.open_in_frame("settings", section="mail"))

    with_settings(monkeypatch, SMTP_URL="smtps://ana:hidden@mail.example.com:465")
    shown = texts(page_world.open_in_frame("settings", section="mail"))
    assert "mail.example.com:465" in shown and "hidden" not in shown

    home = Path(product.settings().plumbline_home)
    address = "smtp://127.0.0.1:2525"
    (home / "runtime.json").write_text(json.dumps({"smtp_url": address}), encoding="utf-8")
    with_settings(monkeypatch, SMTP_URL=address)
    assert str(home / "mail") in texts(page_world.open_in_frame("settings", section="mail"))


@pytest.mark.parametrize("section", ["nonsense", "general", "members", "endpoint", "tokens", "mail"])
def test_every_section_has_an_address_and_a_hostile_name_is_text(page_world: PageWorld, section: str) -> None:
    with page_world.database.write() as session:
        session.get_one(accounts.Project, page_world.project_id).name = HOSTILE

    page = page_world.open_in_frame("settings", section=section)

    assert not page.exception
    assert not [one for one in page.markdown if "**bold**" in one.value]


def test_monthly_caps_are_saved_shown_and_taken_away_again(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("settings")
    assert "**0 model calls** so far" in texts(page)
    widget(page, "number_input", "settings-cap-calls").set_value(500)
    page = press(page, f"settings-caps-save-{page_world.project_id}")
    assert "caps are saved" in texts(page)
    month = jobs.month_of(page_world.database, page_world.actor, page_world.project_id)
    assert (month.max_calls, month.max_cost) == (500, None)

    page = page_world.open_in_frame("settings")
    (bar,) = page.get("progress")
    assert "0 of 500 model calls" in bar.proto.text
    widget(page, "number_input", "settings-cap-calls").set_value(None)
    press(page, f"settings-caps-save-{page_world.project_id}")
    month = jobs.month_of(page_world.database, page_world.actor, page_world.project_id)
    assert month.max_calls is None


def test_an_editor_cannot_cap_what_the_project_spends(page_world: PageWorld) -> None:
    become(page_world, Role.EDITOR)
    page = press(page_world.open_in_frame("settings"), f"settings-caps-save-{page_world.project_id}")
    assert "needs the role admin" in texts(page)
