"""Editing what of a metric is not versioned: over nobody's head, and under no label's feet."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core import evaluations, metrics, schedules
from core.errors import AlreadyExists, BadDefinition, EditedMeanwhile, NotAllowed, NotFound, Refused
from core.metrics import MetricDetails, MetricSettings, settings_of
from core.models import AuditEvent, MetricReview, Proposal, ScheduleMetric
from core.runs import RunOptions
from core.terms import Actor, Definition, EvalSettings, EvalType, Outcome, Role
from tests.at_once import at_once
from tests.databases import on_both
from tests.scripted_model import once
from tests.world import World

MOOD = EvalSettings(EvalType.ENUM, ("calm", "angry", "sad"))


def seen(world: World, metric: int) -> MetricSettings:
    return settings_of(metrics.retrieve(world.database, world.admin, metric))


def edit(world: World, metric: int, actor: Actor | None = None, **changed: Any) -> MetricDetails:
    now = seen(world, metric)
    wanted = replace(now, **changed)
    return metrics.edit_settings(world.database, actor or world.editor, metric, wanted, seen=now)


def mood(world: World) -> int:
    made = metrics.add(world.database, world.admin, world.project_id, "Mood", Definition("Which mood?"), MOOD)
    return made.id


def judged(world: World, review_id: int, value: str) -> None:
    version = metrics.list_versions(world.database, world.admin, the_metric(world, review_id))[0]
    assert version.live
    with world.database.write() as session:
        row = session.get_one(MetricReview, review_id)
        row.judged, row.actual_value, row.explanation = "answered", value, "So."


def the_metric(world: World, review_id: int) -> int:
    with world.database.read() as session:
        return session.get_one(MetricReview, review_id).metric_id


def actual(world: World, review_id: int) -> tuple[str | None, str | None]:
    with world.database.read() as session:
        row = session.get_one(MetricReview, review_id)
        return row.judged, row.actual_value


def events(world: World) -> list[AuditEvent]:
    query = select(AuditEvent).where(AuditEvent.action == "metric.settings").order_by(AuditEvent.id)
    with world.database.read() as session:
        return list(session.scalars(query))


@on_both
def test_every_setting_is_saved_and_recorded_before_and_after(world: World) -> None:
    metric = world.metric()
    made = edit(
        world,
        metric,
        name=" Rating ",
        settings=EvalSettings(EvalType.RATING, (), 0.5),
        model=" big ",
        critical=True,
    )
    assert (made.name, made.model, made.critical) == ("Rating", "big", True)
    assert made.settings == EvalSettings(EvalType.RATING, (), 0.5)
    assert made.version == 1
    (event,) = events(world)
    assert (event.user_id, event.subject) == (world.editor.user_id, "metric Rating")
    assert event.details == {
        "name": ["Polite", "Rating"],
        "eval_type": ["binary", "rating"],
        "tolerance": [0.0, 0.5],
        "model": [None, "big"],
        "critical": [False, True],
    }


def test_nothing_changed_is_nothing_saved(world: World) -> None:
    metric = world.metric()
    before = metrics.retrieve(world.database, world.admin, metric)
    assert edit(world, metric) == before
    assert events(world) == []


def test_a_new_name_alone_makes_no_run_stale_and_closes_no_proposal(world: World) -> None:
    metric = world.labelled()
    world.improve(metric)
    before = metrics.retrieve(world.database, world.admin, metric)
    made = edit(world, metric, name="Renamed", critical=True)
    assert (made.revision, made.waiting_proposal) == (before.revision, before.waiting_proposal)
    assert made.waiting_proposal is not None


@pytest.mark.parametrize(
    "changed", [{"model": "larger"}, {"settings": EvalSettings(EvalType.BINARY, (), 1.0)}]
)
def test_what_changes_the_score_closes_a_waiting_proposal(world: World, changed: dict[str, Any]) -> None:
    metric = world.labelled()
    world.improve(metric)
    before = metrics.retrieve(world.database, world.admin, metric)
    made = edit(world, metric, **changed)
    assert made.revision == before.revision + 1
    assert made.waiting_proposal is None
    with world.database.read() as session:
        proposal = session.get_one(Proposal, before.waiting_proposal)
        assert (proposal.state, proposal.superseded_by) == (
            "superseded",
            "a change of the metric's settings",
        )


def test_what_changes_the_score_makes_a_run_that_is_going_stale(world: World) -> None:
    metric = world.labelled()
    world.model.instead = once(lambda _: True, lambda: edit(world, metric, model="larger"))
    assert world.improve(metric, RunOptions(auto_apply=True)).outcome is Outcome.STALE


@on_both
def test_of_many_who_edit_at_once_one_is_heard_and_the_others_are_told(world: World) -> None:
    metric = world.metric()
    now = seen(world, metric)
    edits = [
        partial(
            metrics.edit_settings,
            world.database,
            world.editor,
            metric,
            replace(now, model=f"model-{number}"),
            seen=now,
        )
        for number in range(4)
    ]
    made = at_once(edits)
    assert [isinstance(each, EditedMeanwhile) for each in made].count(True) == 3
    assert len(events(world)) == 1


def test_a_name_that_is_taken_or_no_name_is_refused(world: World) -> None:
    metric, _ = world.metric(), world.metric("Taken")
    with pytest.raises(AlreadyExists):
        edit(world, metric, name="Taken")
    with pytest.raises(Refused, match="needs a name"):
        edit(world, metric, name=" ")
    with pytest.raises(BadDefinition, match="name of a model"):
        edit(world, metric, model="a\nb")
    with pytest.raises(NotFound):
        metrics.edit_settings(world.database, world.editor, 99, seen(world, metric), seen=seen(world, metric))
    assert seen(world, metric).name == "Polite"
    assert events(world) == []


class TestTheKindOfAnswer:
    def test_it_can_not_change_under_stored_labels(self, world: World) -> None:
        metric = world.metric()
        world.label(metric, right=2, wrong=1)
        with pytest.raises(
            Refused, match="3 rows are labelled as true or false, which would mean nothing as"
        ):
            edit(world, metric, settings=EvalSettings(EvalType.RATING))
        assert seen(world, metric).settings == EvalSettings()

    def test_labels_of_n_a_alone_and_notes_do_not_hold_it(self, world: World) -> None:
        metric = world.metric()
        world.row(metric, "one", expected="N/A")
        world.row(metric, "two", feedback="Hm.")
        assert (
            edit(world, metric, settings=EvalSettings(EvalType.RATING)).settings.eval_type is EvalType.RATING
        )

    @on_both
    def test_verdicts_of_the_old_kind_are_forgotten(self, world: World) -> None:
        metric = world.metric()
        review = world.row(metric, "one")
        judged(world, review, "true")
        edit(world, metric, settings=EvalSettings(EvalType.RATING))
        assert actual(world, review) == (None, None)

    def test_it_can_not_change_while_an_evaluation_is_going(self, world: World) -> None:
        metric = world.metric()
        world.row(metric, "one")
        evaluations.start(world.database, world.editor, metric)
        with pytest.raises(Refused, match="An evaluation of “Polite” is going"):
            edit(world, metric, settings=EvalSettings(EvalType.RATING))
        world.work()
        edit(world, metric, settings=EvalSettings(EvalType.RATING))


class TestValues:
    def test_values_that_no_label_has_come_and_go(self, world: World) -> None:
        metric = mood(world)
        review, other = world.row(metric, "one", expected="calm"), world.row(metric, "two")
        judged(world, review, "sad")
        judged(world, other, "angry")
        wanted = EvalSettings(EvalType.ENUM, ("glad", "angry", "calm"))
        assert edit(world, metric, settings=wanted).settings == wanted
        assert actual(world, review) == (None, None)
        assert actual(world, other) == ("answered", "angry")

    def test_one_that_a_label_has_stays(self, world: World) -> None:
        metric = mood(world)
        world.row(metric, "one", expected="calm")
        with pytest.raises(Refused, match="1 row is labelled “calm”, so this value has to stay"):
            edit(world, metric, settings=EvalSettings(EvalType.ENUM, ("Calm", "angry")))


def test_verdicts_of_another_model_are_outdated(world: World) -> None:
    metric = world.labelled()
    evaluations.start(world.database, world.editor, metric)
    world.work()
    assert evaluations.state(world.database, world.editor, metric).outdated == 0
    edit(world, metric, model="larger")
    assert evaluations.state(world.database, world.editor, metric).outdated == 9


class TestCritical:
    @on_both
    def test_marking_makes_it_read_only_in_its_schedules_until_confirmed(self, world: World) -> None:
        metric = world.labelled()
        made = schedules.add(
            world.database, world.admin, "Clinic", [metric], "@weekly", options=RunOptions(auto_apply=True)
        )
        with world.database.write() as session:
            session.get_one(ScheduleMetric, (made.id, metric)).auto_apply_confirmed = True
        edit(world, metric, critical=True)
        with world.database.read() as session:
            assert not session.get_one(ScheduleMetric, (made.id, metric)).auto_apply_confirmed
        run_id, _ = schedules.run_now(world.database, world.admin, made.id)
        world.work()
        assert world.run(run_id).results[0].outcome is Outcome.PROPOSED

    def test_an_editor_marks_and_only_an_admin_takes_the_mark_away(self, world: World) -> None:
        metric = world.metric()
        edit(world, metric, critical=True)
        with pytest.raises(NotAllowed, match="needs the role admin"):
            edit(world, metric, critical=False)
        assert not edit(world, metric, world.admin, critical=False).critical

    def test_a_labeller_changes_nothing(self, world: World) -> None:
        metric = world.metric()
        with pytest.raises(NotAllowed):
            edit(world, metric, world.people[Role.LABELLER], name="Mine")
