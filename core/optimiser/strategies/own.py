"""Our own search: distil, propose, check, choose, refine, make rules earn their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.errors import CallFailed
from core.optimiser.case import Found, Nothing
from core.optimiser.ceiling import gamble
from core.optimiser.distil import Lesson, by_weight, distil, merged, overlooked
from core.optimiser.earning import earned
from core.optimiser.examples import A_SECOND_TIME, MOST_REQUESTS, batches, batches_of
from core.optimiser.first import First, first_proposals
from core.optimiser.mixing import unmixed
from core.optimiser.propose import as_prompt
from core.optimiser.refine import refined
from core.optimiser.restating import restated
from core.optimiser.scripts import better_script
from core.optimiser.search import Search
from core.optimiser.trials import Trial

LOOKS_AGAIN = 2
"""How often all notes that no rule rests on are shown again, a few a request."""


def search_by_rules(search: Search) -> Found | Nothing:
    """The best rewrite, or none; see `engine.optimise`."""
    search.stage("Reading the feedback")
    lesson = _lesson(search)
    if not lesson.rules:
        return search.nothing(_no_rule(lesson))
    search.stage("Writing proposals")
    first = first_proposals(search, lesson.rules, lesson.examples)
    if not first.trials and first.script is None:
        return search.nothing(_no_candidate(first))
    champion = _best_prompt(search, first.trials) if first.trials else None
    champion = better_script(search, champion, first.script)
    if champion is None:
        return search.nothing(_no_candidate(first))
    against = gamble(search, champion)
    return search.nothing(against) if against else search.found(champion)


def _lesson(search: Search) -> Lesson:
    case, live = search.case, search.trials.live
    groups = batches(case, live.verdicts, search.parts.learn, search.transcripts)
    lesson = distil(case, as_prompt(case.definition), groups, search.writer)
    search.shown = search.shown.and_also(lesson.shown)
    wrong = sum(len(batch.to_learn) for batch in groups)
    search.say(f"{len(lesson.rules)} rules from {wrong} rows to learn from.")
    for _ in range(LOOKS_AGAIN if len(groups) < MOST_REQUESTS else 0):
        known, lesson = lesson, _another_look(search, lesson, overlooked(lesson.rules, groups))
        if lesson.rules == known.rules:
            break
    return lesson


def _another_look(search: Search, lesson: Lesson, missed: Sequence[int]) -> Lesson:
    """Writers lose details in long requests, so the notes that no rule rests on are shown again."""
    wanted = set(missed)
    rows = [row for row in search.parts.learn if row.review_id in wanted]
    if not rows:
        return lesson
    groups = batches_of(search.case, search.trials.live.verdicts, rows, [], search.transcripts, A_SECOND_TIME)
    start = as_prompt(search.case.definition)
    try:
        more = distil(search.case, start, groups, search.writer, lesson.rules)
    except CallFailed as error:
        search.say(f"The writer did not answer ({error}); overlooked notes were left out.")
        return lesson
    rules = by_weight(merged(lesson.rules, more.rules))
    search.say(f"{len(rules) - len(lesson.rules)} more rules from {len(rows)} notes that were overlooked.")
    return replace(lesson, rules=rules, refused=tuple(dict.fromkeys((*lesson.refused, *more.refused))))


def _best_prompt(search: Search, trials: Sequence[Trial]) -> Trial:
    """The best of the proposals, refined, and without what did not earn its place."""
    search.stage(f"Judging {len(trials)} {'proposal' if len(trials) == 1 else 'proposals'}")
    champion = search.trials.race(trials, search.choose or search.learn)
    search.trials.judge([champion], search.rows)
    search.say(f"Best of {len(trials)}: “{champion.name}”, {search.score(champion, search.rows)}.")
    champion = restated(search, refined(search, champion))
    return unmixed(search, earned(search, champion))


def _no_rule(lesson: Lesson) -> str:
    if not lesson.refused:
        return "The labels that disagree taught no general rule, so no rewrite was proposed."
    return f"No rule that the labels taught passed the checks ({'; '.join(lesson.refused)})."


def _no_candidate(first: First) -> str:
    if not first.objections:
        return "The model wrote no proposal that could be read."
    return f"No rewrite passed the checks ({'; '.join(dict.fromkeys(first.objections))})."
