"""From the words of a condition to a Condition. The grammar is written out in demo/README.md."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from demo.model.conditions import AllOf, Anchor, AnyOf, Condition, Count, Not, Says, Turns, Window
from demo.model.conversation import AGENT, ANYONE, TOOL, USER
from demo.model.lexicon import Token, amount, tokens
from demo.model.masking import Masked
from demo.model.phrases import Phrase, phrase

SPEAKERS = (AGENT, USER, TOOL, ANYONE)
RELATIONS = ("after", "before", "right after")
SCOPES = ("window", *RELATIONS)
EDGE_TURNS = 2
"""How many turns “at the beginning” and “at the end” reach."""


class NotACondition(ValueError):
    """The words are none that the grammar knows, or stand in an order it does not know."""


def condition(sentence: Masked) -> Condition | None:
    """The condition that a plain sentence states, or None."""
    found = tokens(sentence.text)
    if not found:
        return None
    try:
        return _Reader(found, sentence.quoted).whole()
    except NotACondition:
        return None


@dataclass(frozen=True, slots=True)
class _Subject:
    """Who does what, so that “and does not say …” means the one who spoke before."""

    speaker: str
    nobody: bool = False


class _Reader:
    """Recursive descent; each method reads one production and moves on."""

    def __init__(self, found: list[Token], quoted: Callable[[str], str]) -> None:
        self._tokens, self._at, self._quoted = found, 0, quoted
        self._subject: _Subject | None = None

    def whole(self) -> Condition:
        self._skip("comma")
        read = self._with_exception()
        self._skip("comma")
        if self._at < len(self._tokens):
            raise NotACondition
        return read

    def _with_exception(self) -> Condition:
        read = self._any_of()
        if self._taken("comma", "unless") or self._taken("unless"):
            return AllOf((read, Not(self._any_of())))
        return read

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._taken("comma", "or") or self._taken("or"):
            self._skip("when")
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._clause()]
        while self._taken("comma", "and") or self._taken("and"):
            self._skip("when")
            parts.append(self._clause())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _clause(self) -> Condition:
        if self._kind() == "turns":
            return self._turns()
        scope = self._leading_scope()
        return self._scoped(scope(self._statement()))

    def _turns(self) -> Turns:
        found = amount(self._next().text)
        if found is None:
            raise NotACondition
        return Turns(Count(*found))

    def _leading_scope(self, own: bool = False) -> Callable[[Says], Says]:
        """Read “after the user says …,” or “in the last 2 turns,” where one stands before the verb."""
        if self._kind() == "comma" and self._kind(1) in SCOPES:
            self._skip("comma")
        if self._kind() == "window":
            window = self._window(own)
            self._skip("comma")
            return lambda says: replace(says, window=window)
        if self._kind() in RELATIONS:
            anchor = Anchor(self._next().kind, self._anchor_clause())
            self._skip("comma")
            return lambda says: replace(says, anchor=anchor)
        return lambda says: says

    def _anchor_clause(self) -> Says:
        before = self._subject
        says = self._statement()
        self._subject = before or self._subject
        if says.negated:
            raise NotACondition
        return says

    def _statement(self) -> Says:
        """Somebody [never] says phrases; or: phrases are [not] said [by somebody]."""
        if self._kind() in ("quote", "every", "like"):
            return self._phrases_first()
        at = self._at
        possessive = self._read_subject()
        continues = self._at == at and self._subject is not None
        scope = self._leading_scope(own=possessive)
        negated = self._taken("not")
        if self._taken("says"):
            negated = self._taken("not") != negated
        elif not continues:
            raise NotACondition
        phrases, every = self._phrases()
        if self._subject is None and self._taken("by"):
            self._read_subject()
        return scope(self._says(phrases, every, negated))

    def _phrases_first(self) -> Says:
        """The passive, or more phrases for the speaker and verb of the clause before."""
        phrases, every = self._phrases()
        negated = self._taken("not")
        if self._taken("says"):
            self._subject = _Subject(ANYONE)
            if self._taken("by"):
                self._read_subject()
        elif self._subject is None or negated:
            raise NotACondition
        return self._says(phrases, every, negated)

    def _says(self, phrases: tuple[Phrase, ...], every: bool, negated: bool) -> Says:
        subject = self._subject or _Subject(ANYONE)
        return Says(subject.speaker, phrases, every, negated != subject.nobody)

    def _read_subject(self) -> bool:
        """Read who speaks, if it is said; True when in the possessive (“the agent's”)."""
        token = self._tokens[self._at] if self._at < len(self._tokens) else None
        if token is None or token.kind not in (*SPEAKERS, "nobody", "pronoun"):
            return False
        self._at += 1
        if token.kind == "nobody":
            self._subject = _Subject(ANYONE, nobody=True)
        elif token.kind != "pronoun":
            self._subject = _Subject(self._either_speaker(token.kind))
        return token.text.endswith("'s")

    def _either_speaker(self, first: str) -> str:
        for second in (AGENT, USER):
            if first in (AGENT, USER) and self._taken("or", second):
                return first if first == second else ANYONE
        return first

    def _phrases(self) -> tuple[tuple[Phrase, ...], bool]:
        """Phrases and whether every one of them is meant."""
        every = self._taken("every")
        example = self._taken("like")
        phrases: list[Phrase] = [self._phrase()]
        joined: set[str] = set()
        while (length := self._to_next_quote()) is not None:
            joined |= {token.kind for token in self._tokens[self._at : self._at + length]}
            self._at += length
            phrases.append(self._phrase())
        if {"and", "or"} <= joined:
            raise NotACondition
        return tuple(phrases), not example and (every or "and" in joined)

    def _to_next_quote(self) -> int | None:
        """How many commas, *or*, *and* stand before the next phrase of the list; None at its end."""
        length = 0
        while self._kind(length) in ("comma", "or", "and"):
            length += 1
        return length if self._kind(length) == "quote" else None

    def _phrase(self) -> Phrase:
        found = phrase(self._quoted(self._next("quote").text))
        if found is None:
            raise NotACondition
        return found

    def _scoped(self, says: Says) -> Says:
        """Read what may follow: a window, how often, before or after what."""
        while self._kind(self._kind() == "comma") in SCOPES or self._kind() == "times":
            if self._kind() == "times":
                says = replace(says, count=Count(*(amount(self._next().text) or ("at least", 1))))
            else:
                says = self._leading_scope()(says)
        return says

    def _window(self, own: bool) -> Window:
        words = self._next("window").text.split()
        end = "first" if {"first", "opening", "beginning", "start"} & set(words) else "last"
        own = own or bool({"its", "his", "her", "their"} & set(words))
        if {"beginning", "start", "end", "close"} & set(words):
            return Window(end, EDGE_TURNS)
        found = amount(" ".join(words))
        return Window(end, found[1] if found else 1, own)

    def _kind(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at].kind if at < len(self._tokens) else ""

    def _next(self, kind: str | None = None) -> Token:
        if self._at >= len(self._tokens) or (kind is not None and self._kind() != kind):
            raise NotACondition
        self._at += 1
        return self._tokens[self._at - 1]

    def _taken(self, *kinds: str) -> bool:
        """Move past these tokens if they stand here in this order."""
        if any(self._kind(ahead) != kind for ahead, kind in enumerate(kinds)):
            return False
        self._at += len(kinds)
        return True

    def _skip(self, kind: str) -> None:
        self._taken(kind)
