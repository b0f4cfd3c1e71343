"""What types of metrics are called on the pages."""

from __future__ import annotations

from core.terms import EvalSettings, EvalType, MetricType, TriggerKind

TYPES = {MetricType.LLM_JUDGE: "LLM judge", MetricType.CUSTOM_CODE: "Code"}
TYPE_ICONS = {MetricType.LLM_JUDGE: "gavel", MetricType.CUSTOM_CODE: "code"}
EVAL_TYPES = {
    EvalType.BINARY: "True or false",
    EvalType.RATING: "Rating 0–5",
    EvalType.NUMERIC: "Number",
    EvalType.ENUM: "One of several values",
}
EVAL_TYPE_EXAMPLES = {
    EvalType.BINARY: "Was the appointment confirmed?",
    EvalType.RATING: "How polite was the agent?",
    EvalType.NUMERIC: "How often did the caller repeat themselves?",
    EvalType.ENUM: "Which mood did the caller leave in?",
}
ANSWERED_BY = {
    MetricType.LLM_JUDGE: "A model reads the call and answers your prompt: for tone, meaning, whatever takes "
    "judgement.",
    MetricType.CUSTOM_CODE: "A short script of yours: for counting, times, fixed wording. It costs no model "
    "call.",
}
TRIGGERS = {
    TriggerKind.ALWAYS: "Every call",
    TriggerKind.PROMPT: "Calls for which this holds",
    TriggerKind.CODE: "Calls for which this code says so",
}
TRIGGER_CAPTIONS = {
    TriggerKind.ALWAYS: "The question makes sense of each of them.",
    TriggerKind.PROMPT: "The judge decides that first, in the same model call.",
    TriggerKind.CODE: "Decided without a model call: by duration, end reason, metadata or wording.",
}


def tolerance_text(settings: EvalSettings) -> str:
    """“within 0.5” for metrics of numbers that need not agree exactly; empty otherwise."""
    return f"within {settings.tolerance:g}" if settings.tolerance else ""
