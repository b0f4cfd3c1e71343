"""What the tools about metrics return: the shapes that clients are promised in each output schema."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from core.metrics import MetricDetails, MetricSummary, VersionView, live_json, live_tag
from core.terms import Definition, EvalType, MetricType, Origin, Outcome, Score, TriggerKind
from mcp_server.budget import Page
from mcp_server.texts import PAGED, UNTRUSTED, cut, untrusted

LONGEST_VALUE = 100
"""Characters of an enum metric's value in an answer."""


class ScoreAnswer(BaseModel):
    num_correct: int = Field(description="Labelled rows whose verdict equals the expected value.")
    num_total: int = Field(description="Labelled rows that were judged.")
    score: float | None = Field(description="num_correct / num_total; null where nothing was judged.")
    not_judged: int = Field(description="Labelled rows that got no answer from the model.")

    @classmethod
    def of(cls, score: Score | None) -> ScoreAnswer | None:
        if score is None:
            return None
        rate = round(score.rate, 4) if score.total else None
        return cls(num_correct=score.correct, num_total=score.total, score=rate, not_judged=score.not_judged)


class TriggerAnswer(BaseModel):
    kind: TriggerKind
    text: str = Field(description="The trigger's prompt or code; empty when kind is “always”.")


class FourFields(BaseModel):
    """The four fields that are versioned together."""

    type: MetricType
    description: str = Field(description="The judge prompt; empty for a metric that is code alone.")
    evaluation_trigger: TriggerAnswer = Field(description="Whether the metric applies to a call.")
    custom_code: str


class DefinitionAnswer(FourFields):
    """The same, a page of each text where they are long."""

    truncated: bool = Field(description=PAGED)
    next_text_offset: int | None = Field(description="Where the next page begins; null at the end.")

    @classmethod
    def of_definition(cls, definition: Definition, page: Page) -> DefinitionAnswer:
        return DefinitionAnswer.model_validate(_fields(definition, page))


class JudgedBy(BaseModel):
    """What a metric is judged by beside its definition."""

    name: str
    eval_type: EvalType = Field(description="What an answer of this metric may be.")
    enum_values: list[str] = Field(description="The answers allowed when eval_type is “enum”, else empty.")
    tolerance: float = Field(description="How far a numeric answer may be off and still agree.")
    model: str | None = Field(description="The model that judges; null for the project's.")


class MetricAnswer(DefinitionAnswer, JudgedBy):
    """A metric with its live definition."""

    id: int
    project_id: int
    critical: bool
    version: int = Field(description="The number of the live version, counted from 1 in each metric.")
    waiting_proposal: int | None = Field(description="The id of the proposal that awaits review, if any.")

    @classmethod
    def of(cls, details: MetricDetails, page: Page) -> MetricAnswer:
        values = [cut(value, LONGEST_VALUE) for value in details.settings.enum_values]
        return cls.model_validate(
            details.as_json() | {"enum_values": values} | _fields(details.definition, page)
        )


class MetricLine(BaseModel):
    """A metric in a list."""

    id: int
    name: str
    type: MetricType
    eval_type: EvalType
    version: int
    critical: bool
    labelled: int = Field(description="Labelled rows in its Lab.")
    score: ScoreAnswer | None = Field(description="The agreement as last measured; null if never.")
    outdated: bool = Field(description="Whether the definition was edited since the score was measured.")
    last_outcome: Outcome | None
    last_run: int | None
    proposal_waits_in_run: int | None
    being_optimised: bool

    @classmethod
    def of(cls, metric: MetricSummary) -> MetricLine:
        return cls(
            id=metric.id,
            name=metric.name,
            type=metric.type,
            eval_type=metric.eval_type,
            version=metric.version,
            critical=metric.critical,
            labelled=metric.labelled,
            score=ScoreAnswer.of(metric.score),
            outdated=metric.outdated,
            last_outcome=metric.last_outcome,
            last_run=metric.last_run,
            proposal_waits_in_run=metric.waiting_run,
            being_optimised=metric.going,
        )


class MetricsAnswer(BaseModel):
    project_id: int
    project: str
    metrics: list[MetricLine]
    total: int
    next_offset: int | None = Field(description="Ask for the rest from here; null at the end.")


class VersionLine(BaseModel):
    version: int
    live: bool
    type: MetricType
    comment: str
    author: str = Field(description="An address, or “Plumbline” for what a schedule applied by itself.")
    origin: Origin = Field(description="Where the change came from.")
    created_at: datetime
    run_id: int | None = Field(description="The run whose candidate it is, if one made it.")

    @classmethod
    def of(cls, version: VersionView) -> VersionLine:
        return cls(
            version=version.number,
            live=version.live,
            type=version.type,
            comment=untrusted(version.comment, 500),
            author=version.author,
            origin=Origin(version.origin),
            created_at=version.created_at,
            run_id=version.run_id,
        )


class HistoryAnswer(BaseModel):
    notice: str = UNTRUSTED
    metric_id: int
    versions: list[VersionLine] = Field(description="Newest first.")
    total: int
    next_offset: int | None = Field(description="Ask for older ones from here; null at the end.")
    definition: DefinitionAnswer | None = Field(description="Of the version that was asked for.")


class VersionAnswer(BaseModel):
    metric_id: int
    version: int = Field(description="The version that this made live, or that said so already.")
    applied_proposal: int | None = Field(
        description="The waiting proposal that this change was, to the letter, and that is marked applied."
    )
    link: str


class LiveAnswer(FourFields, JudgedBy):
    """Whole, or refused."""

    metric_id: int
    version: int
    etag: str = Field(description="As plain HTTP gives it: changes exactly when anything of this does.")

    @classmethod
    def of(cls, details: MetricDetails) -> LiveAnswer:
        return cls(metric_id=details.id, etag=live_tag(details), **live_json(details))


def _fields(definition: Definition, page: Page) -> dict[str, Any]:
    texts = (definition.description, definition.trigger.text, definition.custom_code)
    description, trigger, code = (page.of(text) for text in texts)
    return {
        "type": definition.type,
        "description": description,
        "evaluation_trigger": {"kind": definition.trigger.kind, "text": trigger},
        "custom_code": code,
        "truncated": not page.is_whole(*texts),
        "next_text_offset": page.next_offset(*texts),
    }
