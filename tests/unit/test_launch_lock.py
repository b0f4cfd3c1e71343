from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from launch.lock import LOCK_FILE, AlreadyRunning, announce, only_one


def test_a_second_launcher_is_told_where_the_first_one_is(tmp_path: Path) -> None:
    with only_one(tmp_path) as lock:
        announce(lock, "http://127.0.0.1:8502")

        with (
            pytest.raises(
                AlreadyRunning, match=r"^Plumbline is already running at http://127\.0\.0\.1:8502$"
            ),
            only_one(tmp_path),
        ):
            pass


def test_while_the_first_one_is_still_starting_there_is_no_address_to_tell(tmp_path: Path) -> None:
    with only_one(tmp_path), pytest.raises(AlreadyRunning, match="starting or stopping"), only_one(tmp_path):
        pass


def test_the_home_is_free_again_afterwards(tmp_path: Path) -> None:
    with only_one(tmp_path):
        pass
    with only_one(tmp_path):
        assert (tmp_path / LOCK_FILE).read_text().split() == [str(os.getpid())]


def test_the_parts_of_a_killed_launcher_are_waited_for(tmp_path: Path) -> None:
    """A process that inherited the lock, as the supervisor does, keeps it for as long as it lives."""
    with only_one(tmp_path) as lock:
        heir = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.6)"], pass_fds=(lock,))
    (tmp_path / LOCK_FILE).write_text(f"{dead_pid()} http://127.0.0.1:8501")

    with only_one(tmp_path):
        assert heir.poll() is not None or heir.wait(5) == 0


def test_parts_that_never_stop_are_waited_for_no_longer_than_told(tmp_path: Path) -> None:
    with only_one(tmp_path) as lock:
        heir = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], pass_fds=(lock,))
    (tmp_path / LOCK_FILE).write_text(f"{dead_pid()} http://127.0.0.1:8501")

    with pytest.raises(AlreadyRunning), only_one(tmp_path, patience=0.3):
        pass
    heir.kill()
    heir.wait()


def dead_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid
