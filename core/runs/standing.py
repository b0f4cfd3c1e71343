"""With which scores a proposal would go live: those of its run, or of the newest trial since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import NotScored, ScoresLower
from core.models import Metric, Result, RowResult, Run, Trial, TrialRow
from core.runs.candidates import candidate_definition
from core.terms import Score
from core.trials import Scope, changed_labels

LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """Both scores over the same labels. `trial_id` is None for those of the run itself.

    `labels_changed` counts labels given, changed or taken back since they were read.
    """

    baseline: Score
    optimised: Score
    trial_id: int | None
    read_at: datetime | None
    labels_changed: int

    @property
    def lower(self) -> bool:
        return self.optimised.correct < self.baseline.correct


def standing(session: Session, result: Result, metric: Metric) -> Standing | None:
    """The scores of a result's candidate; None where it has none, or only on some of the labels."""
    digest = candidate_definition(result).digest()
    newest = next((trial for trial in _scored(session, result, metric) if trial.digest == digest), None)
    if newest is not None:
        return trial_standing(session, newest)
    baseline = Score.or_none(result.baseline_correct, result.baseline_total, result.not_judged)
    optimised = Score.or_none(result.optimised_correct, result.optimised_total, result.not_judged)
    if baseline is None or optimised is None or _on_some_labels(session, result):
        return None
    return Standing(baseline, optimised, None, result.started_at, labels_changed(session, result))


def trial_standing(session: Session, trial: Trial) -> Standing | None:
    """The scores of a trial; None where it has not both."""
    baseline = Score.or_none(trial.baseline_correct, trial.baseline_total, trial.not_judged)
    tried = Score.or_none(trial.tried_correct, trial.tried_total, trial.not_judged)
    if baseline is None or tried is None or trial.read_at is None:
        return None
    mine = TrialRow.trial_id == trial.id
    changed = changed_labels(session, trial.metric_id, TrialRow, mine, trial.read_at)
    return Standing(baseline, tried, trial.id, trial.read_at, changed)


def require_score(found: Standing | None) -> Standing:
    """The scores, where they may go live. Raises NotScored, and ScoresLower: by nobody, ever."""
    if found is None:
        raise NotScored("This has no score on the labels yet: score it first, then apply it.")
    if found.lower:
        raise ScoresLower(
            f"It agrees with {found.optimised} labels, the live prompt with {found.baseline}: "
            "a lower score is never applied."
        )
    return found


def labels_changed(session: Session, result: Result) -> int:
    """Labels given, changed or taken back since the result read them."""
    if result.started_at is None:
        return 0
    mine = RowResult.result_id == result.id
    return changed_labels(session, result.metric_id, RowResult, mine, result.started_at)


def _scored(session: Session, result: Result, metric: Metric) -> Iterable[Trial]:
    """Trials on all labels against the definition that is live now, newest first."""
    newest = session.scalars(
        select(Trial)
        .where(
            Trial.result_id == result.id,
            Trial.scope == Scope.LABELS.value,
            Trial.tried_total.is_not(None),
            Trial.baseline_total.is_not(None),
        )
        .order_by(Trial.id.desc())
        .limit(LOOKED_AT)
    )
    return (trial for trial in newest if trial.base_revision == metric.revision and scores_all(trial))


def _on_some_labels(session: Session, result: Result) -> bool:
    return session.get_one(Run, result.run_id).options.get("review_ids") is not None


def scores_all(trial: Trial) -> bool:
    """Whether it was made on every labelled row."""
    return trial.options.get("review_ids") is None
