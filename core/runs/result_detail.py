"""One result with all that a person needs to decide on it, but its rows (`result_rows`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.errors import NotAllowed
from core.evidence import Evidence
from core.models import Call, Metric, MetricReview, MetricVersion, Result, Run
from core.notifications.summary import definition_fields
from core.runs.access import result_for
from core.runs.candidates import candidate_definition
from core.runs.findings_view import FindingsView, findings_view
from core.runs.guard_view import GuardCheck, guard_checks
from core.runs.meanwhile import Meanwhile, meanwhile
from core.runs.proposal_view import Place, ProposalView, proposal_view
from core.runs.standing import Standing, labels_changed, standing
from core.terms import Actor, Outcome, Role, Score


@dataclass(frozen=True, slots=True)
class CitedLabel:
    """A label that a rule rests on, as it is now; `expected` is None where there is only a note."""

    review_id: int
    external_id: str
    expected: str | None
    feedback: str


@dataclass(frozen=True, slots=True)
class CitedRule:
    """What the labels taught, with those of its labels that are still there."""

    text: str
    labels: tuple[CitedLabel, ...]


@dataclass(frozen=True, slots=True)
class ResultDetail:
    """One metric of a run.

    Scores are over the rows that both definitions were judged on; `held_out` are baseline and optimised
    on the rows the search never saw, None below 30 labels. `before` and `after` are the definition's
    fields as text, the live one's and the candidate's. `evidence` says how sure the labels make us, and
    `findings` what people should look at; both None where the run did not get so far. `standing` are the
    scores the candidate would go live with, which are those of a trial where it was scored again; None
    where it has none. `guard` is what the guard looked at, and `log` what the search did. `labels_changed`
    counts labels given, changed or taken back since the result read them. `same_as`: the earlier result
    that decided the same question. `meanwhile`: what changed in the metric since, if anything did.
    `edited`: the fields of what went live, where that is an edit of the candidate, and `edited_score` the
    score it went live with.
    """

    id: int
    run_id: int
    metric_id: int
    metric: str
    state: str
    outcome: Outcome | None
    reason: str
    warning: str
    baseline: Score | None
    optimised: Score | None
    held_out: tuple[Score, Score] | None
    labelled: int | None
    fixed: int | None
    broken: int | None
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    base_version: int | None
    applied_version: int | None
    summary: str
    rules: tuple[CitedRule, ...]
    evidence: Evidence | None
    findings: FindingsView | None
    standing: Standing | None
    guard: tuple[GuardCheck, ...]
    log: tuple[str, ...]
    proposal: ProposalView | None
    labels_changed: int
    meanwhile: Meanwhile | None
    edited: Mapping[str, str] | None
    edited_score: Score | None
    archived: bool
    same_as: Place | None
    may_decide: bool
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether a person may still decide on it."""
        return self.proposal is not None and self.proposal.state == "waiting" and not self.archived


def result_detail(database: Database, actor: Actor, result_id: int) -> ResultDetail:
    """Raises NotFound, NotAllowed."""
    with database.read() as session:
        result, metric = result_for(session, actor, result_id)
        return _detail(session, actor, result, metric)


def _detail(session: Session, actor: Actor, result: Result, metric: Metric) -> ResultDetail:
    base = _version(session, result.base_version_id)
    applied = _version(session, result.applied_version_id)
    candidate = result.candidate or {}
    found = standing(session, result, metric) if candidate else None
    return ResultDetail(
        id=result.id,
        run_id=result.run_id,
        metric_id=metric.id,
        metric=metric.name,
        state=result.state,
        outcome=Outcome(result.outcome) if result.outcome else None,
        reason=result.reason,
        warning=result.warning,
        baseline=Score.or_none(result.baseline_correct, result.baseline_total, result.not_judged),
        optimised=Score.or_none(result.optimised_correct, result.optimised_total, result.not_judged),
        held_out=_held_out(result),
        labelled=result.labelled,
        fixed=result.fixed,
        broken=result.broken,
        before=definition_fields(base.definition) if base else None,
        after=definition_fields(candidate_definition(result)) if candidate else None,
        base_version=base.number if base else None,
        applied_version=applied.number if applied else None,
        summary=str(candidate.get("summary", "")),
        rules=_rules(session, candidate.get("rules", [])),
        evidence=Evidence.of_json(result.evidence) if result.evidence else None,
        findings=findings_view(session, result),
        standing=found,
        guard=_guard(session, result, metric, found),
        log=tuple(result.log or ()),
        proposal=proposal_view(session, result),
        labels_changed=found.labels_changed if found else labels_changed(session, result),
        meanwhile=meanwhile(session, result, metric),
        edited=definition_fields(applied.definition) if applied and _is_edit(result, applied) else None,
        edited_score=Score.or_none(
            result.applied_correct, result.applied_total, result.applied_not_judged or 0
        ),
        archived=metric.archived_at is not None,
        same_as=_place(session, result.same_as_result_id),
        may_decide=_may_decide(session, actor, metric.project_id),
        calls=result.calls,
        input_tokens=result.input_tokens,
        output_tokens=result.output_tokens,
        cost=result.cost,
        started_at=result.started_at,
        finished_at=result.finished_at,
    )


def _version(session: Session, version_id: int | None) -> MetricVersion | None:
    return session.get_one(MetricVersion, version_id) if version_id else None


def _held_out(result: Result) -> tuple[Score, Score] | None:
    if not result.held_out:
        return None
    before, after = result.held_out["baseline"], result.held_out["optimised"]
    return Score(before["correct"], before["total"]), Score(after["correct"], after["total"])


def _rules(session: Session, rules: list[dict[str, Any]]) -> tuple[CitedRule, ...]:
    cited = {label_id for rule in rules for label_id in rule["label_ids"]}
    rows = session.execute(
        select(MetricReview.id, Call.external_id, MetricReview.expected_value, MetricReview.feedback)
        .join(Call, Call.id == MetricReview.call_id)
        .where(MetricReview.id.in_(cited))
    )
    labels = {row.id: CitedLabel(*row) for row in rows}
    return tuple(
        CitedRule(rule["text"], tuple(labels[key] for key in rule["label_ids"] if key in labels))
        for rule in rules
    )


def _guard(
    session: Session, result: Result, metric: Metric, found: Standing | None
) -> tuple[GuardCheck, ...]:
    if result.candidate is None:
        return ()
    run = session.get_one(Run, result.run_id)
    return guard_checks(result, run, metric, found, candidate_definition(result).type)


def _is_edit(result: Result, applied: MetricVersion) -> bool:
    return applied.digest != candidate_definition(result).digest()


def _place(session: Session, result_id: int | None) -> Place | None:
    found = session.get(Result, result_id) if result_id else None
    return Place(found.run_id, found.id) if found else None


def _may_decide(session: Session, actor: Actor, project_id: int) -> bool:
    try:
        authorise(session, actor, project_id, Role.EDITOR, "apply proposals")
    except NotAllowed:
        return False
    return True
