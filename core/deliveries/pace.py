"""How fast mails go out, all workers together: each takes the next free moment and waits for it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from core.db import database_now, insert_once
from core.models import Setting

NAME = "next mail"
LONGEST_LEAD = timedelta(hours=1)
"""A moment farther ahead was taken before the clock was set back."""


def seconds_to_wait(session: Session, per_minute: int) -> float:
    """Take the next free moment for a mail; how far away it is."""
    now = database_now(session)
    insert_once(session, Setting, {"name": NAME, "value": now.timestamp()}, Setting.name)
    row = session.get_one(Setting, NAME, with_for_update=True, populate_existing=True)
    free = float(row.value)
    mine = max(free, now.timestamp())
    if mine - now.timestamp() > LONGEST_LEAD.total_seconds():
        mine = now.timestamp()
    row.value = mine + 60.0 / per_minute
    return mine - now.timestamp()
