from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from dashboard.hosts import KnownHosts, allowed_hosts

THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


def settings(tmp_path: Path, **changed: Any) -> Settings:
    return Settings(plumbline_home=tmp_path, _env_file=None, **changed)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "0.0.0.0", "::"])
def test_the_names_of_this_machine_and_the_public_one_are_answered(tmp_path: Path, host: str) -> None:
    found = allowed_hosts(
        settings(tmp_path, plumbline_host=host, public_url="https://Plumbline.example:8443/path")
    )

    assert found == THIS_MACHINE | {"plumbline.example"}


def test_the_address_listened_on_and_what_an_operator_lists_are_answered(tmp_path: Path) -> None:
    listed = "web.internal, [2001:db8::7],,"
    found = allowed_hosts(settings(tmp_path, plumbline_host="192.0.2.7", allowed_hosts=listed))

    assert found == THIS_MACHINE | {"192.0.2.7", "web.internal", "2001:db8::7"}


async def nothing(*_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("plumbline.example", True),
        ("PLUMBLINE.example:8501", True),
        ("[::1]:8501", True),
        ("127.0.0.1", True),
        ("evil.example", False),
        ("plumbline.example.evil.example", False),
        ("evil.example/plumbline.example", False),
        ("plumbline.example@evil.example", False),
        ("evil.example:plumbline.example", False),
        ("[", False),
        ("", False),
    ],
)
def test_a_name_is_compared_whole(tmp_path: Path, host: str, ours: bool) -> None:
    hosts = KnownHosts(nothing, settings=settings(tmp_path, public_url="https://plumbline.example"))
    scope = {"type": "http", "path": "/", "headers": [(b"host", host.encode())]}

    assert hosts._is_ours(scope) is ours


def test_a_star_lets_any_name_in(tmp_path: Path) -> None:
    hosts = KnownHosts(nothing, settings=settings(tmp_path, allowed_hosts="*"))

    assert hosts._is_ours({"type": "http", "path": "/", "headers": [(b"host", b"evil.example")]})
