"""Which calls hold some words: an index of what was said, kept by the database.

SQLite has an FTS5 table, PostgreSQL a column of `tsvector` with a GIN index; neither is asked to tell what a
word is, since they would answer differently: both get the words as `spoken` makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, column, func, literal_column, select, table, text
from sqlalchemy.orm import Session

from core.models import Call
from core.terms import Message

WORD = re.compile(r"[^\W_]+")
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese put no space between words."""
PART = 100_000
"""Characters of one `tsvector`, which may not grow beyond a megabyte."""

_PARTS = table("call_words", column("call_id", Integer), column("words", Text))
_ROWS = table("call_words", column("rowid", Integer))


def spoken(words: str) -> str:
    """The words of a text in lower case, a space between them and nothing else."""
    return " ".join(WORD.findall(words.casefold()))


def can_be_looked_up(search: str) -> bool:
    """Whether the index knows where this is: it begins with a word, of a script that parts words."""
    return bool(spoken(search)) and not UNSPACED.search(search)


def are_whole_words(search: str) -> bool:
    """Whether there is nothing to look for but words."""
    return spoken(search) == " ".join(search.casefold().split())


def index_calls(session: Session, calls: Mapping[int, Sequence[Message]]) -> None:
    """Take in what was said in new calls, by call id."""
    if not calls:
        return
    if session.get_bind().dialect.name == "postgresql":
        statement = (
            "INSERT INTO call_words (call_id, part, words) VALUES (:id, :part, to_tsvector('simple', :words))"
        )
    else:
        statement = "INSERT INTO call_words (rowid, words) VALUES (:id, :words)"
    session.execute(text(statement), list(_entries(calls, session.get_bind().dialect.name)))


def holds(session: Session, search: str) -> ColumnElement[bool]:
    """The condition on Call that the words were said in this order, the last of them at least begun."""
    words = spoken(search).split()
    if session.get_bind().dialect.name == "postgresql":
        # It takes the large values beside the table for free, and would read them all instead of the index.
        session.execute(text("SET LOCAL enable_seqscan = off"))
        wanted = func.to_tsquery(
            literal_column("'simple'"), " <-> ".join(f"'{word}'" for word in words) + ":*"
        )
        found: Select[Any] = select(_PARTS.c.call_id).where(_PARTS.c.words.op("@@")(wanted))
    else:
        phrase = '"' + " ".join(words) + '" *'
        found = select(_ROWS.c.rowid).where(literal_column("call_words").op("MATCH")(phrase))
    return Call.id.in_(found)


def _entries(calls: Mapping[int, Sequence[Message]], dialect: str) -> Iterable[dict[str, Any]]:
    for call_id, messages in calls.items():
        words = " ".join(spoken(message.content) for message in messages)
        if dialect != "postgresql":
            yield {"id": call_id, "words": words}
            continue
        for part, start in enumerate(range(0, len(words), PART)):
            yield {"id": call_id, "part": part, "words": words[start : start + PART]}
