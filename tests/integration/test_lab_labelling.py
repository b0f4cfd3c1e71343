from __future__ import annotations

from pathlib import Path

import pytest

from core.db import Database
from core.errors import BadLabel, EditedMeanwhile, NotAllowed, NotFound
from core.lab.labelling import label, note, unlabel
from core.lab.transcripts import TranscriptStore, transcripts
from core.models import Metric, MetricReview
from core.terms import Actor, Message, Origin, Role
from tests.lab_world import SAID, LabWorld, lab_database, lab_world


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return lab_database(f"sqlite:///{tmp_path_factory.mktemp('database') / 'lab.db'}")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    made = lab_world(database, tmp_path)
    made.import_rows(
        {"id": "a", "transcript": SAID, "metadata": {"k": 1}}, {"id": "b", "transcript": "User: Bye"}
    )
    return made


def row(world: LabWorld) -> MetricReview:
    return world.reviews()["a"]


def test_a_label_is_saved_with_who_and_when(world: LabWorld) -> None:
    revision = label(world.database, world.labeller, row(world).id, "Yes", " Because.\x00 ")
    saved = row(world)
    assert (saved.labelled, saved.expected_value, saved.feedback) == (True, "true", "Because.\ufffd")
    assert (saved.labelled_by, saved.labelled_at is not None) == (world.labeller.user_id, True)
    assert saved.revision == revision == 2


def test_not_applicable_is_a_label(world: LabWorld) -> None:
    label(world.database, world.labeller, row(world).id, None)
    assert (row(world).labelled, row(world).expected_value) == (True, "N/A")


def test_a_label_without_a_note_leaves_the_note(world: LabWorld) -> None:
    note(world.database, world.labeller, row(world).id, "Hm.")
    label(world.database, world.labeller, row(world).id, False)
    assert row(world).feedback == "Hm."
    label(world.database, world.labeller, row(world).id, False, "")
    assert (row(world).feedback, row(world).expected_value) == ("", "false")


def test_a_note_needs_no_label(world: LabWorld) -> None:
    note(world.database, world.labeller, row(world).id, "Hm.")
    assert (row(world).labelled, row(world).feedback, row(world).labelled_by) == (
        False,
        "Hm.",
        world.labeller.user_id,
    )


def test_a_label_is_taken_back_and_its_note_stays(world: LabWorld) -> None:
    label(world.database, world.labeller, row(world).id, True, "Hm.")
    unlabel(world.database, world.labeller, row(world).id)
    assert (row(world).labelled, row(world).expected_value, row(world).feedback) == (False, None, "Hm.")
    note(world.database, world.labeller, row(world).id, "")
    assert (row(world).labelled_by, row(world).labelled_at) == (None, None)


def test_saying_the_same_again_changes_nothing(world: LabWorld) -> None:
    label(world.database, world.labeller, row(world).id, True, "Hm.")
    before = row(world).labelled_at
    assert label(world.database, world.editor, row(world).id, "pass", "Hm. ") == 2
    assert (row(world).labelled_by, row(world).labelled_at) == (world.labeller.user_id, before)
    assert [event.action for event in world.audit()] == ["calls.import", "label.set"]


def test_the_second_of_two_who_looked_at_the_same_row_overwrites_nothing(world: LabWorld) -> None:
    seen = row(world).revision
    label(world.database, world.labeller, row(world).id, True, expected_revision=seen)
    for act in (
        lambda: label(world.database, world.editor, row(world).id, False, expected_revision=seen),
        lambda: unlabel(world.database, world.editor, row(world).id, expected_revision=seen),
        lambda: note(world.database, world.editor, row(world).id, "No.", expected_revision=seen),
    ):
        with pytest.raises(EditedMeanwhile):
            act()
    assert (row(world).expected_value, row(world).revision, row(world).feedback) == ("true", 2, "")
    label(world.database, world.editor, row(world).id, False, expected_revision=2)
    assert row(world).expected_value == "false"


def test_a_value_that_the_metric_cannot_have_is_refused(world: LabWorld) -> None:
    for value in ("so-so", "", 7):
        with pytest.raises(BadLabel):
            label(world.database, world.labeller, row(world).id, value)
    assert row(world).revision == 1


def test_a_viewer_and_a_stranger_label_nothing(world: LabWorld) -> None:
    stranger = lab_world(world.database, world.folder).editor
    for actor in (world.people[Role.VIEWER], stranger, Actor(None, "Nobody", Origin.MCP)):
        with pytest.raises(NotAllowed):
            label(world.database, actor, row(world).id, True)
    assert not row(world).labelled


def test_a_row_that_is_not_there_or_of_an_archived_metric_is_not_found(world: LabWorld) -> None:
    with pytest.raises(NotFound):
        label(world.database, world.labeller, 10**6, True)
    with world.database.write() as session:
        metric = session.get_one(Metric, world.metric_id)
        metric.archived_at = metric.created_at
    with pytest.raises(NotFound):
        label(world.database, world.labeller, row(world).id, True)


def test_each_change_leaves_an_audit_row(world: LabWorld) -> None:
    label(world.database, world.labeller, row(world).id, True, "Hm.")
    note(world.database, world.labeller, row(world).id, "Ah.")
    unlabel(world.database, world.labeller, row(world).id)
    events = world.audit()[1:]
    assert [event.action for event in events] == ["label.set", "label.note", "label.remove"]
    assert {event.subject for event in events} == {"call a in the Lab of Polite"}
    changes = [
        (event.details["from"], event.details["to"], event.details["note_changed"]) for event in events
    ]
    assert changes == [(None, "true", True), ("true", "true", True), ("true", None, False)]


def test_transcripts_come_in_the_order_asked_for(world: LabWorld) -> None:
    ids = {name: call.id for name, call in world.calls().items()}
    b, a = transcripts(world.database, [ids["b"], ids["a"]])
    assert (b.call_id, b.messages) == (ids["b"], (Message("user", "Bye"),))
    assert (a.metadata, [message.role for message in a.messages]) == ({"k": 1}, ["user", "assistant"])


def test_a_transcript_that_is_gone_is_said(world: LabWorld) -> None:
    with pytest.raises(NotFound, match="1000000"):
        TranscriptStore(world.database).load([row(world).call_id, 10**6])


def test_more_transcripts_than_one_query_takes_are_loaded(world: LabWorld) -> None:
    world.import_rows(*({"id": str(number), "transcript": SAID} for number in range(1100)))
    ids = [call.id for call in world.calls().values()]
    assert [call.call_id for call in TranscriptStore(world.database).load(ids)] == ids
