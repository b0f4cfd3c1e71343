"""What a run's summary mail says, and who wants it. Values and rules only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.notifications.legible import one_line
from core.terms import DEFINITION_FIELDS, Definition, Notify, Outcome, Score, TriggerKind

SUCCESSES = frozenset(
    {
        Outcome.APPLIED,
        Outcome.PROPOSED,
        Outcome.NO_CHANGES,
        Outcome.REGRESSED,
        Outcome.NOT_ENOUGH_EVIDENCE,
        Outcome.STALE,
    }
)
FAILURES = frozenset({Outcome.FAILED, Outcome.OVER_BUDGET, Outcome.NOT_ENOUGH_LABELS})
WITH_CANDIDATE = SUCCESSES - {Outcome.NO_CHANGES}
WAITING_FOR_A_PERSON = frozenset({Outcome.PROPOSED, Outcome.NOT_ENOUGH_EVIDENCE})

COUNTED_AS: Mapping[Outcome, tuple[str, str]] = {
    Outcome.PROPOSED: ("proposal to review", "proposals to review"),
    Outcome.NOT_ENOUGH_EVIDENCE: ("without enough evidence", "without enough evidence"),
    Outcome.FAILED: ("failed", "failed"),
    Outcome.OVER_BUDGET: ("stopped at the budget", "stopped at the budget"),
    Outcome.NOT_ENOUGH_LABELS: ("short of labels", "short of labels"),
    Outcome.APPLIED: ("applied", "applied"),
    Outcome.REGRESSED: ("regressed", "regressed"),
    Outcome.STALE: ("edited during the run", "edited during the run"),
    Outcome.NO_CHANGES: ("without changes", "without changes"),
    Outcome.CANCELLED: ("cancelled", "cancelled"),
}
"""How one and several results are counted, in the order in which a reader has to act on them."""

NAME_IN_SUBJECT = 60


@dataclass(frozen=True, slots=True)
class RowLink:
    """A labelled row: the external id of its call, and where to read it."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class ResultSummary:
    """One metric's row. The fields are the four of a definition as text (`definition_fields`).

    `reason`, `warning` and `evidence` (how sure the labels make us) are sentences; `findings` counts what
    people should look at, such as “2 contradictory labels”; `held_out` a text such as
    “9 of 11 → 10 of 11”; `calls` counts requests to the model; `cost` is in the currency of the price
    settings; `url` is the page of the result; of the rows fixed and broken, the first few are named.
    """

    metric: str
    outcome: Outcome
    reason: str = ""
    warning: str = ""
    baseline: Score | None = None
    optimised: Score | None = None
    applied: bool = False
    version_before: int | None = None
    version_after: int | None = None
    fields_before: Mapping[str, str] | None = None
    fields_after: Mapping[str, str] | None = None
    fixed: int | None = None
    broken: int | None = None
    held_out: str | None = None
    evidence: str = ""
    findings: str = ""
    calls: int = 0
    cost: float | None = None
    url: str = ""
    fixed_rows: Sequence[RowLink] = ()
    broken_rows: Sequence[RowLink] = ()
    metric_id: int = 0
    result_id: int = 0


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run, as one recipient is told of it.

    `trigger` is schedule, button, mcp or command line; the times are aware, and shown in `timezone`
    (an IANA name); `why` is the sentence that says why this recipient gets the mail, and `unsubscribe_url`
    stops it for them alone ("" where the mail answers what they did themselves).
    """

    project: str
    schedule: str | None
    trigger: str
    started_at: datetime
    finished_at: datetime
    timezone: str
    auto_apply: bool
    results: Sequence[ResultSummary]
    run_url: str
    why: str
    settings_url: str
    unsubscribe_url: str = ""
    run_id: int = 0
    project_id: int = 0
    schedule_id: int | None = None


def matches(notify: Notify, outcomes: Sequence[Outcome]) -> bool:
    """Whether a scheduled run with these outcomes is mailed; a wholly cancelled one never is."""
    wanted: Mapping[Notify, frozenset[Outcome]] = {
        Notify.SUCCESS: SUCCESSES,
        Notify.FAILURE: FAILURES,
        Notify.BOTH: SUCCESSES | FAILURES,
        Notify.NEVER: frozenset(),
    }
    return not wanted[notify].isdisjoint(outcomes)


def subject(summary: RunSummary) -> str:
    """The outcome first, then where: “Plumbline: 2 proposals to review, 1 regressed — Acme, weekly”."""
    where = one_line(summary.project, NAME_IN_SUBJECT)
    if summary.schedule:
        where += ", " + one_line(summary.schedule, NAME_IN_SUBJECT)
    named = f" ({one_line(summary.results[0].metric, NAME_IN_SUBJECT)})" if len(summary.results) == 1 else ""
    return f"Plumbline: {outcome_counts(summary.results)}{named} — {where}"


def outcome_counts(results: Sequence[ResultSummary]) -> str:
    """“2 proposals to review, 1 regressed”, what needs a person first."""
    return counted([result.outcome for result in results])


def counted(outcomes: Sequence[Outcome]) -> str:
    """The same of the outcomes alone."""
    if not set(outcomes) - {Outcome.NO_CHANGES}:
        return "no changes proposed"
    counts = ((outcomes.count(outcome), words) for outcome, words in COUNTED_AS.items())
    return ", ".join(f"{count} {words[count > 1]}" for count, words in counts if count)


def by_urgency(results: Sequence[ResultSummary]) -> list[ResultSummary]:
    """The results in the order in which a reader has to act on them."""
    order = list(COUNTED_AS)
    return sorted(results, key=lambda result: order.index(result.outcome))


def candidates_with_diff(summary: RunSummary) -> list[ResultSummary]:
    """Every result that has a candidate to show, most urgent first."""
    return [
        result
        for result in by_urgency(summary.results)
        if result.outcome in WITH_CANDIDATE and result.fields_after is not None
    ]


def changed_fields(result: ResultSummary) -> list[str]:
    """The names of the definition's fields in which the candidate differs, in their fixed order."""
    before, after = result.fields_before or {}, result.fields_after or {}
    return [name for name in DEFINITION_FIELDS if before.get(name, "") != after.get(name, "")]


def definition_fields(definition: Definition) -> dict[str, str]:
    """The four fields as text; a trigger as “always” or its kind and text."""
    trigger = definition.trigger
    always = trigger.kind is TriggerKind.ALWAYS
    values = (
        definition.description,
        "always" if always else f"{trigger.kind.value}: {trigger.text}",
        definition.type.value,
        definition.custom_code,
    )
    return dict(zip(DEFINITION_FIELDS, values, strict=True))
