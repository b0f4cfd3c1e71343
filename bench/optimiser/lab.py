"""What every way of improving is given: a prompt, labelled calls to learn from, and others to be tried on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.terms import Message


class LabCall(Protocol):
    """A call as a reviewer left it. `text` is what a judge reads, `turns` the same by speaker.

    Calls of one conversation share a `group`.
    """

    @property
    def group(self) -> str: ...

    @property
    def text(self) -> str: ...

    @property
    def turns(self) -> tuple[Message, ...]: ...

    @property
    def label(self) -> bool: ...

    @property
    def note(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Lab:
    """`test` is seen by no way: prompts are tried on it after all is done."""

    prompt: str
    labelled: Sequence[LabCall]
    test: Sequence[LabCall]
