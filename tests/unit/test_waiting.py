"""How long a worker or scheduler waits for Redis or the database, and what it takes for an absence."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ResponseError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from core.db import Database
from core.migrations import migrate
from worker.waiting import LONGEST_SECONDS, is_away, pauses, wait_for_database


def test_pauses_double_up_to_ten_seconds_and_never_end() -> None:
    assert list(islice(pauses(), 7)) == [0.5, 1.0, 2.0, 4.0, 8.0, LONGEST_SECONDS, LONGEST_SECONDS]


def cut_off() -> DBAPIError:
    return DBAPIError("SELECT 1", {}, Exception("terminating connection"), connection_invalidated=True)


@pytest.mark.parametrize(
    "error", [RedisAway("refused"), OperationalError("SELECT 1", {}, Exception("locked")), cut_off()]
)
def test_that_is_away(error: Exception) -> None:
    assert is_away(error)


@pytest.mark.parametrize(
    "error",
    [
        ProgrammingError("SELEC", {}, Exception("syntax")),
        IntegrityError("INSERT", {}, Exception("unique")),
        ValueError("a bug"),
    ],
)
def test_that_is_an_error_of_ours(error: Exception) -> None:
    assert not is_away(error)


def test_a_redis_that_answers_with_an_error_is_waited_for_as_while_it_loads() -> None:
    assert is_away(ResponseError("LOADING Redis is loading the dataset in memory"))


def test_a_database_that_is_there_is_not_waited_for(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/plumbline.db")
    migrate(database)
    wait_for_database(database)
