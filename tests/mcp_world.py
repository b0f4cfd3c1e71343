"""MCP tools over a world: in this process for most tests, in a process of their own for the contract."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, StdioServerParameters
from mcp.server.mcpserver import MCPServer
from mcp.types import CallToolResult, Tool

from core.terms import Actor, Origin, Role
from core.tokens import make_token
from mcp_server.desk import Desk
from mcp_server.server import build_server
from tests.mcp_process import SERVER, call, post, said
from tests.servers import ROOT, free_port, wait_until
from tests.world import World

Ask = Callable[..., dict[str, Any]]


@dataclass(frozen=True)
class Tools:
    """The tools as somebody with a role has them, without a network in between."""

    world: World
    role: Role = Role.ADMIN

    @cached_property
    def server(self) -> MCPServer:
        """Built once: the schemas of two dozen tools take a fifth of a second."""
        return build_server(Desk(self.world.database, self.world.settings, lambda: self.actor))

    @property
    def actor(self) -> Actor:
        person = self.world.people[self.role]
        return Actor(person.user_id, person.name, Origin.MCP)

    def result(self, tool: str, **arguments: Any) -> CallToolResult:
        async def conversation() -> CallToolResult:
            async with Client(self.server) as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(conversation())

    def __call__(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The structured answer."""
        result = self.result(tool, **arguments)
        assert not result.is_error, said(result)
        assert result.structured_content is not None
        return dict(result.structured_content)

    def refusal(self, tool: str, **arguments: Any) -> str:
        """The sentence of an answer that must be an error."""
        result = self.result(tool, **arguments)
        assert result.is_error, result.structured_content
        return said(result)

    def listed(self) -> list[Tool]:
        async def conversation() -> list[Tool]:
            async with Client(self.server) as client:
                return (await client.list_tools()).tools

        return asyncio.run(conversation())


@pytest.fixture
def tools(world: World) -> Tools:
    return Tools(world)


def environment(world: World, folder: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PLUMBLINE_HOME": str(folder),
        "DATABASE_URL": world.database.url,
        "REDIS_URL": world.settings.redis,
        "PUBLIC_URL": "https://plumbline.example.com",
    }


def token_of(world: World, role: Role) -> str:
    return make_token(world.database, world.admin, world.project_id, f"a {role.name.lower()}'s", role)[1]


@contextmanager
def serving(world: World, folder: Path) -> Iterator[int]:
    """The MCP server over HTTP; its port."""
    port = free_port()
    process = subprocess.Popen(SERVER, cwd=folder, env=environment(world, folder) | {"MCP_PORT": str(port)})
    try:
        wait_until(lambda: _listens(port), "the MCP server")
        yield port
    finally:
        process.terminate()
        process.wait()


def over_http(port: int, token: str) -> Ask:
    return lambda tool, **arguments: _answer(call(port, tool, arguments, token=token))


@contextmanager
def over_stdio(world: World, folder: Path, token: str) -> Iterator[Ask]:
    """One server, and one client that keeps it until the end."""
    command, *arguments = [*SERVER, "--stdio"]
    given = environment(world, folder) | {"PLUMBLINE_TOKEN": token}
    server = StdioServerParameters(command=command, args=arguments, env=given, cwd=folder)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(server)) as client,
    ):
        yield lambda tool, **asked: _answer(portal.call(client.call_tool, tool, asked))


@contextmanager
def client_of(way: str, world: World, folder: Path, role: Role = Role.EDITOR) -> Iterator[Ask]:
    """A client with a token of this role, over “http” or “stdio”."""
    token = token_of(world, role)
    if way == "stdio":
        with over_stdio(world, folder, token) as asking:
            yield asking
        return
    with serving(world, folder) as port:
        yield over_http(port, token)


def _answer(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, said(result)
    assert result.structured_content is not None
    return dict(result.structured_content)


def _listens(port: int) -> bool:
    try:
        post(port)
    except ConnectionError:
        return False
    return True
