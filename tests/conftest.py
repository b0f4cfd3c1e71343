from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, create_engine
from sqlalchemy.exc import OperationalError

from core import db
from core.signin import passwords
from tests.servers import _shared_redis, own_redis, redis_server, redis_url

__all__ = ["_shared_redis", "own_redis", "redis_server", "redis_url"]

NO_CHROMIUM = "there is no Chromium on this machine; install chromium to run the browser tests"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Chromium a browser test is skipped, and in CI it fails: there a skip would go unseen."""
    if item.get_closest_marker("browser") is None or shutil.which("chromium"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM, pytrace=False)
    pytest.skip(NO_CHROMIUM)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, so that at the end no process is left alone with one of them."""
    slow = {item.path for item in items if {"slow", "browser"} & {mark.name for mark in item.iter_markers()}}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def slow_hasher() -> Iterator[PasswordHasher]:
    """What passwords are hashed with outside of tests; in them the same algorithm is made cheap, since what
    makes a password dear to guess makes hundreds of sign-ins slow.

    Processes of their own, as the dashboard's, are not touched.
    """
    dear = passwords.HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield dear


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Every test has engines of its own, and SQLAlchemy keeps what it compiled by engine and dialect; here
    all engines of a kind share both with the first one that reached its database."""
    first: dict[str, Engine] = {}

    def sharing(*args: Any, **options: Any) -> Engine:
        engine = create_engine(*args, **options)
        name = engine.dialect.name
        if name in first:
            engine.dialect, engine._compiled_cache = first[name].dialect, first[name]._compiled_cache
            return engine
        with suppress(OperationalError), engine.connect():
            first[name] = engine
        engine.dispose()  # the connection has not had what core.db gives to each
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "create_engine", sharing)
        yield
