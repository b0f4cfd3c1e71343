"""What an API token wanted applied once it is scored is applied only while the token may still do so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from core import runs
from core.models import ApiToken, AuditEvent, Proposal
from core.runs import RunOptions
from core.terms import Origin, Role
from core.tokens import TokenView, actor_of_token, make_token, revoke_token
from tests.scripted_model import POLITE
from tests.world import World


@pytest.fixture
def metric(world: World) -> int:
    """Three labels that the live prompt gets right, six that it gets wrong."""
    return world.labelled()


@pytest.fixture
def proposal(world: World, metric: int) -> int:
    made = world.improve(metric).proposal
    assert made is not None
    return made


def state(world: World, proposal: int) -> str:
    with world.database.read() as session:
        return session.get_one(Proposal, proposal).state


def by_token(world: World, proposal: int) -> TokenView:
    """An editor's token of the admin's wants the proposal applied as soon as it is scored."""
    view, plaintext = make_token(world.database, world.admin, world.project_id, "CI", Role.EDITOR)
    actor = actor_of_token(world.database, plaintext, Origin.MCP)
    runs.score_proposal(world.database, actor, proposal, then_apply=True)
    return view


def test_what_a_token_wanted_applied_bears_its_name(world: World, metric: int, proposal: int) -> None:
    by_token(world, proposal)
    world.work()

    assert state(world, proposal) == "applied"
    with world.database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "proposal.apply")).one()
    assert (event.actor, event.origin) == ("admin@clinic.test (token “CI”)", "mcp")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("revoked_at", datetime(2026, 1, 1, tzinfo=UTC)),
        ("expires_at", datetime(2026, 1, 1, tzinfo=UTC)),
        ("role", Role.LABELLER),
    ],
)
def test_a_token_that_may_no_longer_apply_applies_nothing_it_began(
    world: World, metric: int, proposal: int, column: str, value: object
) -> None:
    token = by_token(world, proposal)
    with world.database.write() as session:
        session.execute(update(ApiToken).where(ApiToken.id == token.id).values({column: value}))
    world.work()

    assert (world.live(metric), state(world, proposal)) == (POLITE, "waiting")


def test_a_revoked_token_applies_no_proposal_that_had_no_score(world: World, metric: int) -> None:
    proposal = world.improve(metric, RunOptions(skip_evaluation=True)).proposal
    assert proposal is not None
    view, plaintext = make_token(world.database, world.admin, world.project_id, "CI", Role.EDITOR)
    actor = actor_of_token(world.database, plaintext, Origin.MCP)
    assert runs.apply_once_scored(world.database, actor, proposal).scoring is not None

    revoke_token(world.database, world.admin, view.id)
    world.work()

    assert (world.live(metric), state(world, proposal)) == (POLITE, "waiting")


def test_a_person_and_a_token_that_want_the_same_do_not_wait_on_each_other(
    world: World, metric: int, proposal: int
) -> None:
    """What the token began would not be applied once it is revoked, whoever else wanted it."""
    token = by_token(world, proposal)
    started = runs.score_proposal(world.database, world.editor, proposal, then_apply=True)
    assert not started.joined
    assert runs.score_proposal(world.database, world.editor, proposal, then_apply=True).joined
    revoke_token(world.database, world.admin, token.id)
    world.work()

    assert state(world, proposal) == "applied"
