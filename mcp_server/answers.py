"""What the tools return: the shapes that clients are promised in each tool's output schema."""

from __future__ import annotations

from pydantic import BaseModel, Field

from core.metrics import MetricDetails
from core.terms import EvalType, MetricType, TriggerKind


class TriggerAnswer(BaseModel):
    kind: TriggerKind
    text: str = Field(description="The trigger's prompt or code; empty when kind is “always”.")


class MetricAnswer(BaseModel):
    """A metric with its live definition."""

    id: int
    project_id: int
    name: str
    type: MetricType
    description: str = Field(description="The judge prompt; empty for a metric that is code alone.")
    evaluation_trigger: TriggerAnswer = Field(description="Whether the metric applies to a call.")
    custom_code: str
    eval_type: EvalType = Field(description="What an answer of this metric may be.")
    enum_values: list[str] = Field(description="The answers allowed when eval_type is “enum”, else empty.")
    tolerance: float = Field(description="How far a numeric answer may be off and still agree.")
    model: str | None = Field(description="The model that judges; null for the project's.")
    critical: bool
    version: int = Field(description="The number of the live version, counted from 1 in each metric.")
    waiting_proposal: int | None = Field(description="The id of the proposal that awaits review, if any.")

    @classmethod
    def of(cls, details: MetricDetails) -> MetricAnswer:
        return cls.model_validate(details.as_json())
