"""Labels from clients: each call does one thing that makes sense, or says why it did nothing."""

from __future__ import annotations

from typing import Any

import pytest

from core import lab
from core.errors import BadLabel, EditedMeanwhile, NotAllowed, NotFound
from core.lab import RowsAsked, RowView
from core.models import MetricReview
from core.terms import EvalSettings, EvalType, Role, VerdictStatus
from tests.databases import on_both
from tests.mcp_world import Tools, tools
from tests.world import World

__all__ = ["tools"]


def row_of(world: World, review_id: int) -> RowView:
    return lab.open_row(world.database, world.admin, review_id, RowsAsked()).row


def judged(world: World, review_id: int, value: str) -> None:
    with world.database.write() as session:
        row = session.get_one(MetricReview, review_id)
        row.judged, row.actual_value = VerdictStatus.ANSWERED.value, value


@on_both
def test_a_row_is_labelled_noted_and_unlabelled(world: World) -> None:
    review = world.row(world.metric(), "one")
    lab.amend(world.database, world.admin, review, expected=False, feedback="Rude.")
    assert (row_of(world, review).expected, row_of(world, review).note) == ("false", "Rude.")
    lab.amend(world.database, world.admin, review, feedback="")
    assert (row_of(world, review).expected, row_of(world, review).note) == ("false", "")
    lab.amend(world.database, world.admin, review, expected="N/A")
    assert row_of(world, review).expected == "N/A"
    lab.amend(world.database, world.admin, review, remove_label=True)
    assert row_of(world, review).expected is None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Say what to change"),
        ({"remove_label": True, "expected": True}, "not both"),
        ({"remove_label": True, "feedback": "Why?"}, "not both"),
    ],
)
def test_a_call_that_changes_nothing_or_contradicts_itself_is_refused(
    world: World, asked: dict[str, Any], says: str
) -> None:
    review = world.row(world.metric(), "one", expected="true")
    before, audited = row_of(world, review), world.audit()
    with pytest.raises(BadLabel, match=says):
        lab.amend(world.database, world.admin, review, **asked)
    assert (row_of(world, review), world.audit()) == (before, audited)


def test_who_may_not_label_may_not_amend_and_nobody_overwrites(world: World) -> None:
    review = world.row(world.metric(), "one")
    with pytest.raises(NotAllowed):
        lab.amend(world.database, world.people[Role.VIEWER], review, expected=True)
    with pytest.raises(NotFound):
        lab.amend(world.database, world.admin, 4711, expected=True)
    lab.amend(world.database, world.admin, review, expected=True, expected_revision=1)
    with pytest.raises(EditedMeanwhile):
        lab.amend(world.database, world.admin, review, expected=False, expected_revision=1)


def test_a_vote_that_contradicts_its_own_value_is_refused(world: World, tools: Tools) -> None:
    review = world.row(world.metric(), "one")
    judged(world, review, "true")
    before = row_of(world, review)
    for vote, value, says in (
        ("agree", True, "leave the expected value out"),
        ("agree", False, "leave the expected value out"),
        ("disagree", True, "agrees with “true”, the judge's answer"),
    ):
        asked = {"review_id": review, "vote": vote, "expected_value": value}
        assert says in tools.refusal("mark_metric_vote", **asked)
    assert row_of(world, review) == before
    tools("mark_metric_vote", review_id=review, vote="disagree", expected_value="N/A", feedback="No call.")
    assert (row_of(world, review).expected, row_of(world, review).note) == ("N/A", "No call.")


def test_a_rating_is_voted_down_with_what_is_right(world: World) -> None:
    metric = world.metric(settings=EvalSettings(EvalType.RATING))
    review = world.row(metric, "one")
    judged(world, review, "3")
    with pytest.raises(BadLabel, match="Say what the value should be"):
        lab.vote(world.database, world.admin, review, agrees=False)
    lab.vote(world.database, world.admin, review, agrees=False, instead=4)
    assert row_of(world, review).expected == "4"
    close = world.row(world.metric("Close", settings=EvalSettings(EvalType.RATING, tolerance=0.5)), "two")
    judged(world, close, "3")
    with pytest.raises(BadLabel, match="agrees with “3”"):
        lab.vote(world.database, world.admin, close, agrees=False, instead=3.5)
    lab.amend(world.database, world.admin, close, expected=3.5)
    assert row_of(world, close).expected == "3.5"
    with pytest.raises(BadLabel):
        lab.vote(world.database, world.admin, review, agrees=False, instead=9)
