"""What every command has at hand, and how it answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any

import click
from redis import Redis
from sqlalchemy.exc import OperationalError

from core import queue
from core.accounts import local_admin
from core.db import Database
from core.errors import PlumblineError
from core.logs import set_up_logs
from core.migrations import current_revision, migrate, require_current_revision
from core.settings import Settings, load_settings
from core.terms import Actor, Origin


@dataclass
class Context:
    """The settings, the database and who is asking: the person at this machine."""

    settings: Settings = field(default_factory=load_settings)
    json: bool = False

    @cached_property
    def database(self) -> Database:
        """The database, at the right revision; a new and empty one is set up on the way."""
        database = Database(self.settings.database)
        if current_revision(database) is None:
            migrate(database)
        require_current_revision(database)
        return database

    @cached_property
    def actor(self) -> Actor:
        return local_admin(self.database, self.settings.admin_email, Origin.COMMAND_LINE)

    @cached_property
    def redis(self) -> Redis:
        return queue.connect(self.settings.redis)

    def answer(self, data: Any, text: str | Callable[[], str]) -> None:
        """Print the data as JSON where it was asked for, else the text."""
        if self.json:
            click.echo(json.dumps(data, ensure_ascii=False, default=str))
        else:
            click.echo(text() if callable(text) else text)

    def say(self, text: str) -> None:
        """Something beside the answer, on standard error."""
        click.echo(text, err=True)


def command(
    group: click.Group, name: str, **attributes: Any
) -> Callable[[Callable[..., None]], click.Command]:
    """A command with `--json`, whose refusals are one sentence on standard error and exit 1."""

    def decorate(function: Callable[..., None]) -> click.Command:
        @click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
        @wraps(function)
        def run(as_json: bool, **values: Any) -> None:
            set_up_logs("WARNING")
            try:
                function(Context(json=as_json), **values)
            except PlumblineError as error:
                refuse(str(error))
            except OperationalError:
                refuse("The database does not answer: check DATABASE_URL, or try again in a moment.")

        return group.command(name, **attributes)(run)

    return decorate


def refuse(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)


def by_id_or_name(text: str) -> int | str:
    """`12` is an id, anything else a name."""
    return int(text) if text.isdecimal() else text
