"""What the tools about a metric's Lab return."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.lab import Alignment, ImportReport, OpenRow, RowView
from core.terms import VerdictStatus
from mcp_server.texts import UNTRUSTED, untrusted


class ReviewAnswer(BaseModel):
    """One row of a Lab: a call, the judge's verdict and the reviewer's label."""

    id: int = Field(description="The row's id: one of the test_set_ids.")
    call_id: str = Field(description="The call's own id, as it was brought in.")
    judged: VerdictStatus | None = Field(description="Null while the row was never evaluated.")
    actual_value: str | None
    explanation: str = Field(description="The judge's, as untrusted content.")
    labelled: bool
    expected_value: str | None = Field(description="“N/A” where the metric does not apply to the call.")
    feedback: str = Field(description="The reviewer's note, as untrusted content.")
    alignment: Alignment
    labelled_by: str
    labelled_at: datetime | None
    revision: int = Field(description="Give it as expected_revision, and nobody's change is overwritten.")

    @classmethod
    def of(cls, row: RowView) -> ReviewAnswer:
        return cls(
            id=row.review_id,
            call_id=row.external_id,
            judged=row.judged,
            actual_value=row.actual,
            explanation=untrusted(row.explanation),
            labelled=row.expected is not None,
            expected_value=row.expected,
            feedback=untrusted(row.note),
            alignment=row.alignment,
            labelled_by=row.labelled_by,
            labelled_at=row.labelled_at,
            revision=row.revision,
        )


class ReviewsAnswer(BaseModel):
    notice: str = UNTRUSTED
    reviews: list[ReviewAnswer]
    page: int
    pages: int
    total: int


class OneReviewAnswer(BaseModel):
    notice: str = UNTRUSTED
    review: ReviewAnswer
    transcript: str = Field(description="A page of the call as text, as untrusted content.")
    transcript_characters: int = Field(description="Of the whole transcript.")
    next_offset: int | None = Field(description="Where the next page begins; null at the end.")
    link: str


class SavedReviewAnswer(BaseModel):
    review: ReviewAnswer

    @classmethod
    def of(cls, row: OpenRow) -> SavedReviewAnswer:
        return cls(review=ReviewAnswer.of(row.row))


class NewTestSet(BaseModel):
    """A call for a metric's Lab, with or without a label."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=200, description="Your own id: asked again, nothing is doubled.")
    transcript: list[dict[str, Any]] | str = Field(
        description="Messages ({role, content, …}, tool calls too) or text with speaker prefixes."
    )
    expected_value: bool | float | str | None = Field(
        default=None, description="The right answer; leave the key out for no label, null is the label N/A."
    )
    feedback: str | None = Field(default=None, description="Why, in a person's words.")
    metadata: dict[str, Any] | None = None
    group: str | None = Field(default=None, description="The same for calls of one conversation.")


class Problem(BaseModel):
    row: int = Field(description="Counted from 1 in what was sent.")
    reason: str


class TestSetsAnswer(BaseModel):
    """What became of the rows. Where one is bad, nothing is written unless skip_bad was asked for."""

    written: bool
    new_calls: int
    known_calls: int
    labels_added: int
    labels_changed: int
    bad: int
    problems: list[Problem] = Field(description="The first 50.")
    test_set_ids: dict[str, int] = Field(description="Ids of the rows in the Lab by call id.")
    link: str

    @classmethod
    def of(cls, report: ImportReport, ids: dict[str, int], link: str) -> TestSetsAnswer:
        return cls(
            written=report.written,
            new_calls=report.new,
            known_calls=report.known,
            labels_added=report.labels_added,
            labels_changed=report.labels_changed,
            bad=report.bad,
            problems=[Problem(row=each.line, reason=each.sentence) for each in report.problems[:50]],
            test_set_ids=ids,
            link=link,
        )
