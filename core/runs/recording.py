"""Write what a run found, and what became of it, in one transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core import audit, jobs
from core.accounts import product
from core.db import Database, database_now, insert_once
from core.endpoints import Prices, prices_of
from core.guard import Decision, Facts, decide, decide_unscored
from core.judging.scoring import compare, score
from core.lab import mark_unstable
from core.metrics import definition_json, make_live, supersede_waiting
from core.models import Job, Metric, Proposal, Result, RowResult, Run, ScheduleMetric, User
from core.models.runs import DONE, WAITING
from core.notifications.summary import WAITING_FOR_A_PERSON
from core.optimiser.split import Part
from core.runs.learned import Learned
from core.runs.loading import Frozen
from core.settings import Settings
from core.terms import Actor, Candidate, Guard, LabelledRow, Origin, Outcome, Score, Usage

CANCELLED = Decision(Outcome.CANCELLED, "The run was cancelled; nothing was applied.")


def record(
    database: Database, settings: Settings, mine: jobs.Claim, learned: Learned, verdict: Decision | None
) -> list[int]:
    """Close the result and its job; the ids of jobs that waited for this metric, to push.

    `verdict` is None when the guard is to decide about a candidate. Whoever asked to cancel before
    this transaction began was in time. Raises LeaseLost, and then nothing is written.
    """
    with database.write() as session:
        result = session.get_one(Result, mine.subject_id)
        # The metric before the job: who deletes a metric locks them in this order, too.
        metric = session.get_one(Metric, result.metric_id, with_for_update={"key_share": True})
        cancelled = jobs.hold(session, mine)
        if cancelled and verdict is None:
            learned.drop_candidate()
            verdict = CANCELLED
        decision = verdict or _guarded(session, metric, result, learned)
        _close(session, settings, result, learned, decision)
        _write_scores(result, learned)
        _write_rows(session, result, learned)
        if learned.findings is not None:
            mark_unstable(session, learned.findings.unstable)
        if decision.outcome in WAITING_FOR_A_PERSON:
            _wait_for_review(session, result, scored=learned.after is not None)
        failed = decision.outcome in (Outcome.FAILED, Outcome.CANCELLED)
        jobs.finish(
            session, mine, decision.outcome.value if failed else "finished", decision.reason if failed else ""
        )
        return let_next_go(session, result.metric_id)


def let_next_go(session: Session, metric_id: int) -> list[int]:
    """Wake results of other runs that waited for this metric; the ids of their jobs."""
    waiting = select(Result.id).where(Result.metric_id == metric_id, Result.state == WAITING)
    return jobs.wake_now(session, Job.kind == "optimise", Job.subject_id.in_(waiting))


def run_actor(session: Session, run: Run) -> Actor:
    """In whose name a run acts: its starter's, or the product's for a schedule."""
    origin = {"button": Origin.PAGE, "mcp": Origin.MCP, "command line": Origin.COMMAND_LINE}
    if run.starter_id is None or run.trigger not in origin:
        return product(Origin.SCHEDULE)
    user = session.get_one(User, run.starter_id)
    return Actor(user.id, user.email, origin[run.trigger])


def _guarded(session: Session, metric: Metric, result: Result, learned: Learned) -> Decision:
    """Let the guard decide, and where it says apply, apply by compare-and-set."""
    frozen, candidate, compared = learned.frozen, learned.candidate, learned.comparison()
    assert frozen is not None and candidate is not None
    stale = metric.revision != frozen.base_revision
    if compared is None:
        return decide_unscored(stale)
    run = session.get_one(Run, result.run_id)
    facts = Facts(
        baseline=compared.baseline,
        optimised=compared.optimised,
        auto_apply=run.auto_apply,
        stale=stale,
        candidate_type=candidate.definition.type,
        apply_code=run.apply_code,
        critical=metric.critical and not _confirmed(session, run, metric),
        guard=Guard(run.guard),
        evidence=learned.evidence,
    )
    decision = decide(facts)
    if decision.outcome is Outcome.APPLIED:
        _apply(session, run, metric, result, frozen, candidate)
    return decision


def _confirmed(session: Session, run: Run, metric: Metric) -> bool:
    """Whether an admin typed this critical metric's name when they let the schedule apply by itself."""
    if run.schedule_id is None:
        return False
    entry = session.get(ScheduleMetric, (run.schedule_id, metric.id))
    return entry is not None and entry.auto_apply_confirmed


