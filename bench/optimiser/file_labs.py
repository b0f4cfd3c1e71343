"""Labs made of real or written calls: the demo's, and labelled conversations beside the project.

Nobody knows the truth of these but by the labels. A seed decides which conversations are learned from; the
others are tried on. All calls of a conversation fall on one side.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from bench.optimiser.lab import Lab
from core.judging.values import possible_values
from core.lab.reading import RawRow
from core.lab.rows import ImportedCall, read_row
from core.terms import EvalSettings, Message

PROJECT = Path(__file__).parents[2]
CLINIC = PROJECT / "demo" / "clinic"
SHARED = PROJECT.parent / "shared" / "data"
LEARNED_SHARE = 0.6
YES_OR_NO = possible_values(EvalSettings())


@dataclass(frozen=True, slots=True)
class FileCall:
    turns: tuple[Message, ...]
    label: bool
    note: str
    group: str

    @property
    def text(self) -> str:
        return "\n".join(f"{turn.role}: {turn.content}" for turn in self.turns)


@dataclass(frozen=True, slots=True)
class FileLab:
    prompt: str
    calls: Sequence[FileCall]

    def divided(self, seed: int) -> Lab:
        """Six of ten conversations to learn from, drawn by the seed."""
        groups = sorted({call.group for call in self.calls})
        random.Random(f"lab {seed}").shuffle(groups)
        learned = set(groups[: round(LEARNED_SHARE * len(groups))])
        return Lab(
            self.prompt,
            [call for call in self.calls if call.group in learned],
            [call for call in self.calls if call.group not in learned],
        )


def file_labs() -> dict[str, FileLab]:
    """Every Lab of files that is there, by name: yes-or-no metrics that every call is asked."""
    return dict(chain(_of_the_demo(), _beside_the_project()))


def _of_the_demo() -> Iterator[tuple[str, FileLab]]:
    calls = {line["id"]: line for line in _lines(CLINIC / "calls.jsonl")}
    described = json.loads((CLINIC / "project.json").read_text(encoding="utf-8"))
    for metric in described["metrics"]:
        definition = metric["definition"]
        if definition["eval_type"] != "binary" or definition["evaluation_trigger"] != "always":
            continue
        rows = ({**calls[line["id"]], **line} for line in _lines(CLINIC / metric["labels"]))
        yield f"demo: {metric['name']}", FileLab(definition["description"], _labelled(rows))


def _beside_the_project() -> Iterator[tuple[str, FileLab]]:
    for file in sorted(SHARED.glob("*.jsonl")):
        rows = _lines(file)
        yield f"shared: {file.stem}", FileLab(_prompt(rows), _labelled(rows))


def _prompt(rows: Sequence[Mapping[str, Any]]) -> str:
    """As somebody would begin who has written no rule yet."""
    return f"{rows[0]['metric_hint']}.\n\nAnswer true when that is so, and false otherwise."


def _labelled(rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> list[FileCall]:
    read = (read_row(RawRow(number, row), EvalSettings()) for number, row in enumerate(rows, 1))
    return [_call(row) for row in read if isinstance(row, ImportedCall) and row.expected in YES_OR_NO]


def _call(row: ImportedCall) -> FileCall:
    group = row.group or row.external_id.rpartition("-t")[0] or row.external_id
    return FileCall(row.messages, row.expected == YES_OR_NO[0], row.feedback or "", group)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
