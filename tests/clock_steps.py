"""A database whose clock steps: the product asks that one, so no other needs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event, text

from core.db import Database

SHIFTED = (
    "CREATE SCHEMA shifted",
    "CREATE TABLE shifted.by (step interval NOT NULL)",
    "INSERT INTO shifted.by VALUES ('0 seconds')",
    """CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.clock_timestamp() + (SELECT step FROM shifted.by)'""",
)


@dataclass
class SteppingClock:
    """Of one database. On PostgreSQL for everybody who connects from now on, on SQLite for this process."""

    database: Database
    by: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        if self.database.engine.dialect.name == "sqlite":
            event.listen(self.database.engine, "connect", self._connected)
            self.database.engine.pool.dispose()
        else:
            self._shadow()

    def step(self, by: timedelta) -> None:
        self.by += by
        if self.database.engine.dialect.name != "sqlite":
            with self.database.write() as session:
                session.execute(text("UPDATE shifted.by SET step = :step"), {"step": self.by})

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by

    def _connected(self, connection: Any, _record: Any) -> None:
        """A function of ours in the place of SQLite's own."""
        connection.create_function("strftime", 2, self._strftime)

    def _strftime(self, shape: str, of: str) -> str:
        assert (shape, of) == ("%Y-%m-%d %H:%M:%f", "now")
        return self.now().strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def _shadow(self) -> None:
        """A function that is found before pg_catalog's."""
        name = self.database.engine.url.database
        with self.database.write() as session:
            for statement in SHIFTED:
                session.execute(text(statement))
            path = "shifted, pg_catalog, public"
            session.execute(text(f'ALTER DATABASE "{name}" SET search_path = {path}'))
        self.database.engine.dispose()
