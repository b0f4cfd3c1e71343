from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import Settings
from dashboard.hosts import allowed_hosts


def settings(tmp_path: Path, host: str, public_url: str = "http://127.0.0.1:8501") -> Settings:
    return Settings(plumbline_home=tmp_path, plumbline_host=host, public_url=public_url, _env_file=None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_on_this_machine_only_its_own_names_and_the_public_one_are_answered(
    tmp_path: Path, host: str
) -> None:
    found = allowed_hosts(settings(tmp_path, host, "https://plumbline.example/path"))

    assert found == ["localhost", "127.0.0.1", "[::1]", "plumbline.example"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "web.internal"])
def test_on_a_network_a_proxy_in_front_decides(tmp_path: Path, host: str) -> None:
    assert allowed_hosts(settings(tmp_path, host)) == ["*"]
