"""One row of a Lab, opened: the transcript, the verdict, the label, and which rows come before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.accounts import authorise
from core.db import Database
from core.errors import NotAllowed
from core.lab.access import row_for
from core.lab.excerpts import transcript_text
from core.lab.history import ChangeView, changes_of
from core.lab.row_order import RowsAsked
from core.lab.row_place import RowPlace, place_of
from core.lab.rows_view import RowView, row_view, rows_query
from core.lab.transcripts import messages_of
from core.lab.windows import BEGINNING, Looking, Window, window
from core.models import Call, Metric, MetricReview, MetricVersion
from core.terms import Actor, EvalSettings, Role

MAX_CHARS = 200_000


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A row with all a person needs to label it.

    `version` is the number of the metric's version that judged it, None where it was not judged;
    `judged_by_live` whether that version is still the live one. `history` is the newest change first.
    """

    row: RowView
    metric_id: int
    settings: EvalSettings
    transcript: Window
    metadata: Mapping[str, Any]
    version: int | None
    judged_by_live: bool
    may_label: bool
    history: tuple[ChangeView, ...]
    place: RowPlace


def open_row(
    database: Database, actor: Actor, review_id: int, asked: RowsAsked, looking: Looking = BEGINNING
) -> OpenRow:
    """A row by its review id, placed among the asked ones of its Lab, with a part of its transcript.

    Raises NotFound, NotAllowed.
    """
    with database.read() as session:
        review, metric = _review(session, actor, review_id)
        found = session.execute(rows_query(MAX_CHARS, MAX_CHARS).where(MetricReview.id == review_id)).one()
        transcript, metadata = _call(session, review.call_id)
        return OpenRow(
            row=row_view(found, metric.eval_settings),
            metric_id=metric.id,
            settings=metric.eval_settings,
            transcript=window(messages_of(transcript), looking),
            metadata=metadata,
            version=_version_number(session, review.evaluated_version_id),
            judged_by_live=review.evaluated_version_id == metric.live_version_id,
            history=changes_of(session, review_id),
            may_label=_may_label(session, actor, metric.project_id),
            place=place_of(session, metric, review_id, asked),
        )


def whole_transcript(database: Database, actor: Actor, review_id: int) -> str:
    """The transcript of a row as text, however long. Raises NotFound, NotAllowed."""
    with database.read() as session:
        review, _ = _review(session, actor, review_id)
        transcript, _ = _call(session, review.call_id)
    return transcript_text(messages_of(transcript))


def _review(session: Session, actor: Actor, review_id: int) -> tuple[MetricReview, Metric]:
    return row_for(session, actor, review_id, Role.VIEWER, "see labels")


def _call(session: Session, call_id: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    transcript, metadata = session.execute(
        select(Call.transcript, Call.details).where(Call.id == call_id)
    ).one()
    return transcript, metadata


def _version_number(session: Session, version_id: int | None) -> int | None:
    return session.scalar(select(MetricVersion.number).where(MetricVersion.id == version_id))


def _may_label(session: Session, actor: Actor, project_id: int) -> bool:
    try:
        authorise(session, actor, project_id, Role.LABELLER, "label calls")
    except NotAllowed:
        return False
    return True
