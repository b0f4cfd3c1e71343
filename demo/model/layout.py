"""The parts of a description: what it is about, its rules, its exceptions; each line as it was written."""

from __future__ import annotations

from dataclasses import dataclass, field

from demo.model.answers import Answers
from demo.model.masking import plain
from demo.model.readings import Amends, Decides, LeftOver, read_heading, read_sentence
from demo.model.statements import Place, logical_lines, statements

RULES = "Decide by the first of these that holds:"
EXCEPTIONS = "Exceptions, which come first:"


@dataclass(slots=True)
class Layout:
    """Lines in their order. Lists stay below their heading; headings of an earlier rewrite are left out."""

    about: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)

    @property
    def first_paragraph(self) -> list[str]:
        return self.about[: self.about.index("")] if "" in self.about else self.about


def layout(description: str, answers: Answers) -> Layout:
    parts = Layout()
    lists_conditions = False
    for line in logical_lines(description):
        found = list(statements(line))
        readings = [read_sentence(plain(one.sentence), answers) for one in found]
        if found and found[0].heads and read_heading(plain(found[0].sentence), answers):
            lists_conditions = True
            parts.rules.append(line)
        elif any(readings):
            _part_for(readings, parts).append(line)
        elif found and lists_conditions and found[0].place is Place.ITEM:
            parts.rules.append(line)
        elif line.strip() not in (RULES, EXCEPTIONS):
            lists_conditions = lists_conditions and not line.strip()
            parts.about += [line] if line.strip() or (parts.about and parts.about[-1]) else []
    while parts.about and not parts.about[-1]:
        parts.about.pop()
    return parts


def _part_for(readings: list[Decides | LeftOver | Amends | None], parts: Layout) -> list[str]:
    only_exceptions = all(isinstance(one, Decides) and one.exception for one in readings if one)
    return parts.exceptions if only_exceptions else parts.rules
