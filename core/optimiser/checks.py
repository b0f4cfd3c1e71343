"""What a rewritten definition must pass before a single judge call is spent on it."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable

from core.judging.prompt import variables
from core.judging.values import possible_values
from core.terms import Definition, EvalSettings

GROWTH = 1.3
SPARE_CHARACTERS = 600
"""About 150 tokens: a short prompt may grow by that much whatever its length."""
COPIED_WORDS = 8
MAX_TEXT = 100_000

WORD = re.compile(r"\w+(?:['’]\w+)?")
ANY_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
PHONE = re.compile(r"(?<!\w)\+?\d[\d\s().-]{6,}\d(?!\w)")
NAME = re.compile(r"(?<![.!?:\n•\"“-] )(?<!^)\b[A-Z][a-z]{2,}\b", re.MULTILINE)
BLOCK_TAG = re.compile(r"</?\s*(metric|applies_when|conversation)\b", re.IGNORECASE)
CALENDAR = frozenset(name.casefold() for name in (*calendar.day_name, *calendar.month_name) if name)
NOT_NAMES = CALENDAR | {"agent", "user", "caller", "english", "french", "german", "spanish", "json"}
"""Words written with a capital that name nobody."""


def max_characters(text: str) -> int:
    """How long a rewrite of this text may be."""
    return min(MAX_TEXT, max(int(len(text) * GROWTH), len(text) + SPARE_CHARACTERS))


def objection(
    before: Definition, after: Definition, settings: EvalSettings, shown: Iterable[str], notes: Iterable[str]
) -> str:
    """Why the rewrite must not be judged, in one clause; empty when it may be.

    `shown` are the conversations the writer saw, `notes` the reviewers' notes.
    """
    conversations = list(shown)
    return (
        _unchanged(before, after)
        or _incomplete(before, after, settings)
        or _too_long(before, after)
        or copied(_text(after), _text(before) + "\n" + "\n".join(notes), conversations)
    )


def copied(text: str, known: str, conversations: Iterable[str]) -> str:
    """What `text` copied out of a conversation that was not in `known`; empty when nothing."""
    for what, pattern in (("an email address", EMAIL), ("a telephone number", PHONE)):
        if set(pattern.findall(text)) - set(pattern.findall(known)):
            return f"it holds {what}"
    runs = _runs(text) - _runs(known)
    names = _new_names(text, known)
    for conversation in conversations:
        if runs & _runs(conversation):
            return f"it copies {COPIED_WORDS} words in a row out of a conversation"
        if names and any(_is_a_name(name, conversation) for name in names):
            return "it copies a name out of a conversation"
    return ""


def _text(definition: Definition) -> str:
    return f"{definition.description}\n{definition.trigger.text}"


def _unchanged(before: Definition, after: Definition) -> str:
    def bare(definition: Definition) -> tuple[str, str]:
        return " ".join(definition.description.split()), " ".join(definition.trigger.text.split())

    return "it changes nothing" if bare(before) == bare(after) else ""


def _incomplete(before: Definition, after: Definition, settings: EvalSettings) -> str:
    if not after.description.strip():
        return "it is empty"
    if BLOCK_TAG.search(_text(after)):
        return "it holds one of the marks that part the prompt from the conversation"
    lost = set(variables(_text(before))) - set(variables(_text(after)))
    if lost:
        return f"it lost the placeholder {sorted(lost)[0]}"
    invented = set(ANY_VARIABLE.findall(_text(after))) - set(ANY_VARIABLE.findall(_text(before)))
    if invented:
        return "it invented a placeholder"
    missing = [
        value
        for value in possible_values(settings)
        if _mentions(before.description, value) and not _mentions(after.description, value)
    ]
    return f"it no longer names the value {missing[0]}" if missing else ""


def _too_long(before: Definition, after: Definition) -> str:
    if len(after.description) > max_characters(before.description):
        return "it is too long"
    return "its trigger is too long" if len(after.trigger.text) > max_characters(before.trigger.text) else ""


def _mentions(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text, re.IGNORECASE) is not None


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.casefold() for word in WORD.findall(text)]
    return {tuple(words[i : i + COPIED_WORDS]) for i in range(len(words) - COPIED_WORDS + 1)}


def _new_names(text: str, known: str) -> set[str]:
    lowered = known.casefold()
    return {
        name
        for name in NAME.findall(text)
        if name.casefold() not in NOT_NAMES and name.casefold() not in lowered
    }


def _is_a_name(word: str, conversation: str) -> bool:
    """Whether a word is written with a capital throughout a conversation, as names are."""
    return (
        re.search(rf"\b{word}\b", conversation) is not None
        and re.search(rf"\b{word.lower()}\b", conversation) is None
    )
