"""Wording that could become part of a rule: phrases of calls, words and quotations of notes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from demo.model.conversation import AGENT, USER, Conversation
from demo.model.masking import masked
from demo.model.phrases import normal

LONGEST_MINED = 3
LONGEST_QUOTED = 4
SPEAKERS = (AGENT, USER)
PART = re.compile(r"[.!?;:,…]+(?:\s+|$)|[\n()\"“”]+|\s[-–—]\s")
TOKEN = re.compile(r"\S+")
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
TRIMMED = "'’‘*_[]{}<>/\\-–—.,;:!?()\"“”…"
NAMES_ITSELF = re.compile(r"\bname(?: is|'s)\s+(\w+)(?: (\w+))?", re.IGNORECASE)
NOT_A_PHRASE = re.compile(r"\d|@|\w\.\w|[\"“”*…]|\.\.\.")
ALWAYS_CAPITAL = frozenset({"i", "im", "ill", "ive", "id"})

LITTLE_WORDS = frozenset(
    normal("""
        a about all also am an and any are as at back be been but by can could did do does for from
        get got had has have he her here him his how i if in into is it its just let like ll me
        might more my of off oh on one or our out over really she should so some than that the their
        them then there they this those to too up us very was we well were what when where which who
        will with would you your youre im ive id ill weve thats theres dont isnt okay ok um uh hello
        hi yeah hey now please
    """).split()
)
"""Words that carry no meaning of their own; a phrase needs at least one other."""
WORDS_OF_REVIEWS = frozenset(
    normal("""
        agent agents assistant bot caller callers customer customers user users client call calls conversation
        transcript judge metric reviewer label labels pass passes passed fail fails failed true false yes no
        correct wrong right should must not never didnt doesnt wasnt isnt said say says saying mention
        mentioned mentions ask asked asks tell told tells only even because before after while without though
        still counts count here clearly actually really enough just word words phrase answer answered na turn
        end beginning start apply applies
    """).split()
)
"""Words that notes are made of whatever they are about."""
SUFFIXES = re.compile(r"(?<=...)(?:ations?|ments?|ings?|ions?|ers?|ed|ies|es|ly|s|y|e)$")


def stem(word: str) -> str:
    """A crude common form: cancelled, cancelling and cancellation become one."""
    word = SUFFIXES.sub("", word)
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


@lru_cache(maxsize=65536)
def plain_word(word: str) -> str:
    """One word in normal form, without the spaces around it."""
    return normal(word).strip()


def content_stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    return frozenset(stem(word) for word in normal(text).split() if word not in LITTLE_WORDS)


def note_stems(note: str) -> frozenset[str]:
    """The stems of what a note is about, without the words every note is made of."""
    ignored = LITTLE_WORDS | WORDS_OF_REVIEWS
    return frozenset(stem(word) for word in normal(note).split() if word not in ignored)


def quotations(note: str) -> list[str]:
    """What a note quotes literally, where it is short enough to be a rule's phrase."""
    short = (quote for quote in masked(note).quotes if 1 <= len(normal(quote).split()) <= LONGEST_QUOTED)
    return [quote.strip().lower() for quote in short if not NOT_A_PHRASE.search(quote)]


class Names:
    """Words that name somebody: capitalised within a sentence and never written small, or introduced."""

    def __init__(self, calls: Iterable[Conversation]) -> None:
        small: set[str] = set()
        capital: set[str] = set()
        introduced: set[str] = set()
        for call in calls:
            for turn in call.turns:
                self._sort(turn.content, small, capital)
                for found in NAMES_ITSELF.findall(turn.content):
                    introduced |= {plain_word(word) for word in found}
        self._names = frozenset(((capital - small) | introduced) - LITTLE_WORDS)

    @staticmethod
    def _sort(content: str, small: set[str], capital: set[str]) -> None:
        for sentence in re.split(r"[.!?:]+\s|\n", content):
            for position, token in enumerate(TOKEN.findall(sentence)):
                word = token.strip(TRIMMED)
                plain = plain_word(word)
                if not WORD.fullmatch(word):
                    continue
                if word[0].islower():
                    small.add(plain)
                elif position > 0 and plain not in ALWAYS_CAPITAL:
                    capital.add(plain)

    def __contains__(self, word: str) -> bool:
        return word in self._names


def phrases_of(content: str, names: Names) -> Iterator[str]:
    """Every phrase of one to three words in a turn that could stand in a rule.

    None crosses a mark of punctuation, a name, or a token with a digit or an at sign.
    """
    for run in _runs(content, names):
        for length in range(1, LONGEST_MINED + 1):
            for start in range(len(run) - length + 1):
                words = run[start : start + length]
                if any(plain_word(word) not in LITTLE_WORDS for word in words):
                    yield " ".join(words)


def _runs(content: str, names: Names) -> Iterator[list[str]]:
    for part in PART.split(content):
        run: list[str] = []
        for token in TOKEN.findall(part):
            word = token.strip(TRIMMED)
            if WORD.fullmatch(word) and plain_word(word) not in names:
                run.append(word.lower().replace("’", "'"))
            else:
                yield run
                run = []
        yield run
