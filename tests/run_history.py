"""Runs that happened, written as rows: what pages and read models show, without a model or a worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update

from core import jobs, metrics
from core.db import Database
from core.models import (
    Call,
    Job,
    Metric,
    MetricReview,
    Proposal,
    Result,
    RowResult,
    Run,
    Trial,
    TrialRow,
)
from core.terms import Actor, Definition, EvalSettings, Outcome
from core.trials import NewTrial, RowChange, Scope

BEGAN = datetime.now(UTC) - timedelta(days=60)
LIVE, REWRITTEN = "Was the agent polite?", "Was the agent polite? Judge by the closing line."


@dataclass
class RunHistory:
    """The runs of one project. Each begins an hour after the one before and takes a minute."""

    database: Database
    actor: Actor
    project_id: int

    def metric(self, name: str = "Polite", settings: EvalSettings | None = None) -> int:
        definition = Definition(LIVE)
        made = metrics.add(
            self.database, self.actor, self.project_id, name, definition, settings or EvalSettings()
        )
        return made.id

    def run(self, *, trigger: str = "button", schedule_id: int | None = None, finished: bool = True) -> int:
        with self.database.write() as session:
            number = session.scalar(select(func.count()).select_from(Run)) or 0
            began = BEGAN + timedelta(hours=number)
            run = Run(
                project_id=self.project_id,
                trigger=trigger,
                schedule_id=schedule_id,
                starter_id=None if schedule_id else self.actor.user_id,
                created_at=began,
                started_at=began,
                finished_at=began + timedelta(minutes=1) if finished else None,
            )
            session.add(run)
            session.flush()
            return run.id

    def result(
        self,
        metric_id: int,
        outcome: Outcome | None,
        *,
        run_id: int | None = None,
        baseline: tuple[int, int] | None = None,
        optimised: tuple[int, int] | None = None,
        reason: str = "It was so.",
        rules: Iterable[tuple[str, list[int]]] = (),
        **columns: Any,
    ) -> int:
        """A metric's result, in a run of its own unless one is given; with a proposal when proposed."""
        run_id = run_id or self.run(finished=outcome is not None)
        with self.database.write() as session:
            run, metric = session.get_one(Run, run_id), session.get_one(Metric, metric_id)
            result = Result(
                run_id=run_id,
                metric_id=metric_id,
                state="active" if outcome is None else "done",
                outcome=outcome,
                reason=reason if outcome else "",
                base_version_id=metric.live_version_id,
                base_revision=metric.revision,
                started_at=run.started_at,
                finished_at=run.finished_at,
                **columns,
            )
            if baseline:
                result.baseline_correct, result.baseline_total = baseline
            if optimised:
                result.optimised_correct, result.optimised_total = optimised
                result.candidate = candidate(rules)
            session.add(result)
            session.flush()
            if outcome is Outcome.PROPOSED:
                metrics.supersede_waiting(session, metric_id, f"a newer proposal (run {run_id})")
                session.flush()
                session.add(Proposal(metric_id=metric_id, result_id=result.id))
            return result.id

    def job(self, result_id: int, **columns: Any) -> int:
        """The job of a result that goes on."""
        with self.database.write() as session:
            job_id = jobs.add(session, "optimise", result_id, project_id=self.project_id)
            assert job_id is not None
            session.execute(update(Job).where(Job.id == job_id).values(**columns))
            return job_id

    def trial(
        self,
        metric_id: int,
        definition: Definition,
        *,
        scope: Scope = Scope.LABELS,
        result_id: int | None = None,
        status: str = "finished",
        baseline: tuple[int, int] | None = None,
        tried: tuple[int, int] | None = None,
        error: str = "",
    ) -> int:
        """A trial that is over, or has another status; without rows."""
        with self.database.write() as session:
            metric = session.get_one(Metric, metric_id)
            trial = Trial(
                metric_id=metric_id,
                scope=scope.value,
                result_id=result_id,
                definition=metrics.definition_json(definition),
                digest=definition.digest(),
                options=NewTrial(metric_id, definition).options(),
                origin=self.actor.origin.value,
                starter_id=self.actor.user_id,
                base_version_id=metric.live_version_id,
                base_revision=metric.revision,
                read_at=datetime.now(UTC),
            )
            if baseline:
                trial.baseline_correct, trial.baseline_total = baseline
            if tried:
                trial.tried_correct, trial.tried_total = tried
            session.add(trial)
            session.flush()
            job_id = jobs.add(session, "trial", trial.id, project_id=self.project_id)
            session.execute(update(Job).where(Job.id == job_id).values(status=status, error=error))
            return trial.id

    def trial_row(
        self, trial_id: int, review_id: int, change: RowChange, expected: str | None, before: str, after: str
    ) -> int:
        with self.database.write() as session:
            call_id = session.get_one(MetricReview, review_id).call_id
            row = TrialRow(trial_id=trial_id, call_id=call_id, change=change.value, expected_value=expected)
            row.before_status, row.before_value = told(before)
            row.after_status, row.after_value = told(after)
            row.before_explanation = row.after_explanation = "The closing line says so."
            session.add(row)
            session.flush()
            return row.id

    def review(self, metric_id: int, external_id: str, expected: str | None, feedback: str = "") -> int:
        """A call with one turn in the metric's Lab; the review's id."""
        with self.database.write() as session:
            call = Call(
                project_id=self.project_id,
                external_id=external_id,
                transcript=[{"role": "user", "content": f"This is {external_id}."}],
                digest=external_id,
            )
            session.add(call)
            session.flush()
            review = MetricReview(
                metric_id=metric_id,
                call_id=call.id,
                labelled=expected is not None,
                expected_value=expected,
                feedback=feedback,
            )
            session.add(review)
            session.flush()
            return review.id

    def row(
        self, result_id: int, review_id: int, expected: str, before: str | None, after: str | None
    ) -> None:
        """A row of a result; “?” is an unreadable answer, “-” one that never came, None no candidate."""
        with self.database.write() as session:
            row = RowResult(result_id=result_id, review_id=review_id, expected_value=expected, part="learn")
            row.before_status, row.before_value = told(before)
            row.after_status, row.after_value = told(after)
            row.before_explanation = row.after_explanation = "The closing line says so."
            session.add(row)


def candidate(rules: Iterable[tuple[str, list[int]]]) -> dict[str, Any]:
    return {
        "definition": {"type": "llm_judge", "description": REWRITTEN, "evaluation_trigger": "always"},
        "rules": [{"text": text, "label_ids": ids} for text, ids in rules],
        "summary": "Looks at the closing line.",
    }


def told(answer: str | None) -> tuple[str | None, str | None]:
    if answer is None:
        return None, None
    status = {"?": "unreadable", "-": "not_judged"}.get(answer, "answered")
    return status, answer if status == "answered" else None
