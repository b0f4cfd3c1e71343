"""API tokens."""

from __future__ import annotations

import click

from core import accounts
from core.commands.context import Context, by_id_or_name, command
from core.commands.people import ROLES
from core.commands.root import group
from core.errors import NotFound, Refused
from core.terms import Role
from core.tokens import MOST_DAYS, TokenView, claude_command, make_token, mcp_address, revoke_token, tokens_of

token = group("token", "API tokens, for MCP clients and scripts.")

project_option = click.option("--project", "project_name", help="Needed where there are several.")


@command(token, "add", help="Make a token; its text is shown this once.")
@click.argument("name")
@project_option
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="Good for so long; until revoked by default.")
def token_add(context: Context, name: str, project_name: str | None, role: str, days: int | None) -> None:
    project_id = _project(context, project_name)
    made, plaintext = make_token(
        context.database, context.actor, project_id, name, Role[role.upper()], expires_in_days=days
    )
    line = claude_command(mcp_address(context.settings), plaintext)
    context.answer(
        made.as_json() | {"token": plaintext},
        f"{plaintext}\n\nThis is shown once. For Claude Code:\n{line}",
    )


@command(token, "list", help="The tokens of a project, newest first.")
@project_option
def token_list(context: Context, project_name: str | None) -> None:
    found = tokens_of(context.database, context.actor, _project(context, project_name))
    context.answer(
        [one.as_json() for one in found], lambda: "\n".join(map(_line, found)) or "There are no tokens yet."
    )


@command(token, "revoke", help="Refuse a token from now on.")
@click.argument("token_id", type=int)
def token_revoke(context: Context, token_id: int) -> None:
    revoked = revoke_token(context.database, context.actor, token_id)
    context.answer(revoked.as_json(), f"Revoked token {revoked.id}: {revoked.name}.")


def _project(context: Context, name: str | None) -> int:
    """The project meant; the only one there is where none is named."""
    mine = accounts.projects_of(context.database, context.actor)
    if name is None:
        if len(mine) != 1:
            raise Refused("Name the project with --project.")
        return mine[0].id
    wanted = by_id_or_name(name)
    for one in mine:
        if wanted in (one.id, one.name):
            return one.id
    raise NotFound("project", name)


def _line(one: TokenView) -> str:
    until = f"until {one.expires_at:%Y-%m-%d}" if one.expires_at else "until revoked"
    used = f"last used {one.used_at:%Y-%m-%d %H:%M} UTC" if one.used_at else "never used"
    return (
        f"token {one.id}  {one.hint}…  {one.name}  {one.role.name.lower()}  {one.owner}  "
        f"{one.state.value}  {until}  {used}"
    )
