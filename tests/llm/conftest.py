"""The model that is asked: that of LLM_BASE_URL, else a tiny one on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.databases import database, migrated_file, migrated_postgres, postgres
from tests.servers import ROOT, free_port, get_json, wait_until
from tests.world import endpoint, model, world

__all__ = ["database", "endpoint", "migrated_file", "migrated_postgres", "model", "postgres", "world"]

PACKAGES = Path(os.environ.get("TINY_MODEL_FOLDER", ROOT / ".venv" / "llm"))


@dataclass(frozen=True)
class RealModel:
    """Where a language model answers, as the settings name it."""

    url: str
    key: str | None
    name: str


@pytest.fixture(scope="session")
def real_model() -> Iterator[RealModel]:
    address = os.environ.get("LLM_BASE_URL")
    if address:
        yield RealModel(address, os.environ.get("LLM_API_KEY"), os.environ["LLM_MODEL"])
        return
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("tiny_model.py")), str(port), str(PACKAGES)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: get_json(port, "/health"), "the tiny model", seconds=180)
        yield RealModel(f"http://127.0.0.1:{port}/v1", None, "SmolLM2-135M")
    finally:
        process.kill()
        process.wait()
