"""Set up and look after this installation."""

from __future__ import annotations

from core.commands.context import Context, command, refuse
from core.commands.root import root
from core.db import Database
from core.health import check
from core.migrations import migrate


@command(root, "migrate", help="Bring the database to the revision this version needs.")
def migrate_database(context: Context) -> None:
    revision = migrate(Database(context.settings.database))
    context.answer({"revision": revision}, f"The database is at revision {revision}.")


@command(root, "doctor", help="Is everything there that a run needs?")
def doctor(context: Context) -> None:
    health = check(context.settings, Database(context.settings.database))
    parts = {name: getattr(health, name) for name in ("database", "redis", "worker", "scheduler", "model")}
    context.answer(
        health.as_json(),
        lambda: "\n".join(
            f"{'ok ' if part.ok else '-- '} {name:<10} {part.sentence}" for name, part in parts.items()
        ),
    )
    if health.status != "ok":
        refuse("Not everything is ready.")
