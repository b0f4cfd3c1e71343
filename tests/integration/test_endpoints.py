"""A project's own model endpoint: where its calls go, with which key, and where the key never goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, update

from core import endpoints, evaluations, project_settings
from core.accounts import add_project, project_view
from core.endpoints import EndpointView, Prices
from core.errors import (
    AddressNotAllowed,
    ModelRefusedKey,
    ModelUnreachable,
    NotAllowed,
    NotFound,
    Refused,
)
from core.llm.probe import Probe
from core.models import AuditEvent, MetricReview, ModelEndpoint
from core.runs import RunOptions
from core.terms import Outcome, Role
from core.vault import CannotOpen
from tests.databases import on_both
from tests.model_endpoint import ModelEndpoint as Listening
from tests.model_endpoint import Sent, fails
from tests.scripted_model import ScriptedModel
from tests.servers import free_port
from tests.world import World

KEY, INSTALLED = "sk-of-the-project-0123456789", "secret"
PUBLIC = "http://93.184.216.34/v1"


@pytest.fixture
def own() -> Iterator[Listening]:
    """An endpoint beside the installation's."""
    with Listening(ScriptedModel()) as listening:
        yield listening


@pytest.fixture(autouse=True)
def local_addresses_allowed(world: World) -> None:
    world.place = world.with_settings(allowed_private_addresses="127.0.0.1")


def given(world: World, base_url: str, **changes: Any) -> EndpointView:
    values = {"model": "own-model", "key": KEY, "price_input": 2.0, "price_output": 10.0} | changes
    return endpoints.set_endpoint(
        world.database, world.settings, world.admin, world.project_id, base_url=base_url, **values
    )


def seen(world: World) -> EndpointView | None:
    return endpoints.endpoint_of(world.database, world.people[Role.VIEWER], world.project_id)


def tried(world: World, **settings: Any) -> Probe:
    place = world.with_settings(**settings)
    project = project_view(world.database, world.project_id)
    return project_settings.try_endpoint(world.database, world.editor, place.settings, project)


def keys(listening: Listening) -> set[str]:
    return {received.headers["authorization"] for received in listening.received}


@on_both
def test_a_run_asks_the_projects_endpoint_with_its_key_and_no_other_and_counts_its_prices(
    world: World, own: Listening
) -> None:
    given(world, own.url)

    result = world.improve(world.labelled())

    assert result.outcome is Outcome.PROPOSED
    assert keys(own) == {f"Bearer {KEY}"}
    assert {received.body["model"] for received in own.received} == {"own-model"}
    assert world.endpoint.received == []
    calls = len(own.received)
    assert result.cost == pytest.approx(calls * (100 * 2.0 + 10 * 10.0) / 1_000_000)


def test_an_evaluation_asks_it_too_and_another_project_asks_the_installations(
    world: World, own: Listening
) -> None:
    given(world, own.url)
    evaluations.start(world.database, world.editor, world.labelled())
    world.work()
    assert keys(own) == {f"Bearer {KEY}"}
    asked = len(own.received)

    other = add_project(world.database, world.admin, "Other")
    project_settings.try_endpoint(world.database, world.admin, world.settings, other)
    assert len(own.received) == asked
    assert keys(world.endpoint) == {f"Bearer {INSTALLED}"}


def test_without_a_key_of_its_own_the_installations_is_not_sent_there(world: World, own: Listening) -> None:
    given(world, own.url, key="")
    tried(world)

    assert keys(own) == {"Bearer none"}


def test_the_key_is_stored_encrypted_and_shown_to_nobody(world: World, own: Listening) -> None:
    made = given(world, own.url)

    assert made.has_key and KEY not in str(made)
    with world.database.read() as session:
        stored = session.scalars(select(ModelEndpoint)).one()
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "endpoint.set")).one()
        destination = endpoints.destination_of(session, world.settings, world.project_id)
    assert KEY not in str(vars(stored)) and KEY not in str(vars(event))
    assert event.details["key"] == ["none", "set anew"]
    assert destination.key == KEY
    assert KEY not in f"{destination} {destination.endpoint('m', 1.0)}"


