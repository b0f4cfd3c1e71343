"""A prompt in parts: its question, and what decides each answer. Everything here is pure.

A prompt that somebody wrote in one piece is an outline, too, of which it is all question; so no text is lost
on the way into parts and back.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.terms import EvalSettings, EvalType

BULLET = "- "
TITLES = {
    EvalType.BINARY: ("True when:", "False when:"),
    EvalType.RATING: ("5 when:", "3 when:", "0 when:"),
    EvalType.NUMERIC: ("Count:", "Do not count:"),
}


@dataclass(frozen=True, slots=True)
class Outline:
    """`parts` are in the order of `titles`, one criterion a line, without bullets."""

    question: str
    parts: tuple[str, ...] = ()


def titles(settings: EvalSettings) -> tuple[str, ...]:
    """What stands above each part of such a metric's prompt."""
    if settings.eval_type is EvalType.ENUM:
        return tuple(f"{value} when:" for value in settings.enum_values)
    return TITLES[settings.eval_type]


def compose(outline: Outline, settings: EvalSettings) -> str:
    """The prompt; parts that are empty are left out."""
    blocks = [outline.question.strip()]
    for title, part in zip(titles(settings), outline.parts, strict=False):
        lines = [_bare(line) for line in part.splitlines() if _bare(line)]
        if lines:
            blocks.append("\n".join([title, *(BULLET + line for line in lines)]))
    return "\n\n".join(block for block in blocks if block)


def read_outline(text: str, settings: EvalSettings) -> Outline:
    """The parts of a prompt. Where they would not make up the same prompt again, it is all question."""
    found = _read(text.strip(), titles(settings))
    if compose(found, settings) == text.strip():
        return found
    return Outline(text.strip(), ("",) * len(titles(settings)))


def _read(text: str, names: tuple[str, ...]) -> Outline:
    question: list[str] = []
    parts: dict[str, list[str]] = {}
    for block in text.split("\n\n"):
        title, _, rest = block.partition("\n")
        if title in names and title not in parts and rest:
            parts[title] = [_bare(line) for line in rest.split("\n")]
        else:
            question.append(block)
    return Outline("\n\n".join(question), tuple("\n".join(parts.get(name, [])) for name in names))


def _bare(line: str) -> str:
    return line.strip().removeprefix("-").strip() if line.strip().startswith("-") else line.strip()
