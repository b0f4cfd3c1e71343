from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.settings import Settings
from launch.plan import commands, make_plan, wanted_ports
from launch.ports import NoFreePort, choose

PORTS = {"web": 8502, "mcp": 8765, "redis": 6479, "demo-model": 8411, "mail": 2525}
ELSEWHERE = {
    "redis_url": "redis://redis.example:6379/0",
    "llm_base_url": "https://models.example/v1",
    "smtp_url": "smtp://mail.example",
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings(tmp_path: Path, **chosen: Any) -> Settings:
    return Settings(plumbline_home=tmp_path, _env_file=None, **chosen)


def test_with_nothing_set_every_server_is_started_here(tmp_path: Path) -> None:
    assert set(wanted_ports(settings(tmp_path))) == {"web", "mcp", "redis", "demo-model", "mail"}


def test_a_server_that_is_set_elsewhere_is_not_started(tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, **ELSEWHERE)
    plan = make_plan(elsewhere, choose(wanted_ports(elsewhere), lambda port: False))

    assert set(plan.ports) == {"web", "mcp"}
    assert commands({"web": "a", "worker": "b", "redis": "c", "mail": "d"}, plan) == {
        "web": "a",
        "worker": "b",
    }
    assert set(plan.runtime) == {"web_port", "mcp_port", "public_url"}
    assert "LLM_MODEL" not in plan.environment


def test_the_runtime_file_tells_where_each_part_is(tmp_path: Path) -> None:
    plan = make_plan(settings(tmp_path), PORTS)

    assert plan.runtime == {
        "web_port": 8502,
        "mcp_port": 8765,
        "public_url": "http://127.0.0.1:8502",
        "redis_url": "redis://127.0.0.1:6479/0",
        "llm_base_url": "http://127.0.0.1:8411/v1",
        "llm_model": "plumbline-demo",
        "smtp_url": "smtp://127.0.0.1:2525",
    }
    assert plan.web_address == "http://127.0.0.1:8502"


def test_every_name_in_the_runtime_file_is_a_setting(tmp_path: Path) -> None:
    assert set(make_plan(settings(tmp_path), PORTS).runtime) <= set(Settings.model_fields)


def test_a_public_address_that_was_set_is_kept(tmp_path: Path) -> None:
    public = settings(tmp_path, public_url="https://plumbline.example")

    assert "public_url" not in make_plan(public, PORTS).runtime


def test_a_model_name_without_an_address_does_not_hide_the_demo_model(tmp_path: Path) -> None:
    plan = make_plan(settings(tmp_path, llm_model="gpt-9"), PORTS)

    assert plan.environment["LLM_MODEL"] == "plumbline-demo"


def test_taken_ports_are_stepped_over_and_none_is_given_twice() -> None:
    taken = {8501, 8502}

    assert choose({"web": 8501, "mcp": 8503}, taken.__contains__) == {"web": 8503, "mcp": 8504}


def test_when_no_port_is_left_the_part_is_named() -> None:
    with pytest.raises(NoFreePort, match="for web"):
        choose({"web": 65_534}, lambda port: True)
