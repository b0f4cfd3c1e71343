"""Arguments that several tools take."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core.metrics import read_trigger
from core.runs import DefinitionChange
from core.terms import MetricType, Trigger, TriggerKind

MetricId = Annotated[int, Field(ge=1, description="The metric's id, a whole number from 1.")]
ProgressId = Annotated[int, Field(ge=1, description="The progress_id that starting it returned.")]
ProposalId = Annotated[int, Field(ge=1, description="The proposal's id.")]
ReviewId = Annotated[int, Field(ge=1, description="The id of a row in a metric's Lab (a test set).")]
Offset = Annotated[int, Field(ge=0, description="How many to skip.")]
TextOffset = Annotated[
    int, Field(ge=0, description="Where the page of each text begins, in characters; 0 for the first.")
]
Description = Annotated[str | None, Field(description="The judge prompt; leave out to keep it.")]
TriggerText = Annotated[
    str | None, Field(description="The trigger's prompt or code; leave out to keep the trigger.")
]
Kind = Annotated[
    TriggerKind | None,
    Field(description="always, prompt or code; leave out to keep the kind, or with a text to mean prompt."),
]
Type = Annotated[MetricType | None, Field(description="Leave out to keep it.")]
Code = Annotated[str | None, Field(description="The script of a code metric; leave out to keep it.")]
TestSetIds = Annotated[
    list[int] | None,
    Field(max_length=10_000, description="Only these rows of the metric's Lab; leave out for all labelled."),
]


def definition_change(
    description: str | None,
    trigger_text: str | None,
    trigger_kind: TriggerKind | None,
    type: MetricType | None,
    custom_code: str | None,
) -> DefinitionChange:
    """The fields to change. Raises BadDefinition."""
    return DefinitionChange(description, _trigger(trigger_text, trigger_kind), type, custom_code)


def _trigger(text: str | None, kind: TriggerKind | None) -> Trigger | None:
    if text is None and kind is None:
        return None
    chosen = kind or (TriggerKind.PROMPT if text else TriggerKind.ALWAYS)
    return read_trigger({"kind": chosen.value, "text": text or ""})
