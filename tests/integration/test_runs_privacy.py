"""What reaches whom: labels never the judge, held-out calls never the writer, notes never a score."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from core.models import Call, MetricReview, Result, RowResult
from core.terms import Outcome
from tests.model_endpoint import Received
from tests.scripted_model import BAD, GOOD, by_writer, kind
from tests.world import World


def bodies(received: list[Received]) -> list[str]:
    return sorted(json.dumps(each.body, sort_keys=True) for each in received)


def many_labels(world: World, count: int) -> int:
    """Rows whose words and notes can be told apart in a request."""
    metric = world.metric(f"Polite in {count} calls")
    for number in range(count):
        good = number % 2 == 0
        world.row(
            metric,
            f"marker{number}x was {'pleased ' + GOOD if good else 'angry ' + BAD}",
            expected=str(good).lower(),
            feedback=f"note{number}x",
        )
    return metric


def parts(world: World) -> Iterator[tuple[str, str]]:
    """Each labelled row's number and the part of the split it fell into."""
    query = (
        select(Call.transcript, RowResult.part)
        .join(MetricReview, MetricReview.call_id == Call.id)
        .join(RowResult, RowResult.review_id == MetricReview.id)
    )
    with world.database.read() as session:
        for transcript, part in session.execute(query):
            yield transcript[0]["content"].split()[0].removeprefix("marker"), part


@pytest.mark.parametrize(("count", "held_out"), [(30, 6), (80, 24)])
def test_the_writer_never_sees_a_word_or_a_note_of_a_held_out_call(
    world: World, count: int, held_out: int
) -> None:
    metric = many_labels(world, count)
    result = world.improve(metric)
    assert result.outcome is Outcome.PROPOSED
    to_writer = "".join(bodies([each for each in world.endpoint.received if by_writer(each)]))
    shown = {part: [number for number, its in parts(world) if its == part] for part in ("learn", "held_out")}
    assert any(f"note{number}" in to_writer for number in shown["learn"])
    assert len(shown["held_out"]) == held_out
    for number in shown["held_out"]:
        assert f"marker{number}" not in to_writer
        assert f"note{number}" not in to_writer


def test_held_out_rows_have_a_score_of_their_own_from_thirty_labels(world: World) -> None:
    result = world.improve(many_labels(world, 30))
    assert result.held_out is not None
    assert result.held_out["optimised"] == {"correct": 6, "total": 6}
    assert world.improve(many_labels(world, 29)).held_out is None


def test_the_judge_is_asked_the_same_whatever_the_labels_and_notes_are(world: World) -> None:
    metric = world.metric()
    world.label(metric, right=4, wrong=6, note="This is a note to the writer.")
    world.improve(metric)
    first = [each for each in world.endpoint.received if kind(each) == "verdict"]

    with world.database.write() as session:
        session.execute(update(MetricReview).values(expected_value="false", feedback="Another note."))
    world.improve(metric)
    second = [each for each in world.endpoint.received if kind(each) == "verdict"][len(first) :]

    assert len(first) == 20
    assert bodies(first) == bodies(second)
    for body in bodies(first + second):
        assert "note" not in body
        assert "expected" not in body


def test_a_note_without_a_label_reaches_the_writer_and_no_score(world: World) -> None:
    metric = world.metric()
    world.label(metric, right=3, wrong=6)
    review = world.row(metric, f"unlabelled call {BAD}", feedback="Anger alone is not rude.")

    result = world.improve(metric)

    assert str(result.baseline) == "3 of 9"
    to_writer = "".join(bodies([each for each in world.endpoint.received if by_writer(each)]))
    assert "Anger alone is not rude." in to_writer
    to_judge = "".join(bodies([each for each in world.endpoint.received if kind(each) == "verdict"]))
    assert "unlabelled call" not in to_judge
    with world.database.read() as session:
        assert session.scalar(select(RowResult.id).where(RowResult.review_id == review)) is None
        assert session.get_one(Result, result.id).labelled == 9
