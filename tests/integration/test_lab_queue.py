"""Which rows wait for a person, in which order, and why."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import update

from core.db import Database
from core.errors import NotFound
from core.lab import RowFilter, RowsAsked, Why, lab_standing, label, note, open_row, rows_page, suggestions
from core.lab.standing import mark_unstable
from core.models import MetricReview
from core.terms import Actor, Origin, Role
from tests.databases import on_both
from tests.lab_world import LabWorld, lab_world


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def bring_in(world: LabWorld, *names: str, said: str = "this is {}", **more: object) -> None:
    world.import_rows(*({"id": name, "transcript": f"User: {said.format(name)}", **more} for name in names))


def queue(world: LabWorld) -> list[str]:
    asked = RowsAsked(RowFilter.TO_LABEL)
    found = rows_page(world.database, world.people[Role.VIEWER], world.metric_id, asked)
    return [row.external_id for row in found.rows]


def suggested(world: LabWorld, limit: int = 3) -> list[tuple[str, Why, str | None]]:
    found = suggestions(world.database, world.labeller, world.metric_id, limit)
    return [(each.external_id, each.why, each.rare_value) for each in found]


@on_both
def test_misaligned_rows_come_first_then_unsure_ones_then_new_ones(world: LabWorld) -> None:
    bring_in(world, "fresh", "unreadable", "shaky", "judged")
    bring_in(world, "agreed", "wrong", expected_value=True)
    bring_in(world, "explained", expected_value=True, feedback="It was rude.")
    world.evaluated(
        shaky="true", judged="true", agreed="true", wrong="false", explained="false", unreadable=None
    )
    with world.database.write() as session:
        mark_unstable(session, [world.reviews()["shaky"].id])
    found = queue(world)
    assert (found[0], set(found[1:3]), found[3:]) == ("wrong", {"unreadable", "shaky"}, ["judged", "fresh"])
    standing = lab_standing(world.database, world.editor, world.metric_id)
    assert (standing.to_label, standing.unstable) == (5, 1)
    assert [reason for _, reason, _ in suggested(world, 9)] == [
        Why.MISALIGNED,
        Why.UNSURE,
        Why.UNSURE,
        Why.NEW,
        Why.NOT_JUDGED,
    ]


@on_both
def test_answers_with_few_labels_come_first_so_that_the_classes_come_to_balance(world: LabWorld) -> None:
    bring_in(world, "yes-1", "yes-2", expected_value=True)
    bring_in(world, "open-yes", "open-no", "open-na")
    world.evaluated(
        **{"yes-1": "true", "yes-2": "true", "open-yes": "true", "open-no": "false", "open-na": "N/A"}
    )
    assert queue(world)[-1] == "open-yes"
    assert ("open-no", Why.NEW, "false") in suggested(world)
    assert all(value != "true" for _, _, value in suggested(world))


@on_both
def test_what_a_labelled_transcript_says_already_comes_last(world: LabWorld) -> None:
    bring_in(world, "done", said="the same", expected_value=True)
    bring_in(world, "twin", said="the same")
    bring_in(world, *(f"call-{number}" for number in range(5)))
    world.evaluated(**dict.fromkeys(world.reviews(), "true"))
    assert queue(world)[-1] == "twin"
    assert lab_standing(world.database, world.editor, world.metric_id).duplicates == 2


def test_a_twin_in_another_lab_counts_for_nothing(world: LabWorld) -> None:
    bring_in(world, "mine", said="the same")
    other = world.add_metric()
    world.import_rows(
        {"id": "theirs", "transcript": "User: the same", "expected_value": True}, metric_id=other
    )
    standing = lab_standing(world.database, world.editor, world.metric_id)
    assert (standing.rows, standing.duplicates, standing.contradictions) == (1, 0, ())


def test_neighbours_in_a_file_do_not_follow_each_other(world: LabWorld) -> None:
    bring_in(world, *(f"{number:03}" for number in range(60)))
    found = [int(name) for name in queue(world)]
    assert sum(abs(one - other) > 1 for one, other in pairwise(found)) > 20


def test_a_note_on_a_misaligned_row_and_a_label_on_a_new_one_end_the_queue(world: LabWorld) -> None:
    bring_in(world, "wrong", expected_value=True)
    bring_in(world, "fresh")
    world.evaluated(wrong="false")
    ids = {name: review.id for name, review in world.reviews().items()}
    first = open_row(world.database, world.labeller, ids["wrong"], RowsAsked(RowFilter.TO_LABEL))
    assert (first.place.position, first.place.total, first.place.next_id) == (1, 2, ids["fresh"])
    note(world.database, world.labeller, ids["wrong"], "It was rude.")
    assert queue(world) == ["fresh"]
    label(world.database, world.labeller, ids["fresh"], True)
    assert queue(world) == []
    assert suggested(world) == []


def test_numbers_have_a_queue_too(database: Database, tmp_path: Path) -> None:
    world = lab_world(database, tmp_path, "rating", tolerance=0.5)
    bring_in(world, "near", "far", expected_value=3)
    bring_in(world, "open")
    world.evaluated(near="3.5", far="1", open="2")
    assert queue(world) == ["far", "open"]
    assert [value for _, _, value in suggested(world)] == [None, None]


def test_a_row_that_is_judged_by_nobody_any_more_is_not_lost(world: LabWorld) -> None:
    bring_in(world, "one")
    with world.database.write() as session:
        session.execute(update(MetricReview).values(judged="not_judged"))
    assert queue(world) == ["one"]


def test_a_stranger_gets_no_suggestion(world: LabWorld) -> None:
    with pytest.raises(NotFound):
        suggestions(world.database, Actor(None, "Nobody", Origin.PAGE), world.metric_id)
