"""The MCP server in a process of its own, as its clients meet it: over HTTP with a token, or over stdio."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult

from core import accounts, metrics
from core.db import Database
from core.migrations import migrate
from core.settings import Settings, load_settings
from core.terms import Actor, Definition, EvalSettings, Origin, Role, Trigger, TriggerKind
from core.tokens import make_token
from tests.servers import ROOT, free_port, wait_until

ADMIN = "admin@localhost"
SERVER = [sys.executable, "-m", "mcp_server"]


@dataclass(frozen=True)
class Home:
    """A home with the project Clinic and one metric in its database."""

    folder: Path
    project_id: int
    metric_id: int

    @property
    def settings(self) -> Settings:
        return load_settings(plumbline_home=self.folder, admin_email=ADMIN, _env_file=None)

    @property
    def database(self) -> Database:
        return Database(self.settings.database)

    @property
    def admin(self) -> Actor:
        return accounts.local_admin(self.database, ADMIN, Origin.COMMAND_LINE)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "PLUMBLINE_HOME": str(self.folder),
            "ADMIN_EMAIL": ADMIN,
        }

    def token(self, role: Role = Role.VIEWER, project_id: int | None = None) -> str:
        return make_token(self.database, self.admin, project_id or self.project_id, "test", role)[1]

    def stdio(self, **environment: str) -> StdioServerParameters:
        command, *arguments = [*SERVER, "--stdio"]
        return StdioServerParameters(
            command=command, args=arguments, env=self.environment | environment, cwd=self.folder
        )


def make_home(folder: Path) -> Home:
    database = Database(load_settings(plumbline_home=folder, _env_file=None).database)
    migrate(database)
    admin = accounts.local_admin(database, ADMIN, Origin.COMMAND_LINE)
    project = accounts.add_project(database, admin, "Clinic")
    definition = Definition("Was the appointment confirmed?", Trigger(TriggerKind.PROMPT, "A booking call."))
    metric = metrics.add(database, admin, "Clinic", "Confirmed", definition, EvalSettings())
    database.dispose()
    return Home(folder, project.id, metric.id)


@contextmanager
def running_mcp(home: Home, **environment: str) -> Iterator[int]:
    """A server over HTTP; its port. What it logs goes to mcp.log in the home."""
    port = free_port()
    with (home.folder / "mcp.log").open("ab") as log:
        process = subprocess.Popen(
            SERVER,
            cwd=home.folder,
            env=home.environment | {"MCP_PORT": str(port)} | environment,
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: _listens(port), "the MCP server")
        yield port
    finally:
        process.terminate()
        process.wait()


def post(
    port: int, token: str | None = None, body: bytes = b"{}", **headers: str
) -> http.client.HTTPResponse:
    """The answer to a POST, bare unless it is given a body; what it says is read."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        given = {"Content-Type": "application/json"} | headers
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        connection.request("POST", "/mcp", body, given)
        response = connection.getresponse()
        response.body = response.read()  # type: ignore[attr-defined]
        return response
    finally:
        connection.close()


def refusal(response: http.client.HTTPResponse) -> str:
    """The sentence that a refused client reads."""
    return str(json.loads(response.body)["error_description"])  # type: ignore[attr-defined]


def call(
    server: StdioServerParameters | int,
    tool: str,
    arguments: dict[str, Any],
    *,
    token: str = "",
    mode: str = "auto",
) -> CallToolResult:
    """What a tool answers the official client, over stdio or HTTP at a port."""

    async def conversation(client: Client) -> CallToolResult:
        async with client:
            return await client.call_tool(tool, arguments)

    async def over_http(port: int) -> CallToolResult:
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, timeout=30) as web:
            return await conversation(Client(at(port, web), mode=mode))

    if isinstance(server, int):
        return asyncio.run(over_http(server))
    return asyncio.run(conversation(Client(server, mode=mode)))


def at(port: int, web: httpx2.AsyncClient) -> Any:
    return streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=web)


def said(result: CallToolResult) -> str:
    return "".join(getattr(block, "text", "") for block in result.content)


def _listens(port: int) -> bool:
    try:
        post(port)
    except ConnectionError:
        return False
    return True
