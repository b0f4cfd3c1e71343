"""Metrics and their definitions: made once, found by name or id, edited over nobody's head."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from core import accounts, metrics
from core.errors import AlreadyExists, BadDefinition, EditedMeanwhile, NotAllowed, NotFound
from core.metrics import MetricDetails
from core.models import MetricVersion
from core.terms import Definition, EvalSettings, EvalType, Role, Trigger, TriggerKind
from tests.at_once import at_once
from tests.databases import on_both
from tests.scripted_model import POLITE
from tests.world import World, person

FULL = Definition("Did it end well?", Trigger(TriggerKind.PROMPT, "It is a complaint."))


def versions(world: World) -> list[tuple[int, str]]:
    query = select(MetricVersion.number, MetricVersion.description).order_by(MetricVersion.id)
    with world.database.read() as session:
        return [(row.number, row.description) for row in session.execute(query)]


def test_a_metric_is_what_was_asked_for(world: World) -> None:
    settings = EvalSettings(EvalType.ENUM, ("calm", "angry"))
    made = metrics.add(
        world.database, world.editor, "Clinic", " Mood ", FULL, settings, model="big", critical=True
    )
    assert (made.name, made.definition, made.settings) == ("Mood", FULL, settings)
    assert (made.model, made.critical, made.version, made.revision) == ("big", True, 1, 1)
    for name in (made.id, "Mood"):
        assert metrics.retrieve(world.database, world.people[Role.VIEWER], name) == made


@on_both
def test_of_two_who_make_the_same_metric_at_once_one_is_told(world: World) -> None:
    add = partial(metrics.add, world.database, world.editor, "Clinic", "Polite", FULL, EvalSettings())
    made = at_once([add] * 3)
    assert [isinstance(each, MetricDetails) for each in made].count(True) == 1
    assert [isinstance(each, AlreadyExists) for each in made].count(True) == 2
    assert len(versions(world)) == 1


@on_both
def test_of_many_who_edit_at_once_one_is_heard_and_the_others_are_told(world: World) -> None:
    metric = world.metric()
    edits = [
        partial(
            metrics.edit_definition,
            world.database,
            world.editor,
            metric,
            Definition(f"Wording {number}?"),
            expected_revision=1,
        )
        for number in range(4)
    ]
    made = at_once(edits)
    assert [isinstance(each, EditedMeanwhile) for each in made].count(True) == 3
    assert [number for number, _ in versions(world)] == [1, 2]
    assert versions(world)[1][1] == world.live(metric)


def test_an_edit_keeps_the_versions_before_it(world: World) -> None:
    metric = world.metric()
    world.edit(metric, "Second?")
    world.edit(metric, "Third?")
    assert versions(world) == [(1, POLITE), (2, "Second?"), (3, "Third?")]
    assert metrics.retrieve(world.database, world.editor, metric).version == 3


def test_a_definition_that_cannot_be_judged_is_not_saved(world: World) -> None:
    metric = world.metric()
    with pytest.raises(BadDefinition):
        metrics.edit_definition(world.database, world.editor, metric, Definition(" "), expected_revision=1)
    assert versions(world) == [(1, POLITE)]


def test_a_name_that_two_projects_use_needs_the_project(world: World) -> None:
    world.metric("Polite")
    second = accounts.add_project(world.database, world.admin, "Second")
    theirs = metrics.add(world.database, world.admin, second.id, "Polite", FULL, EvalSettings())
    with pytest.raises(NotFound, match="name the project too"):
        metrics.retrieve(world.database, world.admin, "Polite")
    assert metrics.retrieve(world.database, world.admin, "Polite", "Second") == theirs


def test_metrics_are_seen_by_members_and_changed_by_editors(world: World) -> None:
    metric = world.metric()
    with pytest.raises(NotFound):
        metrics.retrieve(world.database, person(world.database, "stranger@elsewhere.test"), metric)
    labeller = world.people[Role.LABELLER]
    with pytest.raises(NotAllowed):
        metrics.edit_definition(world.database, labeller, metric, FULL, expected_revision=1)
    with pytest.raises(NotAllowed):
        metrics.add(world.database, labeller, "Clinic", "Mine", FULL, EvalSettings())
