"""Everything that `make run` starts, in a home of its own, and how a person moves about in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.servers import ROOT, free_port

PATIENCE = 60_000
PROMPT = """Did the agent solve the problem of the caller?

- Fail when the user says "complaint".
- Otherwise pass.

Answer true or false."""
"""Wrong wherever a caller is unhappy in other words, as the demo model reads it."""


@contextmanager
def running_product(home: Path) -> Iterator[str]:
    """The link that lets the first person in."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(home)),
        "PLUMBLINE_HOME": str(home),
        "WEB_PORT": str(free_port()),
        "MCP_PORT": str(free_port()),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "launch"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = (word for line in iter(process.stdout.readline, "") for word in line.split())
        yield next(word for word in said if "/welcome/" in word)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def settled(page: Page) -> None:
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE)


def visit(page: Page, name: str) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=PATIENCE)
    settled(page)
