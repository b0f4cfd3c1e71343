"""Do twenty people who click for three minutes ever see an error, and does the web process stay small?

The dashboard runs as the Procfile starts it, on the years of results of `bench.dashboard`. Each session is a
real WebSocket that speaks Streamlit's protocol: it opens page after page, waits until the page has run to
its end, reads for a moment, and clicks on. The resident memory of the process is read throughout.

    python -m bench.sessions [--sessions 20] [--seconds 180] [--results 20000] [--calls 5000] [--metrics 200]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from bench.dashboard import PAGES, fill
from bench.servers import free_port

READS = (0.5, 2.5)
"""Seconds, from and to, that a person looks before the next click."""
PATIENCE = 60.0
START_SECONDS = 60.0
ROOT = Path(__file__).parents[1]


@dataclass
class Seen:
    """What the sessions met: seconds of each click, errors, and megabytes of memory over time."""

    clicks: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)


async def visit(address: str, cookie: str, until: float, seen: Seen, seed: int) -> None:
    """One person, until the time is up."""
    chance = random.Random(seed)
    pages = list(PAGES.items())
    chance.shuffle(pages)
    headers = {"Cookie": cookie, "Origin": address.replace("ws:", "http:").removesuffix("/_stcore/stream")}
    try:
        async with connect(
            address, subprotocols=["streamlit"], additional_headers=headers, max_size=None
        ) as browser:
            for page, parameters in itertools.cycle(pages):
                if time.monotonic() > until:
                    return
                began = time.perf_counter()
                await click(browser, page.split()[0], {"project": 1, **parameters})
                error = await asyncio.wait_for(finished(browser), PATIENCE)
                seen.clicks.append(time.perf_counter() - began)
                if error:
                    seen.errors.append(f"{page}: {error}")
                await asyncio.sleep(chance.uniform(*READS))
    except Exception as error:  # noqa: BLE001 - whatever ends a session is what this looks for
        seen.errors.append(f"{type(error).__name__}: {error}")


async def click(browser: ClientConnection, page: str, parameters: dict[str, int | str]) -> None:
    message = BackMsg()
    message.rerun_script.query_string = urlencode(parameters)
    message.rerun_script.page_name = "" if page == "overview" else page
    await browser.send(message.SerializeToString())


async def finished(browser: ClientConnection) -> str | None:
    """Read until the page has run to its end; what it showed of an exception, or None."""
    error = None
    async for data in browser:
        message = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
        if message.HasField("delta") and message.delta.new_element.HasField("exception"):
            error = message.delta.new_element.exception.message or "an exception"
        if message.HasField("page_not_found"):
            error = "page not found"
        if (
            message.HasField("script_finished")
            and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        ):
            return error
    return "the connection was closed"


async def all_click(address: str, cookies: list[str], seconds: float, process: int, seen: Seen) -> None:
    until = time.monotonic() + seconds
    watching = asyncio.create_task(watch(process, seen))
    people = [visit(address, cookie, until, seen, number) for number, cookie in enumerate(cookies)]
    await asyncio.gather(*people)
    watching.cancel()


async def watch(process: int, seen: Seen) -> None:
    while True:
        seen.memory.append(resident_megabytes(process))
        await asyncio.sleep(2)


def resident_megabytes(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise LookupError(f"process {process} is gone")


@contextmanager
def running(home: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The dashboard in a process of its own, and its port."""
    port = free_port()
    command = [sys.executable, "-m", "dashboard", "--server.address", "127.0.0.1"]
    with (home / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.port", str(port)], cwd=ROOT, stdout=log, stderr=log, env=os.environ.copy()
        )
    try:
        wait_for(port)
        yield process, port
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(port: int) -> None:
    import httpx

    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5, trust_env=False)
            return
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def cookies_of(count: int) -> list[str]:
    """So many browsers in which the local admin signed in."""
    from core import signin
    from core.signin import Client
    from dashboard import product
    from dashboard.gate.cookies import session_cookie

    database, settings = product.database(), product.settings()
    made = []
    for number in range(count):
        link = signin.make_welcome_link(database, settings.admin_email)
        token = signin.open_link(database, settings, link, Client("127.0.0.1", f"bench {number}"))
        made.append(f"{session_cookie(settings)}={token}")
    return made


def report(seen: Seen, sessions: int) -> dict[str, object]:
    """`grew_mb` is from the middle third of the time to the last: start-up and first imports are over."""
    third = max(1, len(seen.memory) // 3)
    clicks = sorted(seen.clicks)
    return {
        "sessions": sessions,
        "clicks": len(clicks),
        "errors": len(seen.errors),
        "median_ms": round(1000 * statistics.median(clicks)) if clicks else None,
        "p95_ms": round(1000 * clicks[int(0.95 * (len(clicks) - 1))]) if clicks else None,
        "memory_mb": round(max(seen.memory)),
        "grew_mb": round(
            statistics.median(seen.memory[-third:]) - statistics.median(seen.memory[third : 2 * third])
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--results", type=int, default=20_000)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--metrics", type=int, default=200)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ |= {"PLUMBLINE_HOME": folder, "REDIS_URL": "redis://127.0.0.1:1/0"}
        from core.migrations import migrate
        from dashboard import product

        migrate(product.database())
        fill(options.results, options.calls, options.metrics)
        cookies = cookies_of(options.sessions)
        seen = Seen()
        with running(home) as (process, port):
            address = f"ws://127.0.0.1:{port}/_stcore/stream"
            asyncio.run(all_click(address, cookies, options.seconds, process.pid, seen))
        product.database().dispose()
    found = report(seen, options.sessions)
    print("  ".join(f"{name}={value}" for name, value in found.items()))
    for error in seen.errors[:5]:
        print(f"  {error}")
    print(json.dumps({"bench": "sessions"} | found))


if __name__ == "__main__":
    main()
