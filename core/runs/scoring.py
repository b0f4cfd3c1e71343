"""Score a proposal again, or an edit of it, and try a candidate on recent calls: trials of a result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import trials
from core.db import Database
from core.errors import NotScored, Refused
from core.jobs import Claim
from core.jobs.workplace import Workplace
from core.metrics import check_definition, find_for, live_version
from core.models import Proposal, Result, Trial, User
from core.runs.candidates import candidate_definition, candidate_for
from core.runs.proposals import apply_candidate, waiting
from core.runs.updating import DefinitionChange
from core.runs.whole_texts import refuse_parts
from core.terms import DEFINITION_FIELDS, Actor, Definition, Origin, Role
from core.tokens import actor_again
from core.trials import MOST_RECENT, NewTrial, Scope, StartedTrial, start_in


@dataclass(frozen=True, slots=True)
class Applying:
    """What became of the wish to apply: the new version's number, or the trial that has to come first."""

    version: int | None
    scoring: StartedTrial | None


def apply_once_scored(database: Database, actor: Actor, proposal_id: int) -> Applying:
    """Apply a proposal; one without a score on all labels is scored first, and applied by the worker then.

    One transaction, so that nobody decides on it in between; the caller pushes the job. Raises as
    `proposals.apply` but NotScored, and as `score_proposal`.
    """
    with database.write() as session:
        mine = waiting(session, actor, proposal_id, "apply proposals")
        try:
            return Applying(apply_candidate(session, actor, mine), None)
        except NotScored:
            wanted = _then_applied(_of(mine.result, candidate_definition(mine.result)), actor)
            return Applying(None, start_in(session, actor, mine.metric, wanted))


def score_change(
    database: Database,
    actor: Actor,
    metric_id: int,
    change: DefinitionChange,
    *,
    review_ids: Sequence[int] | None = None,
    save: bool = True,
) -> StartedTrial:
    """Judge a metric's labelled rows afresh: by the live definition, or by a changed one beside it.

    `save` keeps the verdicts of the live definition as the Lab's actual values. The caller pushes the job.
    Raises NotFound, NotAllowed, BadDefinition, Refused and BudgetSpent.
    """
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "try definitions")
        live = live_version(session, metric).definition
        tried = change.on(live)
        refuse_parts(tried, live)
        check_definition(tried)
        wanted = NewTrial(metric.id, tried, review_ids=review_ids, with_live=tried != live, save=save)
        return start_in(session, actor, metric, wanted)


def score_proposal(
    database: Database, actor: Actor, proposal_id: int, *, then_apply: bool = False
) -> StartedTrial:
    """Judge the live prompt and a waiting proposal afresh, on the labels of today; the caller pushes its job.

    With `then_apply` the worker applies it in the actor's name as soon as it is known not to be lower, if
    the actor, and their token if they came by one, may still apply it then.
    Raises NotFound, NotAllowed, ProposalClosed, Refused and BudgetSpent.
    """
    with database.write() as session:
        mine = waiting(session, actor, proposal_id, "score proposals")
        wanted = _of(mine.result, candidate_definition(mine.result))
        wanted = _then_applied(wanted, actor) if then_apply else wanted
        return start_in(session, actor, mine.metric, wanted)


def _then_applied(wanted: NewTrial, actor: Actor) -> NewTrial:
    """To be applied in the actor's name; one who came by a token must still have it then."""
    token_id = actor.scope.token_id if actor.scope is not None else None
    return replace(wanted, then_apply=True, token_id=token_id)


def score_edited(database: Database, actor: Actor, proposal_id: int, edited: Definition) -> StartedTrial:
    """The same for an edit of it, which waits for a person's word whatever it scores.

    Raises as `score_proposal`, BadDefinition, and Refused where the edit leaves nothing of the proposal.
    """
    check_definition(edited)
    with database.write() as session:
        mine = waiting(session, actor, proposal_id, "score proposals")
        if edited == live_version(session, mine.metric).definition:
            raise Refused("That is what the live definition says already; there is nothing to score.")
        return start_in(session, actor, mine.metric, _of(mine.result, edited))


def recent_trial(database: Database, actor: Actor, result_id: int, limit: int = MOST_RECENT) -> NewTrial:
    """A result's candidate on the newest calls without a label: to be sized (`trials.size_of`) and started.

    Raises NotFound where the result has no candidate, NotAllowed.
    """
    with database.read() as session:
        result, _ = candidate_for(session, actor, result_id)
        wanted = _of(result, candidate_definition(result))
        return replace(wanted, scope=Scope.RECENT, limit=limit)


def taking(live: Definition, proposed: Definition, fields: Collection[str]) -> Definition:
    """The live definition with some fields of the proposal; the names are those of DEFINITION_FIELDS."""
    unknown = sorted(set(fields) - set(DEFINITION_FIELDS))
    if unknown:
        raise Refused(f"A definition has no field {', '.join(unknown)}.")
    return Definition(
        description=(proposed if "description" in fields else live).description,
        trigger=(proposed if "evaluation_trigger" in fields else live).trigger,
        type=(proposed if "type" in fields else live).type,
        custom_code=(proposed if "custom_code" in fields else live).custom_code,
    )


def perform_trial(place: Workplace, mine: Claim) -> list[int]:
    """The job of a trial, whoever started it; a proposal that was to be applied is, unless it is lower."""
    return trials.perform_trial(place, mine, _apply_if_wanted)


def _apply_if_wanted(session: Session, trial: Trial, woken: list[int]) -> None:
    """In the transaction that records the scores. What speaks against it is said by the page and the next
    attempt; the trial itself went well."""
    if not trial.options.get("then_apply") or trial.starter_id is None:
        return
    proposal_id = session.scalar(select(Proposal.id).where(Proposal.result_id == trial.result_id))
    if proposal_id is None:
        return
    session.flush()
    try:
        actor = _starter(session, trial, trial.starter_id)
        apply_candidate(session, actor, waiting(session, actor, proposal_id, "apply proposals"))
    except Refused:
        return


def _starter(session: Session, trial: Trial, user_id: int) -> Actor:
    """Who wanted it, with what they may do by now. Raises TokenRefused."""
    token_id: int | None = trial.options.get("token")
    if token_id is not None:
        return actor_again(session, token_id, Origin(trial.origin))
    return Actor(user_id, session.get_one(User, user_id).email, Origin(trial.origin))


def _of(result: Result, definition: Definition) -> NewTrial:
    return NewTrial(result.metric_id, definition, result_id=result.id)