def test_an_empty_key_keeps_the_stored_one_and_a_new_address_drops_it(world: World, own: Listening) -> None:
    given(world, own.url)
    kept = given(world, f"{own.url}/", key="  ", price_input=1.0)
    assert kept.has_key
    tried(world)
    assert keys(own) == {f"Bearer {KEY}"}

    with Listening(ScriptedModel()) as moved:
        assert not given(world, moved.url, key="").has_key
        tried(world)
        assert keys(moved) == {"Bearer none"}
    assert not given(world, own.url, key="").has_key


def test_a_row_whose_address_was_changed_behind_our_back_gives_its_key_to_nobody(
    world: World, own: Listening
) -> None:
    given(world, "http://127.0.0.1:9/v1")
    with world.database.write() as session:
        session.execute(update(ModelEndpoint).values(base_url=own.url))

    with pytest.raises(CannotOpen, match="enter the key again"):
        tried(world)
    assert own.received == []


def test_another_secret_key_fails_the_run_in_one_sentence(world: World, own: Listening) -> None:
    given(world, own.url)
    world.place = world.with_settings(secret_key=SecretStr("another secret that is long enough"))

    result = world.improve(world.labelled())

    assert result.outcome is Outcome.FAILED
    assert "another SECRET_KEY" in result.reason and "enter the key again" in result.reason
    assert own.received == [] and world.endpoint.received == []


def test_a_redirect_is_not_followed_with_the_key(world: World, own: Listening) -> None:
    def elsewhere(_received: object) -> Sent:
        return Sent(307, headers={"Location": f"{world.endpoint.url}/chat/completions"})

    with Listening(elsewhere) as redirecting:
        given(world, redirecting.url)
        with pytest.raises(ModelUnreachable, match="sends callers on to another address"):
            tried(world)
    assert world.endpoint.received == []


def test_a_key_that_the_endpoint_repeats_is_nowhere_in_what_is_stored(world: World) -> None:
    echo = Sent(
        body=json.dumps(
            {
                "choices": [
                    {"message": {"content": json.dumps({"explanation": f"Bearer {KEY}", "value": True})}}
                ]
            }
        ).encode()
    )
    with Listening(echo) as echoing:
        given(world, echoing.url)
        metric_id = world.labelled()
        evaluations.start(world.database, world.editor, metric_id)
        world.work()

    with world.database.read() as session:
        said = list(session.scalars(select(MetricReview.explanation)))
    assert set(said) == {"Bearer [key]"}


def test_what_is_wrong_points_to_the_projects_settings(world: World) -> None:
    with Listening(fails(401, f"no such key: {KEY}")) as refusing:
        given(world, refusing.url)
        with pytest.raises(ModelRefusedKey, match="check the key under Project settings") as refusal:
            tried(world)
        assert KEY not in str(refusal.value)
    with pytest.raises(ModelUnreachable, match="check the address under Project settings"):
        given(world, f"http://127.0.0.1:{free_port()}/v1")
        tried(world)


