"""Redis or the database is away: what that looks like, and how long to wait before trying again."""

from __future__ import annotations

import time
from collections.abc import Iterator

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from core.db import Database
from core.migrations import require_current_revision

log = structlog.get_logger()

FIRST_SECONDS, LONGEST_SECONDS = 0.5, 10.0


def is_away(error: Exception) -> bool:
    """Whether it says that Redis or the database cannot be reached now, rather than that something is
    wrong with what was asked. A server that restarts under an open transaction shows as any of these."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, RedisError | OperationalError | InterfaceError)


def pauses() -> Iterator[float]:
    """Seconds to wait before each further attempt: from half a second, doubled, up to ten."""
    pause = FIRST_SECONDS
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_SECONDS)


def wait_for_database(database: Database) -> None:
    """Return once it answers. Raises DatabaseNotReady where it answers and is at another revision."""
    for pause in pauses():
        try:
            require_current_revision(database)
        except DBAPIError as error:
            if not is_away(error):
                raise
            log.warning("waiting for the database", cause=str(error.orig).strip())
            time.sleep(pause)
        else:
            return
