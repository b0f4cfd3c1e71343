"""Rounds of refinement: learn from what a candidate still gets wrong, keep what does better.

A round shows the writer a balanced batch of a parent's remaining errors on learn rows, asks for two
rewrites, screens them on a few rows and judges only the promising one on all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from core.errors import CallFailed
from core.optimiser.distil import Lesson, distil, merged
from core.optimiser.examples import A_SECOND_TIME, agreeing, balanced, batches_of, contradictory, disagreeing
from core.optimiser.pareto import front
from core.optimiser.plan import FEWEST_ERRORS, REFINEMENTS, SCREEN_ERRORS, SCREEN_RIGHT, rounds
from core.optimiser.propose import Proposal
from core.optimiser.requests import RESTRUCTURED, SMALLEST_EDIT
from core.optimiser.search import Search
from core.optimiser.trials import Trial
from core.terms import LabelledRow, Rule

BATCH_ERRORS, BATCH_RIGHT = 16, 12
ROUNDS_WITHOUT_GAIN = 2


def refined(search: Search, champion: Trial) -> Trial:
    """The best after as many rounds as the labels are worth; `champion` was judged on all rows."""
    pool = [champion]
    used: list[Trial] = []
    idle = 0
    for turn in range(1, rounds(len(search.case.labelled)) + 1):
        parent = _parent(search, pool, used)
        errors = _errors(search, parent, turn)
        if len(errors) < FEWEST_ERRORS or idle == ROUNDS_WITHOUT_GAIN:
            break
        used.append(parent)
        search.stage(f"Refining, round {turn}")
        child = _child(search, parent, errors, pool, turn)
        if child is not None:
            pool.append(child)
        before = champion
        champion = search.trials.best(pool, search.rows)
        idle = 0 if champion is not before else idle + 1
        search.say(_what_came_of_it(search, turn, parent, child))
    return champion


def _parent(search: Search, pool: Sequence[Trial], used: Sequence[Trial]) -> Trial:
    """Of those that some learn rows speak for, the one refined least often, then the best."""
    learn = search.learn
    right = {
        trial: frozenset(row.review_id for row in learn if search.trials.right(trial, row)) for trial in pool
    }
    return min(front(right), key=lambda trial: (used.count(trial), -len(right[trial]), trial.length))


def _errors(search: Search, parent: Trial, turn: int) -> list[LabelledRow]:
    """A batch of what it still gets wrong, each direction of error in turn, other rows every round."""
    doubtful = contradictory(search.case)
    wrong = disagreeing(search.case, parent.verdicts, search.learn)
    clear = [row for row in wrong if row.group not in doubtful]
    drawn = search.trials.drawn(clear, BATCH_ERRORS, turn)
    return balanced(search.case, drawn, parent.verdicts)


def _child(
    search: Search, parent: Trial, errors: list[LabelledRow], pool: Sequence[Trial], turn: int
) -> Trial | None:
    """The better of two rewrites, judged on all rows; None where neither passed the screen."""
    kept = _right_rows(search, parent, turn)
    lesson = _lesson(search, parent, errors, kept)
    if lesson is None or not lesson.rules:
        return None
    search.shown = search.shown.and_also(lesson.shown)
    rules = merged(lesson.rules, _borrowed(search, parent, pool))
    everything = merged(parent.candidate.rules, rules)
    start = {SMALLEST_EDIT: parent.candidate.definition, RESTRUCTURED: search.case.definition}
    proposals = [
        Proposal(
            start[manner],
            tuple(rules if manner == SMALLEST_EDIT else everything),
            manner,
            tuple(everything),
        )
        for manner in REFINEMENTS
    ]
    children = [child for child in search.rewritten(proposals) if child is not None and child not in pool]
    return _promising(search, parent, children, [*errors[:SCREEN_ERRORS], *kept[:SCREEN_RIGHT]])


def _lesson(
    search: Search, parent: Trial, errors: list[LabelledRow], kept: list[LabelledRow]
) -> Lesson | None:
    learning = replace(search.case, definition=parent.candidate.definition)
    groups = batches_of(learning, parent.verdicts, errors, kept, search.transcripts, A_SECOND_TIME)
    try:
        return distil(search.case, parent.candidate.definition, groups, search.writer)
    except CallFailed as error:
        search.say(f"The writer did not answer ({error}); this round was left out.")
        return None


def _right_rows(search: Search, parent: Trial, turn: int) -> list[LabelledRow]:
    """Learn rows that are right: those that earlier rewrites put right, and others, in turn."""
    right = agreeing(search.case, parent.verdicts, search.learn)
    gained = [row for row in right if not search.trials.right(search.trials.live, row)]
    ids = {row.review_id for row in gained}
    others = search.trials.drawn([row for row in right if row.review_id not in ids], BATCH_RIGHT, turn)
    turns = chain.from_iterable(zip_longest(search.trials.drawn(gained, BATCH_RIGHT, turn), others))
    return [row for row in turns if row is not None][:BATCH_RIGHT]


def _borrowed(search: Search, parent: Trial, pool: Sequence[Trial]) -> list[Rule]:
    """Rules of other candidates that rest on rows which they get right and the parent does not."""
    known = {rule.text.casefold() for rule in parent.candidate.rules}
    wrong = [row for row in search.learn if not search.trials.right(parent, row)]
    return [
        rule
        for other in pool
        for rule in other.candidate.rules
        if rule.text.casefold() not in known
        and any(search.trials.right(other, row) for row in wrong if row.review_id in rule.label_ids)
    ]


def _promising(
    search: Search, parent: Trial, children: Sequence[Trial], screen: Sequence[LabelledRow]
) -> Trial | None:
    if not children:
        return None
    search.trials.judge(children, screen)
    best = search.trials.best(children, screen)
    if search.trials.correct(best, screen) <= search.trials.correct(parent, screen):
        return None
    search.trials.judge([best], search.rows)
    return best


def _what_came_of_it(search: Search, turn: int, parent: Trial, child: Trial | None) -> str:
    before = search.score(parent, search.rows)
    if child is None:
        return f"Round {turn}: no rewrite did better on the rows it was screened on than {before}."
    return f"Round {turn}: {before} became {search.score(child, search.rows)}."
