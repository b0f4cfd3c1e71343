"""Engine and sessions, one-time inserts, and times that are always aware UTC."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Row,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

BUSY_SECONDS = 30
MOST_COUNT = 2**31 - 1
"""The largest number of an integer column that is no key."""

DatabaseAway = OperationalError
"""The database is locked, full or cannot be reached; what was asked for may be tried again."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class UTCDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC; a naive one is refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """Sessions on one database: `read()` for looking, `write()` for one transaction.

    Built lazily and again after a fork, because workers fork and a connection must not be shared.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine: Engine | None = None
        self._pid = 0

    @property
    def engine(self) -> Engine:
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine, self._pid = make_engine(self.url), os.getpid()
        return self._engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing in it is ever committed."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        engine = self.engine.execution_options(plumbline_write=True)
        with sessionmaker(engine, expire_on_commit=False).begin() as session:
            yield session

    def dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, writers queue at BEGIN) or PostgreSQL."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True, pool_size=5, max_overflow=20)
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS})
    _make_sqlite_dependable(engine)
    return engine


def _make_sqlite_dependable(engine: Engine) -> None:
    """WAL and foreign keys; write transactions take the lock at BEGIN.

    A deferred transaction that reads and then writes fails at once when another wrote in between,
    whatever the busy timeout; BEGIN IMMEDIATE waits its turn.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        writing = connection.get_execution_options().get("plumbline_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def insert_once(session: Session, table: Any, values: Mapping[str, Any], returning: Any) -> Any | None:
    """Insert a row unless a unique constraint has it already; the given column of a new row, else None.

    The row count of ON CONFLICT DO NOTHING is −1 on PostgreSQL, hence RETURNING.
    """
    new = insert_new(session, table, [values], returning)
    return new[0][0] if new else None


def insert_new(
    session: Session, table: Any, rows: Sequence[Mapping[str, Any]], *returning: Any
) -> Sequence[Row[Any]]:
    """Insert those rows that no unique constraint has already; the given columns of them, in any order."""
    if not rows:
        return []
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(table).on_conflict_do_nothing().returning(*returning)
    return session.execute(statement, [dict(values) for values in rows]).all()


PG_NOW = text("SELECT clock_timestamp()")
SQLITE_NOW = text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")


def database_now(session: Session) -> datetime:
    """The database's own clock, so that leases do not depend on the clocks of several machines."""
    if session.get_bind().dialect.name == "postgresql":
        now = session.execute(PG_NOW).scalar_one()
        return now.astimezone(UTC)  # type: ignore[no-any-return]
    stamp = session.execute(SQLITE_NOW).scalar_one()
    return datetime.strptime(stamp, "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
