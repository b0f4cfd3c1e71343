"""The rules in a description."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from demo.model.answers import NOT_APPLICABLE, Answers, Value
from demo.model.conditions import AllOf, Condition, Not
from demo.model.grammar import condition
from demo.model.masking import masked, plain
from demo.model.readings import Decides, Heads, LeftOver, Reading, decided, read_heading, read_sentence
from demo.model.statements import Place, Statement, statements


@dataclass(frozen=True, slots=True)
class Rule:
    """One recognised rule: the value it gives and when. `text` is the sentence as it was written."""

    value: Value
    condition: Condition
    text: str
    exception: bool = False


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Recognised rules in the order in which they are tried: exceptions, then the others.

    `stated` is what the text itself says of calls that no rule decides, or None.
    """

    rules: tuple[Rule, ...] = ()
    stated: Value | None = None

    def left_over(self, answers: Answers) -> Value:
        """The value of a call that no rule decides.

        What the text states; else, where all rules of a binary metric give one value, exceptions aside,
        the other; else the default.
        """
        if self.stated is not None:
            return self.stated
        usual = [rule for rule in self.rules if not rule.exception] or self.rules
        values = {rule.value for rule in usual} - {NOT_APPLICABLE}
        other = answers.other(values.pop()) if len(values) == 1 else None
        return answers.default if other is None else other


@lru_cache(maxsize=512)
def rulebook(description: str, answers: Answers) -> Rulebook:
    """Every rule recognised in a description."""
    collector = _Collector(answers)
    for statement in statements(description):
        collector.read(statement)
    return collector.collected()


class _Collector:
    """Goes through the statements and keeps what a list or an amendment refers back to."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._rules: list[Rule] = []
        self._stated: Value | None = None
        self._head: Heads | None = None
        self._head_text = ""
        self._items: list[Condition | None] = []
        self._amendable = False

    def collected(self) -> Rulebook:
        self._close_list()
        ordered = sorted(self._rules, key=lambda rule: not rule.exception)
        return Rulebook(tuple(ordered), self._stated)

    def read(self, statement: Statement) -> None:
        sentence, text = plain(statement.sentence), statement.sentence.unmasked().strip()
        if statement.heads and (head := read_heading(sentence, self._answers)):
            self._close_list()
            self._head, self._head_text = head, text
        elif reading := read_sentence(sentence, self._answers):
            self._keep(reading, text)
        else:
            self._amendable = False
            self._read_in_list(statement, text)

    def _read_in_list(self, statement: Statement, text: str) -> None:
        if statement.place is Place.ITEM and self._head is not None:
            self._item(self._head, text)
        elif statement.place is Place.TEXT:
            self._close_list()

    def _keep(self, reading: Reading, text: str) -> None:
        if isinstance(reading, Decides):
            self._rules.append(Rule(reading.value, reading.condition, text, reading.exception))
            self._amendable = True
        elif isinstance(reading, LeftOver):
            self._stated = reading.value if self._stated is None else self._stated
        elif self._amendable:
            last = self._rules[-1]
            amended = AllOf((last.condition, Not(reading.condition)))
            self._rules[-1] = replace(last, condition=amended, text=f"{last.text} {text}")

    def _item(self, head: Heads, text: str) -> None:
        """Read a list item as one condition of the heading's value."""
        about = condition(plain(masked(f"{head.prefix} {text}")))
        if head.every:
            self._items.append(about)
        elif about:
            self._keep(self._decided(head, about), f"{self._head_text} {text}")

    def _close_list(self) -> None:
        """A list of which every item must hold is one rule, if every item was recognised."""
        conditions = [item for item in self._items if item is not None]
        if self._head and conditions and len(conditions) == len(self._items):
            self._keep(self._decided(self._head, AllOf(tuple(conditions))), self._head_text)
        self._head, self._items = None, []

    def _decided(self, head: Heads, about: Condition) -> Decides:
        return decided(head.value, head.how, about)
