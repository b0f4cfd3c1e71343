"""Proposals: a person applies or rejects what a run proposed, as it was or edited."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise
from core.db import Database, database_now
from core.errors import EditedMeanwhile, NotFound, NotScored, ProposalClosed
from core.metrics import make_live, read_definition
from core.models import Metric, Proposal, Result, Trial
from core.runs.candidates import candidate_definition
from core.runs.standing import Standing, require_score, scores_all, standing, trial_standing
from core.storable import storable_text
from core.terms import Actor, Definition, Role
from core.trials import Scope, is_outdated


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that nobody closed yet, with its metric locked."""

    proposal: Proposal
    result: Result
    metric: Metric


def apply(database: Database, actor: Actor, proposal_id: int) -> int:
    """Make the proposal the live definition, all four fields in one step; the new version's number.

    Raises NotFound, NotAllowed, NotScored, ScoresLower, and ProposalClosed when it no longer waits or when
    the live version is not the one its run started from.
    """
    with database.write() as session:
        return apply_candidate(session, actor, waiting(session, actor, proposal_id, "apply proposals"))


def apply_candidate(session: Session, actor: Actor, mine: Waiting) -> int:
    """The same in a transaction of the caller's."""
    scores = require_score(standing(session, mine.result, mine.metric))
    comment = str((mine.result.candidate or {}).get("summary") or f"Proposal {mine.proposal.id}")
    return _make_live(session, actor, mine, candidate_definition(mine.result), scores, comment)


def apply_edited(database: Database, actor: Actor, proposal_id: int, trial_id: int, comment: str = "") -> int:
    """Make an edited proposal, as a trial scored it, the live definition; the new version's number.

    Raises NotFound, NotAllowed, NotScored, ScoresLower, ProposalClosed, and EditedMeanwhile when the metric
    is no longer what it was scored against.
    """
    with database.write() as session:
        mine = waiting(session, actor, proposal_id, "apply proposals")
        trial = session.get(Trial, trial_id)
        if trial is None or trial.result_id != mine.result.id or trial.scope != Scope.LABELS:
            raise NotFound("scored edit of this proposal", trial_id)
        if is_outdated(trial, mine.metric):
            raise EditedMeanwhile(f"“{mine.metric.name}” was changed after this was scored; score it again.")
        if not scores_all(trial):
            raise NotScored("This was scored on some of the labels only: score it on all, then apply it.")
        scores = require_score(trial_standing(session, trial))
        comment = storable_text(comment).strip() or f"Proposal {proposal_id}, edited before it was applied"
        return _make_live(session, actor, mine, read_definition(trial.definition), scores, comment)


def reject(database: Database, actor: Actor, proposal_id: int, reason: str = "") -> None:
    """Close a waiting proposal without applying it. Raises NotFound, NotAllowed, ProposalClosed."""
    reason = storable_text(reason)
    with database.write() as session:
        mine = waiting(session, actor, proposal_id, "reject proposals")
        _close(session, actor, mine.proposal, "rejected", reason)
        audit.record(
            session,
            actor,
            "proposal.reject",
            f"metric {mine.metric.name}",
            project_id=mine.metric.project_id,
            reason=reason,
            details={"proposal": proposal_id},
        )


def waiting(session: Session, actor: Actor, proposal_id: int, what: str) -> Waiting:
    """Raises NotFound, NotAllowed, and ProposalClosed when it no longer waits."""
    proposal = session.get(Proposal, proposal_id)
    if proposal is None:
        raise NotFound("proposal", proposal_id)
    metric = session.get_one(Metric, proposal.metric_id, with_for_update=True)
    authorise(session, actor, metric.project_id, Role.EDITOR, what, unseen=NotFound("proposal", proposal_id))
    session.refresh(proposal)
    if proposal.state != "waiting":
        by = f" by {proposal.superseded_by}" if proposal.superseded_by else ""
        raise ProposalClosed(f"Proposal {proposal_id} was {proposal.state}{by}.")
    return Waiting(proposal, session.get_one(Result, proposal.result_id), metric)


def _make_live(
    session: Session, actor: Actor, mine: Waiting, definition: Definition, scores: Standing, comment: str
) -> int:
    metric, result = mine.metric, mine.result
    version = None
    if metric.live_version_id == result.base_version_id:
        version = make_live(
            session,
            actor,
            metric,
            definition,
            expected_revision=metric.revision,
            comment=comment,
            result_id=result.id,
        )
    if version is None:
        raise ProposalClosed(
            f"“{metric.name}” was edited after this proposal was made; run again to improve it."
        )
    result.applied_version_id = version.id
    _keep_scores(session, result, scores, version.id)
    _close(session, actor, mine.proposal, "applied", "")
    audit.record(
        session,
        actor,
        "proposal.apply",
        f"metric {metric.name}",
        project_id=metric.project_id,
        details={
            "proposal": mine.proposal.id,
            "version": version.number,
            "edited": definition != candidate_definition(result),
            "trial": scores.trial_id,
        },
    )
    return version.number


def _keep_scores(session: Session, result: Result, scores: Standing, version_id: int) -> None:
    """What goes live is shown with the score it went live with, not with that of the run."""
    if scores.trial_id is None:
        return
    result.applied_correct, result.applied_total = scores.optimised.correct, scores.optimised.total
    result.applied_not_judged = scores.optimised.not_judged
    session.get_one(Trial, scores.trial_id).applied_version_id = version_id


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
