"""Every deed writes one audit row in its own transaction; what is refused writes none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from core import accounts, evaluations, lab, metrics, runs, schedules
from core.errors import NotAllowed, Refused
from core.models import AuditEvent, MetricReview, User
from core.runs import READ_ONLY, RunOptions
from core.terms import Actor, Definition, EvalSettings, Role
from tests.world import World

Deed = Callable[[World, Actor], object]


def metric_of(world: World) -> int:
    return metrics.retrieve(world.database, world.admin, "Polite").id


def the_schedule(world: World) -> int:
    return schedules.list_schedules(world.database, world.admin)[0].id


def the_proposal(world: World) -> int:
    return metrics.retrieve(world.database, world.admin, "Polite").waiting_proposal or 0


def the_review(world: World) -> int:
    with world.database.read() as session:
        return session.scalars(select(MetricReview.id)).first() or 0


def revision(world: World) -> int:
    return metrics.retrieve(world.database, world.admin, "Polite").revision


def add_schedule(world: World, actor: Actor) -> object:
    return schedules.add(world.database, actor, "Clinic", ["Polite"], "@daily")


def edit(world: World, actor: Actor) -> object:
    return metrics.edit_definition(
        world.database, actor, metric_of(world), Definition("New?"), expected_revision=revision(world)
    )


def edit_settings(world: World, actor: Actor) -> object:
    seen = metrics.settings_of(metrics.retrieve(world.database, world.admin, "Polite"))
    wanted = replace(seen, model="larger")
    return metrics.edit_settings(world.database, actor, metric_of(world), wanted, seen=seen)


def resume(world: World, actor: Actor) -> object:
    schedules.pause(world.database, world.admin, the_schedule(world))
    return schedules.resume(world.database, actor, the_schedule(world))


def cancel(world: World, actor: Actor) -> object:
    started = runs.improve(world.database, world.admin, metric_of(world), READ_ONLY)
    return runs.cancel(world.database, actor, started.run_id)


DEEDS: dict[str, tuple[Deed, Role]] = {
    "project.add": (lambda w, a: accounts.add_project(w.database, a, "Second"), Role.VIEWER),
    "member.add": (
        lambda w, a: accounts.add_user(w.database, a, "new@clinic.test", Role.VIEWER, "Clinic"),
        Role.ADMIN,
    ),
    "metric.add": (
        lambda w, a: metrics.add(w.database, a, "Clinic", "New", Definition("Hm?"), EvalSettings()),
        Role.EDITOR,
    ),
    "metric.edit": (edit, Role.EDITOR),
    "metric.settings": (edit_settings, Role.EDITOR),
    "metric.delete": (lambda w, a: schedules.archive(w.database, a, w.metric("Old")), Role.EDITOR),
    "label.set": (lambda w, a: lab.label(w.database, a, the_review(w), False), Role.LABELLER),
    "lab.evaluate": (lambda w, a: evaluations.start(w.database, a, metric_of(w)), Role.EDITOR),
    "run.start": (lambda w, a: runs.improve(w.database, a, metric_of(w), READ_ONLY), Role.EDITOR),
    "run.cancel": (cancel, Role.EDITOR),
    "proposal.apply": (lambda w, a: runs.apply(w.database, a, the_proposal(w)), Role.EDITOR),
    "proposal.reject": (lambda w, a: runs.reject(w.database, a, the_proposal(w), "No."), Role.EDITOR),
    "schedule.add": (add_schedule, Role.EDITOR),
    "schedule.pause": (lambda w, a: schedules.pause(w.database, a, the_schedule(w)), Role.EDITOR),
    "schedule.resume": (resume, Role.EDITOR),
    "schedule.delete": (lambda w, a: schedules.delete(w.database, a, the_schedule(w)), Role.EDITOR),
    "schedule.run": (lambda w, a: schedules.run_now(w.database, a, the_schedule(w)), Role.EDITOR),
}
RECORDED_AS = {"schedule.run": "run.start"}
BEFOREHAND = {
    "metric.delete": ["metric.add"],
    "run.cancel": ["run.start"],
    "schedule.resume": ["schedule.pause"],
}
"""What setting the deed up records."""
FOR_ANYBODY = {"project.add"}


@pytest.fixture
def ready(world: World) -> World:
    """A metric with a waiting proposal, and a schedule."""
    metric = world.metric()
    world.label(metric, right=3, wrong=6)
    world.improve(metric)
    add_schedule(world, world.admin)
    return world


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_is_recorded_once_with_who_did_it(ready: World, name: str) -> None:
    deed, role = DEEDS[name]
    before = len(ready.audit())
    deed(ready, ready.people[role])
    action = RECORDED_AS.get(name, name)
    assert ready.audit()[before:] == [*BEFOREHAND.get(name, []), action]
    with ready.database.read() as session:
        event = session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
        assert event is not None
        assert event.user_id == ready.people[role].user_id
        assert event.actor == session.get_one(User, event.user_id).email
        assert (event.origin, event.project_id is None) == ("page", False)


def test_a_deed_that_is_refused_for_the_role_is_not_recorded(ready: World) -> None:
    for name, (deed, role) in DEEDS.items():
        if name in FOR_ANYBODY:
            continue
        before = len(ready.audit())
        with pytest.raises(NotAllowed, match=f"needs the role {role.name.lower()}"):
            deed(ready, ready.people[Role(role - 1)])
        assert ready.audit()[before:] == BEFOREHAND.get(name, []), name


def test_a_deed_that_makes_no_sense_is_not_recorded(ready: World) -> None:
    before = ready.audit()
    refused: list[Callable[[], object]] = [
        lambda: accounts.add_project(ready.database, ready.admin, "Clinic"),
        lambda: accounts.add_project(ready.database, ready.admin, "Moon", "Moon/Crater"),
        lambda: accounts.add_user(ready.database, ready.admin, "no address", Role.ADMIN, "Clinic"),
        lambda: metrics.add(
            ready.database, ready.admin, "Clinic", "Polite", Definition("Hm?"), EvalSettings()
        ),
        lambda: metrics.edit_definition(
            ready.database, ready.admin, metric_of(ready), Definition("New?"), expected_revision=99
        ),
        lambda: runs.improve(ready.database, ready.admin, 99, READ_ONLY),
        lambda: runs.improve(ready.database, ready.admin, metric_of(ready), RunOptions(max_calls=0)),
        lambda: runs.cancel(ready.database, ready.admin, 1),
        lambda: schedules.add(ready.database, ready.admin, "Clinic", [], "@daily"),
        lambda: schedules.add(ready.database, ready.admin, "Clinic", ["Polite"], "61 * * * *"),
        lambda: schedules.pause(ready.database, ready.admin, 99),
    ]
    for act in refused:
        with pytest.raises(Refused):
            act()
    assert ready.audit() == before


def test_the_same_definition_again_is_no_edit(ready: World) -> None:
    before = ready.audit()
    same = metrics.retrieve(ready.database, ready.admin, "Polite").definition
    metrics.edit_definition(
        ready.database, ready.admin, metric_of(ready), same, expected_revision=revision(ready)
    )
    assert ready.audit() == before


def test_joining_a_run_that_is_going_and_an_evaluation_that_is_going_record_nothing(ready: World) -> None:
    runs.improve(ready.database, ready.admin, metric_of(ready), READ_ONLY)
    evaluations.start(ready.database, ready.admin, metric_of(ready))
    before = ready.audit()
    runs.improve(ready.database, ready.editor, metric_of(ready), READ_ONLY)
    evaluations.start(ready.database, ready.editor, metric_of(ready))
    assert ready.audit() == before


def test_somebody_added_to_all_projects_is_recorded_in_each_of_them(ready: World) -> None:
    accounts.add_project(ready.database, ready.admin, "Second")
    before = len(ready.audit())
    accounts.add_user(ready.database, ready.admin, "new@clinic.test", Role.VIEWER)
    assert ready.audit()[before:] == ["member.add"] * 2
