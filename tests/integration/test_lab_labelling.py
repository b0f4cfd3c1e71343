from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core import audit
from core.db import Database
from core.errors import BadLabel, EditedMeanwhile, NotAllowed, NotFound, Refused
from core.lab import Mark, RowsAsked, open_row
from core.lab.labelling import label, note, undo, unlabel
from core.lab.transcripts import TranscriptStore, transcripts
from core.models import Metric, MetricReview
from core.terms import Actor, Message, Origin, Role
from tests.at_once import at_once
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


def history(world: LabWorld) -> list[tuple[str, str, Mark, Mark]]:
    """The newest change first."""
    opened = open_row(world.database, world.people[Role.VIEWER], row(world).id, RowsAsked())
    return [(change.kind, change.by, change.before, change.after) for change in opened.history]


def test_the_history_keeps_every_change_with_who_made_it(world: LabWorld) -> None:
    review_id = row(world).id
    label(world.database, world.labeller, review_id, True, "Hm.")
    note(world.database, world.editor, review_id, "Ah.")
    unlabel(world.database, world.editor, review_id)
    assert history(world) == [
        ("unlabel", world.editor.name, Mark("true", "Ah."), Mark(None, "Ah.")),
        ("note", world.editor.name, Mark("true", "Hm."), Mark("true", "Ah.")),
        ("label", world.labeller.name, Mark(), Mark("true", "Hm.")),
    ]


def test_an_import_over_a_label_is_in_the_history_and_a_first_one_is_none(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID, "expected_value": True})
    world.import_rows({"id": "a", "transcript": SAID, "expected_value": False})
    assert history(world) == [
        ("import", world.editor.name, Mark("true"), Mark("false")),
        ("import", world.editor.name, Mark(), Mark("true")),
    ]
    world.import_rows({"id": "c", "transcript": SAID, "expected_value": True})
    opened = open_row(world.database, world.editor, world.reviews()["c"].id, RowsAsked())
    assert opened.history == ()


def test_an_undo_puts_back_what_was_there_with_its_signature(world: LabWorld) -> None:
    review_id = row(world).id
    label(world.database, world.labeller, review_id, True, "Hm.")
    before = row(world)
    revision = label(world.database, world.editor, review_id, False, "No.")
    assert undo(world.database, world.editor, review_id, revision) == revision + 1
    after = row(world)
    assert (after.expected_value, after.feedback) == ("true", "Hm.")
    assert (after.labelled_by, after.labelled_at) == (before.labelled_by, before.labelled_at)
    assert world.audit()[-1].action == "label.undo"
    assert history(world)[0][0] == "undo"


def test_an_undo_of_a_first_label_leaves_a_row_that_nobody_signed(world: LabWorld) -> None:
    revision = label(world.database, world.labeller, row(world).id, True, "Hm.")
    undo(world.database, world.labeller, row(world).id, revision)
    found = row(world)
    assert (found.labelled, found.expected_value, found.feedback) == (False, None, "")
    assert (found.labelled_by, found.labelled_at) == (None, None)


def test_an_undo_after_somebody_elses_change_overwrites_nothing(world: LabWorld) -> None:
    revision = label(world.database, world.labeller, row(world).id, True)
    label(world.database, world.editor, row(world).id, False)
    with pytest.raises(EditedMeanwhile):
        undo(world.database, world.labeller, row(world).id, revision)
    assert row(world).expected_value == "false"
    with pytest.raises(Refused):
        undo(world.database, world.labeller, row(world).id, 99)
    with pytest.raises(NotAllowed):
        undo(world.database, world.people[Role.VIEWER], row(world).id, revision + 1)


def test_of_many_who_label_a_row_at_once_one_wins_and_the_others_are_told(world: LabWorld) -> None:
    review_id, seen = row(world).id, row(world).revision

    def said(number: int) -> Callable[[], bool]:
        def say() -> bool:
            try:
                label(
                    world.database,
                    world.labeller,
                    review_id,
                    number % 2 == 0,
                    f"Says {number}.",
                    expected_revision=seen,
                )
            except EditedMeanwhile:
                return False
            return True

        return say

    saved = at_once([said(number) for number in range(8)])
    assert sum(saved) == 1
    assert row(world).feedback == f"Says {saved.index(True)}."
    assert len(history(world)) == 1


def test_a_value_that_the_metric_cannot_have_is_refused(world: LabWorld) -> None:
    for value in ("so-so", "", 7):
        with pytest.raises(BadLabel):
            label(world.database, world.labeller, row(world).id, value)
    assert row(world).revision == 1


def test_a_viewer_and_a_stranger_label_nothing(world: LabWorld) -> None:
    stranger = lab_world(world.database, world.folder).editor
    with pytest.raises(NotAllowed):
        label(world.database, world.people[Role.VIEWER], row(world).id, True)
    for actor in (stranger, Actor(None, "Nobody", Origin.MCP)):
        with pytest.raises(NotFound):
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
    changes = [(event.details["from"], event.details["to"], event.details.get("note")) for event in events]
    assert changes == [
        (None, "true", ["", "Hm."]),
        ("true", "true", ["Hm.", "Ah."]),
        ("true", None, None),
    ]


def test_a_long_note_is_in_the_audit_by_its_beginning(world: LabWorld) -> None:
    note(world.database, world.labeller, row(world).id, "x" * 20_000)
    note(world.database, world.labeller, row(world).id, "x" * 20_000 + " and more")

    before, after = world.audit()[-1].details["note"]
    assert before == after == "x" * audit.EXCERPT + "…"


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
