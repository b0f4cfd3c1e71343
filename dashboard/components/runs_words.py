"""What the pages about runs say in words: where a run came from, what it cost, how long it took."""

from __future__ import annotations

from datetime import datetime

from core.notifications.wording import spent
from core.runs.listing import ResultLine, RunLine
from core.terms import SHOWN_AS, Outcome
from dashboard.components import plain
from dashboard.components.outcomes import LOOKS
from dashboard.components.scores import score_text
from dashboard.components.times import lasted

TRIGGERS = {
    "schedule": "Schedule",
    "button": "Auto Improve",
    "mcp": "MCP",
    "command line": "Command line",
}
CLOSED = {
    "applied": "applied after review",
    "rejected": "rejected after review",
    "superseded": "superseded",
}
"""What became of a proposal that no longer waits."""

STATES = {"queued": ("gray", "hourglass_empty"), "running": ("blue", "progress_activity")}


STATE_NAMES = {"queued": "Queued", "running": "Running", "finished": "Finished", "cancelled": "Cancelled"}


def origin(trigger: str, schedule: str | None, starter: str | None) -> str:
    """“Schedule Weekly tune-up”, “Auto Improve by ada@example.org”; escaped for markup."""
    if trigger == "schedule":
        return f"Schedule {plain.short(schedule)}" if schedule else "Schedule"
    named = TRIGGERS.get(trigger, plain.short(trigger))
    return f"{named} by {plain.short(starter)}" if starter else named


def outcome_badge(outcome: Outcome | None, state: str = "done") -> str:
    """The badge of an outcome as markup, for use inside a line."""
    if outcome is None:
        return f":blue-badge[:material/schedule: {'Waiting' if state == 'waiting' else 'Running'}]"
    look = LOOKS[outcome]
    return f":{look.badge}-badge[:material/{look.icon}: {SHOWN_AS[outcome]}]"


def state_badge(state: str) -> str:
    """Of a run that is not finished; nothing for one that is, since its outcomes say more."""
    if state not in STATES:
        return ""
    color, icon = STATES[state]
    return f":{color}-badge[:material/{icon}: {state.capitalize()}]"


def result_line(result: ResultLine) -> str:
    """One metric of a run as markup: outcome, name, scores."""
    words = (
        f"{outcome_badge(result.outcome, result.state)} **{plain.short(result.metric)}** {_scores(result)}"
    )
    return f"{words} :gray[· {CLOSED[result.proposal]}]" if result.proposal in CLOSED else words


def _scores(result: ResultLine) -> str:
    if result.baseline is None:
        return ""
    before = score_text(result.baseline)
    if result.optimised is None:
        return f":gray[{before}]"
    return f":gray[{before} → {score_text(result.optimised)}]"


def run_spent(run: RunLine) -> str:
    """“took 12 s · 212 calls, cost 0.14”; nothing while it goes."""
    if run.finished_at is None:
        return ""
    return spent_words(run.calls, run.cost, run.started_at, run.finished_at)


def spent_words(
    calls: int, cost: float | None, started_at: datetime | None, finished_at: datetime | None
) -> str:
    if not calls:
        return "no model calls"
    took = f"took {lasted(started_at, finished_at)} · " if started_at and finished_at else ""
    return took + spent(calls, cost)
