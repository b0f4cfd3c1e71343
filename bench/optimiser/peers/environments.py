"""A virtual environment a peer, made when it is first needed, outside our own."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parents[3] / ".venv-peers"
PACKAGES = {
    "gepa": ("gepa==0.1.4", "litellm==1.106.2"),
    "mlflow": ("mlflow==3.17.2", "dspy==3.4.1", "litellm==1.106.2"),
    "evidently": ("evidently==0.7.23", "litellm==1.106.2", "pandas<3"),
}


class Unavailable(Exception):
    """This peer can't be installed or can't use the endpoint; the text says why."""


@cache
def python_of(peer: str) -> Path:
    """The interpreter of the peer's environment. Raises Unavailable."""
    python = FOLDER / peer / "bin" / "python"
    if not (FOLDER / peer / ".installed").exists():
        _run(sys.executable, "-m", "venv", str(FOLDER / peer))
        _run(str(python), "-m", "pip", "install", "--quiet", *PACKAGES[peer])
        (FOLDER / peer / ".installed").touch()
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Unavailable(done.stderr.strip()[-600:])
