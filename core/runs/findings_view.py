"""What a result found for people, with the rows it speaks of, for pages and summaries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.evidence.findings import Findings
from core.models import Call, MetricReview, Result, RowResult


@dataclass(frozen=True, slots=True)
class FoundRow:
    """A row as it was in the result; `note` is the reviewer's, as it is now. `said` is the live
    definition's answer, None where it was unreadable or not judged."""

    review_id: int
    external_id: str
    expected: str
    note: str
    said: str | None


@dataclass(frozen=True, slots=True)
class FoundLimit:
    """A row that none of `judged` definitions got right."""

    row: FoundRow
    judged: int


@dataclass(frozen=True, slots=True)
class FoundNote:
    """A row with a note that stayed wrong, and the texts of the candidate's rules that cite it."""

    row: FoundRow
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingsView:
    """As `Findings`; rows that are gone since are left out."""

    contradictions: tuple[tuple[FoundRow, ...], ...]
    unstable: tuple[FoundRow, ...]
    limits: tuple[FoundLimit, ...]
    notes: tuple[FoundNote, ...]

    def __bool__(self) -> bool:
        return bool(self.contradictions or self.unstable or self.limits or self.notes)


def findings_view(session: Session, result: Result) -> FindingsView | None:
    """None where the run did not get so far."""
    if result.findings is None:
        return None
    found = Findings.of_json(result.findings)
    rows = _rows(session, result.id, found.review_ids())
    texts = [str(rule["text"]) for rule in (result.candidate or {}).get("rules", [])]
    groups = (tuple(rows[one] for one in group if one in rows) for group in found.contradictions)
    return FindingsView(
        contradictions=tuple(group for group in groups if len(group) > 1),
        unstable=tuple(rows[one] for one in found.unstable if one in rows),
        limits=tuple(
            FoundLimit(rows[limit.review_id], limit.judged)
            for limit in found.limits
            if limit.review_id in rows
        ),
        notes=tuple(
            FoundNote(rows[note.review_id], tuple(texts[place] for place in note.rules if place < len(texts)))
            for note in found.notes
            if note.review_id in rows
        ),
    )


def _rows(session: Session, result_id: int, review_ids: Collection[int]) -> Mapping[int, FoundRow]:
    found = session.execute(
        select(
            RowResult.review_id,
            Call.external_id,
            RowResult.expected_value,
            MetricReview.feedback,
            RowResult.before_value,
        )
        .join(MetricReview, MetricReview.id == RowResult.review_id)
        .join(Call, Call.id == MetricReview.call_id)
        .where(RowResult.result_id == result_id, RowResult.review_id.in_(review_ids))
    )
    return {row.review_id: FoundRow(*row) for row in found}
