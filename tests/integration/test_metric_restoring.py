"""Going back to an old version makes a new one; history is never rewritten."""

from __future__ import annotations

from functools import partial

import pytest

from core import metrics
from core.errors import EditedMeanwhile, NotAllowed, NotFound, Refused
from core.metrics import MetricDetails
from core.models import Proposal
from core.terms import Definition, MetricType, Origin, Role, Trigger, TriggerKind
from tests.at_once import at_once
from tests.databases import on_both
from tests.scripted_model import POLITE, SAME
from tests.world import AUTO_APPLY, World


@pytest.fixture
def metric(world: World) -> int:
    """A metric whose second version is live."""
    made = world.metric()
    world.edit(made, SAME)
    return made


def restore(world: World, metric: int, number: int, reason: str = "It was better.") -> MetricDetails:
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    return metrics.restore(
        world.database, world.editor, metric, number, expected_revision=revision, reason=reason
    )


@on_both
def test_a_rollback_is_a_new_version_that_says_why(world: World, metric: int) -> None:
    restored = restore(world, metric, 1)

    assert (restored.version, restored.definition) == (3, Definition(POLITE))
    newest, *older = metrics.list_versions(world.database, world.editor, metric)
    assert (newest.number, newest.live, newest.comment) == (
        3,
        True,
        "Rolled back to version 1: It was better.",
    )
    assert (newest.author, newest.origin, newest.run_id) == (world.editor.name, Origin.PAGE.value, None)
    assert [(version.number, version.live) for version in older] == [(2, False), (1, False)]
    assert world.audit()[-1] == "metric.restore"


def test_all_four_fields_come_back(world: World, metric: int) -> None:
    full = Definition(
        "What was said?",
        Trigger(TriggerKind.PROMPT, "somebody spoke"),
        MetricType.CUSTOM_CODE,
        "result = True",
    )
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    metrics.edit_definition(world.database, world.editor, metric, full, expected_revision=revision)
    restore(world, metric, 1)

    assert restore(world, metric, 3).definition == full
    assert metrics.version_definition(world.database, world.editor, metric, 3) == full


def test_a_version_that_says_what_is_live_is_refused(world: World, metric: int) -> None:
    restore(world, metric, 1)
    for number in (3, 1):
        with pytest.raises(Refused, match="says the same as the live version 3"):
            restore(world, metric, number)


def test_who_looked_at_an_older_state_overwrites_nothing(world: World, metric: int) -> None:
    seen = metrics.retrieve(world.database, world.editor, metric)
    world.edit(metric, "Something new?")
    with pytest.raises(EditedMeanwhile, match="nothing was rolled back"):
        metrics.restore(
            world.database, world.editor, metric, 1, expected_revision=seen.revision, reason="Late."
        )
    assert world.live(metric) == "Something new?"


@on_both
def test_of_several_rollbacks_at_once_one_wins(world: World, metric: int) -> None:
    seen = metrics.retrieve(world.database, world.editor, metric)
    back = partial(
        metrics.restore,
        world.database,
        world.editor,
        metric,
        1,
        expected_revision=seen.revision,
        reason="Now.",
    )
    done = at_once([back] * 4)
    assert [type(each) for each in done].count(MetricDetails) == 1
    assert len(metrics.list_versions(world.database, world.editor, metric)) == 3


def test_it_closes_the_proposal_that_waits_and_says_by_what(world: World, metric: int) -> None:
    world.label(metric)
    proposal = world.improve(metric).proposal
    restore(world, metric, 1)
    with world.database.read() as session:
        closed = session.get_one(Proposal, proposal)
        assert (closed.state, closed.superseded_by) == (
            "superseded",
            "a rollback to version 1 (version 3)",
        )


def test_a_version_by_a_run_names_the_run(world: World, metric: int) -> None:
    world.label(metric)
    result = world.improve(metric, AUTO_APPLY)
    newest = metrics.list_versions(world.database, world.editor, metric)[0]
    assert (newest.number, newest.run_id) == (
        result.applied_version,
        world.run(newest.run_id or 0).id,
    )


def test_only_an_editor_rolls_back(world: World, metric: int) -> None:
    for role in (Role.VIEWER, Role.LABELLER):
        with pytest.raises(NotAllowed):
            metrics.restore(world.database, world.people[role], metric, 1, expected_revision=2, reason="No.")
    assert len(metrics.list_versions(world.database, world.people[Role.VIEWER], metric)) == 2


def test_a_version_that_is_not_there_is_named(world: World, metric: int) -> None:
    with pytest.raises(NotFound, match="no version “9”"):
        restore(world, metric, 9)
    with pytest.raises(NotFound):
        metrics.version_definition(world.database, world.editor, metric, 9)


def test_a_rollback_may_name_the_version_that_was_looked_at_or_nothing(world: World, metric: int) -> None:
    with pytest.raises(EditedMeanwhile, match="Version 2 of “Polite” is live, not 1"):
        metrics.restore(world.database, world.editor, metric, 1, reason="", expected_version=1)
    back = metrics.restore(world.database, world.editor, metric, 1, reason="", expected_version=2)
    again = metrics.restore(world.database, world.editor, metric, 2, reason="")
    assert (back.version, again.version) == (3, 4)


@on_both
def test_of_three_equal_rollbacks_at_once_one_is_made(world: World, metric: int) -> None:
    back = partial(metrics.restore, world.database, world.editor, metric, 1, reason="")
    outcomes = at_once([partial(refused_or_done, back)] * 3)
    assert outcomes.count("done") == 1
    assert [each.number for each in metrics.list_versions(world.database, world.editor, metric)] == [3, 2, 1]


def refused_or_done(back: partial[MetricDetails]) -> str:
    try:
        back()
    except Refused:
        return "refused"
    return "done"