def _apply(
    session: Session, run: Run, metric: Metric, result: Result, frozen: Frozen, candidate: Candidate
) -> None:
    actor = run_actor(session, run)
    version = make_live(
        session,
        actor,
        metric,
        candidate.definition,
        expected_revision=frozen.base_revision,
        comment=candidate.summary or f"Applied by run {run.id}",
        result_id=result.id,
    )
    assert version is not None  # the row is locked and its revision was just compared
    result.applied_version_id = version.id
    supersede_waiting(session, metric.id, f"version {version.number}, applied by run {run.id}")
    audit.record(
        session,
        actor,
        "proposal.apply",
        f"metric {metric.name}",
        project_id=metric.project_id,
        reason=f"run {run.id}, guard {run.guard}",
        details={"version": version.number, "result": result.id},
    )


def _close(
    session: Session, settings: Settings, result: Result, learned: Learned, decision: Decision
) -> None:
    result.state = DONE
    result.outcome = decision.outcome.value
    result.reason = decision.reason
    result.warning = learned.warning
    result.same_as_result_id = learned.same_as
    result.finished_at = database_now(session)
    run = session.get_one(Run, result.run_id)
    write_usage(prices_of(session, settings, run.project_id), result, learned.usage())
    if learned.frozen is not None:
        result.fingerprint = learned.frozen.fingerprint
        result.base_version_id = learned.frozen.base_version_id
        result.base_revision = learned.frozen.base_revision
        result.base_digest = learned.frozen.case.definition.digest()
        result.labelled = len(learned.frozen.case.labelled)
    if learned.candidate is not None:
        result.candidate = candidate_json(learned.candidate)
        result.candidate_digest = learned.candidate.definition.digest()
    result.log = list(learned.log) or None
    result.evidence = learned.evidence.as_json() if learned.evidence else None
    result.findings = learned.findings.as_json() if learned.findings is not None else None


def write_usage(prices: Prices, result: Result, usage: Usage) -> None:
    result.calls = usage.calls
    result.input_tokens, result.output_tokens = usage.input_tokens, usage.output_tokens
    result.cost = prices.cost(usage)


def candidate_json(candidate: Candidate) -> dict[str, Any]:
    return {
        "definition": definition_json(candidate.definition),
        "rules": [{"text": rule.text, "label_ids": list(rule.label_ids)} for rule in candidate.rules],
        "summary": candidate.summary,
    }


def _write_scores(result: Result, learned: Learned) -> None:
    """Both scores over the rows both definitions were judged on; the baseline alone without a candidate."""
    frozen, compared = learned.frozen, learned.comparison()
    if frozen is None or learned.before is None:
        return
    baseline = (
        compared.baseline if compared else score(frozen.case.labelled, learned.before, frozen.case.settings)
    )
    result.baseline_correct, result.baseline_total = baseline.correct, baseline.total
    result.not_judged = baseline.not_judged
    if compared is None:
        return
    result.optimised_correct, result.optimised_total = compared.optimised.correct, compared.optimised.total
    result.fixed, result.broken = len(compared.fixed), len(compared.broken)
    result.held_out = _held_out(learned)


def _held_out(learned: Learned) -> dict[str, Any] | None:
    """Both scores on the rows the search never saw; None below 30 labels."""
    assert learned.frozen is not None
    assert learned.before is not None
    assert learned.after is not None
    case = learned.frozen.case
    rows = [row for row in case.labelled if learned.parts.get(row.review_id) is Part.HELD_OUT]
    if not rows:
        return None
    compared = compare(rows, learned.before, learned.after, case.settings)
    return {"baseline": _score_json(compared.baseline), "optimised": _score_json(compared.optimised)}


def _score_json(found: Score) -> dict[str, int]:
    return {"correct": found.correct, "total": found.total}


def _write_rows(session: Session, result: Result, learned: Learned) -> None:
    if learned.frozen is None or learned.before is None:
        return
    rows = [_row(result.id, row, learned) for row in learned.frozen.case.labelled]
    if rows:
        session.execute(insert(RowResult), rows)


def _row(result_id: int, row: LabelledRow, learned: Learned) -> dict[str, Any]:
    before = (learned.before or {}).get(row.review_id)
    after = (learned.after or {}).get(row.review_id)
    return {
        "result_id": result_id,
        "review_id": row.review_id,
        "expected_value": row.expected or "",
        "part": learned.parts.get(row.review_id, Part.LEARN).value,
        "before_status": before.status.value if before else None,
        "before_value": before.value if before else None,
        "before_explanation": before.explanation if before else "",
        "after_status": after.status.value if after else None,
        "after_value": after.value if after else None,
        "after_explanation": after.explanation if after else "",
    }


def _wait_for_review(session: Session, result: Result, *, scored: bool) -> None:
    supersede_waiting(session, result.metric_id, f"a newer proposal (run {result.run_id})")
    insert_once(
        session,
        Proposal,
        {"metric_id": result.metric_id, "result_id": result.id, "state": "waiting", "scored": scored},
        Proposal.id,
    )
