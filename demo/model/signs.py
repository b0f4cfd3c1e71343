"""Signs: what a speaker says, or never says, and on which of the cases it shows.

A set of cases is an integer with a bit for each; bit i stands for case i.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from demo.model.cases import Case
from demo.model.phrases import normal, phrase
from demo.model.wording import SPEAKERS, Names, content_stems, note_stems, phrases_of, quotations, stem

FEWEST_CASES = 2


@dataclass(frozen=True, slots=True)
class Sign:
    """A speaker says one of the phrases, or says none of them where `absent`.

    `shows` are the cases on which it holds; `hinted` those whose own note points at it, by a word or, in
    `quoted`, literally.
    """

    speaker: str
    phrases: tuple[str, ...]
    absent: bool
    shows: int
    hinted: int = 0
    quoted: int = 0

    def joined(self, other: Sign) -> Sign:
        """One sign with the phrases of both: either is said, or none of them where `absent`."""
        shows = self.shows & other.shows if self.absent else self.shows | other.shows
        return replace(self, phrases=(*self.phrases, *other.phrases), shows=shows)

    def akin(self, other: Sign) -> bool:
        return (self.speaker, self.absent) == (other.speaker, other.absent)

    def __str__(self) -> str:
        listed = [f'"{phrase}"' for phrase in self.phrases]
        said = listed[0] if len(listed) == 1 else ", ".join(listed[:-1]) + " or " + listed[-1]
        return f"the {self.speaker} {'never says' if self.absent else 'says'} {said}"


def signs_in(cases: Sequence[Case]) -> list[Sign]:
    """Every sign of one phrase that tells some cases from others, in a stable order."""
    everywhere = (1 << len(cases)) - 1
    hints = _Hints(cases)
    found: list[Sign] = []
    for (speaker, text), said in sorted(_said(cases).items()):
        hinted, quoted = hints.of(text)
        for absent, shows in ((False, said), (True, everywhere & ~said)):
            if shows not in (0, everywhere):
                found.append(Sign(speaker, (text,), absent, shows, hinted & shows, quoted & shows))
    return found


def _said(cases: Sequence[Case]) -> dict[tuple[str, str], int]:
    """(speaker, phrase) → cases in which it is said; mined ones at least in two, quoted ones in any."""
    names = Names(case.call for case in cases)
    said: defaultdict[tuple[str, str], int] = defaultdict(int)
    for number, case in enumerate(cases):
        for turn in case.call.turns:
            if turn.speaker in SPEAKERS:
                for text in set(phrases_of(turn.content, names)):
                    said[turn.speaker, text] |= 1 << number
    kept = {key: shows for key, shows in said.items() if shows.bit_count() >= FEWEST_CASES}
    for text in sorted({quote for case in cases for quote in quotations(case.note)}):
        for speaker in SPEAKERS if not any(word in names for word in normal(text).split()) else ():
            kept[speaker, text] = _cases_saying(cases, speaker, text)
    return kept


def _cases_saying(cases: Sequence[Case], speaker: str, text: str) -> int:
    wanted = phrase(text)
    shows = 0
    for number, case in enumerate(cases):
        turns = case.call.turns
        if wanted and any(wanted.find(turn.words) >= 0 for turn in turns if turn.speaker == speaker):
            shows |= 1 << number
    return shows


class _Hints:
    """Which notes point at a phrase."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self._by_stem: defaultdict[str, int] = defaultdict(int)
        self._by_quotation: defaultdict[str, int] = defaultdict(int)
        for number, case in enumerate(cases):
            for word in note_stems(case.note):
                self._by_stem[word] |= 1 << number
            for quote in quotations(case.note):
                self._by_quotation[normal(quote)] |= 1 << number

    def of(self, text: str) -> tuple[int, int]:
        """The cases whose note shares a word with the phrase, and those whose note quotes it."""
        hinted = 0
        for word in content_stems(text):
            hinted |= self._by_stem.get(word, 0)
        return hinted, self._by_quotation.get(normal(text), 0)


def same_stem(one: str, other: str) -> bool:
    """Whether two phrases differ in the endings of their words only."""
    return [stem(word) for word in normal(one).split()] == [stem(word) for word in normal(other).split()]
