"""How long does a client wait for a tool while 50 clients poll at once?

The MCP server as a process of its own, over HTTP with API tokens; each client asks how far an improvement
is, once a second, at moments of its own (as routines would), and then all of them at the same instant.

    python -m bench.mcp [--clients 50] [--seconds 20] [--databases sqlite postgresql]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.servers import free_port, own_database
from core import accounts, metrics, runs
from core.db import Database
from core.logs import set_up_logs
from core.migrations import migrate
from core.runs import READ_ONLY
from core.terms import Definition, EvalSettings, Origin, Role
from core.tokens import make_token

PROTOCOL = "2025-06-18"
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": PROTOCOL}
ROUNDS = 10


@dataclass(frozen=True)
class Site:
    """A running server, tokens of as many clients, and what they ask about."""

    address: str
    tokens: Sequence[str]
    metric_id: int
    progress_id: int

    def question(self) -> dict[str, object]:
        name = "metric_reviews_process_feedbacks_progress"
        params = {"name": name, "arguments": {"progress_id": self.progress_id}}
        return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


@contextmanager
def site(url: str, home: Path, clients: int) -> Iterator[Site]:
    database = Database(url)
    migrate(database)
    actor = accounts.local_admin(database, "admin@localhost", Origin.COMMAND_LINE)
    project = accounts.add_project(database, actor, "Clinic").id
    made = metrics.add(database, actor, project, "Polite", Definition("Was it polite?"), EvalSettings())
    started = runs.improve(database, actor, made.id, READ_ONLY)
    tokens = [make_token(database, actor, project, f"{n}", Role.VIEWER)[1] for n in range(clients)]
    database.dispose()
    port = free_port()
    environment = os.environ | {
        "PLUMBLINE_HOME": str(home),
        "DATABASE_URL": url,
        "MCP_PORT": str(port),
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, "-m", "mcp_server"], env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api/metrics/{made.id}/live")
        yield Site(address, tokens, made.id, started.job_id)
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            httpx.get(address)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError("the MCP server did not start")


async def ask(client: httpx.AsyncClient, place: Site, token: str) -> float:
    """Seconds until the tool has answered."""
    began = time.perf_counter()
    response = await client.post(
        f"{place.address}/mcp", json=place.question(), headers=HEADERS | {"Authorization": f"Bearer {token}"}
    )
    took = time.perf_counter() - began
    assert response.status_code == 200 and '"queued"' in response.text, response.text[:300]
    return took


async def polling(place: Site, clients: int, seconds: float) -> list[float]:
    """Each client once a second, at a moment of its own and over a connection of its own.

    All are made before the first asks: making one takes so long that they would begin in step otherwise.
    """

    async def one(client: httpx.AsyncClient, token: str) -> list[float]:
        found = []
        await asyncio.sleep(random.random())
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found.append(await ask(client, place, token))
            await asyncio.sleep(max(0.0, 1 - found[-1]))
        return found

    async with AsyncExitStack() as stack:
        asking = [
            one(await stack.enter_async_context(httpx.AsyncClient(timeout=60)), token)
            for token in place.tokens[:clients]
        ]
        each = await asyncio.gather(*asking)
    return [took for theirs in each for took in theirs]


async def at_one_instant(place: Site) -> list[float]:
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None)) as client:
        found: list[float] = []
        for _ in range(ROUNDS):
            found += await asyncio.gather(*(ask(client, place, token) for token in place.tokens))
            await asyncio.sleep(0.2)
        return found


async def live(place: Site) -> list[float]:
    found = []
    path = f"{place.address}/api/metrics/{place.metric_id}/live"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {place.tokens[0]}"}) as client:
        for _ in range(100):
            began = time.perf_counter()
            assert (await client.get(path)).status_code == 200
            found.append(time.perf_counter() - began)
    return found


def row(database: str, what: str, samples: Sequence[float]) -> dict[str, object]:
    ordered = sorted(samples)
    p50, p95 = (1000 * ordered[int(part * (len(ordered) - 1))] for part in (0.5, 0.95))
    return {
        "database": database,
        "what": what,
        "asked": len(ordered),
        "p50_ms": round(p50, 1),
        "p95_ms": round(p95, 1),
        "slowest_ms": round(1000 * ordered[-1], 1),
    }


def measure(kind: str, clients: int, seconds: float) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as name, own_database(kind, Path(name)) as url:  # noqa: SIM117
        with site(url, Path(name), clients) as place:
            return [
                row(kind, "one client alone", asyncio.run(polling(place, 1, seconds))),
                row(
                    kind,
                    f"{clients} clients, each once a second",
                    asyncio.run(polling(place, clients, seconds)),
                ),
                row(kind, f"{clients} clients at the same instant", asyncio.run(at_one_instant(place))),
                row(kind, "GET …/live, one after the other", asyncio.run(live(place))),
            ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--databases", nargs="*", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    set_up_logs("WARNING")
    rows = [each for kind in options.databases for each in measure(kind, options.clients, options.seconds)]
    for each in rows:
        print("  ".join(f"{value!s:>12}" for value in each.values()))
    print(json.dumps({"bench": "mcp", "rows": rows}))


if __name__ == "__main__":
    main()
