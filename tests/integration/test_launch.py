"""`python -m launch` for real: every part, in a home of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from core import accounts
from core.db import Database
from core.settings import load_settings
from tests.servers import ROOT, free_port, get_json, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(300)]


class Launch:
    """A launcher that was started and has printed its address."""

    def __init__(self, home: Path) -> None:
        self.process = start(home)
        self.lines: list[str] = []
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("http"):
                break
        assert self.lines, "the launcher said nothing and ended"
        self.parts = psutil.Process(self.process.pid).children(recursive=True)

    @property
    def health(self) -> dict[str, Any]:
        return get_json(urlsplit(self.lines[-1]).port or 0, "/healthz") or {}

    @property
    def link(self) -> str:
        """The one-time link among the lines."""
        return next(word for line in self.lines for word in line.split() if "/welcome/" in word)

    def part(self, *ending: str) -> psutil.Process | None:
        """The running process whose command line ends so."""
        found = psutil.Process(self.process.pid).children(recursive=True)
        return next((part for part in found if tuple(command(part)[-len(ending) :]) == ending), None)

    def end(self, number: signal.Signals) -> int:
        """Send the signal, wait for the end and for that of every part; the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(90)
        assert self.process.stdout is not None
        assert self.process.stdout.read() == "", "the address is the last line"
        wait_until(lambda: not any(runs(part) for part in self.parts), "every part to stop")
        return status


def start(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "launch"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PLUMBLINE_HOME": str(home), "WEB_PORT": str(free_port())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def test_everything_starts_outlives_kills_and_stops_without_a_trace(tmp_path: Path) -> None:
    """One story rather than four tests: a start takes seconds, and two at once would find the same
    ports free."""
    first = Launch(tmp_path)
    try:
        every_part_answers(first, tmp_path)
        the_link_in_the_terminal_lets_in_once(first)
        a_second_launcher_is_turned_away(tmp_path, first.lines[-1])
        a_killed_worker_is_replaced(first)
        project = a_project_is_made(tmp_path)
    finally:
        first.end(signal.SIGKILL)

    second = Launch(tmp_path)
    try:
        assert second.health["status"] == "ok"
        assert second.link != first.link, "who has no password yet gets another link at each start"
        assert accounts.project_view(database(tmp_path), "Clinic") == project
    finally:
        status = second.end(signal.SIGINT)

    assert status == 0
    assert not (tmp_path / "runtime.json").exists()


def every_part_answers(launch: Launch, home: Path) -> None:
    assert launch.health["status"] == "ok"
    addresses = json.loads((home / "runtime.json").read_text())
    assert addresses["public_url"] == launch.lines[-1]
    assert (home / "runtime.json").stat().st_mode & 0o777 == 0o600
    assert mcp_answers(addresses["mcp_port"])


def the_link_in_the_terminal_lets_in_once(launch: Launch) -> None:
    with httpx.Client(trust_env=False, timeout=60) as browser:
        assert browser.get(launch.link).headers["location"] == "/"
        inside = browser.get(f"{launch.lines[-1]}/healthz").json()
    assert inside["worker"]["ok"] and inside["scheduler"]["ok"]
    assert httpx.get(launch.link, trust_env=False, timeout=60).status_code == 410


def a_second_launcher_is_turned_away(home: Path, address: str) -> None:
    second = start(home)
    said, complained = second.communicate(timeout=60)

    assert second.returncode == 1
    assert said == ""
    assert complained == f"Plumbline is already running at {address}\n"


def a_killed_worker_is_replaced(launch: Launch) -> None:
    worker = launch.part("-m", "worker")
    assert worker is not None
    worker.kill()

    launch.parts.append(
        wait_until(lambda: not runs(worker) and launch.part("-m", "worker"), "another worker")
    )


def a_project_is_made(home: Path) -> accounts.ProjectView:
    stored = database(home)
    return accounts.add_project(stored, accounts.product(), "Clinic")


def database(home: Path) -> Database:
    return Database(load_settings(plumbline_home=home, _env_file=None).database)


def mcp_answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/mcp")
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    finally:
        connection.close()
