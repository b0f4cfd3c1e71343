from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from core.settings import Settings, load_settings
from core.vault import KEY_FILE, CannotOpen, KeyUnusable, open_sealed, seal, vault

FIRST, SECOND = "first secret " * 3, "second secret " * 3


def settings(home: Path, secret_key: str | None = None) -> Settings:
    return load_settings(_env_file=None, plumbline_home=home, secret_key=secret_key)


def test_what_is_sealed_opens_again_and_shows_nothing(tmp_path: Path) -> None:
    mine = settings(tmp_path, FIRST)
    sealed = seal(mine, "sk-ünïcode 🔑", "project 1")

    assert open_sealed(mine, sealed, "project 1") == "sk-ünïcode 🔑"
    assert "sk-" not in sealed and sealed.isascii()
    assert seal(mine, "same") != seal(mine, "same")


def test_it_opens_only_for_what_it_was_sealed_for_and_only_unchanged(tmp_path: Path) -> None:
    mine = settings(tmp_path, FIRST)
    sealed = seal(mine, "key", "project 1 at a.example")
    changed = sealed[:-4] + ("AAAA" if sealed[-4:] != "AAAA" else "BBBB")

    for other, about in [
        (sealed, "project 2 at a.example"),
        (sealed, "project 1 at b.example"),
        (changed, "project 1 at a.example"),
        ("", "project 1 at a.example"),
        ("v1.not base64 ü", "project 1 at a.example"),
        ("v1.AAAA", "project 1 at a.example"),
    ]:
        with pytest.raises(CannotOpen):
            open_sealed(mine, other, about)


def test_a_new_key_in_front_seals_and_the_old_one_still_opens(tmp_path: Path) -> None:
    old = seal(settings(tmp_path, FIRST), "old")
    both = settings(tmp_path, f"{SECOND}, {FIRST}")
    new = seal(both, "new")

    assert (open_sealed(both, old), open_sealed(both, new)) == ("old", "new")
    assert open_sealed(settings(tmp_path, SECOND), new) == "new"
    with pytest.raises(CannotOpen, match="another SECRET_KEY"):
        open_sealed(settings(tmp_path, SECOND), old)


@pytest.mark.parametrize("secret", ["short", f"{FIRST},short", f"{FIRST},", "x" * 31])
def test_a_short_secret_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(KeyUnusable, match="at least 32 characters"):
        vault(settings(tmp_path, secret))


def test_without_a_secret_there_is_a_file_that_only_its_owner_may_read(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    sealed = seal(settings(home), "key")

    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert open_sealed(settings(home), sealed) == "key"
    assert [path.name for path in home.iterdir()] == [KEY_FILE]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    seal(settings(tmp_path), "key")
    (tmp_path / KEY_FILE).chmod(mode)

    with pytest.raises(KeyUnusable, match="chmod 600"):
        seal(settings(tmp_path), "key")


def test_a_damaged_key_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"cut")
    (tmp_path / KEY_FILE).chmod(0o600)
    with pytest.raises(KeyUnusable, match="damaged"):
        seal(settings(tmp_path), "key")

    (tmp_path / KEY_FILE).write_bytes(b"\xff" * 64)
    with pytest.raises(KeyUnusable, match="holds no text"):
        seal(settings(tmp_path), "key")
    assert (tmp_path / KEY_FILE).read_bytes() == b"\xff" * 64


def test_processes_that_start_together_agree_on_one_key(tmp_path: Path) -> None:
    sealed: list[str] = []
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        sealed.append(seal(settings(tmp_path), "key"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [open_sealed(settings(tmp_path), one) for one in sealed] == ["key"] * 8
