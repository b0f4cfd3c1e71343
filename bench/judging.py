"""How much time and processor does judging cost beyond what the model takes?

500 rows against an endpoint that answers each request after 200 ms, from a process of its own. The
judge (rendering, budget, validation, retries, commits to SQLite) is compared with the least one could
write: the openai SDK in a ThreadPoolExecutor over ready-made requests. Both take turns in one process,
so that a noisy machine disturbs them alike; the median of the rounds counts. `ideal` is the time if
nothing but the endpoint took any.

    python -m bench.judging [--rows 500] [--rounds 5]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import openai

from core.judging.answer import read_verdict
from core.judging.judge import Judge, SilentProgress, VerdictKey
from core.judging.prompt import judge_request
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from core.terms import Conversation, Definition, EvalSettings, LabelledRow, Message, Usage, Verdict

LATENCY_SECONDS = 0.2
TURNS = 40
CONCURRENCIES = (16, 32)
DEFINITION = Definition("Answer true when the caller's problem was solved before the call ended.")
SETTINGS = EvalSettings()


def main() -> None:
    options = _options()
    if options.serve:
        asyncio.run(serve())
        return
    with endpoint() as url:
        results = [measure(url, concurrency, options.rows, options.rounds) for concurrency in CONCURRENCIES]
    print_table(results)
    print(json.dumps({"bench": "judging", "rows": options.rows, "latency_ms": 200, "results": results}))


def measure(url: str, concurrency: int, rows: int, rounds: int) -> dict[str, float]:
    """Medians of wall seconds and processor milliseconds a call, of both ways."""
    ways = {"judge": judging(url, concurrency, rows), "bare": bare_loop(url, concurrency, rows)}
    walls: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, run in ways.items():
            wall, used = _timed(run)
            if number > 0:  # the first round opens connections and imports
                walls[name].append(wall)
                processor[name].append(used * 1000 / rows)
    judge, bare = (statistics.median(walls[name]) for name in ("judge", "bare"))
    return {
        "concurrency": concurrency,
        "ideal_s": -(-rows // concurrency) * LATENCY_SECONDS,
        "judge_s": round(judge, 3),
        "bare_s": round(bare, 3),
        "ratio": round(judge / bare, 3),
        "judge_cpu_ms": round(statistics.median(processor["judge"]), 2),
        "bare_cpu_ms": round(statistics.median(processor["bare"]), 2),
    }


def judging(url: str, concurrency: int, rows: int) -> Callable[[], None]:
    """The product's way, with a store that commits to a file and a fresh sample each time."""
    client = ModelClient(url, "bench", "bench")
    labelled = [LabelledRow(number, number, str(number), "true") for number in range(rows)]
    samples = iter(range(1_000))
    folder = tempfile.TemporaryDirectory()
    store = SQLiteStore(Path(folder.name) / "verdicts.db")

    def run() -> None:
        _ = folder  # lives as long as this way does
        judge = Judge(
            client=client,
            settings=SETTINGS,
            source=Calls(),
            store=store,
            budget=Budget(max_calls=rows),
            concurrency=concurrency,
            progress=SilentProgress(),
        )
        verdicts = judge.judge(DEFINITION, labelled, sample=next(samples))
        assert len(verdicts) == rows

    return run


def bare_loop(url: str, concurrency: int, rows: int) -> Callable[[], None]:
    """The SDK in a pool of threads, over requests rendered before the clock starts."""
    sdk = openai.OpenAI(base_url=url, api_key="bench", max_retries=0)
    calls = Calls().load(range(rows))
    requests = [judge_request(DEFINITION, SETTINGS, call) for call in calls]
    read = read_verdict(SETTINGS, asks_trigger=False)

    def ask(request: Request) -> Verdict:
        completion = sdk.chat.completions.create(
            model="bench",
            temperature=0,
            max_tokens=request.max_output_tokens,
            messages=[
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.user},
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {"name": request.name, "strict": True, "schema": dict(request.schema)},
            },
        )
        return read(json.loads(completion.choices[0].message.content or ""))

    def run() -> None:
        with ThreadPoolExecutor(concurrency) as pool:
            assert len(list(pool.map(ask, requests))) == rows

    return run


class Calls:
    """Conversations of some four kilobytes."""

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [Conversation(call_id, _turns(call_id)) for call_id in call_ids]


class SQLiteStore:
    """Verdicts in a file, one commit a group, with nothing of an object mapper around it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("CREATE TABLE verdict (call, digest, sample, value, explanation)")

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        return {}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        with self._connection:
            self._connection.executemany(
                "INSERT INTO verdict VALUES (?, ?, ?, ?, ?)",
                [
                    (key.call_id, key.request_digest, key.sample, verdict.value, verdict.explanation)
                    for key, verdict, _ in entries
                ],
            )


def _turns(call_id: int) -> tuple[Message, ...]:
    said = f"This is call {call_id}, and I would like to know whether my order will arrive this week. "
    return tuple(Message("user" if n % 2 else "assistant", said, float(n)) for n in range(TURNS))


def _timed(run: Callable[[], None]) -> tuple[float, float]:
    wall, used = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - wall, time.process_time() - used


# The endpoint, in a process of its own


@contextmanager
def endpoint() -> Iterator[str]:
    """The address of an endpoint that runs as long as the block does."""
    command = [sys.executable, "-m", "bench.judging", "--serve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.terminate()
        process.wait()


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


class Answering(asyncio.Protocol):
    """Reads as much HTTP as it must, and answers everything alike after the latency."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= _content_length(head):
            self._received = b""
            asyncio.get_running_loop().call_later(LATENCY_SECONDS, self._transport.write, ANSWER)


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _answer() -> bytes:
    verdict = json.dumps({"explanation": "The agent confirmed the delivery date.", "value": True})
    message = {"role": "assistant", "content": verdict}
    body = json.dumps(
        {
            "id": "bench",
            "object": "chat.completion",
            "created": 0,
            "model": "bench",
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020},
        }
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


ANSWER = _answer()


def print_table(results: Sequence[dict[str, float]]) -> None:
    columns = list(results[0])
    print("  ".join(f"{name:>12}" for name in columns))
    for result in results:
        print("  ".join(f"{result[name]:>12}" for name in columns))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
