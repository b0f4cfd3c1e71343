"""The MCP server as its clients meet it: a live process, the official client, HTTP and stdio."""

from __future__ import annotations

import asyncio
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from core import accounts, metrics
from core.db import Database
from core.migrations import migrate
from core.settings import load_settings
from core.terms import Definition, EvalSettings, Origin, Trigger, TriggerKind
from tests.servers import free_port, wait_until

ROOT = Path(__file__).parents[2]
ADMIN = "admin@localhost"


@dataclass(frozen=True)
class Home:
    """A home with one metric in its database."""

    environment: dict[str, str]
    folder: Path
    metric_id: int


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("home")
    database = Database(load_settings(plumbline_home=folder, _env_file=None).database)
    migrate(database)
    admin = accounts.local_admin(database, ADMIN, Origin.COMMAND_LINE)
    accounts.add_project(database, admin, "Clinic")
    definition = Definition("Was the appointment confirmed?", Trigger(TriggerKind.PROMPT, "A booking call."))
    metric = metrics.add(database, admin, "Clinic", "Confirmed", definition, EvalSettings())
    database.dispose()
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PLUMBLINE_HOME": str(folder),
        "ADMIN_EMAIL": ADMIN,
    }
    return Home(environment, folder, metric.id)


@pytest.fixture(scope="module")
def port(home: Home) -> Iterator[int]:
    """A server over HTTP in a process of its own; its port."""
    chosen = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "mcp_server"],
        cwd=home.folder,
        env=home.environment | {"MCP_PORT": str(chosen)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: post(chosen, {}) is not None, "the MCP server")
        yield chosen
    finally:
        process.terminate()
        process.wait()


def post(port: int, headers: dict[str, str]) -> int | None:
    """The status of a request with these headers, None while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/mcp", b"{}", {"Content-Type": "application/json"} | headers)
        return connection.getresponse().status
    except ConnectionError:
        return None
    finally:
        connection.close()


def over_http(port: int) -> str:
    return f"http://127.0.0.1:{port}/mcp"


def call(server: Any, tool: str, arguments: dict[str, Any], mode: str = "auto") -> CallToolResult:
    async def conversation() -> CallToolResult:
        async with Client(server, mode=mode) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(conversation())


def said(result: CallToolResult) -> str:
    return "".join(getattr(block, "text", "") for block in result.content)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_metric_is_read_over_http_by_clients_new_and_old(port: int, home: Home, mode: str) -> None:
    result = call(over_http(port), "metrics_retrieve", {"metric_id": home.metric_id}, mode)

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
    }


def test_the_same_metric_is_read_over_stdio(home: Home) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "mcp_server", "--stdio"], env=home.environment, cwd=home.folder
    )

    result = call(server, "metrics_retrieve", {"metric_id": home.metric_id})

    assert result.structured_content is not None
    assert result.structured_content["name"] == "Confirmed"


def test_the_tool_says_that_it_only_reads_and_what_it_takes(port: int) -> None:
    async def listed() -> Any:
        async with Client(over_http(port)) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    tool = asyncio.run(listed())["metrics_retrieve"]

    assert tool.annotations.read_only_hint
    assert not tool.annotations.destructive_hint
    assert tool.input_schema["required"] == ["metric_id"]
    assert tool.input_schema["properties"]["metric_id"]["type"] == "integer"
    assert "evaluation_trigger" in tool.output_schema["required"]


def test_an_unknown_metric_is_an_error_that_says_what_to_do(port: int) -> None:
    result = call(over_http(port), "metrics_retrieve", {"metric_id": 4711})

    assert result.is_error
    assert "There is no metric “4711”" in said(result)
    assert "Check the id" in said(result)


def test_an_argument_that_is_no_id_is_refused_with_its_name(port: int) -> None:
    result = call(over_http(port), "metrics_retrieve", {"metric_id": "the first one"})

    assert result.is_error
    assert "metric_id" in said(result)


@pytest.mark.parametrize(
    ("header", "value", "refused"),
    [("Host", "evil.example:8765", 421), ("Origin", "http://evil.example:8765", 403)],
)
def test_a_page_that_rebinds_its_name_to_this_machine_is_refused(
    port: int, header: str, value: str, refused: int
) -> None:
    assert post(port, {header: value}) == refused
    assert post(port, {"Origin": "http://localhost:8501"}) not in {403, 421}


def test_without_a_migrated_database_it_ends_with_one_sentence(home: Home, tmp_path: Path) -> None:
    environment = home.environment | {"PLUMBLINE_HOME": str(tmp_path)}

    ended = subprocess.run(
        [sys.executable, "-m", "mcp_server"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "python -m core migrate" in ended.stderr
    assert "Traceback" not in ended.stderr
