from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.db import Database, database_now
from core.errors import NotFound
from core.lab.labelling import label, note
from core.lab.standing import collect, lab_standing, standing
from core.models import MetricReview, Result, Run
from core.terms import LabelledRow, Outcome, Role
from tests.lab_world import SAID, LabWorld, lab_database, lab_world


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return lab_database(f"sqlite:///{tmp_path_factory.mktemp('database') / 'lab.db'}")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def run_ended(world: LabWorld, outcome: Outcome) -> None:
    """A run that began now."""
    with world.database.write() as session:
        run = Run(project_id=world.project_id, trigger="button")
        session.add(run)
        session.flush()
        now = database_now(session)
        session.add(
            Result(run_id=run.id, metric_id=world.metric_id, state="done", outcome=outcome, started_at=now)
        )


def labelled_a_minute_ago(world: LabWorld) -> None:
    with world.database.write() as session:
        for review in world.reviews().values():
            found = session.get_one(MetricReview, review.id)
            found.labelled_at = database_now(session) - timedelta(minutes=1)


def test_rows_are_counted_by_what_people_and_the_judge_said(world: LabWorld) -> None:
    labels = {"agrees": "pass", "differs": "fail", "unreadable": "pass", "silent": "pass", "fresh": "N/A"}
    world.import_rows(
        *({"id": name, "transcript": f"User: {name}", "label": value} for name, value in labels.items()),
        {"id": "unlabelled", "transcript": SAID, "feedback": "Hm."},
        {"id": "differs with note", "transcript": "User: x", "label": None, "feedback": "Why?"},
    )
    world.evaluated(**{"agrees": "true", "differs": "true", "unreadable": None, "differs with note": "true"})
    with world.database.write() as session:
        session.get_one(MetricReview, world.reviews()["silent"].id).judged = "not_judged"
    found = lab_standing(world.database, world.people[Role.VIEWER], world.metric_id)
    assert (found.rows, found.labelled, found.notes) == (7, 6, 2)
    assert (found.agreeing, found.disagreeing, found.disagreeing_with_note) == (1, 3, 1)
    assert (found.not_judged, found.not_evaluated, found.rows_not_evaluated) == (1, 1, 2)
    assert found.classes == {"true": 3, "false": 1, "N/A": 2}


def test_numbers_disagree_beyond_the_tolerance_only(database: Database, tmp_path: Path) -> None:
    world = lab_world(database, tmp_path, "rating", tolerance=1.0)
    world.import_rows(*({"id": name, "transcript": f"User: {name}", "label": 3} for name in ("near", "far")))
    world.evaluated(near="4", far="4.5")
    found = lab_standing(world.database, world.editor, world.metric_id)
    assert (found.agreeing, found.disagreeing) == (1, 1)


def test_one_transcript_with_two_labels_contradicts_itself(world: LabWorld) -> None:
    world.import_rows(
        {"id": "a", "transcript": SAID, "label": "pass"},
        {"id": "b", "transcript": "User: other", "label": "fail"},
        {"id": "c", "transcript": SAID, "label": None},
        {"id": "d", "transcript": SAID},
        {"id": "e", "transcript": "User: other", "label": "fail"},
    )
    reviews = world.reviews()
    found = lab_standing(world.database, world.editor, world.metric_id)
    assert found.contradictions == ((reviews["a"].id, reviews["c"].id),)


def test_labels_within_the_tolerance_do_not_contradict(database: Database, tmp_path: Path) -> None:
    world = lab_world(database, tmp_path, "numeric", tolerance=0.5)
    world.import_rows(*({"id": str(label), "transcript": SAID, "label": label} for label in (1, 1.5)))
    assert lab_standing(world.database, world.editor, world.metric_id).contradictions == ()


def test_labels_are_new_until_a_run_has_decided_on_them(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID, "label": "pass"}, {"id": "b", "transcript": SAID})
    labelled_a_minute_ago(world)
    run_ended(world, Outcome.FAILED)
    assert lab_standing(world.database, world.editor, world.metric_id).new == 2 - 1 + 1
    run_ended(world, Outcome.NO_CHANGES)
    assert lab_standing(world.database, world.editor, world.metric_id).new == 0


def test_a_lab_is_seen_by_members_only(world: LabWorld) -> None:
    stranger = lab_world(world.database, world.folder).editor
    with pytest.raises(NotFound):
        lab_standing(world.database, stranger, world.metric_id)
    with world.database.read() as session, pytest.raises(NotFound):
        standing(session, 10**6)


def test_what_a_run_collects_is_labels_and_notes_in_order(world: LabWorld) -> None:
    world.import_rows(
        {"id": "a", "transcript": SAID, "label": "pass", "feedback": "Kind.", "group": "g"},
        {"id": "b", "transcript": SAID},
        {"id": "c", "transcript": SAID, "feedback": "Hm."},
        {"id": "d", "transcript": SAID, "label": None},
    )
    calls, reviews = world.calls(), world.reviews()
    digest = calls["c"].digest
    with world.database.read() as session:
        assert collect(session, world.metric_id) == [
            LabelledRow(reviews["a"].id, calls["a"].id, "g", "true", "Kind."),
            LabelledRow(reviews["c"].id, calls["c"].id, digest, None, "Hm."),
            LabelledRow(reviews["d"].id, calls["d"].id, digest, "N/A", ""),
        ]


def test_a_subset_is_collected_and_an_unknown_row_refused(world: LabWorld) -> None:
    world.import_rows(*({"id": name, "transcript": SAID, "label": "pass"} for name in "abc"))
    reviews = world.reviews()
    wanted = [reviews["c"].id, reviews["a"].id]
    elsewhere = lab_world(world.database, world.folder)
    elsewhere.import_rows({"id": "a", "transcript": SAID})
    with world.database.read() as session:
        assert [row.review_id for row in collect(session, world.metric_id, wanted)] == sorted(wanted)
        assert collect(session, world.metric_id, []) == []
        with pytest.raises(NotFound):
            collect(session, world.metric_id, [elsewhere.reviews()["a"].id])


def test_a_label_and_a_note_given_by_hand_are_collected(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID}, {"id": "b", "transcript": SAID})
    reviews = world.reviews()
    label(world.database, world.labeller, reviews["a"].id, False)
    note(world.database, world.labeller, reviews["b"].id, "Hm.")
    with world.database.read() as session:
        assert [(row.labelled, row.feedback) for row in collect(session, world.metric_id)] == [
            (True, ""),
            (False, "Hm."),
        ]
