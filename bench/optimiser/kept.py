"""Trials in a file, one a line, so that hours of asking peers need not be repeated."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from bench.optimiser.trial import Measured

Key = tuple[str, int, str, int]


class Kept:
    """The trials of a file by Lab, number of labels, way and seed; of nothing where there is no file."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._found: dict[Key, Measured] = {}
        for line in file.read_text(encoding="utf-8").splitlines() if file and file.exists() else ():
            data = json.loads(line)
            lab, labels = data.pop("lab"), data.pop("labels")
            self._found[lab, labels, data["way"], data["seed"]] = Measured(**data)

    def find(self, lab: str, labels: int, way: str, seed: int) -> Measured | None:
        return self._found.get((lab, labels, way, seed))

    def add(self, lab: str, labels: int, one: Measured) -> None:
        """Written at once; a trial that stands in the file already is not written again."""
        key = (lab, labels, one.way, one.seed)
        if self._file is None or key in self._found:
            return
        self._found[key] = one
        with self._file.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps({"lab": lab, "labels": labels, **asdict(one)}) + "\n")
