from __future__ import annotations

import json
from pathlib import Path

from core.notifications.destination import Destination, destination
from core.settings import RUNTIME_FILE, Settings, load_settings

CATCHER = "smtp://127.0.0.1:2525"


def settings(home: Path, smtp_url: str | None) -> Settings:
    return load_settings(_env_file=None, plumbline_home=home, smtp_url=smtp_url)


def test_a_server_is_named_without_its_password(tmp_path: Path) -> None:
    found = destination(settings(tmp_path, "smtps://ana:secret@mail.example.com:465"))

    assert found == Destination("mail.example.com:465", None)


def test_the_catcher_of_make_run_is_known_by_the_address_it_left(tmp_path: Path) -> None:
    (tmp_path / RUNTIME_FILE).write_text(json.dumps({"smtp_url": CATCHER}), encoding="utf-8")

    assert destination(settings(tmp_path, CATCHER)).folder == tmp_path / "mail"
    assert destination(settings(tmp_path, "smtp://127.0.0.1:25")).folder is None


def test_a_runtime_file_that_is_broken_names_no_catcher(tmp_path: Path) -> None:
    for broken in ("{", "[]", json.dumps({"smtp_url": 5})):
        (tmp_path / RUNTIME_FILE).write_text(broken, encoding="utf-8")
        assert destination(settings(tmp_path, CATCHER)) == Destination("127.0.0.1:2525", None)


def test_without_a_server_it_goes_nowhere(tmp_path: Path) -> None:
    assert destination(settings(tmp_path, None)) == Destination(None, None)
