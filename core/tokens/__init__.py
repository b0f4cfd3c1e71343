"""Tokens with which MCP clients and scripts act for a person, in one project and in at most one role.

Admins make them: a token opens a door past sign-in that outlives every session, and who manages the
members of a project decides which doors it has. It is its maker's, acts under the maker's name with its
own beside it, and never with more than the maker's role of that moment. A token manages neither
tokens nor people, so that a stolen one cannot make itself a successor.
"""

from core.tokens.connecting import claude_command, live_address, mcp_address
from core.tokens.making import MOST_DAYS, TokenState, TokenView, make_token, revoke_token, tokens_of
from core.tokens.using import actor_again, actor_of_token, looks_like_token, token_digest

__all__ = [
    "MOST_DAYS",
    "TokenState",
    "TokenView",
    "actor_again",
    "actor_of_token",
    "claude_command",
    "live_address",
    "looks_like_token",
    "make_token",
    "mcp_address",
    "revoke_token",
    "token_digest",
    "tokens_of",
]
