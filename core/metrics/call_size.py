"""What one model call of a metric takes: as calls of it took before, else as its texts are long."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from core.models import Call, Metric, MetricReview, MetricVersion, Result

CHARACTERS_A_TOKEN = 4
FRAME_TOKENS = 250
"""What a judge's request says beside the prompt and the transcript."""
ANSWER_TOKENS = 80
MEASURED_CALLS = 200
"""Transcripts whose length is looked at; reading those of a whole Lab would take seconds."""


def tokens_a_call(session: Session, metric_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Tokens in and out of a call, by metric."""
    return _by_size(session, metric_ids) | _by_experience(session, metric_ids)


def _by_experience(session: Session, metric_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """Over all results of each metric that made a call."""
    rows = session.execute(
        select(
            Result.metric_id,
            func.sum(Result.calls),
            func.sum(Result.input_tokens),
            func.sum(Result.output_tokens),
        )
        .where(Result.metric_id.in_(metric_ids), Result.calls > 0, Result.input_tokens > 0)
        .group_by(Result.metric_id)
    )
    return {metric_id: (float(read / made), float(wrote / made)) for metric_id, made, read, wrote in rows}


def _by_size(session: Session, metric_ids: Sequence[int]) -> dict[int, tuple[float, float]]:
    """From the length of the live prompt and of calls in the Lab, labelled ones first."""
    prompts = session.execute(
        select(Metric.id, func.length(MetricVersion.description))
        .join(MetricVersion, MetricVersion.id == Metric.live_version_id)
        .where(Metric.id.in_(metric_ids))
    )
    return {
        metric_id: (
            FRAME_TOKENS + (prompt + _transcript_length(session, metric_id)) / CHARACTERS_A_TOKEN,
            ANSWER_TOKENS,
        )
        for metric_id, prompt in prompts.all()
    }


def _transcript_length(session: Session, metric_id: int) -> float:
    """Characters of a call's transcript, on average."""
    measured = (
        select(MetricReview.call_id)
        .where(MetricReview.metric_id == metric_id)
        .order_by(MetricReview.labelled.desc(), MetricReview.id)
        .limit(MEASURED_CALLS)
        .subquery()
    )
    length = session.scalar(
        select(func.avg(func.length(cast(Call.transcript, Text)))).where(
            Call.id.in_(select(measured.c.call_id))
        )
    )
    return float(length or 0.0)
