"""Proposals: one waits a metric, a person closes it, and exactly once."""

from __future__ import annotations

from functools import partial

import pytest
from sqlalchemy import select

from core import lab, metrics, runs
from core.errors import EditedMeanwhile, NotAllowed, NotFound, ProposalClosed
from core.models import MetricReview, MetricVersion, Proposal
from core.runs import READ_ONLY
from core.terms import Definition, Outcome, Role
from tests.at_once import at_once
from tests.databases import on_both
from tests.scripted_model import BETTER, POLITE, SAME
from tests.world import AUTO_APPLY, World


@pytest.fixture
def metric(world: World) -> int:
    return world.labelled()


@pytest.fixture
def proposal(world: World, metric: int) -> int:
    made = world.improve(metric, READ_ONLY).proposal
    assert made is not None
    return made


def stored(world: World, proposal: int) -> Proposal:
    with world.database.read() as session:
        return session.get_one(Proposal, proposal)


def numbers(world: World) -> list[int]:
    with world.database.read() as session:
        return list(session.scalars(select(MetricVersion.number).order_by(MetricVersion.id)))


@on_both
def test_applying_makes_the_proposal_the_live_definition(world: World, metric: int, proposal: int) -> None:
    assert runs.apply(world.database, world.editor, proposal) == 2
    assert world.live(metric) == BETTER
    found = stored(world, proposal)
    assert (found.state, found.closed_by) == ("applied", world.editor.user_id)
    result = runs.list_runs(world.database, world.editor)[0].results[0]
    assert (result.outcome, result.applied, result.applied_version) == (Outcome.PROPOSED, True, 2)
    with world.database.read() as session:
        version = session.scalars(select(MetricVersion).where(MetricVersion.number == 2)).one()
    assert (version.result_id, version.author_id) == (result.id, world.editor.user_id)


@on_both
def test_applying_the_same_proposal_at_once_makes_one_version(world: World, proposal: int) -> None:
    done = at_once([partial(runs.apply, world.database, world.editor, proposal)] * 4)
    assert done.count(2) == 1
    assert [isinstance(each, ProposalClosed) for each in done].count(True) == 3
    assert numbers(world) == [1, 2]
    assert world.audit().count("proposal.apply") == 1


@on_both
def test_applying_and_rejecting_at_once_does_one_of_them(world: World, metric: int, proposal: int) -> None:
    done = at_once(
        [
            partial(runs.apply, world.database, world.editor, proposal),
            partial(runs.reject, world.database, world.admin, proposal),
        ]
    )
    assert [isinstance(each, ProposalClosed) for each in done].count(True) == 1
    applied = stored(world, proposal).state == "applied"
    assert world.live(metric) == (BETTER if applied else POLITE)


@on_both
def test_applying_and_editing_at_once_loses_neither_silently(
    world: World, metric: int, proposal: int
) -> None:
    edited = Definition("Was it polite?")
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    edit = partial(
        metrics.edit_definition, world.database, world.editor, metric, edited, expected_revision=revision
    )
    done = at_once([partial(runs.apply, world.database, world.editor, proposal), edit])

    refused = [isinstance(each, (ProposalClosed, EditedMeanwhile)) for each in done]
    assert refused.count(True) == 1
    assert numbers(world) == [1, 2]
    assert world.live(metric) == (edited.description if refused[0] else BETTER)


@on_both
def test_an_edit_supersedes_the_proposal_and_applying_it_says_so(
    world: World, metric: int, proposal: int
) -> None:
    world.edit(metric, "Was it polite?")
    before = world.audit()
    with pytest.raises(ProposalClosed, match=r"superseded by an edit \(version 2\)"):
        runs.apply(world.database, world.editor, proposal)
    with pytest.raises(ProposalClosed):
        runs.reject(world.database, world.editor, proposal)
    assert world.live(metric) == "Was it polite?"
    assert world.audit() == before


def test_a_rollback_supersedes_the_proposal(world: World, metric: int, proposal: int) -> None:
    runs.apply(world.database, world.editor, proposal)
    world.row(metric, "another angry call", expected="false")
    world.model.proposes = SAME
    second = world.improve(metric).proposal
    assert second is None  # SAME is worse than BETTER: regressed
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    metrics.restore(world.database, world.editor, metric, 1, expected_revision=revision, reason="Too strict.")
    third = world.improve(metric).proposal
    assert third is not None
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    metrics.restore(
        world.database, world.editor, metric, 2, expected_revision=revision, reason="It was fine."
    )
    assert stored(world, third).superseded_by == "a rollback to version 2 (version 4)"


@on_both
def test_a_newer_proposal_supersedes_the_one_that_waits(world: World, metric: int, proposal: int) -> None:
    world.row(metric, "another angry call", expected="false")
    newer = world.improve(metric).proposal

    assert newer not in (None, proposal)
    assert (stored(world, proposal).state, stored(world, newer or 0).state) == ("superseded", "waiting")
    assert stored(world, proposal).superseded_by == "a newer proposal (run 2)"
    assert metrics.retrieve(world.database, world.editor, metric).waiting_proposal == newer


def test_an_applied_candidate_supersedes_the_proposal_that_waits(
    world: World, metric: int, proposal: int
) -> None:
    world.row(metric, "another angry call", expected="false")
    assert world.improve(metric, AUTO_APPLY).outcome is Outcome.APPLIED
    assert stored(world, proposal).superseded_by == "version 2, applied by run 2"


def test_a_run_that_proposes_nothing_leaves_the_waiting_proposal_alone(
    world: World, metric: int, proposal: int
) -> None:
    assert world.improve(metric).outcome is Outcome.NO_CHANGES
    assert stored(world, proposal).state == "waiting"


def test_rejecting_keeps_the_reason_and_the_live_prompt(world: World, metric: int, proposal: int) -> None:
    runs.reject(world.database, world.editor, proposal, "Too strict.")
    found = stored(world, proposal)
    assert (found.state, found.closed_reason) == ("rejected", "Too strict.")
    assert world.live(metric) == POLITE
    with pytest.raises(ProposalClosed, match="was rejected"):
        runs.apply(world.database, world.editor, proposal)


def test_labels_that_changed_since_do_not_stop_a_person_who_applies(world: World, proposal: int) -> None:
    with world.database.read() as session:
        review = session.scalars(select(MetricReview.id)).first()
    lab.label(world.database, world.editor, review or 0, False)
    assert runs.apply(world.database, world.editor, proposal) == 2


@pytest.mark.parametrize("role", [Role.VIEWER, Role.LABELLER])
def test_applying_and_rejecting_need_an_editor(world: World, metric: int, proposal: int, role: Role) -> None:
    for act in (runs.apply, runs.reject):
        with pytest.raises(NotAllowed, match="needs the role editor"):
            act(world.database, world.people[role], proposal)
    assert stored(world, proposal).state == "waiting"
    assert world.live(metric) == POLITE


def test_a_proposal_that_is_not_there_is_said_to_be_so(world: World) -> None:
    with pytest.raises(NotFound, match="There is no proposal “7”"):
        runs.apply(world.database, world.editor, 7)


def test_a_critical_metric_waits_for_a_person_even_where_the_run_may_apply(world: World) -> None:
    metric = world.metric("Critical", critical=True)
    world.label(metric, right=3, wrong=6)
    result = world.improve(metric, AUTO_APPLY)
    assert result.outcome is Outcome.PROPOSED
    assert "critical" in result.reason
