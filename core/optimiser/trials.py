"""Candidates and what they were judged on: every row once each, the least promising on few of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from core.judging.scoring import agrees_with
from core.optimiser.case import Case, Judging, Tries
from core.terms import Candidate, LabelledRow, Verdict, VerdictStatus

FIRST_LAP = 12
"""Rows on which all are judged before the first is dropped."""


@dataclass(slots=True, eq=False)
class Trial:
    """A candidate with its verdicts so far, by review id. `name` says where it came from."""

    candidate: Candidate
    name: str
    verdicts: dict[int, Verdict] = field(default_factory=dict)

    @property
    def length(self) -> int:
        definition = self.candidate.definition
        return len(definition.description) + len(definition.trigger.text)


class Trials:
    """Everything that was tried in one search. Learn and choose rows only; none is judged twice."""

    def __init__(self, case: Case, judge: Judging, baseline: Mapping[int, Verdict], seed: int = 0) -> None:
        self._case, self._judge, self.seed = case, judge, seed
        self.live = Trial(Candidate(case.definition), "the live definition", dict(baseline))
        self.entered: list[Trial] = []

    def enter(self, candidate: Candidate, name: str) -> Trial:
        trial = Trial(candidate, name)
        self.entered.append(trial)
        return trial

    def find(self, candidate: Candidate) -> Trial | None:
        """The trial of this very definition, where it was entered before."""
        digest = candidate.definition.digest()
        same = (trial for trial in self.entered if trial.candidate.definition.digest() == digest)
        return next(same, None)

    def judge(self, trials: Sequence[Trial], rows: Sequence[LabelledRow]) -> None:
        """Judge each on the rows that it was not judged on yet."""
        groups: dict[tuple[int, ...], list[Trial]] = {}
        for trial in trials:
            missing = tuple(row.review_id for row in rows if row.review_id not in trial.verdicts)
            if missing:
                groups.setdefault(missing, []).append(trial)
        for missing, members in groups.items():
            wanted = [row for row in rows if row.review_id in set(missing)]
            found = self._judge.judge_each([each.candidate.definition for each in members], wanted)
            for trial, verdicts in zip(members, found, strict=True):
                trial.verdicts |= verdicts

    def right(self, trial: Trial, row: LabelledRow) -> bool:
        verdict = trial.verdicts.get(row.review_id)
        return verdict is not None and agrees_with(row, verdict, self._case.settings)

    def correct(self, trial: Trial, rows: Iterable[LabelledRow]) -> int:
        """Rows on which it agrees; the trial must have been judged on them."""
        return sum(self.right(trial, row) for row in rows)

    def fixed(self, trial: Trial, rows: Iterable[LabelledRow]) -> list[LabelledRow]:
        """Rows that the live definition gets wrong and this one right."""
        return [row for row in self._both(trial, rows) if self.right(trial, row) > self.right(self.live, row)]

    def broken(self, trial: Trial, rows: Iterable[LabelledRow]) -> list[LabelledRow]:
        """Rows that the live definition gets right and this one wrong."""
        return [row for row in self._both(trial, rows) if self.right(trial, row) < self.right(self.live, row)]

    def best(self, trials: Sequence[Trial], rows: Sequence[LabelledRow]) -> Trial:
        """The one with most agreement on the rows; ties go to the shorter, then to the earlier."""
        return min(trials, key=lambda trial: (-self.correct(trial, rows), trial.length))

    def race(self, trials: Sequence[Trial], rows: Sequence[LabelledRow]) -> Trial:
        """The best on the rows. Who trails after the first lap by more than luck is judged no further."""
        if len(trials) == 1:
            return trials[0]
        lap = self.drawn(rows, FIRST_LAP)
        self.judge(trials, lap)
        leading = max(self.correct(trial, lap) for trial in trials)
        margin = max(1, len(lap) // 8)
        still_in = [trial for trial in trials if self.correct(trial, lap) >= leading - margin]
        if len(still_in) > 1:
            self.judge(still_in, rows)
        return self.best(still_in, lap if len(still_in) == 1 else rows)

    def drawn(self, rows: Sequence[LabelledRow], count: int, turn: int = 0) -> list[LabelledRow]:
        """So many of the rows, in their order; which ones depends on seed, turn and conversation alone."""
        if len(rows) <= count:
            return list(rows)
        chosen = {row.review_id for row in sorted(rows, key=lambda row: self._lot(row, turn))[:count]}
        return [row for row in rows if row.review_id in chosen]

    def tried(self) -> dict[int, Tries]:
        """For each row a candidate was judged on: by how many definitions, and how many were wrong."""
        found: dict[int, Tries] = {}
        for row in self._case.labelled:
            judged = [trial for trial in self.entered if _has_answer(trial, row)]
            if judged:
                all_of_them = [self.live, *judged] if _has_answer(self.live, row) else judged
                wrong = sum(not self.right(trial, row) for trial in all_of_them)
                found[row.review_id] = Tries(len(all_of_them), wrong)
        return found

    def _both(self, trial: Trial, rows: Iterable[LabelledRow]) -> list[LabelledRow]:
        return [row for row in rows if _has_answer(trial, row) and _has_answer(self.live, row)]

    def _lot(self, row: LabelledRow, turn: int) -> bytes:
        text = f"{self.seed}:{turn}:{row.group}:{row.call_id}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _has_answer(trial: Trial, row: LabelledRow) -> bool:
    verdict = trial.verdicts.get(row.review_id)
    return verdict is not None and verdict.status is not VerdictStatus.NOT_JUDGED
