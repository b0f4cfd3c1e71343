"""People: who may come in, and how they get in again."""

from __future__ import annotations

import sys

import click

from core import accounts, signin
from core.commands.context import Context, by_id_or_name, command
from core.commands.root import group
from core.errors import Refused
from core.terms import Actor, Origin, Role

ROLES = [role.name.lower() for role in Role]

user = group("user", "People.")

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read a password from standard input instead of making a link."
)


@command(user, "add", help="Give a person a role in a project, or in all of them, and a link to come in by.")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.option("--project", "project_name")
@password_option
def user_add(context: Context, email: str, role: str, project_name: str | None, password_stdin: bool) -> None:
    chosen = by_id_or_name(project_name) if project_name else None
    if not password_stdin:
        signin.refuse_unvouched(context.database, context.settings, email, chosen)
    user_id = accounts.add_user(context.database, context.actor, email, Role[role.upper()], chosen)
    answer = {"id": user_id, "email": email, "role": role}
    link = _way_in(context, user_id, password_stdin)
    said = f"{email} is {role} (user {user_id})."
    context.answer(answer | ({"link": link} if link else {}), f"{said}\n{link}" if link else said)


@command(user, "list", help="Every account, and how its person can sign in.")
def user_list(context: Context) -> None:
    found = signin.all_people(context.database, _operator(context))
    context.answer([one.as_json() for one in found], lambda: "\n".join(map(_line, found)))


@command(user, "reset", help="A link by which somebody sets a new password, once, within a day.")
@click.argument("email")
@password_option
def user_reset(context: Context, email: str, password_stdin: bool) -> None:
    user_id = signin.find_person(context.database, email)
    if password_stdin:
        _set_password(context, user_id)
        context.answer({"id": user_id}, f"{email} has a new password; their sessions have ended.")
        return
    token = signin.reset_link(context.database, _operator(context), user_id)
    link = signin.link_address(context.settings, token)
    context.answer({"id": user_id, "link": link}, link)


@command(user, "disable", help="Put somebody out at once; what they did stays.")
@click.argument("email")
def user_disable(context: Context, email: str) -> None:
    _set_enabled(context, email, False)


@command(user, "enable", help="Let somebody in again.")
@click.argument("email")
def user_enable(context: Context, email: str) -> None:
    _set_enabled(context, email, True)


@command(user, "welcome", hidden=True, help="The path of the local admin's first way in, if one is needed.")
def user_welcome(context: Context) -> None:
    if context.settings.sign_in != "accounts" or _has_password(context, context.actor):
        context.answer({"path": None}, "")
        return
    token = signin.make_welcome_link(context.database, context.settings.admin_email)
    context.answer({"path": signin.LINK_PATH + token}, signin.LINK_PATH + token)


def _has_password(context: Context, actor: Actor) -> bool:
    people = signin.all_people(context.database, _operator(context))
    return any(one.id == actor.user_id and "password" in one.ways for one in people)


def _way_in(context: Context, user_id: int, password_stdin: bool) -> str | None:
    """A link for somebody who cannot sign in yet, unless a password was given."""
    if password_stdin:
        _set_password(context, user_id)
        return None
    people = signin.all_people(context.database, _operator(context))
    there = next(one for one in people if one.id == user_id)
    if there.ways or not there.enabled or context.settings.sign_in != "accounts":
        return None
    token = signin.reset_link(context.database, _operator(context), user_id)
    return signin.link_address(context.settings, token)


def _set_password(context: Context, user_id: int) -> None:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise Refused("There was no password on standard input.")
    signin.give_password(context.database, _operator(context), user_id, password)


def _set_enabled(context: Context, email: str, on: bool) -> None:
    user_id = signin.find_person(context.database, email)
    signin.set_enabled(context.database, _operator(context), user_id, on)
    context.answer({"id": user_id, "enabled": on}, f"{email} is {'enabled' if on else 'disabled'}.")


def _operator(context: Context) -> Actor:
    """Who has a shell here has the database: not bound by memberships, recorded under the admin's name."""
    return Actor(None, context.settings.admin_email, Origin.COMMAND_LINE, Role.ADMIN)


def _line(one: signin.PersonView) -> str:
    ways = " and ".join(one.ways) or "no way in yet"
    seen = f"last signed in {one.signed_in_at:%Y-%m-%d %H:%M} UTC" if one.signed_in_at else "never signed in"
    return f"user {one.id}  {one.email}  {'' if one.enabled else 'disabled  '}{ways}  {seen}"
