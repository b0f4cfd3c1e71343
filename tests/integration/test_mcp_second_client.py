"""A client that nobody here wrote: the official TypeScript SDK's, where Node is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from core.terms import Role
from tests.mcp_world import serving, token_of
from tests.world import World

SDK = "@modelcontextprotocol/sdk@1.32.2"
SCRIPT = Path(__file__).with_name("mcp_client.mjs")
FOLDER = Path(sys.prefix) / "mcp-second-client"
"""Beside the environment, so that it is installed once."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def script() -> Path:
    """The script where its imports are found; skips without Node or the npm registry."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node and npm are not installed")
    FOLDER.mkdir(exist_ok=True)
    if not (FOLDER / "node_modules" / "@modelcontextprotocol").is_dir():
        command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", FOLDER, SDK]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode:
            pytest.skip(f"the npm registry does not answer: {done.stderr[-200:]}")
    return Path(shutil.copy(SCRIPT, FOLDER))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_typescript_client_starts_and_polls_an_improvement(
    world: World, tmp_path: Path, script: Path
) -> None:
    metric = world.labelled()
    with serving(world, tmp_path) as port:
        arguments = [f"http://127.0.0.1:{port}/mcp", token_of(world, Role.EDITOR), str(metric)]
        done = subprocess.run(["node", script, *arguments], capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert "metric_reviews_process_feedbacks" in found["tools"] and len(found["tools"]) > 20
    assert found["again"]["progress_id"] == found["started"]["progress_id"]
    assert found["again"]["already_running"] and not found["started"]["already_running"]
    assert found["progress"]["status"] == "queued"
    assert found["unknown"]["isError"] and "Check the id" in found["unknown"]["text"]
