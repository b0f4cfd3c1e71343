"""Tools about a metric's Lab: read rows, label them, bring calls in."""

from __future__ import annotations

import json
from enum import StrEnum
from io import BytesIO
from typing import Annotated, Any

from pydantic import Field

from core import lab, metrics
from core.db import MOST_COUNT
from core.lab import RowFilter, RowsAsked
from mcp_server.budget import Page, fitting
from mcp_server.desk import OVERWRITES, READS, Desk, errors_told
from mcp_server.texts import untrusted
from mcp_server.toolbox import Toolbox
from mcp_server.tools.arguments import MetricId, Offset, ReviewId, TextOffset
from mcp_server.tools.review_answers import (
    NewTestSet,
    OneReviewAnswer,
    ReviewAnswer,
    ReviewsAnswer,
    SavedReviewAnswer,
    TestSetsAnswer,
)

TRANSCRIPT_PAGE = 20_000
IN_LIST = 400
"""Characters of a text of a row in a list."""
BESIDE = 8
"""How many times longer the page of a transcript is than those of the row's other texts."""
MOST_AT_ONCE = 200
Feedback = Annotated[str | None, Field(max_length=20_000, description="A note; leave out to keep it.")]
Revision = Annotated[
    int | None,
    Field(ge=0, le=MOST_COUNT, description="The revision you read: refused where it was changed since."),
]


class Vote(StrEnum):
    AGREE = "agree"
    DISAGREE = "disagree"


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="List the rows of a metric's Lab", annotations=READS)
    def metric_reviews_list(
        metric_id: MetricId,
        show: Annotated[RowFilter, Field(description="Which rows.")] = RowFilter.ALL,
        search: Annotated[str, Field(max_length=200, description="In id, transcript or note.")] = "",
        page: Annotated[int, Field(ge=1, description="Counted from 1.")] = 1,
    ) -> ReviewsAnswer:
        """List a metric's reviews (test sets), 25 a page: those where judge and label disagree come first."""
        with errors_told():
            found = lab.rows_page(desk.database, desk.who(), metric_id, RowsAsked(show, search), page)
            return fitting(
                lambda size: ReviewsAnswer(
                    reviews=[ReviewAnswer.in_list(row, size) for row in found.rows],
                    page=found.number,
                    pages=found.pages,
                    total=found.total,
                ),
                IN_LIST,
            )

    @box.tool(title="Read one row with its transcript", annotations=READS)
    def metric_reviews_retrieve(
        review_id: ReviewId, transcript_offset: Offset = 0, text_offset: TextOffset = 0
    ) -> OneReviewAnswer:
        """Read a row with its call's transcript, up to 20,000 characters at a time."""
        with errors_told():
            found = lab.open_row(desk.database, desk.who(), review_id, RowsAsked())
            text = lab.whole_transcript(desk.database, desk.who(), review_id)
            link = desk.link("lab", metric=found.metric_id, row=review_id)

            def answer(size: int) -> OneReviewAnswer:
                part, beside = Page(transcript_offset, size), Page(text_offset, max(1, size // BESIDE))
                return OneReviewAnswer(
                    review=ReviewAnswer.of(found.row, beside),
                    transcript=untrusted(part.of(text), size),
                    transcript_characters=len(text),
                    next_offset=part.next_offset(text),
                    next_text_offset=beside.next_offset(found.row.explanation, found.row.note),
                    link=link,
                )

            return fitting(answer, TRANSCRIPT_PAGE)

    @box.tool(title="Label a row", annotations=OVERWRITES)
    def metric_reviews_partial_update(
        review_id: ReviewId,
        expected_value: Annotated[
            bool | float | str | None, Field(description="The right answer; “N/A” where it does not apply.")
        ] = None,
        feedback: Feedback = None,
        remove_label: Annotated[bool, Field(description="Take the label back; the note stays.")] = False,
        expected_revision: Revision = None,
    ) -> SavedReviewAnswer:
        """Set a row's expected value, its note, or both; or take its label back, alone."""
        with errors_told():
            lab.amend(
                desk.database,
                desk.who(),
                review_id,
                expected=expected_value,
                feedback=feedback,
                remove_label=remove_label,
                expected_revision=expected_revision,
            )
            return SavedReviewAnswer.of(lab.open_row(desk.database, desk.who(), review_id, RowsAsked()))

    @box.tool(title="Agree or disagree with a verdict", annotations=OVERWRITES)
    def mark_metric_vote(
        review_id: ReviewId,
        vote: Annotated[Vote, Field(description="Whether the judge's verdict on this row is right.")],
        expected_value: Annotated[
            bool | float | str | None,
            Field(description="What is right instead; only a yes-or-no metric can do without."),
        ] = None,
        feedback: Feedback = None,
    ) -> SavedReviewAnswer:
        """Make a vote on the judge's verdict into the row's label."""
        with errors_told():
            agrees = vote is Vote.AGREE
            lab.vote(
                desk.database, desk.who(), review_id, agrees=agrees, instead=expected_value, feedback=feedback
            )
            return SavedReviewAnswer.of(lab.open_row(desk.database, desk.who(), review_id, RowsAsked()))

    @box.tool(title="Bring calls into a metric's Lab", annotations=OVERWRITES)
    def test_sets_create(
        metric_id: MetricId,
        test_sets: Annotated[
            list[NewTestSet],
            Field(min_length=1, max_length=MOST_AT_ONCE, description="Calls, with what is known of each."),
        ],
        skip_bad: Annotated[bool, Field(description="Write the good ones although some are bad.")] = False,
    ) -> TestSetsAnswer:
        """Bring in up to 200 calls, with or without labels. Ids that are known keep their call; a label or
        note that comes with them replaces the one there."""
        with errors_told():
            found = metrics.retrieve(desk.database, desk.who(), metric_id)
            lines = BytesIO("\n".join(_line(each) for each in test_sets).encode("utf-8", "replace"))
            report = lab.import_file(
                desk.database, desk.who(), found.project_id, metric_id, lines, skip_bad=skip_bad
            )
            ids = lab.rows_of_calls(desk.database, desk.who(), metric_id, [each.id for each in test_sets])
            link = desk.link("lab", project=found.project_id, metric=metric_id)
            return fitting(lambda most: TestSetsAnswer.of(report, ids, link, most), MOST_AT_ONCE)


def _line(row: NewTestSet) -> str:
    """As the importer reads it: a key that was not sent stays away, since null is the label N/A."""
    sent: dict[str, Any] = row.model_dump(exclude_unset=True)
    return json.dumps(sent)
