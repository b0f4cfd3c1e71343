"""What a webhook is told: JSON for a program, or a message for people in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.notifications.legible import one_line
from core.notifications.summary import ResultSummary, RunSummary, by_urgency, subject
from core.notifications.wording import NAME_LIMIT, link_words, score_words
from core.terms import SHOWN_AS, Score

RUN_FINISHED, LIVE_CHANGED, TEST = "run.finished", "metric.live_changed", "test"
MOST_IN_CHAT = 20
HAPPENED_TO_LIVE = {"applied": "applied", "edited": "edited", "rolled_back": "rolled back"}
WORD_JOINER = "\u2060"


def event(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope of Standard Webhooks; `at` is aware."""
    return {"type": kind, "timestamp": at.isoformat(), "data": dict(data)}


def run_finished(summary: RunSummary) -> dict[str, Any]:
    """A run and its results, without the prompts: those are behind the links."""
    schedule = {"id": summary.schedule_id, "name": summary.schedule} if summary.schedule else None
    return {
        "project": {"id": summary.project_id, "name": summary.project},
        "schedule": schedule,
        "run": {
            "id": summary.run_id,
            "url": summary.run_url,
            "trigger": summary.trigger,
            "auto_apply": summary.auto_apply,
            "started_at": summary.started_at.isoformat(),
            "finished_at": summary.finished_at.isoformat(),
        },
        "results": [_result(result) for result in summary.results],
    }


def run_in_chat(summary: RunSummary) -> str:
    results = by_urgency(summary.results)
    lines = [f"*{in_chat(subject(summary))}*", *map(_line, results[:MOST_IN_CHAT])]
    if len(results) > MOST_IN_CHAT:
        lines.append(f"… and {len(results) - MOST_IN_CHAT} more metrics")
    return "\n".join([*lines, f"<{summary.run_url}|Open the run>"])


def live_in_chat(told: Mapping[str, Any], url: str) -> str:
    """`told` is what `core.outbox.announce_live` wrote down."""
    name, project = told["metric"]["name"], told["project"]["name"]
    happened = f"*{in_chat(name)}* in {in_chat(project)} {_happened(told)} by {in_chat(told['by'])}."
    return f"{happened}\n<{url}|Open the metric>"


def _happened(told: Mapping[str, Any]) -> str:
    if told["how"] not in HAPPENED_TO_LIVE:
        return f"is judged by other settings, v{told['version']} still live: changed"
    how = HAPPENED_TO_LIVE[told["how"]]
    return f"has a new live definition: v{told['previous_version']} → v{told['version']}, {how}"


def in_chat(text: str) -> str:
    """User text as text: no link, no call to everybody."""
    line = one_line(text, 2 * NAME_LIMIT).replace("@", "@" + WORD_JOINER)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _result(result: ResultSummary) -> dict[str, Any]:
    return {
        "result_id": result.result_id,
        "metric": {"id": result.metric_id, "name": result.metric},
        "outcome": result.outcome.value,
        "shown_as": SHOWN_AS[result.outcome],
        "reason": result.reason,
        "baseline": _score(result.baseline),
        "optimised": _score(result.optimised),
        "fixed": result.fixed,
        "broken": result.broken,
        "applied": result.applied,
        "version_before": result.version_before,
        "version_after": result.version_after,
        "calls": result.calls,
        "cost": result.cost,
        "url": result.url,
    }


def _score(score: Score | None) -> dict[str, int] | None:
    if score is None:
        return None
    return {"correct": score.correct, "total": score.total, "not_judged": score.not_judged}


def _line(result: ResultSummary) -> str:
    said = f"• *{in_chat(result.metric)}*: {SHOWN_AS[result.outcome]}"
    if result.baseline and result.optimised:
        said += f" ({score_words(result.baseline)} → {score_words(result.optimised)})"
    return f"{said} <{result.url}|{link_words(result)}>" if result.url else said
