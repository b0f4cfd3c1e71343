"""The MCP server: tools over the use cases of `core`, the same that the pages and the command line call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

from mcp.server.auth.provider import TokenVerifier
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from core import metrics
from core.db import Database
from core.errors import NotFound, PlumblineError
from core.terms import Actor
from mcp_server.answers import MetricAnswer

INSTRUCTIONS = (
    "Plumbline keeps LLM judges true to the labels of the people who own them. A metric is a prompt "
    "that judges calls; its description and evaluation_trigger are what is improved from labels."
)
READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)

MetricId = Annotated[int, Field(ge=1, description="The metric's id, a whole number from 1.")]


def build_server(
    database: Database,
    who: Callable[[], Actor],
    *,
    auth: AuthSettings | None = None,
    tokens: TokenVerifier | None = None,
) -> MCPServer:
    """A server whose tools act for whom `who` says at each call.

    `auth` and `tokens` go together: with them the SDK lets no HTTP request in without a good token.
    """
    server = MCPServer(
        "plumbline", title="Plumbline", instructions=INSTRUCTIONS, auth=auth, token_verifier=tokens
    )

    @server.tool(title="Read a metric", annotations=READS)
    def metrics_retrieve(metric_id: MetricId) -> MetricAnswer:
        """Read a metric: its live definition (judge prompt, trigger, type, code) and how it is scored."""
        with _errors_told():
            return MetricAnswer.of(metrics.retrieve(database, who(), metric_id))

    return server


@contextmanager
def _errors_told() -> Iterator[None]:
    """Give the client the sentence of an error a user can cause; any other stays in the server's log."""
    try:
        yield
    except NotFound as error:
        raise ToolError(f"{error} Check the id and call again.") from error
    except PlumblineError as error:
        raise ToolError(str(error)) from error
