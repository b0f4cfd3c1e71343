from __future__ import annotations

import pytest

from core import project_settings
from core.accounts import ProjectView, add_project, project_view
from core.errors import (
    AlreadyExists,
    AnswerUnreadable,
    CallFailed,
    ModelNotKnown,
    ModelRefusedKey,
    ModelUnreachable,
    NotAllowed,
    NotFound,
    Refused,
    UnknownZone,
)
from core.llm.dialect import AnswerFormat
from core.llm.probe import Probe
from core.terms import Role
from tests.model_endpoint import Script, Sent, answers, fails, says, taking_only
from tests.servers import free_port
from tests.world import World


def project(world: World) -> ProjectView:
    return project_view(world.database, world.project_id)


def saved(world: World, **changes: str) -> ProjectView:
    values = {"name": "Clinic", "timezone": "Europe/Berlin", "model": ""} | changes
    return project_settings.update_project(world.database, world.admin, world.project_id, **values)


def probed(world: World, script: Script | Sent | None = None, **settings: object) -> Probe:
    """What the button finds, at an endpoint that follows the script."""
    if script is not None:
        world.model.instead = script if callable(script) else lambda _received: script
    place = world.with_settings(**settings)
    return project_settings.try_endpoint(world.database, world.editor, place.settings, project(world))


def test_name_timezone_and_model_are_saved_and_recorded(world: World) -> None:
    saved(world, name=" Praxis ", timezone="Asia/Kolkata", model=" small ")

    assert project(world) == ProjectView(world.project_id, "Praxis", "Asia/Kolkata", "small")
    assert world.audit()[-1] == "project.edit"


def test_saving_what_stands_there_records_nothing_and_an_empty_model_is_the_installations(
    world: World,
) -> None:
    saved(world, model="small")
    saved(world, model="")
    recorded = world.audit()

    assert saved(world).model is None
    assert world.audit() == recorded
    assert project_settings.model_for(world.settings, project(world)) == "scripted"


def test_what_is_refused_changes_nothing(world: World) -> None:
    add_project(world.database, world.admin, "Other")
    refusals: list[tuple[type[Exception], dict[str, str]]] = [
        (AlreadyExists, {"name": "Other"}),
        (Refused, {"name": "  "}),
        (UnknownZone, {"timezone": "Mars/Olympus"}),
        (Refused, {"model": "m" * 201}),
        (Refused, {"model": "two\nlines"}),
    ]
    for refusal, change in refusals:
        with pytest.raises(refusal):
            saved(world, **change)
    assert project(world).name == "Clinic"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER, Role.EDITOR])
def test_a_projects_settings_are_its_admins_matter(world: World, role: Role) -> None:
    with pytest.raises(NotAllowed):
        project_settings.update_project(
            world.database, world.people[role], world.project_id, name="X", timezone="UTC"
        )


def test_the_endpoint_answers_one_small_question_in_the_form_of_a_judge(world: World) -> None:
    found = probed(world)

    (received,) = world.endpoint.received
    assert found.answer_format is AnswerFormat.JSON_SCHEMA
    assert 0 < found.seconds < 60
    assert received.body["model"] == "scripted"
    assert received.headers["authorization"] == "Bearer secret"


def test_the_projects_own_model_is_asked(world: World) -> None:
    saved(world, model="small")
    probed(world)

    assert world.endpoint.received[0].body["model"] == "small"


@pytest.mark.parametrize(
    ("formats", "found"),
    [(("json_object", "plain"), AnswerFormat.JSON_OBJECT), (("plain",), AnswerFormat.PLAIN)],
)
def test_it_says_which_form_of_answer_the_endpoint_takes(
    world: World, formats: tuple[str, ...], found: AnswerFormat
) -> None:
    assert probed(world, taking_only(*formats)).answer_format is found


@pytest.mark.parametrize(
    ("script", "refusal", "words"),
    [
        (fails(401), ModelRefusedKey, "check LLM_API_KEY"),
        (fails(404), ModelNotKnown, "check LLM_MODEL"),
        (fails(500, "on fire"), CallFailed, "on fire"),
        (says("Hello!"), AnswerUnreadable, "no JSON object"),
        (answers({"value": True}), AnswerUnreadable, "no explanation"),
    ],
)
def test_what_is_wrong_is_said_at_once_in_the_sentence_of_a_run(
    world: World, script: Sent, refusal: type[Exception], words: str
) -> None:
    with pytest.raises(refusal, match=words):
        probed(world, script)

    assert len(world.endpoint.received) == 1


def test_an_endpoint_that_is_not_there_or_not_set_is_named(world: World) -> None:
    with pytest.raises(ModelUnreachable, match="LLM_BASE_URL"):
        probed(world, llm_base_url=f"http://127.0.0.1:{free_port()}/v1")
    with pytest.raises(Refused, match="No model endpoint is set"):
        probed(world, llm_base_url=None)


def test_a_key_is_never_in_the_sentence(world: World) -> None:
    with pytest.raises(CallFailed) as refusal:
        probed(world, fails(500, "you sent Bearer secret"))
    assert "secret" not in str(refusal.value)


def test_a_viewer_spends_no_call_and_a_project_that_never_was_is_not_found(world: World) -> None:
    place, here = world.place, project(world)
    with pytest.raises(NotAllowed):
        project_settings.try_endpoint(world.database, world.people[Role.VIEWER], place.settings, here)
    with pytest.raises(NotFound):
        nowhere = ProjectView(here.id + 9, "Nowhere", "UTC", None)
        project_settings.try_endpoint(world.database, world.editor, place.settings, nowhere)
    assert world.endpoint.received == []
