"""Bring a database to the revision this version of the product needs."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from core.db import Database
from core.errors import DatabaseNotReady

ADVISORY_LOCK = 7_106_115
"""Any number, the same in every process: whoever holds it on PostgreSQL is migrating."""


def alembic_config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = engine
    return config


def migrate(database: Database) -> str:
    """Upgrade to the newest revision, once even when several processes start at the same time.

    Returns the revision the database is at afterwards.
    """
    with _migration_lock(database.engine):
        command.upgrade(alembic_config(database.engine), "head")
    return newest_revision()


@lru_cache(maxsize=1)
def newest_revision() -> str:
    """The revision that this version's code needs."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head() or ""


def current_revision(database: Database) -> str | None:
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def require_current_revision(database: Database) -> None:
    """Raise DatabaseNotReady unless the database is at the revision this version needs."""
    found, needed = current_revision(database), newest_revision()
    if found != needed:
        raise DatabaseNotReady(
            f"The database is at revision {found or 'none'}, this version needs {needed}: "
            "run `python -m core migrate`."
        )


@contextmanager
def _migration_lock(engine: Engine) -> Iterator[None]:
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:n)"), {"n": ADVISORY_LOCK})
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": ADVISORY_LOCK})
        return
    path = Path(engine.url.database or "plumbline.db")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".migrating").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
