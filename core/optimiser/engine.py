"""The search: distil the disagreements, propose three rewrites, check them, choose the best.

The writer sees learn rows only; held-out rows are judged once, by the champion, outside this file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.judging.scoring import score
from core.optimiser.case import Case, Found, Judging, Nothing, Staging, Transcripts, Writing
from core.optimiser.distil import distil
from core.optimiser.examples import agreeing
from core.optimiser.propose import admissible, propose
from core.optimiser.split import Split
from core.terms import Candidate, LabelledRow, Verdict


def optimise(
    case: Case,
    parts: Split,
    baseline: Mapping[int, Verdict],
    judge: Judging,
    writer: Writing,
    transcripts: Transcripts,
    progress: Staging,
) -> Found | Nothing:
    """The best rewrite that differs and passed the checks, even when it scores lower than the live one.

    Args:
        baseline: the live definition's verdicts on all labelled rows, by review id.

    Raises:
        BudgetSpent, Cancelled, LeaseLost, ModelError: from the judge or the writer.
    """
    progress.stage("Reading the feedback")
    rules, shown = distil(case, baseline, parts.learn, writer, transcripts)
    if not rules:
        return Nothing("The labels that disagree taught no general rule, so no rewrite was proposed.")
    progress.check()
    progress.stage("Writing proposals")
    candidates, objections = admissible(case, propose(case, rules, writer), shown)
    if not candidates:
        return Nothing(_no_candidate(objections))
    progress.check()
    return Found(_best(case, parts, candidates, judge, progress))


def everything_agrees(case: Case, verdicts: Mapping[int, Verdict]) -> bool:
    """Whether the judge answered every labelled row as its reviewer did."""
    return len(agreeing(case, verdicts, case.labelled)) == len(case.labelled)


def _best(
    case: Case, parts: Split, candidates: Sequence[Candidate], judge: Judging, progress: Staging
) -> Candidate:
    """The candidate with most agreement on the rows to choose on; ties go to the shorter."""
    if len(candidates) == 1:
        return candidates[0]
    rows = choosing_rows(parts)
    progress.stage(f"Judging {len(candidates)} proposals")
    verdicts = judge.judge_each([candidate.definition for candidate in candidates], rows)
    reached = [score(rows, each, case.settings).correct for each in verdicts]
    return min(zip(candidates, reached, strict=True), key=_rank)[0]


def _rank(entry: tuple[Candidate, int]) -> tuple[int, int]:
    candidate, correct = entry
    return -correct, len(candidate.definition.description) + len(candidate.definition.trigger.text)


def choosing_rows(parts: Split) -> list[LabelledRow]:
    """Rows set apart for choosing where there are enough labels, else those learned from."""
    return [row for row in parts.choose or parts.learn if row.labelled]


def _no_candidate(objections: Sequence[str]) -> str:
    if not objections:
        return "The model wrote no proposal that could be read."
    why = "; ".join(dict.fromkeys(objections))
    return f"No rewrite passed the checks ({why})."
