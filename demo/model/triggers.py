"""The conditions in a trigger: the sentence that says when a metric applies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from demo.model.conditions import Condition
from demo.model.conversation import Conversation
from demo.model.grammar import condition
from demo.model.masking import Masked, masked, plain
from demo.model.readings import WHEN
from demo.model.statements import statements

TO_CALLS = rf"(?:{WHEN}|(?:to |for )?(?:\w+ )?(?:calls|conversations) (?:where|in which|when))"
METRIC = r"(?:(?:the|this) metric )?"
EXCLUDED = (
    r"(?:(?:does not|do not) apply|(?:is )?not (?:applicable|relevant)|n/a|answer n/a|not|ignore"
    r"|skip(?: (?:it|this|the call))?)"
)
INCLUDED = r"(?:only )?(?:applies|apply|is relevant|relevant|is applicable|applicable)(?: also| only)?"
DOES_NOT_APPLY = re.compile(
    rf"{METRIC}(?:also )?{EXCLUDED}\s*[:,]? {TO_CALLS} (?P<condition>.+)"
    rf"|{METRIC}applies unless (?P<unless>.+)"
)
APPLIES = re.compile(
    rf"(?:{METRIC}(?:also )?{INCLUDED} {TO_CALLS}|(?:only |also |or )?{WHEN}|or|applies:) (?P<condition>.+)"
)


@dataclass(frozen=True, slots=True)
class Clause:
    """One recognised sentence; `vetoes` when it says where the metric does not apply."""

    condition: Condition
    text: str
    vetoes: bool = False


@dataclass(frozen=True, slots=True)
class TriggerRules:
    """The metric applies where no veto holds and, if any clause says where it applies, one of them does."""

    clauses: tuple[Clause, ...] = ()

    def decide(self, call: Conversation) -> tuple[bool, Clause | None]:
        """Whether the metric applies, and the clause that decided it."""
        for clause in self.clauses:
            if clause.vetoes and clause.condition.holds(call):
                return False, clause
        applying = [clause for clause in self.clauses if not clause.vetoes]
        for clause in applying:
            if clause.condition.holds(call):
                return True, clause
        return not applying, None


@lru_cache(maxsize=512)
def trigger_rules(text: str) -> TriggerRules:
    """Every condition recognised in a trigger."""
    found = (clause_in(statement.sentence) for statement in statements(text))
    return TriggerRules(tuple(clause for clause in found if clause))


def clause_in(sentence: Masked) -> Clause | None:
    """What one sentence says of where the metric applies, or None."""
    bare, text = plain(sentence), sentence.unmasked().strip()
    if vetoes := DOES_NOT_APPLY.fullmatch(bare.text):
        about = condition(Masked(vetoes["condition"] or vetoes["unless"], bare.quotes))
        return Clause(about, text, vetoes=True) if about else None
    applies = APPLIES.fullmatch(bare.text)
    about = condition(Masked(applies["condition"], bare.quotes) if applies else bare)
    return Clause(about, text) if about else None


def is_about_trigger(text: str) -> bool:
    """Whether a rule speaks of where the metric applies rather than of its value."""
    bare = plain(masked(text))
    return bool(DOES_NOT_APPLY.fullmatch(bare.text) or re.match(rf"{METRIC}(?:also |only )*appl", bare.text))
