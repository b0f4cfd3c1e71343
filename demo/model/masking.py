"""Sentences with their quotations set aside, so that no word inside quotation marks steers the grammar.

Each quotation becomes one character of the private use area; the sentence around it becomes plain lower
case words with contractions written out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

FIRST_MARK, LAST_MARK = "\ue000", "\uf8ff"
MARK = f"[{FIRST_MARK}-{LAST_MARK}]"
QUOTED = re.compile(
    r"“([^”\n]*)”|„([^“”\n]*)[“”]|\"([^\"\n]*)\"|«([^»\n]*)»|`([^`\n]*)`"
    r"|(?<!\w)['‘]([^'’\n]*(?:['’]\w[^'’\n]*)*)['’](?!\w)"
)
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+")
ENDS_SENTENCE = re.compile(r"\s+[A-Z*]")
PLAIN_WORDS = (
    (
        re.compile(rf"\([^(){FIRST_MARK}-{LAST_MARK}]*\)"),
        " ",
    ),  # a remark in brackets, unless it quotes something
    (re.compile(r"\b(e\.g|i\.e|vs|etc)\."), r"\1"),
    (re.compile(r"[*#()\[\]]|(?<=\s)_+|_+(?=\s)"), " "),
    (re.compile(r"[’ʼ`´]"), "'"),
    (re.compile(r"\b(can)(?:'t|not)\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"\b(\w+)n't\b"), r"\1 not"),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True, slots=True)
class Masked:
    """A sentence (`text`) and its quotations, in the order of their marks."""

    text: str
    quotes: tuple[str, ...]

    def quoted(self, mark: str) -> str:
        return self.quotes[ord(mark) - ord(FIRST_MARK)]

    def unmasked(self) -> str:
        return re.sub(MARK, lambda mark: f'"{self.quoted(mark[0])}"', self.text)


def masked(text: str) -> Masked:
    """Set the quotations of a text aside; the rest stays as it is."""
    quotes: list[str] = []
    text = re.sub(MARK, " ", text)

    def mark(found: re.Match[str]) -> str:
        content = next(group for group in found.groups() if group is not None)
        quotes.append(content)
        ends = content.endswith((".", "!", "?")) and ENDS_SENTENCE.match(text, found.end())
        return chr(ord(FIRST_MARK) + len(quotes) - 1) + ("." if ends else "")

    room = ord(LAST_MARK) - ord(FIRST_MARK)
    return Masked(QUOTED.sub(mark, text, count=room), tuple(quotes))


def sentences(line: Masked) -> list[Masked]:
    return [Masked(part, line.quotes) for part in SENTENCE_END.split(line.text.strip()) if part.strip()]


def plain(sentence: Masked) -> Masked:
    """The sentence in lower case without emphasis, remarks, contractions and its full stop."""
    text = sentence.text.lower()
    for pattern, replacement in PLAIN_WORDS:
        text = pattern.sub(replacement, text)
    return Masked(text.strip().rstrip(".;!").strip(), sentence.quotes)
