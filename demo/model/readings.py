"""What one sentence of a definition says: a rule, an amendment, what is left over, the head of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from demo.model.answers import Answers, Value
from demo.model.conditions import AllOf, Condition, Not, Says
from demo.model.grammar import condition
from demo.model.masking import MARK, Masked

WHEN = (
    r"(?:when|whenever|if|where|as long as|provided(?: that)?|in case"
    r"|for (?:calls|conversations) (?:where|in which))"
)
ONLY = rf"(?:only {WHEN}|if and only if)"
UNLESS = rf"(?:unless|except {WHEN})"
HOW = rf"(?P<how>{ONLY}|{WHEN}|{UNLESS})"
EXCEPTION = re.compile(r"(?:exceptions?|however|but|although|nevertheless)\b\s*[:,–—-]?\s*")
OTHERWISE = re.compile(
    r"(?:otherwise|else|by default|in (?:all|any|every) other cases?|the default (?:\w+ )?(?:is|should be))\b"
    r"\s*[,:]?\s*(?P<rest>.+)"
)
AMENDS = re.compile(rf"(?:{UNLESS}|(?:but )?not {WHEN})\s+(?P<condition>.+)")
LIST_WORDS = re.compile(
    r"(?P<every>all|each|every one|both)?(?:any|one|at least one|either)?(?: ?of)?"
    r"(?: ?(?:the following|these|them))?"
    r"(?: ?(?:conditions|criteria|cases|rules|things|statements|points))?(?: (?:is|are) (?:true|met))?"
    r"(?: ?(?:holds?|appl(?:y|ies)|happens?|occurs?))?"
)
REQUIRES = re.compile(
    rf"(?:{WHEN} (?P<where>.+?)(?:,|(?<={MARK})) )?(?P<who>(?:the )?[a-z ]+?) "
    r"(?:must|should|shall|ha(?:s|ve) to|needs? to|(?:is|are) required to)(?: always)? "
    rf"(?P<what>.+?)(?:,? (?:{WHEN}) (?P<later>.+))?"
)
PRONOUN = re.compile(r"(?:it|they|he|she) ")


@dataclass(frozen=True, slots=True)
class Decides:
    """“Fail when …”."""

    value: Value
    condition: Condition
    exception: bool = False


@dataclass(frozen=True, slots=True)
class LeftOver:
    """“Otherwise pass.”"""

    value: Value


@dataclass(frozen=True, slots=True)
class Amends:
    """“Except when …”, said of the rule before it."""

    condition: Condition


@dataclass(frozen=True, slots=True)
class Heads:
    """“Fail when any of these holds:”, “Fail when the agent says:”; `prefix` goes before each item."""

    value: Value
    how: str
    every: bool
    prefix: str


Reading = Decides | LeftOver | Amends


@dataclass(frozen=True, slots=True)
class _Patterns:
    forward: re.Pattern[str]
    backward: re.Pattern[str]
    labelled: re.Pattern[str]
    arrow: re.Pattern[str]
    heads: re.Pattern[str]
    answer: re.Pattern[str]


@lru_cache(maxsize=256)
def _patterns(answers: Answers) -> _Patterns:
    answer = answers.pattern()
    parted = rf"(?:\s*(?:,\s*then|,|\bthen|:|->|→|=>)\s*|(?<={MARK})\s+)"
    return _Patterns(
        forward=re.compile(rf"{answer}\s*[,:]?\s*{HOW}\s*,?\s+(?P<condition>.+)"),
        backward=re.compile(
            rf"{HOW}\s+(?P<condition>.+?){parted}{answer}(?:\s*,?\s*{UNLESS}\s+(?P<unless>.+))?"
        ),
        labelled=re.compile(rf"{answer}\s*(?::|=|->|→|=>|–|—|-)\s*(?P<condition>.+)"),
        arrow=re.compile(rf"(?:{WHEN}\s+)?(?P<condition>.+?)\s*(?:->|→|=>)\s*{answer}"),
        heads=re.compile(rf"{answer}(?:\s*{HOW})?\s*(?P<list>.*?)\s*:?"),
        answer=re.compile(answer),
    )


def read_sentence(sentence: Masked, answers: Answers) -> Reading | None:
    """What a plain sentence says by the grammar, or None."""
    if amends := AMENDS.fullmatch(sentence.text):
        about = condition(Masked(amends["condition"], sentence.quotes))
        return Amends(about) if about else None
    if otherwise := OTHERWISE.fullmatch(sentence.text):
        return _left_over(Masked(otherwise["rest"], sentence.quotes), answers)
    if exception := EXCEPTION.match(sentence.text):
        return _decides(Masked(sentence.text[exception.end() :], sentence.quotes), answers, exception=True)
    return _decides(sentence, answers, exception=False) or _requires(sentence, answers)


def read_heading(sentence: Masked, answers: Answers) -> Heads | None:
    """The head of a list whose items are the conditions of one value, or None."""
    found = _patterns(answers).heads.fullmatch(sentence.text)
    value = answers.read(found["value"], sentence) if found else None
    if found is None or value is None:
        return None
    words = LIST_WORDS.fullmatch(found["list"])
    prefix = "" if words else Masked(found["list"], sentence.quotes).unmasked()
    if prefix and not found["how"]:
        return None
    return Heads(value, found["how"] or "when", bool(words and words["every"]), prefix)


def decided(value: Value, how: str, about: Condition, *, exception: bool = False) -> Decides:
    """The rule that *when*, *unless* or *only when* makes of a value and a condition.

    Of a binary metric, *unless* and *only when* speak of both values. Such a sentence decides false and
    leaves true to the end, so that several can stand below each other.
    """
    unless, only = re.fullmatch(UNLESS, how), re.fullmatch(ONLY, how)
    if not isinstance(value, bool) or not (unless or only):
        return Decides(value, Not(about) if unless else about, exception)
    fails = about if value == bool(unless) else Not(about)
    return Decides(False, fails, exception)


def _decides(sentence: Masked, answers: Answers, *, exception: bool) -> Decides | None:
    patterns = _patterns(answers)
    for pattern in (patterns.forward, patterns.backward, patterns.labelled, patterns.arrow):
        found = pattern.fullmatch(sentence.text)
        value = answers.read(found["value"], sentence) if found else None
        about = _condition(found, sentence) if found else None
        if found and value is not None and about:
            how = found.groupdict().get("how") or "when"
            return decided(value, how, about, exception=exception)
    return None


def _requires(sentence: Masked, answers: Answers) -> Decides | None:
    """“[When …,] the agent must say … [when …]” is what a binary metric fails without."""
    found = REQUIRES.fullmatch(sentence.text) if answers.kind == "binary" else None
    done = condition(Masked(f"{found['who']} {found['what']}", sentence.quotes)) if found else None
    if found is None or done is None:
        return None
    # “Must say … after the user says …” asks nothing of a call in which the user never does.
    missed = replace(done, negated=not done.negated) if isinstance(done, Says) else Not(done)
    if not (found["where"] or found["later"]):
        return Decides(False, missed)
    where = condition(Masked(found["where"] or found["later"], sentence.quotes))
    return Decides(False, AllOf((where, missed))) if where else None


def _condition(found: re.Match[str], sentence: Masked) -> Condition | None:
    text = found["condition"]
    if "agent" in found["lead"]:
        text = PRONOUN.sub("the agent ", text, count=1) if PRONOUN.match(text) else text
    if unless := found.groupdict().get("unless"):
        text = f"{text} unless {unless}"
    return condition(Masked(text, sentence.quotes))


def _left_over(sentence: Masked, answers: Answers) -> LeftOver | None:
    found = _patterns(answers).answer.fullmatch(sentence.text)
    value = answers.read(found["value"], sentence) if found else None
    return None if value is None else LeftOver(value)
