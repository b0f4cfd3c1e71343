"""What a text copied out of conversations: runs of words, names, numbers, addresses."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

COPIED_WORDS = 8
SENTENCE_WORDS = 4
"""A whole sentence of so many words that somebody said in a call is copied, however short."""
WIDESPREAD = 3
"""A name that so many conversations hold, and the reviewers' notes too, is the company's, not a caller's."""

WORD = re.compile(r"\w+(?:['’]\w+)?")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
PHONE = re.compile(r"(?<!\w)\+?\d[\d\s().-]{6,}\d(?!\w)")
ADDRESS = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.])\d[\d,]{3,}(?!\w)")
SENTENCE = re.compile(r"[^.!?\n]+")
NAME = re.compile(r"(?<![.!?:\n•\"“-] )(?<!^)\b[A-Z][a-z]{2,}\b", re.MULTILINE)
CALENDAR = frozenset(name.casefold() for name in (*calendar.day_name, *calendar.month_name) if name)
NOT_NAMES = CALENDAR | {"agent", "user", "caller", "english", "french", "german", "spanish", "json"}
"""Words written with a capital that name nobody."""


class Shown:
    """The conversations that the writer saw, each cut as it saw it, and the reviewers' notes.

    The runs of words are gathered once: every rule and every proposal is looked up in them.
    """

    def __init__(self, conversations: Iterable[str] = (), notes: Iterable[str] = ()) -> None:
        self.conversations = list(dict.fromkeys(conversations))
        self.notes = "\n".join(dict.fromkeys(notes))

    def and_also(self, other: Shown) -> Shown:
        return Shown([*self.conversations, *other.conversations], [self.notes, other.notes])

    @cached_property
    def _runs(self) -> frozenset[int]:
        """Hashes of the runs, which take a tenth of the room; equal in one process, which is enough."""
        return frozenset(hash(run) for text in self.conversations for run in _runs(text))

    def copied(self, text: str, known: str) -> str:
        """What `text` copied out of a conversation, in one clause; empty when nothing.

        `known` is the definition as it was. A quotation in a note may become part of a rule, since a
        person chose it; an address, a number or a person's name in it may not.
        """
        return (
            _new_kinds(text, known)
            or self._new_number(text, known)
            or self._run(text, known)
            or self._sentence(text, known)
            or self._name(text, known)
        )

    def _new_number(self, text: str, known: str) -> str:
        fresh = set(NUMBER.findall(text)) - set(NUMBER.findall(known))
        seen = any(number in conversation for number in fresh for conversation in self.conversations)
        return "it copies a number out of a conversation" if seen else ""

    def _run(self, text: str, known: str) -> str:
        allowed = {*_runs(known), *_runs(self.notes)}
        if any(hash(run) in self._runs for run in _runs(text) if run not in allowed):
            return f"it copies {COPIED_WORDS} words in a row out of a conversation"
        return ""

    @cached_property
    def _plain(self) -> list[str]:
        return [_plain(conversation) for conversation in self.conversations]

    def _sentence(self, text: str, known: str) -> str:
        allowed = _plain(f"{known}\n{self.notes}")
        for sentence in {_plain(found[0]) for found in SENTENCE.finditer(text)}:
            if len(sentence.split()) < SENTENCE_WORDS or sentence in allowed:
                continue
            if any(sentence in conversation for conversation in self._plain):
                return "it copies a sentence out of a conversation"
        return ""

    def _name(self, text: str, known: str) -> str:
        lowered, notes = known.casefold(), self.notes.casefold()
        for name in {found for found in NAME.findall(text) if found.casefold() not in NOT_NAMES}:
            if name.casefold() in lowered:
                continue
            holders = sum(_is_a_name(name, each) for each in self.conversations)
            if holders and not (holders >= WIDESPREAD and name.casefold() in notes):
                return "it copies a name out of a conversation"
        return ""


def _new_kinds(text: str, known: str) -> str:
    kinds = (("an email address", EMAIL), ("a telephone number", PHONE), ("an internet address", ADDRESS))
    for what, pattern in kinds:
        if set(pattern.findall(text)) - set(pattern.findall(known)):
            return f"it holds {what}"
    return ""


def _plain(text: str) -> str:
    """The words alone, parted by one space, with a space at both ends."""
    return f" {' '.join(word.casefold() for word in WORD.findall(text))} "


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = [word.casefold() for word in WORD.findall(text)]
    return (tuple(words[i : i + COPIED_WORDS]) for i in range(len(words) - COPIED_WORDS + 1))


def _is_a_name(word: str, conversation: str) -> bool:
    """Whether a word is written with a capital throughout a conversation, as names are."""
    return (
        re.search(rf"\b{word}\b", conversation) is not None
        and re.search(rf"\b{word.lower()}\b", conversation) is None
    )
