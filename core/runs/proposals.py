"""Proposals: a person applies or rejects what a run proposed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import NotFound, ProposalClosed
from core.metrics import make_live, read_definition
from core.models import Metric, Proposal, Result
from core.terms import Actor, Definition, Role


def apply(database: Database, actor: Actor, proposal_id: int) -> int:
    """Make the proposal the live definition, all four fields in one step; the new version's number.

    Raises NotFound, NotAllowed, and ProposalClosed when it no longer waits or when the live version
    is not the one its run started from.
    """
    with database.write() as session:
        proposal, result, metric = _waiting(session, actor, proposal_id, "apply proposals")
        definition = candidate_definition(result)
        version = None
        if metric.live_version_id == result.base_version_id:
            version = make_live(
                session,
                actor,
                metric,
                definition,
                expected_revision=metric.revision,
                comment=str((result.candidate or {}).get("summary") or f"Proposal {proposal_id}"),
                result_id=result.id,
            )
        if version is None:
            raise ProposalClosed(
                f"“{metric.name}” was edited after this proposal was made; run again to improve it."
            )
        result.applied_version_id = version.id
        _close(session, actor, proposal, "applied", "")
        audit.record(
            session,
            actor,
            "proposal.apply",
            f"metric {metric.name}",
            project_id=metric.project_id,
            details={"proposal": proposal_id, "version": version.number},
        )
        return version.number


def reject(database: Database, actor: Actor, proposal_id: int, reason: str = "") -> None:
    """Close a waiting proposal without applying it. Raises NotFound, NotAllowed, ProposalClosed."""
    with database.write() as session:
        proposal, _, metric = _waiting(session, actor, proposal_id, "reject proposals")
        _close(session, actor, proposal, "rejected", reason)
        audit.record(
            session,
            actor,
            "proposal.reject",
            f"metric {metric.name}",
            project_id=metric.project_id,
            reason=reason,
            details={"proposal": proposal_id},
        )


def candidate_definition(result: Result) -> Definition:
    """The definition a result's candidate holds."""
    data: dict[str, Any] = (result.candidate or {})["definition"]
    return read_definition(data)


def _waiting(session: Session, actor: Actor, proposal_id: int, what: str) -> tuple[Proposal, Result, Metric]:
    proposal = session.get(Proposal, proposal_id)
    if proposal is None:
        raise NotFound("proposal", proposal_id)
    metric = session.get_one(Metric, proposal.metric_id, with_for_update=True)
    authorise(session, actor, metric.project_id, Role.EDITOR, what)
    session.refresh(proposal)
    if proposal.state != "waiting":
        by = f" by {proposal.superseded_by}" if proposal.superseded_by else ""
        raise ProposalClosed(f"Proposal {proposal_id} was {proposal.state}{by}.")
    return proposal, session.get_one(Result, proposal.result_id), metric


def _close(session: Session, actor: Actor, proposal: Proposal, state: str, reason: str) -> None:
    closed = session.execute(
        update(Proposal)
        .where(Proposal.id == proposal.id, Proposal.state == "waiting")
        .values(
            state=state,
            closed_by=actor.user_id,
            closed_at=database_now(session),
            closed_reason=reason,
        )
        .execution_options(synchronize_session=False)
        .returning(Proposal.id)
    ).scalar_one_or_none()
    if closed is None:
        raise ProposalClosed(f"Proposal {proposal.id} was closed by somebody else meanwhile.")