@pytest.mark.parametrize(
    "base_url",
    ["http://10.0.0.1/v1", "http://169.254.169.254/", "http://127.0.0.2:1/v1", "ftp://x", "", "sk-123"],
)
def test_a_private_address_is_refused_when_it_is_entered(world: World, base_url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        given(world, base_url)
    assert seen(world) is None


@pytest.mark.parametrize("base_url", [f"{PUBLIC}?key=1", f"{PUBLIC}#a"])
def test_an_address_ends_in_its_path(world: World, base_url: str) -> None:
    with pytest.raises(AddressNotAllowed, match="ends in a path"):
        given(world, base_url)


def test_an_address_that_turns_private_later_is_refused_at_the_call(world: World, own: Listening) -> None:
    """As DNS rebinding does: public when it was checked, this machine when it is called."""
    world.place = world.with_settings(allowed_private_addresses=None)
    port = own.url.rpartition(":")[2]
    given(world, f"http://localhost:{port}", lookup=lambda host, at: ["93.184.216.34"])

    with pytest.raises(AddressNotAllowed, match=r"localhost \(\S+\) is not an address of the public"):
        tried(world)
    result = world.improve(world.labelled())

    assert result.outcome is Outcome.FAILED and "ALLOWED_PRIVATE_ADDRESSES" in result.reason
    assert own.received == []


def test_the_operators_own_address_may_be_anywhere(world: World) -> None:
    tried(world, allowed_private_addresses=None)

    assert len(world.endpoint.received) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": " "}, "Name the model"),
        ({"model": "m" * 201}, "model name"),
        ({"key": "two words"}, "no key has"),
        ({"key": "sk-ü"}, "no key has"),
        ({"key": "sk-\nx"}, "no key has"),
        ({"price_input": -1.0}, "0 or more"),
        ({"price_input": float("nan")}, "0 or more"),
        ({"price_output": 1e9}, "0 or more"),
        ({"price_output": None}, "both prices"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_changes(
    world: World, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        given(world, PUBLIC, **changes)
    assert seen(world) is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER, Role.EDITOR])
def test_only_admins_change_it_and_nobody_makes_this_server_look_a_name_up(world: World, role: Role) -> None:
    def lookup(host: str, port: int) -> list[str]:
        raise AssertionError("a name was looked up")

    with pytest.raises(NotAllowed):
        endpoints.set_endpoint(
            world.database,
            world.settings,
            world.people[role],
            world.project_id,
            base_url=PUBLIC,
            model="m",
            lookup=lookup,
        )
    with pytest.raises(NotAllowed):
        endpoints.remove_endpoint(world.database, world.people[role], world.project_id)


def test_members_see_it_and_others_do_not(world: World, own: Listening) -> None:
    made = given(world, own.url)
    assert seen(world) == made
    other = add_project(world.database, world.admin, "Other").id
    with pytest.raises(NotAllowed):
        endpoints.endpoint_of(world.database, world.editor, other)


def test_removing_it_forgets_the_key_and_goes_back_to_the_installations_model(
    world: World, own: Listening
) -> None:
    given(world, own.url)
    endpoints.remove_endpoint(world.database, world.admin, world.project_id)
    tried(world)

    assert seen(world) is None
    assert own.received == []
    (received,) = world.endpoint.received
    assert (received.body["model"], received.headers["authorization"]) == ("scripted", f"Bearer {INSTALLED}")
    with pytest.raises(NotFound):
        endpoints.remove_endpoint(world.database, world.admin, world.project_id)
    assert world.audit()[-1] == "endpoint.remove"


def test_saving_what_stands_there_records_nothing(world: World, own: Listening) -> None:
    before = given(world, own.url)
    recorded = world.audit()

    assert given(world, own.url, key="") == before
    assert world.audit() == recorded
    assert given(world, own.url, key="", price_input=None, price_output=None) == replace(
        before, prices=Prices()
    )


def test_a_project_with_its_own_endpoint_names_its_model(world: World, own: Listening) -> None:
    given(world, own.url)
    with pytest.raises(Refused, match="name the model"):
        project_settings.update_project(
            world.database, world.admin, world.project_id, name="Clinic", timezone="UTC", model=""
        )


def test_another_endpoint_is_another_question_and_another_key_is_not(world: World, own: Listening) -> None:
    world.model.proposes = "Did the agent stay polite? Say the opposite."
    metric_id = world.labelled()
    given(world, world.endpoint.url, model="scripted")
    assert world.improve(metric_id).outcome is Outcome.REGRESSED
    given(world, world.endpoint.url, model="scripted", key="sk-renewed-0123456789")
    assert "No new feedback" in world.improve(metric_id).reason

    given(world, own.url, model="scripted")
    assert "No new feedback" not in world.improve(metric_id).reason


def test_a_budget_in_money_uses_the_endpoints_prices(world: World, own: Listening) -> None:
    given(world, own.url, price_input=1000.0, price_output=1000.0)
    metric_id = world.labelled()

    assert world.improve(metric_id, RunOptions(max_cost=0.5)).outcome is Outcome.OVER_BUDGET


def test_the_demo_model_beside_it_does_not_make_it_free(world: World, own: Listening) -> None:
    place = world.with_settings(llm_model="plumbline-demo")
    given(world, own.url)

    with world.database.read() as session:
        assert endpoints.prices_of(session, place.settings, world.project_id) == Prices(2.0, 10.0)
        other = endpoints.installed(place.settings)
    assert other.prices.free and other.prices.cost is not None
