"""The weekly reminder: proposals that wait for a person, and schedules without new labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from core.notifications.legible import one_line
from core.notifications.message import Content
from core.notifications.pages import environment, inlined
from core.notifications.summary import NAME_IN_SUBJECT

MOST = 30
"""Of each kind; the rest are counted, and stand in the dashboard."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A proposal that waits; `since` is a day in the project's zone."""

    metric: str
    run_id: int
    result_id: int
    since: date


@dataclass(frozen=True, slots=True)
class Idle:
    """A schedule whose last run found nothing new, and that has seen no label since."""

    schedule: str
    schedule_id: int


@dataclass(frozen=True, slots=True)
class Reminder:
    """What one reminder says; links begin with `base`, `unsubscribe_url` may be ""."""

    project: str
    project_id: int
    waiting: Sequence[Waiting]
    idle: Sequence[Idle]
    base: str = ""
    unsubscribe_url: str = ""

    @property
    def settings_url(self) -> str:
        return f"{self.base}/settings?project={self.project_id}&section=members"

    @property
    def overview_url(self) -> str:
        return f"{self.base}/?project={self.project_id}"

    def as_json(self) -> dict[str, Any]:
        """What is stored: the facts as they were when it was written, without links."""
        facts = asdict(self)
        for waiting in facts["waiting"]:
            waiting["since"] = waiting["since"].isoformat()
        return {name: facts[name] for name in ("project", "project_id", "waiting", "idle")}

    @classmethod
    def of_json(cls, facts: Mapping[str, Any], public_url: str, unsubscribe_url: str) -> Reminder:
        return cls(
            project=facts["project"],
            project_id=facts["project_id"],
            waiting=[
                Waiting(**{**one, "since": date.fromisoformat(one["since"])}) for one in facts["waiting"]
            ],
            idle=[Idle(**one) for one in facts["idle"]],
            base=public_url.rstrip("/"),
            unsubscribe_url=unsubscribe_url,
        )


def reminder_words(reminder: Reminder) -> str:
    """“2 proposals still wait, 1 schedule has no new labels”."""
    waiting, idle = len(reminder.waiting), len(reminder.idle)
    words = []
    if waiting:
        words.append("1 proposal still waits" if waiting == 1 else f"{waiting} proposals still wait")
    if idle:
        words.append("1 schedule has no new labels" if idle == 1 else f"{idle} schedules have no new labels")
    return ", ".join(words)


def reminder_content(reminder: Reminder) -> Content:
    """The mail. Names are escaped and cut to a line."""
    subject = f"Plumbline: {reminder_words(reminder)} — {one_line(reminder.project, NAME_IN_SUBJECT)}"
    shown = {"reminder": reminder, "words": reminder_words(reminder), "subject": subject, "most": MOST}
    pages = environment()
    return Content(
        subject,
        pages.get_template("reminder.txt").render(shown),
        inlined(pages.get_template("reminder.html").render(shown)),
        reminder.unsubscribe_url,
    )
