"""The words and tones of the summary mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.notifications.legible import one_line
from core.notifications.summary import WAITING_FOR_A_PERSON, ResultSummary, RunSummary
from core.terms import Outcome, Score

TONES: Mapping[Outcome, str] = {
    Outcome.PROPOSED: "ask",
    Outcome.NOT_ENOUGH_EVIDENCE: "warn",
    Outcome.FAILED: "bad",
    Outcome.OVER_BUDGET: "warn",
    Outcome.NOT_ENOUGH_LABELS: "warn",
    Outcome.APPLIED: "good",
    Outcome.REGRESSED: "bad",
    Outcome.STALE: "warn",
    Outcome.NO_CHANGES: "calm",
    Outcome.CANCELLED: "calm",
}
"""The colour of each outcome's pill; the words stand in the pill too."""

HAPPENED: Mapping[Outcome, str] = {
    Outcome.PROPOSED: "A new definition is proposed and waits for your review.",
    Outcome.NOT_ENOUGH_EVIDENCE: "The candidate may be better, but not by more than chance explains.",
    Outcome.FAILED: "The run of this metric failed; the cause was not recorded.",
    Outcome.OVER_BUDGET: "The run reached its budget before the search was complete.",
    Outcome.NOT_ENOUGH_LABELS: "Fewer than 2 rows of this metric’s Lab are labelled.",
    Outcome.APPLIED: "The candidate passed the guard and is the live version now.",
    Outcome.REGRESSED: "The candidate scored lower than the live version, which stays.",
    Outcome.STALE: "The live version was edited during the run, and stays as edited.",
    Outcome.NO_CHANGES: "There was nothing to change.",
    Outcome.CANCELLED: "The run was cancelled; nothing was applied.",
}
"""What is said where the run gave no reason of its own."""

ADVICE: Mapping[Outcome, str] = {
    Outcome.NOT_ENOUGH_EVIDENCE: "It waits like a proposal: apply or reject it, or label more calls first.",
    Outcome.FAILED: "Nothing was changed. Once the cause is mended, start a run from the metric’s page, "
    "or leave it to the next scheduled one.",
    Outcome.OVER_BUDGET: "Nothing was changed, since a partial search is never proposed. Raise the budget, "
    "or give the run fewer metrics.",
    Outcome.NOT_ENOUGH_LABELS: "Label calls in the Lab: a run needs 2, and becomes useful from "
    "6 disagreements with notes.",
    Outcome.APPLIED: "If you disagree, roll back on the metric’s page.",
}
"""What the reader can do, where the reason alone would leave them asking."""

WITH_EVIDENCE = frozenset({Outcome.PROPOSED, Outcome.APPLIED})
"""Where a reader decides on a gain; under the strict guard the reason has said it."""

FIELD_NAMES: Mapping[str, str] = {
    "description": "Description (the judge prompt)",
    "evaluation_trigger": "Trigger (when the metric applies)",
    "type": "Type",
    "custom_code": "Code",
}

TRIGGERS: Mapping[str, str] = {
    "schedule": "scheduled",
    "button": "started with Auto Improve",
    "mcp": "started over MCP",
    "command line": "started from the command line",
}

SENTENCE_LIMIT = 600
NAME_LIMIT = 120


def percent(score: Score) -> str:
    """Whole percent; 100% only when all agree and 0% only when none do. "" when none were judged."""
    if not score.total:
        return ""
    rounded = round(100 * score.rate)
    if 0 < score.correct < score.total:
        rounded = min(max(rounded, 1), 99)
    return f"{rounded}%"


def score_words(score: Score | None, missing: str = "—") -> str:
    """“20 of 28 (71%), 2 not judged”."""
    if score is None:
        return missing
    shown = f"{score.correct} of {score.total}"
    if score.total:
        shown += f" ({percent(score)})"
    return f"{shown}, {score.not_judged} not judged" if score.not_judged else shown


def optimised_missing(result: ResultSummary) -> str:
    """What stands in place of a score that is not there."""
    return "not scored" if waits(result) else "—"


