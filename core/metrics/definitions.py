"""Read and write a metric's definition as JSON (`definition.json`, pages, MCP)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import BadDefinition, CodeFailed
from core.sandbox import check_syntax
from core.storable import storable_text
from core.terms import (
    NOT_APPLICABLE,
    Definition,
    EvalSettings,
    EvalType,
    MetricType,
    Trigger,
    TriggerKind,
)

MAX_TEXT = 100_000
MAX_ENUM_VALUES = 50
MAX_MODEL = 200
KNOWN = frozenset(
    {
        "name",
        "type",
        "eval_type",
        "description",
        "evaluation_trigger",
        "custom_code",
        "enum_values",
        "model",
        "tolerance",
        "critical",
    }
)


def read_definition(data: Mapping[str, Any]) -> Definition:
    """The four versioned fields out of JSON. Raises BadDefinition with one sentence."""
    unknown = sorted(set(data) - KNOWN)
    if unknown:
        raise BadDefinition(f"The definition has unknown fields: {', '.join(map(str, unknown))}.")
    kind = _choice(MetricType, data.get("type", "llm_judge"), "type")
    definition = Definition(
        description=_text(data.get("description", ""), "description"),
        trigger=read_trigger(data.get("evaluation_trigger", "always")),
        type=kind,
        custom_code=_text(data.get("custom_code") or "", "custom_code"),
    )
    check_definition(definition)
    return definition


def check_definition(definition: Definition) -> None:
    """Raise BadDefinition unless the definition could be judged."""
    if definition.type is MetricType.LLM_JUDGE and not definition.description.strip():
        raise BadDefinition("The metric needs a description: the prompt its judge answers.")
    if definition.type is MetricType.CUSTOM_CODE and not definition.custom_code.strip():
        raise BadDefinition("A code metric needs custom_code.")
    if definition.trigger.kind is not TriggerKind.ALWAYS and not definition.trigger.text.strip():
        raise BadDefinition("The evaluation trigger needs a text, or the kind “always”.")
    for text in (definition.description, definition.trigger.text, definition.custom_code):
        if len(text) > MAX_TEXT:
            raise BadDefinition(f"A field of the definition is longer than {MAX_TEXT:,} characters.")
    if definition.type is MetricType.CUSTOM_CODE:
        _check_code(definition.custom_code, "")
    if definition.trigger.kind is TriggerKind.CODE:
        _check_code(definition.trigger.text, "Evaluation trigger: ")


def storable_definition(definition: Definition) -> Definition:
    """With line ends of Unix, and without what some database would refuse."""
    return Definition(
        description=_stored(definition.description),
        trigger=Trigger(definition.trigger.kind, _stored(definition.trigger.text)),
        type=definition.type,
        custom_code=_stored(definition.custom_code),
    )


def check_model(model: str | None) -> str | None:
    """A model's name, trimmed; None for the project's. Raises BadDefinition."""
    name = (model or "").strip()
    if len(name) > MAX_MODEL or not name.isprintable():
        raise BadDefinition(f"The name of a model is one line of at most {MAX_MODEL} characters.")
    return name or None


def _check_code(code: str, where: str) -> None:
    try:
        check_syntax(code)
    except CodeFailed as error:
        raise BadDefinition(f"{where}{error}") from None


def read_trigger(data: Any) -> Trigger:
    """A trigger from `{"kind": …, "text": …}` or a plain `"always"`."""
    if isinstance(data, str):
        data = {"kind": data}
    if not isinstance(data, Mapping):
        raise BadDefinition("The evaluation trigger is an object with kind and text, or “always”.")
    kind = _choice(TriggerKind, data.get("kind", "always"), "evaluation_trigger.kind")
    text = _text(data.get("text") or "", "evaluation_trigger.text")
    return Trigger(kind, "" if kind is TriggerKind.ALWAYS else text)


def read_eval_settings(data: Mapping[str, Any]) -> EvalSettings:
    """How answers are read and compared, out of JSON. Raises BadDefinition."""
    eval_type = _choice(EvalType, data.get("eval_type", "binary"), "eval_type")
    return EvalSettings(
        eval_type=eval_type,
        enum_values=_enum_values(data.get("enum_values") or [], eval_type),
        tolerance=_tolerance(data.get("tolerance") or 0, eval_type),
    )


def definition_json(definition: Definition) -> dict[str, Any]:
    """The four versioned fields as `read_definition` takes them."""
    return {
        "type": definition.type.value,
        "description": definition.description,
        "evaluation_trigger": {
            "kind": definition.trigger.kind.value,
            "text": definition.trigger.text,
        },
        "custom_code": definition.custom_code,
    }


def _choice(kind: Any, value: Any, field: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        allowed = ", ".join(member.value for member in kind)
        raise BadDefinition(f"“{str(value)[:60]}” is no {field}; it is one of: {allowed}.") from None


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str):
        raise BadDefinition(f"The field {field} is a text.")
    return _stored(value)


def _stored(text: str) -> str:
    return storable_text(text.replace("\r\n", "\n"))


def _enum_values(values: Any, eval_type: EvalType) -> tuple[str, ...]:
    if eval_type is not EvalType.ENUM:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise BadDefinition("enum_values is a list of texts.")
    cleaned = tuple(value.strip() for value in values)
    if len({value.casefold() for value in cleaned}) != len(cleaned) or "" in cleaned:
        raise BadDefinition("enum_values has an empty or a repeated value.")
    if not 2 <= len(cleaned) <= MAX_ENUM_VALUES:
        raise BadDefinition(f"An enum metric needs 2 to {MAX_ENUM_VALUES} enum_values.")
    if any(value.casefold() == NOT_APPLICABLE.casefold() for value in cleaned):
        raise BadDefinition("N/A is no enum value: where a metric does not apply is the trigger's matter.")
    return cleaned


def _tolerance(value: Any, eval_type: EvalType) -> float:
    if eval_type not in (EvalType.RATING, EvalType.NUMERIC):
        return 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 1e12:
        raise BadDefinition("The tolerance is a number from 0 up.")
    return float(value)
