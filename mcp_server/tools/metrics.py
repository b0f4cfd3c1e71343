"""Tools about metrics: list, read, change, their versions, and what production should read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from core import metrics, runs
from core.errors import Refused
from core.metrics import MetricDetails, VersionView
from core.terms import Definition
from core.tokens import live_address
from mcp_server.budget import MOST_TOKENS, Page, fitting, next_after, tokens_of
from mcp_server.desk import OVERWRITES, READS, Desk, errors_told
from mcp_server.toolbox import Toolbox
from mcp_server.tools.arguments import (
    Code,
    Description,
    Kind,
    MetricId,
    Offset,
    TextOffset,
    TriggerText,
    Type,
    definition_change,
)
from mcp_server.tools.metric_answers import (
    DefinitionAnswer,
    HistoryAnswer,
    LiveAnswer,
    MetricAnswer,
    MetricLine,
    MetricsAnswer,
    VersionAnswer,
    VersionLine,
)
from mcp_server.tools.projects import ProjectId, chosen_project

PAGE = 100
TEXT_PAGE = 20_000
LIST_BESIDE_TEXTS = MOST_TOKENS // 3
ExpectedVersion = Annotated[
    int | None,
    Field(ge=1, description="The live version you read: refused where another one is live by now."),
]
Comment = Annotated[str, Field(max_length=500, description="Why, for the history.")]


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="List metrics", annotations=READS)
    def metrics_list(project_id: ProjectId = None, offset: Offset = 0) -> MetricsAnswer:
        """List a project's metrics by name, up to 100 at a time: last score, labels, whether a proposal
        waits."""
        with errors_told():
            chosen = chosen_project(desk, project_id)
            found = metrics.list_metrics(desk.database, desk.who(), chosen.id)
            return fitting(
                lambda lines: MetricsAnswer(
                    project_id=chosen.id,
                    project=chosen.name,
                    metrics=[MetricLine.of(each) for each in found[offset : offset + lines]],
                    total=len(found),
                    next_offset=next_after(offset + lines, len(found)),
                ),
                PAGE,
            )

    @box.tool(title="Read a metric", annotations=READS)
    def metrics_retrieve(metric_id: MetricId, text_offset: TextOffset = 0) -> MetricAnswer:
        """Read a metric: its live definition (judge prompt, trigger, type, code) and how it is scored."""
        with errors_told():
            found = metrics.retrieve(desk.database, desk.who(), metric_id)
            return fitting(lambda size: MetricAnswer.of(found, Page(text_offset, size)), TEXT_PAGE)

    @box.tool(title="Change a metric's definition", annotations=OVERWRITES)
    def metrics_partial_update(
        metric_id: MetricId,
        description: Description = None,
        evaluation_trigger: TriggerText = None,
        evaluation_trigger_kind: Kind = None,
        type: Type = None,
        custom_code: Code = None,
        expected_version: ExpectedVersion = None,
        comment: Comment = "",
    ) -> VersionAnswer:
        """Make a changed definition live as a new version; production judges by it from then on.

        A change that equals the waiting proposal marks it applied, and is refused where it scores lower
        than the live one. Old versions stay: metrics_restore brings one back.
        """
        with errors_told():
            change = definition_change(
                description, evaluation_trigger, evaluation_trigger_kind, type, custom_code
            )
            done = runs.update_definition(
                desk.database,
                desk.who(),
                metric_id,
                change,
                expected_version=expected_version,
                comment=comment,
            )
            found = metrics.retrieve(desk.database, desk.who(), metric_id)
            return _changed(desk, found, done.version, done.proposal)

    @box.tool(title="Read a metric's versions", annotations=READS)
    def metrics_history(
        metric_id: MetricId,
        version: Annotated[int | None, Field(ge=1, description="Also give this version's texts.")] = None,
        offset: Offset = 0,
        text_offset: TextOffset = 0,
    ) -> HistoryAnswer:
        """List a metric's versions, newest first, up to 100 at a time; with `version` also its definition."""
        with errors_told():
            found = metrics.list_versions(desk.database, desk.who(), metric_id)
            if version is None:
                return _history(metric_id, found, offset)
            texts = metrics.version_definition(desk.database, desk.who(), metric_id, version)
            listed = _history(metric_id, found, offset, LIST_BESIDE_TEXTS)
            return fitting(lambda size: _with_texts(listed, texts, Page(text_offset, size)), TEXT_PAGE)

    @box.tool(title="Roll a metric back", annotations=OVERWRITES)
    def metrics_restore(
        metric_id: MetricId,
        version: Annotated[int, Field(ge=1, description="The version to bring back, as a new one.")],
        reason: Comment = "",
        expected_version: ExpectedVersion = None,
    ) -> VersionAnswer:
        """Roll back: a new version equal to an old one goes live. A waiting proposal is superseded."""
        with errors_told():
            done = metrics.restore(
                desk.database,
                desk.who(),
                metric_id,
                version,
                reason=reason,
                expected_version=expected_version,
            )
            return _changed(desk, done, done.version, None)

    @box.tool(title="Read the live definition for production", annotations=READS)
    def metrics_live(metric_id: MetricId) -> LiveAnswer:
        """Read what the judge in production should use now, whole or not at all. Plain HTTP: GET
        /api/metrics/{id}/live, with the same token and ETag."""
        with errors_told():
            found = metrics.retrieve(desk.database, desk.who(), metric_id)
            answer = LiveAnswer.of(found)
            if tokens_of(answer) > MOST_TOKENS:
                raise Refused(
                    f"The definition of “{found.name}” is too long for an answer, and a part of it must not "
                    f"judge: read it whole by GET {live_address(desk.settings, metric_id)} with this token."
                )
            return answer


def _history(
    metric_id: int, found: Sequence[VersionView], offset: int, tokens: int = MOST_TOKENS
) -> HistoryAnswer:
    return fitting(
        lambda lines: HistoryAnswer(
            metric_id=metric_id,
            versions=[VersionLine.of(each) for each in found[offset : offset + lines]],
            total=len(found),
            next_offset=next_after(offset + lines, len(found)),
            definition=None,
        ),
        PAGE,
        tokens,
    )


def _with_texts(listed: HistoryAnswer, texts: Definition, page: Page) -> HistoryAnswer:
    return listed.model_copy(update={"definition": DefinitionAnswer.of_definition(texts, page)})


def _changed(desk: Desk, metric: MetricDetails, version: int, proposal: int | None) -> VersionAnswer:
    link = desk.link("metrics", project=metric.project_id, metric=metric.id)
    return VersionAnswer(metric_id=metric.id, version=version, applied_proposal=proposal, link=link)
