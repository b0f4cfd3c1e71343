"""Two schedulers and two workers under kill -9 while Redis is killed, restarted and emptied.

Everything is real: the commands of the Procfile, a Redis-protocol server on its port, an HTTP model, an
SMTP server, SQLite or PostgreSQL. How schedules come to be due every few seconds: see `life`.

    make chaos                                    five minutes on each database
    CHAOS_SECONDS=60 CHAOS_SEED=3 make chaos      another length, another order of strikes
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from core.db import Database
from tests.chaos.storm import Account, storm, table
from tests.databases import always_on_both, on_both
from tests.servers import RedisServer

SHORT_SECONDS, SHORT_MEAN = 6.0, 0.8
FULL_SECONDS = float(os.environ.get("CHAOS_SECONDS", "300"))
FULL_MEAN = 1.5
SEED = int(os.environ.get("CHAOS_SEED", "1"))


def assert_nothing_lost_or_doubled(account: Account) -> None:
    found = account.fires
    assert (found.lost, found.doubled, found.strange, found.unexplained) == ([], [], [], 0)
    assert sum(found.kinds.values()) == account.due
    assert account.work.open == []
    assert account.work.wrong_versions == []
    assert account.work.worse_applied == []
    assert (account.mails.missing, account.mails.doubled, account.mails.unexplained) == ([], [], [])
    assert account.ended_alone == [], "processes that ended without being killed"


@always_on_both
@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_short_storm_loses_and_doubles_nothing(
    database: Database, own_redis: RedisServer, tmp_path: Path
) -> None:
    account = storm(database, own_redis, tmp_path, SHORT_SECONDS, SHORT_MEAN, SEED)
    print(table([account.row()]))
    assert_nothing_lost_or_doubled(account)
    assert account.killer.struck.total() > 0
    assert account.fires.kinds["run"] > 0


@on_both
@pytest.mark.chaos
@pytest.mark.slow
@pytest.mark.timeout(FULL_SECONDS + 600)
def test_a_long_storm_loses_and_doubles_nothing(
    database: Database, own_redis: RedisServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account = storm(database, own_redis, tmp_path, FULL_SECONDS, FULL_MEAN, SEED)
    with capsys.disabled():
        print(f"\n{table([account.row()])}\n{json.dumps(account.row())}")
    assert_nothing_lost_or_doubled(account)
    assert account.killer.struck.total() > 0
    # Not no_changes: in a long storm people edit every prompt before a run can meet the same question again.
    assert set(account.work.outcomes) >= {"applied", "regressed"}
