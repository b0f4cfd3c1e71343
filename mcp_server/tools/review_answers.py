"""What the tools about a metric's Lab return."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.lab import Alignment, ImportReport, OpenRow, RowView
from core.lab.rows_view import EXPLANATION_CHARS, NOTE_CHARS
from core.terms import VerdictStatus
from mcp_server.budget import Page
from mcp_server.texts import PAGED, UNTRUSTED, cut, identifier, untrusted
from mcp_server.tools.metric_answers import LONGEST_VALUE

LONGEST_NAME = 60
"""Characters of who labelled a row, and of a call's id where an answer is short of room."""
SAVED = Page(0, 2_000)
"""What of a row's texts comes back when it was saved."""


class ReviewAnswer(BaseModel):
    """One row of a Lab: a call, the judge's verdict and the reviewer's label."""

    id: int = Field(description="The row's id: one of the test_set_ids.")
    call_id: str = Field(
        description="The call's own id, as untrusted content where it is no short plain word; a very long "
        "one may end in an ellipsis."
    )
    judged: VerdictStatus | None = Field(description="Null while the row was never evaluated.")
    actual_value: str | None
    explanation: str = Field(description="The judge's, as untrusted content.")
    labelled: bool
    expected_value: str | None = Field(description="“N/A” where the metric does not apply to the call.")
    feedback: str = Field(description="The reviewer's note, as untrusted content.")
    alignment: Alignment
    labelled_by: str = Field(description="As untrusted content where it is no plain word.")
    labelled_at: datetime | None
    revision: int = Field(description="Give it as expected_revision, and nobody's change is overwritten.")
    truncated: bool = Field(
        description="Whether explanation or feedback is longer than shown: never write back such a one. "
        "metric_reviews_retrieve has them whole."
    )

    @classmethod
    def of(cls, row: RowView, page: Page = SAVED) -> ReviewAnswer:
        explanation, note = page.of(row.explanation), page.of(row.note)
        return cls(
            id=row.review_id,
            call_id=identifier(row.external_id, max(page.size, LONGEST_NAME)),
            judged=row.judged,
            actual_value=shown(row.actual),
            explanation=untrusted(explanation, page.size),
            labelled=row.expected is not None,
            expected_value=shown(row.expected),
            feedback=untrusted(note, page.size),
            alignment=row.alignment,
            labelled_by=identifier(row.labelled_by, LONGEST_NAME),
            labelled_at=row.labelled_at,
            revision=row.revision,
            truncated=not page.is_whole(row.explanation, row.note),
        )

    @classmethod
    def in_list(cls, row: RowView, size: int) -> ReviewAnswer:
        """A list's texts are cut where they are read, so one of full length may go on."""
        found = cls.of(row, Page(0, size))
        full = len(row.explanation) >= EXPLANATION_CHARS or len(row.note) >= NOTE_CHARS
        return found.model_copy(update={"truncated": found.truncated or full})


class ReviewsAnswer(BaseModel):
    notice: str = UNTRUSTED
    reviews: list[ReviewAnswer] = Field(description="With the first 400 characters of each text, or fewer.")
    page: int
    pages: int
    total: int


class OneReviewAnswer(BaseModel):
    notice: str = UNTRUSTED
    review: ReviewAnswer
    transcript: str = Field(description="A page of the call as text, as untrusted content.")
    transcript_characters: int = Field(description="Of the whole transcript.")
    next_offset: int | None = Field(description="Where the transcript's next page begins; null at the end.")
    next_text_offset: int | None = Field(description=f"The same of explanation and feedback. {PAGED}")
    link: str


class SavedReviewAnswer(BaseModel):
    notice: str = UNTRUSTED
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

    notice: str = UNTRUSTED
    written: bool
    new_calls: int
    known_calls: int
    labels_added: int
    labels_changed: int
    bad: int
    problems: list[Problem] = Field(description="The first 50, or as many as fit.")
    test_set_ids: dict[str, int] = Field(
        description="Ids of the rows in the Lab by call id; where not all fit, metric_reviews_list has them."
    )
    link: str

    @classmethod
    def of(cls, report: ImportReport, ids: dict[str, int], link: str, most: int) -> TestSetsAnswer:
        """With so many of the ids at most, and a quarter as many problems."""
        return cls(
            written=report.written,
            new_calls=report.new,
            known_calls=report.known,
            labels_added=report.labels_added,
            labels_changed=report.labels_changed,
            bad=report.bad,
            problems=[
                Problem(row=each.line, reason=untrusted(each.sentence, 500))
                for each in report.problems[: most // 4]
            ],
            test_set_ids=dict(list(ids.items())[:most]),
            link=link,
        )


def shown(value: str | None) -> str | None:
    return None if value is None else cut(value, LONGEST_VALUE)
