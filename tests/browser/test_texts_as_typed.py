"""People's texts stand on a page to the letter, and are copied so."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.as_typed import AS_TYPED
from tests.browser.conftest import PATIENCE, SETTLED, OpenPage
from tests.servers import ROOT, free_port, wait_until

pytestmark = pytest.mark.browser

SHOWN = "[data-testid=stMarkdownContainer], [data-testid=stCaptionContainer]"
PLACES = 10
"""Kinds of places on the page that each text stands in."""


@pytest.fixture(scope="module")
def texts_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    script = str(Path(__file__).with_name("texts_page.py"))
    options = ["--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}"]
    quiet = ["--browser.gatherUsageStats=false", "--server.fileWatcherType=none"]
    with (tmp_path_factory.mktemp("texts") / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", script, *options, *quiet],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            stdout=log,
            stderr=log,
        )
    try:
        wait_until(lambda: _listens(port), "the page of texts")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def test_what_a_person_typed_stands_there_to_the_letter(texts_page: str, open_page: OpenPage) -> None:
    page = open_page(texts_page)
    page.locator(SETTLED).wait_for(timeout=PATIENCE)
    for number, text in enumerate(AS_TYPED):
        shown = page.locator(f".st-key-typed-{number}").locator(SHOWN)
        expect(shown).to_have_count(PLACES, timeout=PATIENCE)
        assert [one.inner_text() for one in shown.all()] == [text] * PLACES
    assert page.get_by_text(f"at 12:30:05 bolt {AS_TYPED[2]}").count() == 1, "an emoji beside a time of day"
    assert page.locator("a[href*='evil.example'], img").count() == 0


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port)):
            return True
    except OSError:
        return False
