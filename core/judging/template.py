"""The variables a prompt names in double braces: which there are, and which are none."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches

from core.judging.prompt import VARIABLE, variables

BRACED = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
KNOWN = ("transcript", "metadata", "metadata.key")


@dataclass(frozen=True, slots=True)
class UnknownVariable:
    """Something in braces that the judge reads as it stands. `instead` is what may have been meant, or “”."""

    name: str
    instead: str = ""


def unknown_variables(text: str) -> tuple[UnknownVariable, ...]:
    """What stands in double braces and is no variable, each once, in order."""
    found = dict.fromkeys(
        match[1].strip() for match in BRACED.finditer(text) if not VARIABLE.fullmatch(match[0])
    )
    return tuple(UnknownVariable(name, _meant(name)) for name in found)


def missing_facts(text: str, facts: Collection[str]) -> tuple[UnknownVariable, ...]:
    """Metadata that the prompt names and none of the calls has, whose keys are `facts`."""
    keys = [name.removeprefix("metadata.") for name in variables(text) if name.startswith("metadata.")]
    return tuple(
        UnknownVariable(f"metadata.{key}", f"metadata.{near}" if near else "")
        for key in keys
        if key not in facts
        for near in ["".join(get_close_matches(key, sorted(facts), n=1))]
    )


def _meant(name: str) -> str:
    bare = name.casefold().replace(" ", "")
    head, dot, tail = bare.partition(".")
    near = get_close_matches(head, ("transcript", "metadata"), n=1, cutoff=0.7)
    if not near:
        return "transcript" if head in ("conversation", "call", "messages") else ""
    return f"{near[0]}.{tail}" if dot and tail and near[0] == "metadata" else near[0]
