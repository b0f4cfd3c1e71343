"""What the launcher writes into its home, and the environment it gives to the parts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from core.settings import RUNTIME_FILE
from launch import procfile
from launch.plan import Plan
from launch.supervisor_config import render

CONFIG_FILE = "supervisord.conf"
LOOPBACK = "127.0.0.1,localhost"


def procfiles(root: Path) -> dict[str, str]:
    """The commands of Procfile and Procfile.dev."""
    texts = [(root / name).read_text(encoding="utf-8") for name in ("Procfile", "Procfile.dev")]
    return {name: command for text in texts for name, command in procfile.parse(text).items()}


def write(plan: Plan, home: Path, commands: Mapping[str, str]) -> Path:
    """Write runtime.json and supervisord's configuration; the path of the latter."""
    (home / "logs").mkdir(exist_ok=True)
    write_private(home / RUNTIME_FILE, json.dumps(plan.runtime, indent=2) + "\n")
    return write_private(home / CONFIG_FILE, render(commands))


def environment(plan: Plan) -> dict[str, str]:
    """This process's environment, the plan's on top, this Python first on the PATH."""
    inherited = dict(os.environ)
    inherited |= plan.environment
    inherited["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}"
    for name in ("NO_PROXY", "no_proxy"):
        inherited[name] = ",".join(filter(None, [inherited.get(name, ""), LOOPBACK]))
    return inherited


def write_private(path: Path, text: str) -> Path:
    """Write a file that its owner alone may read, whole or not at all."""
    unfinished = path.with_name(path.name + ".unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return unfinished.replace(path)
