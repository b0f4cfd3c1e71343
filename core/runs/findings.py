"""Find what people should look at: labels, rows and notes. None of them is ever edited by a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from core.evidence.findings import Findings, Limit, UnheardNote
from core.judging.scoring import agrees_with
from core.judging.values import agrees
from core.optimiser.case import Case, Tries
from core.terms import EvalSettings, LabelledRow, Rule, Verdict, VerdictStatus

FEWEST_TRIES = 3
"""Wrong under the live prompt and two rewrites: below that, a rewrite may just not have been found."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a run saw of its rows. `after` is None without a candidate, whose rules are `rules`.

    `conversations` are the transcripts' digests by call id; `tried` counts the definitions that the
    search judged on a row; `unstable` are the rows whose verdict changed when they were judged again;
    the writer saw the notes of `learned_from` alone.
    """

    before: Mapping[int, Verdict]
    after: Mapping[int, Verdict] | None = None
    conversations: Mapping[int, str] = field(default_factory=dict)
    tried: Mapping[int, Tries] = field(default_factory=dict)
    rules: Sequence[Rule] = ()
    unstable: Collection[int] = ()
    learned_from: Collection[int] = ()


def find(case: Case, seen: Seen) -> Findings:
    """What people should look at; a row that has one explanation is not given a weaker one as well."""
    contradictions = contradicting(case.labelled, seen.conversations, case.settings)
    explained = {review_id for group in contradictions for review_id in group} | set(seen.unstable)
    limits = tuple(_limits(case, seen, explained))
    explained |= {limit.review_id for limit in limits}
    return Findings(
        contradictions=contradictions,
        unstable=tuple(row.review_id for row in case.labelled if row.review_id in seen.unstable),
        limits=limits,
        notes=tuple(_unheard(case, seen, explained)),
    )


def contradicting(
    rows: Iterable[LabelledRow], conversations: Mapping[int, str], settings: EvalSettings
) -> tuple[tuple[int, ...], ...]:
    """Groups of rows whose transcripts are the same and two of whose labels disagree."""
    alike: dict[str, list[LabelledRow]] = defaultdict(list)
    for row in rows:
        if row.call_id in conversations:
            alike[conversations[row.call_id]].append(row)
    return tuple(
        tuple(row.review_id for row in group) for group in alike.values() if _disagree(group, settings)
    )


def _disagree(rows: Sequence[LabelledRow], settings: EvalSettings) -> bool:
    labels = {row.expected for row in rows if row.expected is not None}
    return any(not agrees(one, other, settings) for one, other in combinations(labels, 2))


def _limits(case: Case, seen: Seen, explained: Collection[int]) -> Iterable[Limit]:
    for row in case.labelled:
        tried = seen.tried.get(row.review_id)
        if tried is None or row.review_id in explained or tried.judged < FEWEST_TRIES:
            continue
        if tried.wrong == tried.judged and not _right(case, row, seen.after):
            yield Limit(row.review_id, tried.judged)


def _unheard(case: Case, seen: Seen, explained: Collection[int]) -> Iterable[UnheardNote]:
    if seen.after is None:
        return
    for row in case.labelled:
        read = row.feedback and row.review_id in seen.learned_from and row.review_id not in explained
        if read and _wrong(case, row, seen.before) and _wrong(case, row, seen.after):
            citing = (place for place, rule in enumerate(seen.rules) if row.review_id in rule.label_ids)
            yield UnheardNote(row.review_id, tuple(citing))


def _right(case: Case, row: LabelledRow, verdicts: Mapping[int, Verdict] | None) -> bool:
    verdict = (verdicts or {}).get(row.review_id)
    return verdict is not None and agrees_with(row, verdict, case.settings)


def _wrong(case: Case, row: LabelledRow, verdicts: Mapping[int, Verdict]) -> bool:
    verdict = verdicts.get(row.review_id)
    return (
        verdict is not None
        and verdict.status is not VerdictStatus.NOT_JUDGED
        and not agrees_with(row, verdict, case.settings)
    )
