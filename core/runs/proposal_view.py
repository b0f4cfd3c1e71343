"""A proposal as the page of its result shows it, and what replaced it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.models import Proposal, Result, User


@dataclass(frozen=True, slots=True)
class Place:
    """Where a result is."""

    run_id: int
    result_id: int


@dataclass(frozen=True, slots=True)
class ProposalView:
    """`state`: waiting, applied, rejected or superseded; `replaced_by` is where its successor is."""

    id: int
    state: str
    scored: bool
    closed_by: str | None
    closed_at: datetime | None
    closed_reason: str
    superseded_by: str
    replaced_by: Place | None


def proposal_view(session: Session, result: Result) -> ProposalView | None:
    """None where the result made no proposal."""
    proposal = session.scalar(select(Proposal).where(Proposal.result_id == result.id))
    if proposal is None:
        return None
    closer = session.get(User, proposal.closed_by) if proposal.closed_by else None
    return ProposalView(
        id=proposal.id,
        state=proposal.state,
        scored=proposal.scored,
        closed_by=closer.email if closer else None,
        closed_at=proposal.closed_at,
        closed_reason=proposal.closed_reason,
        superseded_by=proposal.superseded_by,
        replaced_by=_successor(session, result, proposal),
    )


def _successor(session: Session, result: Result, proposal: Proposal) -> Place | None:
    """The result that superseded the proposal; None when an edit or a rollback did.

    Any later candidate that was proposed or applied would have superseded it, so the first one that had
    begun when the proposal was closed is the one that did.
    """
    if proposal.state != "superseded":
        return None
    replacing = (
        Result.applied_version_id.is_not(None)
        | select(Proposal.id).where(Proposal.result_id == Result.id).exists()
    )
    found = session.execute(
        select(Result.run_id, Result.id)
        .where(
            Result.metric_id == result.metric_id,
            Result.id > result.id,
            Result.started_at <= proposal.closed_at,
            replacing,
        )
        .order_by(Result.id)
        .limit(1)
    ).first()
    return Place(*found) if found else None
