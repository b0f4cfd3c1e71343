"""What the tools about metrics return: the shapes that clients are promised in each output schema."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from core.metrics import MetricDetails, MetricSummary, VersionView
from core.terms import Definition, EvalType, MetricType, Outcome, Score, TriggerKind
from mcp_server.texts import cut


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


class DefinitionAnswer(BaseModel):
    """The four fields that are versioned together."""

    type: MetricType
    description: str = Field(description="The judge prompt; empty for a metric that is code alone.")
    evaluation_trigger: TriggerAnswer = Field(description="Whether the metric applies to a call.")
    custom_code: str

    @classmethod
    def of_definition(cls, definition: Definition) -> DefinitionAnswer:
        return DefinitionAnswer(
            type=definition.type,
            description=cut(definition.description),
            evaluation_trigger=TriggerAnswer(kind=definition.trigger.kind, text=cut(definition.trigger.text)),
            custom_code=cut(definition.custom_code),
        )


class MetricAnswer(DefinitionAnswer):
    """A metric with its live definition."""

    id: int
    project_id: int
    name: str
    eval_type: EvalType = Field(description="What an answer of this metric may be.")
    enum_values: list[str] = Field(description="The answers allowed when eval_type is “enum”, else empty.")
    tolerance: float = Field(description="How far a numeric answer may be off and still agree.")
    model: str | None = Field(description="The model that judges; null for the project's.")
    critical: bool
    version: int = Field(description="The number of the live version, counted from 1 in each metric.")
    waiting_proposal: int | None = Field(description="The id of the proposal that awaits review, if any.")

    @classmethod
    def of(cls, details: MetricDetails) -> MetricAnswer:
        definition = DefinitionAnswer.of_definition(details.definition).model_dump()
        return cls.model_validate(details.as_json() | definition)


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
    total: int = Field(description="Metrics of the project; ask for the rest by offset.")


class VersionLine(BaseModel):
    version: int
    live: bool
    type: MetricType
    comment: str
    author: str = Field(description="An address, or “Plumbline” for what a schedule applied by itself.")
    origin: str
    created_at: datetime
    run_id: int | None = Field(description="The run whose candidate it is, if one made it.")

    @classmethod
    def of(cls, version: VersionView) -> VersionLine:
        return cls(
            version=version.number,
            live=version.live,
            type=version.type,
            comment=cut(version.comment, 500),
            author=version.author,
            origin=version.origin,
            created_at=version.created_at,
            run_id=version.run_id,
        )


class HistoryAnswer(BaseModel):
    metric_id: int
    versions: list[VersionLine] = Field(description="Newest first.")
    total: int
    definition: DefinitionAnswer | None = Field(description="Of the version that was asked for.")


class VersionAnswer(BaseModel):
    metric_id: int
    version: int = Field(description="The live version now.")
    applied_proposal: int | None = Field(
        description="The waiting proposal that this change was, to the letter, and that is marked applied."
    )
    link: str


class LiveAnswer(DefinitionAnswer):
    metric_id: int
    version: int
    etag: str = Field(description="Changes exactly when the definition does.")
