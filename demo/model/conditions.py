"""Conditions of the grammar and whether they hold in a conversation.

A place is (position of the turn, offset in its normal form); places compare in the order of speech.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from demo.model.conversation import ANYONE, Conversation
from demo.model.phrases import Phrase

Place = tuple[int, int]
BEGINNING: Place = (-1, 0)
FAR = 1 << 60
END: Place = (FAR, 0)


class Condition(Protocol):
    def holds(self, call: Conversation) -> bool: ...


@dataclass(frozen=True, slots=True)
class Count:
    """How often: `at least`, `at most` or `exactly` n times."""

    comparison: str = "at least"
    n: int = 1

    def met(self, count: int) -> bool:
        if self.comparison == "at least":
            return count >= self.n
        return count <= self.n if self.comparison == "at most" else count == self.n


@dataclass(frozen=True, slots=True)
class Window:
    """The first or the last n turns: of the whole call, or the speaker's `own`."""

    end: str
    n: int
    own: bool = False

    def cut(self, turns: list[int]) -> list[int]:
        return turns[: self.n] if self.end == "first" else turns[-self.n :]


@dataclass(frozen=True, slots=True)
class Anchor:
    """What is said `after`, `before` or `right after` something else was first said.

    *Right after* reaches to the speaker's next turn.
    """

    relation: str
    clause: Says

    def span(self, call: Conversation, speaker: str) -> tuple[Place, Place] | None:
        """From where to where it reaches, both ends left out; None where the other was never said."""
        place = self.clause.first(call)
        if place is None:
            return None
        if self.relation == "before":
            return BEGINNING, place
        if self.relation == "after":
            return place, END
        following = [at for at in call.spoken(speaker) if at > place[0]]
        return place, (following[0] + 1, -1) if following else place


@dataclass(frozen=True, slots=True)
class Says:
    """Somebody says one of the phrases (or `every` one), or does not where `negated`."""

    speaker: str
    phrases: tuple[Phrase, ...]
    every: bool = False
    negated: bool = False
    count: Count = Count()
    window: Window | None = None
    anchor: Anchor | None = None

    def holds(self, call: Conversation) -> bool:
        span = self.anchor.span(call, self.speaker) if self.anchor else (BEGINNING, END)
        if span is None:
            return False
        turns = self._turns(call)
        counts = [self._count(phrase, call, turns, span) for phrase in self.phrases]
        met = all(map(self.count.met, counts)) if self.every else self.count.met(sum(counts))
        return met != self.negated

    def first(self, call: Conversation) -> Place | None:
        """Where one of the phrases is first said."""
        for at in self._turns(call):
            offsets = [phrase.find(call.turns[at].words) for phrase in self.phrases]
            if found := [offset for offset in offsets if offset >= 0]:
                return at, min(found)
        return None

    def _turns(self, call: Conversation) -> list[int]:
        own = call.spoken(self.speaker)
        if self.window is None:
            return own
        if self.window.own:
            return self.window.cut(own)
        within = set(self.window.cut(call.spoken(ANYONE)))
        return [at for at in own if at in within]

    def _count(self, phrase: Phrase, call: Conversation, turns: list[int], span: tuple[Place, Place]) -> int:
        (first, after), (last, before) = span
        return sum(
            phrase.count(
                call.turns[at].words,
                after + 1 if at == first else 0,
                before if at == last else FAR,
            )
            for at in turns
            if first <= at <= last
        )


@dataclass(frozen=True, slots=True)
class Turns:
    """How many turns the agent and the user have in all."""

    count: Count

    def holds(self, call: Conversation) -> bool:
        return self.count.met(len(call.spoken(ANYONE)))


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Condition, ...]

    def holds(self, call: Conversation) -> bool:
        return all(part.holds(call) for part in self.parts)


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]

    def holds(self, call: Conversation) -> bool:
        return any(part.holds(call) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition

    def holds(self, call: Conversation) -> bool:
        return not self.part.holds(call)
