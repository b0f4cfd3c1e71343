"""Claude Code: the loop as a routine of an MCP client, filled in for this project."""

from __future__ import annotations

from dashboard import session
from dashboard.components.routine import show_routine

with session.saying_refusals():
    show_routine(session.need_project())