def applied_words(result: ResultSummary) -> str:
    """“yes, v7 → v8”, “yes” or “no”."""
    if not result.applied:
        return "no"
    versions = version_words(result)
    return f"yes, {versions}" if versions else "yes"


def version_words(result: ResultSummary) -> str:
    """“v7 → v8”, or “” where nothing went live."""
    if not result.applied or result.version_after is None:
        return ""
    before = "" if result.version_before is None else f"v{result.version_before} → "
    return f"{before}v{result.version_after}"


def sentence(result: ResultSummary) -> str:
    """What happened and why."""
    return one_line(result.reason, SENTENCE_LIMIT) or HAPPENED[result.outcome]


def evidence_words(result: ResultSummary) -> str:
    """How sure the labels make us, or "" where that is no question or was said already."""
    said = result.evidence in result.reason
    return "" if said or result.outcome not in WITH_EVIDENCE else one_line(result.evidence, SENTENCE_LIMIT)


def findings_words(result: ResultSummary) -> str:
    """“Worth a look: 2 contradictory labels.”, or "" where nothing was found."""
    return f"Worth a look: {one_line(result.findings, SENTENCE_LIMIT)}." if result.findings else ""


def tone(result: ResultSummary) -> str:
    return TONES[result.outcome]


def advice(result: ResultSummary) -> str:
    """What the reader can do, or "" where the reason says it all."""
    return ADVICE.get(result.outcome, "")


def waits(result: ResultSummary) -> bool:
    """Whether a person has to decide on it."""
    return result.outcome in WAITING_FOR_A_PERSON


def facts(result: ResultSummary) -> list[str]:
    """What else is known: rows fixed and broken, held-out score, calls, cost."""
    known = []
    if result.fixed is not None and result.broken is not None:
        known.append(f"{rows(result.fixed)} fixed, {result.broken} broken")
    if result.held_out:
        known.append("held out " + one_line(result.held_out, NAME_LIMIT))
    if result.calls:
        known.append(spent(result.calls, result.cost))
    return known


def rows_named(result: ResultSummary) -> list[str]:
    """“Fixed: call-12 (https://…), and 3 more”: the rows fixed and broken that are named, for plain text."""
    kinds = (("Fixed", result.fixed, result.fixed_rows), ("Broken", result.broken, result.broken_rows))
    lines = []
    for kind, count, links in kinds:
        more = (count or 0) - len(links)
        named = [f"{one_line(row.name, NAME_LIMIT)} ({row.url})" for row in links]
        if named:
            lines.append(f"{kind}: " + ", ".join([*named, *([f"and {more} more"] if more > 0 else [])]))
    return lines


def rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def spent(calls: int, cost: float | None) -> str:
    """“212 calls, cost 0.14”; sums under 0.1 with four decimals."""
    words = "1 call" if calls == 1 else f"{calls:,} calls"
    if cost is None:
        return words
    if 0 < cost < 0.0001:
        return f"{words}, cost under 0.0001"
    return f"{words}, cost {cost:.4f}" if 0 < cost < 0.1 else f"{words}, cost {cost:.2f}"


def link_words(result: ResultSummary) -> str:
    if waits(result):
        return "Review the proposal"
    return "See what changed" if result.applied else "Open the result"


def origin_words(summary: RunSummary) -> str:
    """Where the run came from: its schedule's name, or how it was started."""
    if summary.schedule:
        return "schedule “" + one_line(summary.schedule, NAME_LIMIT) + "”"
    return TRIGGERS.get(summary.trigger, one_line(summary.trigger, NAME_LIMIT))


def when(moment: datetime, timezone: str) -> str:
    """“Mon 23 Nov 2026, 06:00 PST” in the given IANA zone."""
    local = moment.astimezone(ZoneInfo(timezone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def day(moment: date) -> str:
    """“Mon 23 Nov 2026”."""
    return f"{moment:%a} {moment.day} {moment:%b %Y}"


def lasted(length: timedelta) -> str:
    """“took 4 min”."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 90:
        return f"took {seconds} s"
    minutes = round(seconds / 60)
    return f"took {minutes} min" if minutes < 120 else f"took {minutes // 60} h {minutes % 60} min"
