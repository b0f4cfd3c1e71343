"""What every step of a search shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.errors import CallFailed
from core.llm.request import Request
from core.optimiser.case import Case, Found, Nothing, Staging, Transcripts, Writing
from core.optimiser.components import components
from core.optimiser.copying import Shown
from core.optimiser.plan import MOST_CHOOSE, MOST_LEARN
from core.optimiser.propose import Proposal, admissible, read_proposal
from core.optimiser.split import Split
from core.optimiser.trials import Trial, Trials
from core.terms import Candidate, LabelledRow, Rule

T = TypeVar("T")
NEAR_CEILING = 0.85
"""From this agreement on, wrong labels are a large share of the disagreements."""


@dataclass(slots=True)
class Search:
    """One search: its case, its helpers, what it tried and what it has to say.

    `shown` is everything of calls and notes that the writer saw so far.
    """

    case: Case
    parts: Split
    trials: Trials
    writer: Writing
    transcripts: Transcripts
    progress: Staging
    may_change_trigger: bool = False
    shown: Shown = field(default_factory=Shown)
    log: list[str] = field(default_factory=list)

    @property
    def learn(self) -> list[LabelledRow]:
        """Labelled rows learned from, as many as it takes to tell two candidates apart."""
        return self.trials.drawn([row for row in self.parts.learn if row.labelled], MOST_LEARN)

    @property
    def choose(self) -> list[LabelledRow]:
        """Rows set apart for choosing, as many as it takes; none below 80 labels."""
        return self.trials.drawn(self.parts.choose, MOST_CHOOSE)

    @property
    def rows(self) -> list[LabelledRow]:
        """All rows that the search is decided on."""
        return [*self.learn, *self.choose]

    @property
    def near_ceiling(self) -> bool:
        """Whether the live definition is so good that most of what is left may be wrong labels.

        Held-out rows count here as well: what the live definition says of them is known before the search,
        and tells nothing of any candidate.
        """
        rows = self.case.labelled
        return _likely_share(self.trials.correct(self.trials.live, rows), len(rows)) >= NEAR_CEILING

    def cited(self, rules: Iterable[Rule]) -> list[LabelledRow]:
        """The rows that rules rest on: learn rows all, since the writer sees no others."""
        ids = {label_id for rule in rules for label_id in rule.label_ids}
        return [row for row in self.learn if row.review_id in ids]

    def stage(self, name: str) -> None:
        self.progress.check()
        self.progress.stage(name)

    def say(self, what: str) -> None:
        self.log.append(what)

    def try_asking(
        self, requests: Sequence[Request], read: Callable[[Mapping[str, Any]], T]
    ) -> list[T | None]:
        """The writer's answers. A step that could only have improved on what there is may fail."""
        try:
            return self.writer.ask_all(requests, read) if requests else []
        except CallFailed as error:
            self.say(f"The writer did not answer ({error}); this step was left out.")
            return [None for _ in requests]

    def rewritten(self, proposals: Sequence[Proposal]) -> list[Trial | None]:
        """A trial a proposal; None where there was no answer, or one that failed the checks.

        A definition that was tried before keeps its trial.
        """
        may = self.may_change_trigger
        requests = [proposal.request(self.case, may_change_trigger=may) for proposal in proposals]
        answers = self.try_asking(requests, read_proposal)
        return [
            self._entered(proposal, proposal.candidate(answer, may_change_trigger=may)) if answer else None
            for proposal, answer in zip(proposals, answers, strict=True)
        ]

    def _entered(self, proposal: Proposal, candidate: Candidate) -> Trial | None:
        passed, _ = admissible(self.case, [candidate], self.shown)
        if not passed:
            return None
        known = self.trials.find(passed[0])
        if known is None:
            return self.trials.enter(passed[0], proposal.manner)
        if len(passed[0].rules) < len(known.candidate.rules):
            known.candidate = passed[0]  # the same text from fewer rules: the others did not fit in
        return known

    def found(self, champion: Trial) -> Found:
        settings = self.case.settings
        return Found(
            champion.candidate,
            self.trials.tried(),
            tuple(self.log),
            components(self.rows, self.trials.live.verdicts, settings),
            components(self.rows, champion.verdicts, settings),
        )

    def nothing(self, reason: str) -> Nothing:
        return Nothing(reason, self.trials.tried(), tuple(self.log))

    def score(self, trial: Trial, rows: Sequence[LabelledRow]) -> str:
        return f"{self.trials.correct(trial, rows)} of {len(rows)}"


def _likely_share(right: int, rows: int) -> float:
    """Of few rows even 17 of 20 is often luck: the estimate of Krichevsky and Trofimov (1981)."""
    return (right + 0.5) / (rows + 1)
