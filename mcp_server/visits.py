"""One request over HTTP, from its token to its answer, as far as the door wants to know."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import CallToolResult

WITHOUT = (
    "Send an API token in the header “Authorization: Bearer plb_…”; an admin of the project makes one under "
    "Project settings → API tokens."
)


@dataclass
class Visit:
    """`refusal`: why its token was refused, unless it was `good`, or nobody could be asked since the database
    is `away`. `in_error`: its answer is an error, whatever the status says: the protocol sends one with 200.
    """

    refusal: str = WITHOUT
    good: bool = False
    away: bool = False
    in_error: bool = False


VISIT: ContextVar[Visit] = ContextVar("visit")


async def noting_errors(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware of the SDK: an unknown method or tool, arguments that fit none, and what a tool refuses."""
    try:
        result = await call_next(ctx)
    except Exception:
        _in_error()
        raise
    if _is_error(result):
        _in_error()
    return result


def _is_error(result: HandlerResult) -> bool:
    if isinstance(result, dict):
        return bool(result.get("isError"))
    return isinstance(result, CallToolResult) and result.is_error


def _in_error() -> None:
    visit = VISIT.get(None)
    if visit is not None:  # there is none over stdio
        visit.in_error = True
