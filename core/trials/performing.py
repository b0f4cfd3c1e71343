"""The job of a trial: judge the live definition and the one that is tried, and record both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core import jobs
from core.db import database_now
from core.endpoints import Prices, prices_of
from core.errors import BudgetSpent, CallFailed, Cancelled, ModelError, Refused, TooManyNotJudged
from core.jobs import Claim, Lease
from core.jobs.workplace import Workplace
from core.judging.changes import row_change
from core.judging.judge import Judge
from core.judging.scoring import compare, score, too_many_not_judged
from core.lab import StoredVerdicts, TranscriptStore
from core.lab.actuals import write_actuals
from core.llm.budget import Budget, total
from core.metrics import live_version, model_of, read_definition
from core.models import Metric, Trial, TrialRow
from core.terms import Definition, EvalSettings, LabelledRow, Score, Usage, Verdict
from core.trials.choosing import chosen_rows
from core.trials.terms import Scope
from core.verdicts import SQLVerdicts, spent

STOPPED = "The worker stopped several times in the middle; its log says why."
BATCH = 500

Conclude = Callable[[Session, Trial, list[int]], None]
"""What is done in the transaction that records a finished trial: it may add ids of jobs to push."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a trial works on, as it was when its job began. `tried` is `live` where they say the same."""

    project_id: int
    metric_id: int
    scope: Scope
    tried: Definition
    live: Definition | None
    base_version_id: int
    base_revision: int
    settings: EvalSettings
    model: str
    rows: tuple[LabelledRow, ...]
    read_at: datetime


@dataclass(slots=True)
class Seen:
    """What a trial saw so far; `before` stays empty where the live definition was not asked."""

    loaded: Loaded | None = None
    before: Mapping[int, Verdict] = field(default_factory=dict)
    after: Mapping[int, Verdict] = field(default_factory=dict)
    spent_before: Usage = field(default_factory=Usage)
    budget: Budget | None = None

    def usage(self) -> Usage:
        return total([self.spent_before, self.budget.usage]) if self.budget else self.spent_before


def nothing_more(session: Session, trial: Trial, woken: list[int]) -> None:
    """Most trials are over when they are recorded."""


def perform_trial(place: Workplace, mine: Claim, conclude: Conclude = nothing_more) -> list[int]:
    """Do the job; the ids of jobs to push. Raises LeaseLost and what nobody expected."""
    with place.database.read() as session:
        seen = Seen(spent_before=spent(session, mine.job_id))
    if mine.hopeless:
        status, error = "failed", STOPPED
    else:
        with Lease(place.database, mine, place.settings.lease_seconds) as lease:
            status, error = _try(place, mine, lease, seen)
    return _record(place, mine, seen, status, error, conclude)


def _try(place: Workplace, mine: Claim, lease: Lease, seen: Seen) -> tuple[str, str]:
    """The job's last status, and why it did not finish."""
    try:
        _judge(place, mine, lease, seen)
        lease.check()
    except Cancelled:
        return "cancelled", ""
    except (ModelError, CallFailed, BudgetSpent, TooManyNotJudged, Refused) as error:
        return "failed", str(error)
    return "finished", ""


def _judge(place: Workplace, mine: Claim, lease: Lease, seen: Seen) -> None:
    lease.stage("Collecting calls")
    lease.check()
    with place.database.read() as session:
        seen.loaded = loaded = _load(session, place, mine)
    model = place.model(loaded.project_id)
    seen.budget = model.budget(mine.job_id, already=seen.spent_before)
    judge = Judge(
        client=model.client(loaded.model),
        settings=loaded.settings,
        source=TranscriptStore(place.database),
        store=SQLVerdicts(place.database, loaded.project_id, mine.job_id),
        budget=seen.budget,
        concurrency=place.settings.llm_concurrency,
        progress=lease,
        max_output_tokens=place.settings.llm_max_output_tokens,
        others=StoredVerdicts(place.database, loaded.project_id, loaded.metric_id),
    )
    lease.stage("Judging")
    definitions = [loaded.tried] if loaded.live in (None, loaded.tried) else [loaded.live, loaded.tried]
    verdicts = judge.judge_each(definitions, loaded.rows)
    seen.after = verdicts[-1]
    seen.before = verdicts[0] if loaded.live is not None else {}
    if loaded.scope is Scope.LABELS:
        for found in verdicts:
            _require_answers(score(loaded.rows, found, loaded.settings), found)


