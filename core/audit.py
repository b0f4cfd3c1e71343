"""Who did what, when, from where and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from core.models import AuditEvent
from core.terms import Actor

EXCERPT = 500
"""Characters of a note: what it says is seen, and a file pasted into it fills no audit."""


def record(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    *,
    project_id: int | None = None,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write an audit row into the transaction of the deed itself, so that neither is without the other."""
    session.add(
        AuditEvent(
            project_id=project_id,
            user_id=actor.user_id,
            actor=actor.name,
            origin=actor.origin.value,
            action=action,
            subject=subject[:300],
            reason=reason,
            details=dict(details or {}),
        )
    )


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs, as `{name: [before, after]}`."""
    return {name: [before[name], value] for name, value in after.items() if before[name] != value}


def made(after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The same of what was not there before, without what was left empty."""
    return {name: [None, value] for name, value in after.items() if value not in (None, "", [], {})}


def excerpt(text: str) -> str:
    """A text that people wrote, short enough for the audit, which keeps it for ever."""
    return text if len(text) <= EXCERPT else f"{text[:EXCERPT]}…"
