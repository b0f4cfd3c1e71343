"""What is to become of a schedule's due moments: a rule without a database or a clock of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from core.cron import Cron, fires_between, next_fire

MOST_AT_ONCE = 500
"""Fires of one schedule settled at once; after a long down time the rest follow at the next tick."""
ON_TIME = timedelta(minutes=1)
"""A fire this late was not missed, however short the grace: looking and locking take their seconds."""

RUN, MISSED, SKIPPED = "run", "missed", "skipped"
NO_METRICS = "The schedule had no metrics left."


@dataclass(frozen=True, slots=True)
class Moment:
    """A due moment (aware UTC), what becomes of it, and why where that is no run."""

    due: datetime
    kind: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """`moments` are ascending and only the last of them may be a run; `following` is the next fire.

    `empty`: it would have run, and has no metric to run on.
    """

    moments: tuple[Moment, ...]
    following: datetime
    empty: bool = False

    @property
    def run_at(self) -> datetime | None:
        """The moment that is to have a run."""
        last = self.moments[-1]
        return last.due if last.kind == RUN else None


@dataclass(frozen=True, slots=True)
class Situation:
    """What a fire meets. `going` is the id of the schedule's unfinished run, if there is one."""

    now: datetime
    grace: timedelta
    going: int | None = None
    has_metrics: bool = True


def settle(
    cron: Cron, zone: ZoneInfo, first: datetime, met: Situation, most: int = MOST_AT_ONCE
) -> Settlement:
    """Every fire from `first`, the one that was waited for, until now: at most one run, never a burst.

    Only the first `most` of them: then the schedule stays due. Raises BadCron where the calendar ends.
    """
    due = [first, *fires_between(cron, zone, first, met.now, most)]
    passed_over = [Moment(moment, MISSED, "Plumbline was not running at that time.") for moment in due[:-1]]
    if len(due) > most:
        return Settlement(tuple(passed_over), following=due[-1])
    newest = _newest(due[-1], met)
    following = next_fire(cron, zone, max(met.now, newest.due))
    return Settlement((*passed_over, newest), following, empty=newest.reason == NO_METRICS)


def _newest(due: datetime, met: Situation) -> Moment:
    if met.now - due > max(met.grace, ON_TIME):
        return Moment(due, MISSED, "Plumbline was not running, and was back too late for it.")
    if met.going is not None:
        return Moment(due, SKIPPED, f"Run {met.going} of this schedule was still going.")
    return Moment(due, RUN) if met.has_metrics else Moment(due, SKIPPED, NO_METRICS)
