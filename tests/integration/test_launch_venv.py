"""`launch/venv.sh` with stand-ins for Pythons that a fresh machine may have."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT


def make_venv(folder: Path, python: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "PYTHON": str(python)}
    return subprocess.run(
        [ROOT / "launch" / "venv.sh", folder], env=environment, capture_output=True, text=True
    )


def stand_in(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_an_old_python_is_told_in_one_sentence(tmp_path: Path) -> None:
    old = stand_in(tmp_path / "old", 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')

    ended = make_venv(tmp_path / "venv", old)

    assert ended.returncode == 1
    assert ended.stderr.startswith("Plumbline needs Python 3.11 or newer and found Python 3.9.2:")
    assert ended.stderr.count("\n") == 1


def test_a_python_without_its_venv_module_is_told_what_to_install(tmp_path: Path) -> None:
    bare = stand_in(
        tmp_path / "bare", f'case "$2" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac'
    )

    ended = make_venv(tmp_path / "venv", bare)

    assert ended.returncode == 1
    assert "python3-venv" in ended.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.thorough
def test_a_half_made_environment_is_made_anew_and_a_whole_one_is_kept(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    stand_in(venv / "bin" / "python", "exit 1")

    assert make_venv(venv, Path(sys.executable)).returncode == 0
    subprocess.run([venv / "bin" / "python", "-m", "pip", "--version"], check=True, capture_output=True)
    made = (venv / "pyvenv.cfg").stat().st_mtime_ns

    assert make_venv(venv, Path(sys.executable)).returncode == 0
    assert (venv / "pyvenv.cfg").stat().st_mtime_ns == made
