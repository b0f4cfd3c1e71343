"""What rules could achieve: for each value, the cases a rule should show on and those it should not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demo.model.answers import NOT_APPLICABLE
from demo.model.cases import Case
from demo.model.chance import surprise
from demo.model.signs import FEWEST_CASES

APPLIES = "applies"
FIXES_A_BREAK = 4
"""A rule must fix at least this many cases for each that it breaks."""
TIMES_AS_LIKELY = 6
"""So many times as often must it show where it is wanted: the request holds a few agreements of many."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Sets of cases. `value` is the value to give, or APPLIES where the judge thought it did not."""

    value: str
    wanted: int
    unwanted: int

    def fixes(self, shows: int) -> int:
        return (shows & self.wanted).bit_count()

    def breaks(self, shows: int) -> int:
        return (shows & self.unwanted).bit_count()

    def allows(self, shows: int, fewest: int = FEWEST_CASES) -> bool:
        """Whether a rule that shows there fixes enough and breaks little."""
        fixes, breaks = self.fixes(shows), self.breaks(shows)
        if fixes < fewest or breaks * FIXES_A_BREAK > fixes:
            return False
        likely = fixes * self.unwanted.bit_count()
        return breaks * self.wanted.bit_count() * TIMES_AS_LIKELY <= likely

    def worth(self, shows: int) -> float:
        """How surprising it is that a condition shows where it does, as -log10 of a chance."""
        fixes, wanted = self.fixes(shows), self.wanted.bit_count()
        return surprise(fixes, fixes + self.breaks(shows), wanted, wanted + self.unwanted.bit_count())


def aims(cases: Sequence[Case], expected: Sequence[str], among: int) -> list[Aim]:
    """The aims that have a case to fix, counting the cases `among` only; `expected` may be shuffled."""
    judged = [case.judge for case in cases]
    applied = _where(among, (value != NOT_APPLICABLE for value in judged))
    wanted_to_apply = _where(among, (value != NOT_APPLICABLE for value in expected))
    found = [
        Aim(NOT_APPLICABLE, applied & ~wanted_to_apply, wanted_to_apply),
        Aim(APPLIES, wanted_to_apply & ~applied, among & ~wanted_to_apply),
    ]
    both = applied & wanted_to_apply
    for value in sorted(set(expected) - {NOT_APPLICABLE}):
        right = _where(both, (one == value for one in expected))
        found.append(Aim(value, right & ~_where(both, (one == value for one in judged)), both & ~right))
    return [aim for aim in found if aim.wanted]


def _where(among: int, holds: Iterable[bool]) -> int:
    return among & sum(1 << number for number, true in enumerate(holds) if true)
