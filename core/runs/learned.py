"""What a run learns about one metric on its way to an outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.evidence import Evidence, Noise
from core.evidence.findings import Findings
from core.judging.scoring import Comparison, compare
from core.llm.budget import Budget, total
from core.optimiser.case import Tries
from core.optimiser.split import Part
from core.runs.findings import Seen, find
from core.runs.loading import Frozen
from core.runs.weighing import weigh_verdicts
from core.terms import Candidate, Usage, Verdict


@dataclass(slots=True)
class Learned:
    """What a run learned so far; filled step by step, so that a run that is stopped keeps its part."""

    frozen: Frozen | None = None
    warning: str = ""
    same_as: int | None = None
    parts: Mapping[int, Part] = field(default_factory=dict)
    before: Mapping[int, Verdict] | None = None
    candidate: Candidate | None = None
    after: Mapping[int, Verdict] | None = None
    tried: Mapping[int, Tries] = field(default_factory=dict)
    """By review id, how many definitions were judged on a row in the search, and how many were wrong."""
    log: tuple[str, ...] = ()
    """What the search did, one sentence a step."""
    noise: Noise | None = None
    evidence: Evidence | None = None
    findings: Findings | None = None
    spent_before: Usage = field(default_factory=Usage)
    """What attempts spent whose workers died."""
    budget: Budget | None = None
    """What this attempt spends from; None while it asked nothing."""

    def drop_candidate(self) -> None:
        """Nothing half judged is ever shown as a proposal."""
        self.candidate = self.after = self.evidence = self.noise = None

    def conclude(self) -> None:
        """What the verdicts say beyond their scores; it takes its time, so before anything is written."""
        if self.frozen is None or self.before is None:
            return
        case = self.frozen.case
        if self.after is not None:
            self.evidence = weigh_verdicts(case, self.before, self.after, self.parts, self.noise)
        self.findings = find(
            case,
            Seen(
                before=self.before,
                after=self.after,
                conversations=self.frozen.conversations,
                tried=self.tried,
                rules=self.candidate.rules if self.candidate else (),
                unstable=self.noise.changed if self.noise else (),
                learned_from={row for row, part in self.parts.items() if part is Part.LEARN},
            ),
        )

    def usage(self) -> Usage:
        """Every call that may have been billed, as the budget counts them."""
        return total([self.spent_before, self.budget.usage]) if self.budget else self.spent_before

    def comparison(self) -> Comparison | None:
        if self.frozen is None or self.before is None or self.after is None:
            return None
        case = self.frozen.case
        return compare(case.labelled, self.before, self.after, case.settings)
