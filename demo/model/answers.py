"""The values a judge may answer, how a definition may write them, and the one it falls back on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from demo.model.masking import FIRST_MARK, MARK, Masked
from demo.model.phrases import normal

NOT_APPLICABLE = "N/A"
Value = bool | float | str

YES = ("pass", "passes", "passed", "true", "yes", "success", "succeeds", "1")
NO = ("fail", "fails", "failed", "false", "no", "failure", "0")
NUMBER_WORDS = {"zero": 0.0, "one": 1.0, "two": 2.0, "three": 3.0, "four": 4.0, "five": 5.0}
NOT_APPLICABLE_WORDS = ("n/a", "na", "not applicable", "does not apply", "do not apply")

LEAD_WORDS = (
    "then so you please we always should must can may will the judge it this that these call conversation "
    "metric answer verdict value result score rating label is be as a an with return output respond "
    "reply choose pick select mark classify rate give assign set to of counts count gets get considered "
    "treated consider treat"
)
TAIL_WORDS = (
    "the this call conversation metric it agent answer value for in that case out of 5 point points "
    "star stars"
)


def _bag(words: str) -> str:
    return "(?:" + "|".join(sorted(map(re.escape, words.split()), key=len, reverse=True)) + ")"


LEAD = (
    r"(?P<lead>(?:the )?agent (?:should |must |can |may |also )*(?=pass|fail)"
    rf"|(?:{_bag(LEAD_WORDS)}\b[ ,:]*)*)"
)
TAIL = rf"(?: {_bag(TAIL_WORDS)}\b)*"


@dataclass(frozen=True, slots=True)
class Answers:
    """`kind` is binary, enum or number; `values` the values of an enum; `middle` of a number."""

    kind: str
    values: tuple[str, ...] = ()
    middle: float = 0.0

    @property
    def default(self) -> Value:
        """What is answered where no rule is recognised: true, the first value, the middle."""
        if self.kind == "binary":
            return True
        return self.middle if self.kind == "number" or not self.values else self.values[0]

    @property
    def spoken(self) -> tuple[str, ...]:
        """The values by name; none where the answer is a number."""
        return ("true", "false") if self.kind == "binary" else self.values

    def other(self, value: Value) -> Value | None:
        """The opposite of a binary value; any other kind has none."""
        return not value if self.kind == "binary" and isinstance(value, bool) else None

    def pattern(self) -> str:
        """A regular expression of an answer in a plain sentence, with the groups `lead` and `value`."""
        return rf"{LEAD}(?P<value>{_alternatives(self)}){TAIL}"

    def read(self, written: str, sentence: Masked) -> Value | None:
        """The value that the text of the group `value` means, or None."""
        text = sentence.quoted(written) if written[0] >= FIRST_MARK else written
        text = text.strip().lower()
        for value in self.values:
            if normal(text) == normal(value):
                return value
        if text in NOT_APPLICABLE_WORDS:
            return NOT_APPLICABLE
        if self.kind == "binary":
            return True if text in YES else False if text in NO else None
        return _number(text) if self.kind == "number" else None

    def written(self, value: Value) -> str:
        """How a rule says that this is the answer, at the beginning of a sentence."""
        if isinstance(value, bool):
            return "Pass" if value else "Fail"
        return f"Answer {value:g}" if isinstance(value, float | int) else f'Answer "{value}"'


@lru_cache(maxsize=256)
def _alternatives(answers: Answers) -> str:
    words = [*NOT_APPLICABLE_WORDS, *(value.lower() for value in answers.values)]
    if answers.kind == "binary":
        words += [*YES, *NO]
    if answers.kind == "number":
        words += NUMBER_WORDS
    known = [re.escape(word) for word in sorted(words, key=len, reverse=True)]
    number = [r"-?\d+(?:\.\d+)?"] if answers.kind == "number" else []
    return rf"(?:{'|'.join([*known, *number])})(?!\w)|{MARK}"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return NUMBER_WORDS.get(text)
