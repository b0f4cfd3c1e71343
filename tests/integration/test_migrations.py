"""An installation of an earlier release is brought to the newest tables, with its data."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.db import Base, Database
from core.migrations import alembic_config, migrate


@pytest.fixture
def first_release(empty_database: Database) -> Database:
    command.upgrade(alembic_config(empty_database.engine), "0001")
    with empty_database.engine.begin() as connection:
        connection.execute(text("INSERT INTO \"user\" (email, name, enabled) VALUES ('a@b.c', '', true)"))
        connection.execute(
            text(
                "INSERT INTO audit_event (actor, origin, action, subject, reason, details) "
                "VALUES ('a@b.c', 'page', 'metric.edit', 'metric Polite', '', '{}')"
            )
        )
    return empty_database


def test_the_first_release_is_upgraded_with_its_data(first_release: Database) -> None:
    migrate(first_release)

    with first_release.engine.connect() as connection:
        assert connection.scalar(text('SELECT email FROM "user"')) == "a@b.c"
        assert connection.scalar(text("SELECT count(*) FROM audit_event")) == 1


def test_the_migrations_make_just_the_tables_that_the_models_describe(first_release: Database) -> None:
    migrate(first_release)

    with first_release.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("statement", ["DELETE FROM audit_event", "UPDATE audit_event SET actor = 'x'"])
def test_the_database_itself_refuses_to_rewrite_the_audit(first_release: Database, statement: str) -> None:
    migrate(first_release)

    with pytest.raises(DBAPIError, match="append-only"), first_release.engine.begin() as connection:
        connection.execute(text(statement))
