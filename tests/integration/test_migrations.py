"""An installation of an earlier release is brought to the newest tables, with its data."""

from __future__ import annotations

import json

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from core.db import Base, Database
from core.lab.word_index import holds
from core.migrations import alembic_config, migrate
from core.models import Call


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
        context = MigrationContext.configure(connection, opts={"include_name": is_described})
        assert compare_metadata(context, Base.metadata) == []


def is_described(name: str | None, *_: object) -> bool:
    """The index of words is the database's own kind of table, and no model's."""
    return not (name or "").startswith("call_words")


BOTH = ("sqlite", "postgresql")
REWRITING = {
    "DELETE FROM audit_event": BOTH,
    "UPDATE audit_event SET actor = 'x'": BOTH,
    "TRUNCATE audit_event": ("postgresql",),
    "TRUNCATE audit_event CASCADE": ("postgresql",),
    "INSERT OR REPLACE INTO audit_event (id, {columns}) VALUES (1, {values})": ("sqlite",),
    "REPLACE INTO audit_event (id, {columns}) SELECT id, {columns} FROM audit_event": ("sqlite",),
    "UPDATE OR REPLACE audit_event SET id = 2": ("sqlite",),
    "INSERT INTO audit_event (id, {columns}) VALUES (1, {values}) "
    "ON CONFLICT (id) DO UPDATE SET origin = 'x'": BOTH,
}
"""By statement, the databases that know it."""
COLUMNS = "actor, origin, action, subject, reason, details"
VALUES = "'x', 'page', 'metric.edit', 'metric Polite', '', '{}'"


@pytest.mark.parametrize("statement", REWRITING)
def test_the_database_itself_refuses_to_rewrite_the_audit(first_release: Database, statement: str) -> None:
    if first_release.engine.dialect.name not in REWRITING[statement]:
        pytest.skip("this database has no such statement")
    migrate(first_release)

    with pytest.raises(DBAPIError, match="append-only"), first_release.engine.begin() as connection:
        connection.execute(text(statement.replace("{columns}", COLUMNS).replace("{values}", VALUES)))

    with first_release.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO audit_event ({COLUMNS}) VALUES ({VALUES})"))
        found = connection.scalars(text("SELECT actor FROM audit_event ORDER BY id")).all()
    assert found == ["a@b.c", "x"], "what was there stands, and what is new comes after it"


def test_an_installation_whose_audit_could_be_replaced_is_mended(empty_database: Database) -> None:
    """Of the release before, where 0002 made the triggers of its day."""
    command.upgrade(alembic_config(empty_database.engine), "0012")
    if empty_database.engine.dialect.name != "sqlite":
        return
    with empty_database.engine.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_event_no_replace"))
        connection.execute(text(f"INSERT INTO audit_event ({COLUMNS}) VALUES ({VALUES})"))

    migrate(empty_database)

    with pytest.raises(DBAPIError, match="append-only"), empty_database.engine.begin() as connection:
        connection.execute(text(f"INSERT OR REPLACE INTO audit_event (id, {COLUMNS}) VALUES (1, {VALUES})"))


OLD_ROWS = """
INSERT INTO project (name, timezone) VALUES ('Clinic', 'UTC');
INSERT INTO metric (project_id, name, eval_type, enum_values, tolerance, critical, revision)
  VALUES (1, 'Polite', 'binary', '[]', 0, false, 1);
INSERT INTO call (project_id, external_id, transcript, digest, metadata) VALUES (1, 'c', '[]', 'd', '{}');
INSERT INTO metric_review (metric_id, call_id, labelled, feedback, explanation, revision)
  VALUES (1, 1, true, '', '', 1);
INSERT INTO run (project_id, trigger, auto_apply, apply_code, guard, notify, options)
  VALUES (1, 'button', false, true, 'standard', 'both', '{}');
INSERT INTO result (run_id, metric_id, state, reason, warning, not_judged, calls, input_tokens, output_tokens)
  VALUES (1, 1, 'done', '', '', 0, 0, 0, 0);
INSERT INTO row_result (result_id, review_id, expected_value, part, before_explanation, after_explanation)
  VALUES (1, 1, 'true', 'learn', '', '')
"""


def test_rows_that_refer_to_each_other_come_along(first_release: Database) -> None:
    """SQLite rebuilds a table to change it, which rows that refer to the old one must not forbid."""
    with first_release.engine.begin() as connection:
        for statement in OLD_ROWS.split(";"):
            connection.execute(text(statement))

    migrate(first_release)

    with first_release.engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM row_result")) == 1
        with pytest.raises(IntegrityError):
            connection.execute(text("UPDATE row_result SET review_id = 99"))


def test_words_of_calls_that_were_there_are_found(first_release: Database) -> None:
    with first_release.engine.begin() as connection:
        for statement in OLD_ROWS.split(";")[:2]:
            connection.execute(text(statement))
        connection.execute(
            text(
                "INSERT INTO call (project_id, external_id, transcript, digest, metadata) "
                "VALUES (1, 'c', :transcript, 'd', '{}')"
            ),
            {
                "transcript": json.dumps(
                    [{"role": "user", "content": "Hello there"}, {"role": "user", "content": ""}]
                )
            },
        )

    migrate(first_release)

    with first_release.read() as session:
        assert [
            len(session.scalars(select(Call.id).where(holds(session, words))).all())
            for words in ("hello", "hello the", "there hello")
        ] == [1, 1, 0]


def test_calls_that_were_there_twice_are_known_to_repeat_each_other(first_release: Database) -> None:
    with first_release.engine.begin() as connection:
        for statement in OLD_ROWS.split(";")[:2]:
            connection.execute(text(statement))
        insert = (
            "INSERT INTO call (project_id, external_id, transcript, digest, metadata) "
            "VALUES (1, :name, '[]', :digest, '{}')"
        )
        for name, digest in (("one", "same"), ("two", "other"), ("three", "same")):
            connection.execute(text(insert), {"name": name, "digest": digest})

    migrate(first_release)

    with first_release.read() as session:
        repeated = select(Call.external_id).where(Call.repeated.is_(True))
        assert set(session.scalars(repeated)) == {"one", "three"}


def test_of_a_password_that_was_there_it_is_known_who_passed_on_the_link(empty_database: Database) -> None:
    command.upgrade(alembic_config(empty_database.engine), "0011")
    with empty_database.engine.begin() as connection:
        for email, password in (("eve@b.c", "NULL"), ("hire@b.c", "'x'"), ("own@b.c", "'x'")):
            connection.execute(
                text(
                    'INSERT INTO "user" (email, name, enabled, password_hash) '
                    f"VALUES ('{email}', '', true, {password})"
                )
            )
        for digest, used_at in (("a", "'2026-01-01'"), ("b", "NULL")):
            connection.execute(
                text(
                    "INSERT INTO one_time_link (digest, kind, user_id, created_by, expires_at, used_at) "
                    f"VALUES ('{digest}', 'invitation', 2, 1, '2026-01-08', {used_at})"
                )
            )

    migrate(empty_database)

    with empty_database.engine.connect() as connection:
        vouched = connection.execute(text('SELECT email, vouched_by FROM "user" ORDER BY id')).all()
    assert [tuple(row) for row in vouched] == [("eve@b.c", None), ("hire@b.c", 1), ("own@b.c", None)]
