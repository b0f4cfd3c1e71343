"""Where a script agrees with the labels at least as well as the best prompt, it takes its place.

Running it on labelled rows costs no model call, and neither does judging with it from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from core.optimiser.propose import as_prompt
from core.optimiser.script_checks import script_objection
from core.optimiser.script_request import ScriptAnswer
from core.optimiser.search import Search
from core.optimiser.trials import Trial
from core.terms import Candidate, Definition, MetricType, Rule, Trigger, TriggerKind


def better_script(search: Search, champion: Trial | None, answer: ScriptAnswer | None) -> Trial | None:
    """The champion, or a script that is as right on the rows learned from and on those to choose on.

    A script must also be as right there as the live definition: with no rows held out, nothing else
    would tell a rule from a coincidence.
    """
    for candidate in _candidates(search, champion, answer) if answer else ():
        trial = search.trials.find(candidate) or search.trials.enter(candidate, "script")
        search.trials.judge([trial], search.rows)
        if _as_right(search, trial, champion) and _as_right(search, trial, search.trials.live):
            search.say(f"A script reaches {search.score(trial, search.rows)}, so no model is needed.")
            return trial
        search.say(f"A script reached {search.score(trial, search.rows)} only.")
    return champion


def _candidates(search: Search, champion: Trial | None, answer: ScriptAnswer) -> Iterator[Candidate]:
    """The script as the metric's code, and the one for the trigger beside the best prompt."""
    best = champion.candidate if champion else Candidate(search.case.definition)
    prompt = as_prompt(best.definition)
    if answer.script and _admitted(search, best.rules, answer.script, answer.summary):
        code = replace(prompt, type=MetricType.CUSTOM_CODE, custom_code=answer.script)
        yield from _if_new(search, replace(best, definition=code, summary=answer.summary))
    wanted = bool(champion and search.may_change_trigger and answer.trigger_script)
    if wanted and _admitted(search, best.rules, answer.trigger_script, answer.summary):
        trigger = Trigger(TriggerKind.CODE, answer.trigger_script)
        yield from _if_new(search, replace(best, definition=replace(prompt, trigger=trigger)))


def _if_new(search: Search, candidate: Candidate) -> Iterator[Candidate]:
    if candidate.definition != search.case.definition:
        yield candidate


def _admitted(search: Search, rules: tuple[Rule, ...], script: str, summary: str) -> bool:
    known = "\n".join([_text(search.case.definition), *(rule.text for rule in rules)])
    against = script_objection(script, known, search.shown) or search.shown.copied(summary, known)
    if against:
        search.say(f"A script was not run: {against}.")
    return not against


def _text(definition: Definition) -> str:
    return f"{definition.description}\n{definition.trigger.text}\n{definition.custom_code}"


def _as_right(search: Search, trial: Trial, other: Trial | None) -> bool:
    parts = (search.learn, search.choose)
    return other is None or all(
        search.trials.correct(trial, rows) >= search.trials.correct(other, rows) for rows in parts
    )
