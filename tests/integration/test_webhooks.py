"""Webhooks against a real HTTP server: what they are told, when, how often, and by whom they are made."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import select, update

from core import deliveries, memberships, metrics, webhooks
from core.accounts import add_project
from core.errors import AddressNotAllowed, NotAllowed, NotFound, Refused
from core.models import Delivery, Webhook
from core.notifications.signing import PREFIX
from core.runs import RunOptions, proposals
from core.terms import Notify, Role
from core.webhooks import Kind
from tests.at_once import at_once
from tests.databases import on_both
from tests.integration.webhook_servers import Receiver
from tests.integration.webhook_world import add, run, schedule, sent, verified
from tests.scripted_model import BETTER
from tests.world import AUTO_APPLY, World, person


@on_both
def test_a_schedules_webhook_is_told_of_its_run_in_signed_json(world: World, receiver: Receiver) -> None:
    schedule_id = schedule(world)
    _, secret = add(world, receiver.url, schedule_id=schedule_id)
    run(world, schedule_id)
    [told] = receiver.told
    assert told.path == "/hook/secret-path"
    assert told.headers["content-type"] == "application/json"
    assert verified(secret, told.headers, told.body)
    assert not verified(secret, told.headers, told.body + b" ")
    event = json.loads(told.body)
    assert event["type"] == "run.finished"
    assert event["data"]["schedule"] == {"id": schedule_id, "name": "Weekly"}
    [result] = event["data"]["results"]
    assert (result["metric"]["name"], result["outcome"]) == ("Polite", "proposed")
    assert result["baseline"] == {"correct": 3, "total": 9, "not_judged": 0}
    assert result["optimised"]["correct"] == 9
    assert result["url"].startswith("http://127.0.0.1:8501/runs?run=")
    assert BETTER not in told.body.decode(), "prompts are read behind the link"
    assert [one.state for one in sent(world)] == ["sent"]


def test_a_chat_is_told_in_words_in_which_no_name_is_markup(world: World, receiver: Receiver) -> None:
    schedule_id = schedule(world, "<!channel> & <http://evil.example|here> @all")
    add(world, receiver.url, Kind.SLACK, schedule_id)
    run(world, schedule_id)
    [told] = receiver.told
    message = json.loads(told.body)
    assert list(message) == ["text"]
    assert "webhook-signature" not in told.headers
    assert "1 proposal to review" in message["text"]
    assert "&lt;!channel&gt; &amp; &lt;http://evil.example|here&gt;" in message["text"]
    assert "@all" not in message["text"]
    assert "|Review the proposal>" in message["text"]


def test_only_the_runs_of_its_own_schedule_are_told_and_only_what_it_notifies_on(
    world: World, receiver: Receiver
) -> None:
    mine = schedule(world, options=RunOptions(notify=Notify.FAILURE))
    other = schedule(world, "Other")
    add(world, receiver.url, schedule_id=mine)
    run(world, other)
    run(world, mine)  # a proposal is no failure
    world.improve(world.labelled("By hand"))
    assert receiver.told == []


@on_both
def test_each_way_to_a_new_live_definition_is_told_with_the_definition(
    world: World, receiver: Receiver
) -> None:
    add(world, receiver.url)
    metric = world.labelled()
    world.improve(metric, AUTO_APPLY)
    world.edit(metric, "Was the agent polite? By hand.")
    details = metrics.retrieve(world.database, world.editor, metric)
    metrics.restore(
        world.database, world.editor, metric, 1, expected_revision=details.revision, reason="it was better"
    )
    world.work()
    events = [json.loads(told.body) for told in receiver.told]
    assert [event["type"] for event in events] == ["metric.live_changed"] * 3
    told = [event["data"] for event in events]
    assert [one["how"] for one in told] == ["applied", "edited", "rolled_back"]
    assert [(one["previous_version"], one["version"]) for one in told] == [(1, 2), (2, 3), (3, 4)]
    assert told[0]["definition"]["description"] == BETTER
    assert told[1]["definition"]["description"] == "Was the agent polite? By hand."
    assert told[0]["run_id"] == 1
    assert told[2]["by"] == "editor@clinic.test"
    assert told[0]["url"].endswith(f"/metrics?project={world.project_id}&metric={metric}")


@on_both
def test_another_model_is_told_since_production_judges_by_it(world: World, receiver: Receiver) -> None:
    add(world, receiver.url)
    add(world, receiver.url, Kind.SLACK)
    metric = world.metric()
    for model in ("first-model", "second-model"):
        seen = metrics.settings_of(metrics.retrieve(world.database, world.editor, metric))
        metrics.edit_settings(world.database, world.editor, metric, replace(seen, model=model), seen=seen)
    seen = metrics.settings_of(metrics.retrieve(world.database, world.editor, metric))
    metrics.edit_settings(world.database, world.editor, metric, replace(seen, critical=True), seen=seen)
    world.work()
    bodies = [json.loads(told.body) for told in receiver.told]
    told = [body["data"] for body in bodies if "data" in body]
    assert [(one["how"], one["version"], one["settings"]["model"]) for one in told] == [
        ("settings", 1, "first-model"),
        ("settings", 1, "second-model"),
    ]
    assert told[0]["revision"] < told[1]["revision"]
    said = [body["text"] for body in bodies if "text" in body]
    assert len(said) == 2 and "is judged by other settings, v1 still live: changed by editor@" in said[0]


def test_a_proposal_that_a_person_applies_is_told(world: World, receiver: Receiver) -> None:
    metric = world.labelled()
    world.improve(metric)
    add(world, receiver.url)
    waiting = metrics.retrieve(world.database, world.editor, metric).waiting_proposal
    assert waiting is not None
    proposals.apply(world.database, world.editor, waiting)
    world.work()
    assert json.loads(receiver.told[0].body)["data"]["how"] == "applied"


def test_a_change_that_is_rolled_back_is_told_to_nobody(world: World, receiver: Receiver) -> None:
    """The news is written in the transaction of the change."""
    add(world, receiver.url)
    metric = world.metric()
    with pytest.raises(RuntimeError), world.database.write() as session:
        found = metrics.find(session, metric)
        made = metrics.make_live(
            session,
            world.editor,
            found,
            metrics.live_version(session, found).definition,
            expected_revision=found.revision,
        )
        assert made is not None
        assert session.scalar(select(Delivery.id)) is not None
        raise RuntimeError
    assert sent(world) == []


def test_one_that_was_removed_is_told_nothing_more(world: World, receiver: Receiver) -> None:
    webhook, _ = add(world, receiver.url)
    metric = world.metric()
    world.edit(metric, "Was the agent polite? New.")
    webhooks.remove_webhook(world.database, world.admin, webhook)
    world.edit(metric, "Was the agent polite? Newer.")
    world.work()
    assert receiver.told == []
    assert [(one.state, one.error) for one in sent(world)] == [
        ("failed", "The webhook was removed before this was sent.")
    ]
    with pytest.raises(Refused, match="was removed"):
        deliveries.resend(world.database, world.admin, sent(world)[0].id)
    with pytest.raises(NotFound):
        webhooks.remove_webhook(world.database, world.admin, webhook)


def test_address_and_secret_are_stored_sealed_and_shown_nowhere(world: World, receiver: Receiver) -> None:
    _, secret = add(world, receiver.url)
    with world.database.read() as session:
        [row] = session.scalars(select(Webhook))
        stored = f"{row.sealed_url} {row.sealed_secret} {row.host} {row.name}"
    [view] = webhooks.webhooks_of(world.database, world.people[Role.VIEWER], world.project_id)
    for hidden in ("secret-path", secret, secret.removeprefix(PREFIX)):
        assert hidden not in stored
        assert hidden not in repr(view)
    assert len(base64.b64decode(secret.removeprefix(PREFIX))) == 32
    assert world.audit()[-1] == "webhook.add"


def test_a_webhook_row_that_was_moved_to_another_project_no_longer_opens(
    world: World, receiver: Receiver
) -> None:
    add(world, receiver.url)
    other = add_project(world.database, world.admin, "Other").id
    with world.database.write() as session:
        session.execute(update(Webhook).values(project_id=other))
    webhook_id = webhooks.webhooks_of(world.database, world.admin, other)[0].id
    deliveries.send_test_to_webhook(world.database, world.admin, webhook_id)
    world.work()
    assert receiver.told == []
    assert "SECRET_KEY" in sent(world)[0].error


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/x", "http://localhost/x", "ftp://x.test/", "x"]
)
def test_an_address_inside_a_private_network_is_refused(world: World, url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        add(world, url)
    assert webhooks.webhooks_of(world.database, world.admin, world.project_id) == []


def test_one_that_became_private_after_it_was_made_is_not_called(world: World, receiver: Receiver) -> None:
    add(world, receiver.url)
    world.place = world.with_settings(allowed_private_addresses=None)
    world.edit(world.metric(), "Was the agent polite? New.")
    world.work()
    assert receiver.told == []
    assert "not an address of the public internet" in sent(world)[0].error


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER, Role.EDITOR])
def test_webhooks_are_managed_by_admins_alone(world: World, receiver: Receiver, role: Role) -> None:
    webhook, _ = add(world, receiver.url)
    member = world.people[role]
    with pytest.raises(NotAllowed):
        webhooks.add_webhook(
            world.database,
            world.settings,
            member,
            world.project_id,
            name="x",
            kind=Kind.JSON,
            url=receiver.url,
            schedule_id=None,
        )
    with pytest.raises(NotAllowed):
        webhooks.remove_webhook(world.database, member, webhook)
    with pytest.raises(NotAllowed):
        deliveries.send_test_to_webhook(world.database, member, webhook)
    with pytest.raises(NotAllowed):
        webhooks.webhooks_of(world.database, person(world.database, "stranger@x.test"), world.project_id)


def test_a_schedule_of_another_project_and_a_21st_webhook_are_refused(
    world: World, receiver: Receiver
) -> None:
    with pytest.raises(NotFound):
        add(world, receiver.url, schedule_id=99)
    for number in range(20):
        add(world, receiver.url, name=f"Hook {number}")
    with pytest.raises(Refused, match="20 webhooks"):
        add(world, receiver.url)


def test_a_test_message_says_whether_it_works(world: World, receiver: Receiver) -> None:
    webhook, secret = add(world, receiver.url, name="Judges")
    deliveries.send_test_to_webhook(world.database, world.admin, webhook)
    world.work()
    [told] = receiver.told
    assert verified(secret, told.headers, told.body)
    assert json.loads(told.body)["data"]["webhook"] == "Judges"
    page = deliveries.deliveries_of(world.database, world.admin, world.project_id, only_webhooks=True)
    assert [(one.about, one.state, one.is_mail) for one in page.deliveries] == [("test", "sent", False)]
    assert page.deliveries[0].recipient.startswith("Judges (127.0.0.1:")


@on_both
def test_what_a_webhook_was_told_can_be_resent_and_previewed(world: World, receiver: Receiver) -> None:
    schedule_id = schedule(world)
    add(world, receiver.url, schedule_id=schedule_id, name="Runs")
    add(world, receiver.url, name="Live")
    run(world, schedule_id)
    world.edit(world.metric("Other"), "Was the agent polite? New.")
    world.work()
    for first in sent(world):
        shown = deliveries.preview(world.database, world.editor, first.id, world.settings.public_url)
        assert shown.text.encode() in [told.body for told in receiver.told]
        assert shown.html == ""
        found = at_once([partial(deliveries.resend, world.database, world.editor, first.id)] * 3)
        assert len([one for one in found if isinstance(one, list)]) == 1
        world.work()
    assert [one.kind for one in sent(world)] == ["summary", "live", "resend-1", "live/resend-1"]
    assert len({told.headers["webhook-id"] for told in receiver.told}) == 4
    assert len({told.body for told in receiver.told}) == 2


def test_a_member_who_left_stops_no_webhook(world: World, receiver: Receiver) -> None:
    add(world, receiver.url)
    metric = world.metric()
    editor = world.editor.user_id
    assert editor is not None
    world.edit(metric, "Was the agent polite? New.")
    memberships.remove_member(world.database, world.admin, world.project_id, editor)
    world.work()
    assert len(receiver.told) == 1