def _load(session: Session, place: Workplace, mine: Claim) -> Loaded:
    trial = session.get_one(Trial, mine.subject_id)
    metric = session.get_one(Metric, trial.metric_id)
    if metric.archived_at is not None:
        raise Refused("The metric was deleted meanwhile.")
    version = live_version(session, metric)
    scope = Scope(trial.scope)
    return Loaded(
        project_id=metric.project_id,
        metric_id=metric.id,
        scope=scope,
        tried=read_definition(trial.definition),
        live=version.definition if trial.options.get("with_live", True) else None,
        base_version_id=version.id,
        base_revision=metric.revision,
        settings=metric.eval_settings,
        model=model_of(session, metric, place.settings.llm_model),
        rows=chosen_rows(session, metric, scope, trial.options),
        read_at=database_now(session),
    )


def _require_answers(found: Score, verdicts: Mapping[int, Verdict]) -> None:
    if not too_many_not_judged(found):
        return
    cause = next((f" ({verdict.cause})" for verdict in verdicts.values() if verdict.cause), "")
    raise TooManyNotJudged(
        f"{found.not_judged} of {found.not_judged + found.total} rows got no answer from the model{cause}; "
        "a score over the rest would mislead."
    )


def _record(
    place: Workplace, mine: Claim, seen: Seen, status: str, error: str, conclude: Conclude
) -> list[int]:
    """Close the trial and its job in one transaction. Whoever asked to cancel before it was in time."""
    woken: list[int] = []
    with place.database.write() as session:
        trial = session.get_one(Trial, mine.subject_id)
        # The metric before the job: who deletes a metric locks them in this order, too.
        metric = session.get_one(Metric, trial.metric_id, with_for_update={"key_share": True})
        if jobs.hold(session, mine) and status == "finished":
            status = "cancelled"
        usage = _write_usage(prices_of(session, place.settings, metric.project_id), trial, seen.usage())
        trial.finished_at = database_now(session)
        if seen.loaded is not None:
            _write_base(trial, seen.loaded)
        if status == "finished" and seen.loaded is not None:
            _write_scores(trial, seen.loaded, seen)
            _write_rows(session, trial.id, seen.loaded, seen)
            _save(session, trial, seen.loaded, seen)
            conclude(session, trial, woken)
        jobs.note_spent(session, mine.job_id, usage)
        session.flush()
        jobs.finish(session, mine, status, error)
    return woken


def _write_usage(prices: Prices, trial: Trial, usage: Usage) -> Usage:
    """The usage with what all of it cost, what earlier attempts paid included."""
    trial.calls = usage.calls
    trial.input_tokens, trial.output_tokens = usage.input_tokens, usage.output_tokens
    trial.cost = prices.cost(usage)
    return replace(usage, cost=trial.cost or 0.0)


def _write_base(trial: Trial, loaded: Loaded) -> None:
    trial.base_version_id = loaded.base_version_id
    trial.base_revision = loaded.base_revision
    trial.read_at = loaded.read_at


def _write_scores(trial: Trial, loaded: Loaded, seen: Seen) -> None:
    """Both over the rows that both definitions were judged on."""
    if loaded.scope is not Scope.LABELS:
        return
    if loaded.live is None:
        tried = score(loaded.rows, seen.after, loaded.settings)
    else:
        compared = compare(loaded.rows, seen.before, seen.after, loaded.settings)
        tried = compared.optimised
        trial.baseline_correct, trial.baseline_total = compared.baseline.correct, compared.baseline.total
    trial.tried_correct, trial.tried_total = tried.correct, tried.total
    trial.not_judged = tried.not_judged


def _write_rows(session: Session, trial_id: int, loaded: Loaded, seen: Seen) -> None:
    rows = [
        {
            "trial_id": trial_id,
            "call_id": row.call_id,
            "expected_value": row.expected,
            "change": row_change(
                row.expected,
                before or seen.after.get(row.review_id),
                seen.after.get(row.review_id),
                loaded.settings,
            ).value,
            **_columns("before", before),
            **_columns("after", seen.after.get(row.review_id)),
        }
        for row in loaded.rows
        for before in [seen.before.get(row.review_id)]
    ]
    for start in range(0, len(rows), BATCH):
        session.execute(insert(TrialRow), rows[start : start + BATCH])


def _columns(side: str, verdict: Verdict | None) -> dict[str, str | None]:
    return {
        f"{side}_status": verdict.status.value if verdict else None,
        f"{side}_value": verdict.value if verdict else None,
        f"{side}_explanation": verdict.explanation if verdict else "",
    }


def _save(session: Session, trial: Trial, loaded: Loaded, seen: Seen) -> None:
    """As the Lab's actual values, where that was asked for and the live definition is what was tried."""
    metric = session.get_one(Metric, trial.metric_id)
    live = live_version(session, metric)
    if trial.options.get("save") and loaded.scope is Scope.LABELS and live.digest == trial.digest:
        write_actuals(session, seen.after, live.id)
        trial.options = {**trial.options, "saved": True}
