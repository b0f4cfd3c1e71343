"""What every tool has at hand: the database, whom it acts for, how workers are woken, where pages are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from core import jobs, queue
from core.db import Database, DatabaseAway
from core.errors import NotAllowed, NotFound, PlumblineError, RowEditedMeanwhile
from core.settings import Settings
from core.terms import Actor
from mcp_server.texts import untrusted

READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
ADDS = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False
)
"""Asked again after it is done, it makes one more: a run, a trial, a schedule."""
OVERWRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
)
"""What was there before, a label or a note too, is no longer the one in force; history and audit keep it."""

ROW_CHANGED = (
    "Somebody changed this row since you read it, and nothing was overwritten: read it again by "
    "metric_reviews_retrieve, then decide."
)


@dataclass(frozen=True, slots=True)
class Desk:
    """`who` says at each call whom the tools act for; it raises TokenRefused."""

    database: Database
    settings: Settings
    who: Callable[[], Actor]

    def push(self, job_ids: Sequence[int]) -> None:
        """Wake workers. With Redis away the jobs are stored, and start when it is back."""
        jobs.push_now(self.database, queue.connect(self.settings.redis), job_ids)

    def link(self, page: str, **parameters: int) -> str:
        """The address of a page of the dashboard."""
        return f"{self.settings.public_url.rstrip('/')}/{page}?{urlencode(parameters)}"


@contextmanager
def errors_told() -> Iterator[None]:
    """Give the client the sentence of an error a user can cause; any other stays in the server's log."""
    try:
        yield
    except NotFound as error:
        raise ToolError(f"{error} Check the id and call again.") from error
    except NotAllowed as error:
        raise ToolError(f"{error} Ask an admin of the project for a token with that role.") from error
    except RowEditedMeanwhile as error:
        raise ToolError(f"{ROW_CHANGED} {untrusted(str(error))}") from error
    except PlumblineError as error:
        raise ToolError(str(error)) from error
    except DatabaseAway as error:
        raise ToolError(
            "The database does not answer right now. Nothing was changed; try again in a minute."
        ) from error
