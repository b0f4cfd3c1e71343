"""What a run learns about one metric on its way to an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.judging.scoring import Comparison, compare
from core.llm.budget import Budget, total
from core.optimiser.split import Part
from core.runs.loading import Frozen
from core.terms import Candidate, Usage, Verdict


@dataclass(slots=True)
class Findings:
    """What a run learned so far; filled step by step, so that a run that is stopped keeps its part."""

    frozen: Frozen | None = None
    warning: str = ""
    same_as: int | None = None
    parts: Mapping[int, Part] = field(default_factory=dict)
    before: Mapping[int, Verdict] | None = None
    candidate: Candidate | None = None
    after: Mapping[int, Verdict] | None = None
    spent_before: Usage = field(default_factory=Usage)
    """What attempts spent whose workers died."""
    budget: Budget | None = None
    """What this attempt spends from; None while it asked nothing."""

    def drop_candidate(self) -> None:
        """Nothing half judged is ever shown as a proposal."""
        self.candidate = self.after = None

    def usage(self) -> Usage:
        """Every call that may have been billed, as the budget counts them."""
        return total([self.spent_before, self.budget.usage]) if self.budget else self.spent_before

    def comparison(self) -> Comparison | None:
        if self.frozen is None or self.before is None or self.after is None:
            return None
        case = self.frozen.case
        return compare(case.labelled, self.before, self.after, case.settings)
