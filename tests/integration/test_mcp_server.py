"""The MCP server as its clients meet it: a live process, the official client, HTTP and stdio."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp import Client

from tests.mcp_process import SERVER, Home, at, call, make_home, post, running_mcp, said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def token(home: Home) -> str:
    return home.token()


@pytest.fixture(scope="module")
def port(home: Home) -> Iterator[int]:
    with running_mcp(home) as port:
        yield port


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_metric_is_read_over_http_by_clients_new_and_old(
    port: int, home: Home, token: str, mode: str
) -> None:
    result = call(port, "metrics_retrieve", {"metric_id": home.metric_id}, token=token, mode=mode)

    assert not result.is_error
    assert result.structured_content == {
        "id": home.metric_id,
        "project_id": 1,
        "name": "Confirmed",
        "type": "llm_judge",
        "description": "Was the appointment confirmed?",
        "evaluation_trigger": {"kind": "prompt", "text": "A booking call."},
        "custom_code": "",
        "eval_type": "binary",
        "enum_values": [],
        "tolerance": 0.0,
        "model": None,
        "critical": False,
        "version": 1,
        "waiting_proposal": None,
        "truncated": False,
        "next_text_offset": None,
    }


def test_the_same_metric_is_read_over_stdio(home: Home) -> None:
    result = call(home.stdio(), "metrics_retrieve", {"metric_id": home.metric_id})

    assert result.structured_content is not None
    assert result.structured_content["name"] == "Confirmed"


def test_the_tool_says_that_it_only_reads_and_what_it_takes(port: int, token: str) -> None:
    async def listed() -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(headers=headers) as web, Client(at(port, web)) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    tool = asyncio.run(listed())["metrics_retrieve"]

    assert tool.annotations.read_only_hint
    assert not tool.annotations.destructive_hint
    assert tool.input_schema["required"] == ["metric_id"]
    assert tool.input_schema["properties"]["metric_id"]["type"] == "integer"
    assert "evaluation_trigger" in tool.output_schema["required"]


def test_an_unknown_metric_is_an_error_that_says_what_to_do(port: int, token: str) -> None:
    result = call(port, "metrics_retrieve", {"metric_id": 4711}, token=token)

    assert result.is_error
    assert "There is no metric “4711”" in said(result)
    assert "Check the id" in said(result)


def test_an_argument_that_is_no_id_is_refused_with_its_name(port: int, token: str) -> None:
    result = call(port, "metrics_retrieve", {"metric_id": "the first one"}, token=token)

    assert result.is_error
    assert "metric_id" in said(result)


@pytest.mark.parametrize(
    ("header", "value", "refused"),
    [("Host", "evil.example:8765", 421), ("Origin", "http://evil.example:8765", 403)],
)
def test_a_page_that_rebinds_its_name_to_this_machine_is_refused(
    port: int, token: str, header: str, value: str, refused: int
) -> None:
    assert post(port, token, **{header: value}).status == refused
    assert post(port, token, Origin="http://localhost:8501").status not in {401, 403, 421}


def test_a_proxy_may_pass_on_the_name_it_is_reached_by(home: Home, token: str) -> None:
    with running_mcp(home, MCP_PUBLIC_URL="https://tools.example/mcp") as port:
        assert post(port, token, Host="tools.example").status not in {401, 403, 421}
        assert post(port, token, Host="other.example").status == 421


def test_without_a_migrated_database_it_ends_with_one_sentence(home: Home, tmp_path: Path) -> None:
    environment = home.environment | {"PLUMBLINE_HOME": str(tmp_path)}

    ended = subprocess.run(SERVER, cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "python -m core migrate" in ended.stderr
    assert "Traceback" not in ended.stderr
