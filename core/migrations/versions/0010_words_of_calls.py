"""An index of the words in calls

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from alembic import op
from sqlalchemy import Connection, text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BATCH = 200
WORD = re.compile(r"[^\W_]+")
PART = 100_000


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE call_words (call_id BIGINT NOT NULL REFERENCES call (id), part INTEGER NOT NULL, "
            "words TSVECTOR NOT NULL, PRIMARY KEY (call_id, part))"
        )
        _fill(
            connection,
            "INSERT INTO call_words (call_id, part, words) "
            "VALUES (:id, :part, to_tsvector('simple', :words))",
            PART,
        )
        op.execute("CREATE INDEX ix_call_words ON call_words USING gin (words)")
    else:
        op.execute(
            "CREATE VIRTUAL TABLE call_words USING fts5 "
            "(words, content='', tokenize=\"unicode61 remove_diacritics 0\")"
        )
        _fill(connection, "INSERT INTO call_words (rowid, words) VALUES (:id, :words)", None)


def downgrade() -> None:
    op.execute("DROP TABLE call_words")


def _fill(connection: Connection, statement: str, part: int | None) -> None:
    last = 0
    while rows := list(_calls_after(connection, last)):
        entries = [entry for call_id, words in rows for entry in _parts(call_id, words, part)]
        if entries:
            connection.execute(text(statement), entries)
        last = rows[-1][0]


def _calls_after(connection: Connection, last: int) -> Iterator[tuple[int, str]]:
    query = text("SELECT id, transcript FROM call WHERE id > :last ORDER BY id LIMIT :batch")
    for call_id, transcript in connection.execute(query, {"last": last, "batch": BATCH}):
        turns = json.loads(transcript) if isinstance(transcript, str) else transcript
        said = " ".join(turn["content"] for turn in turns)
        yield call_id, " ".join(WORD.findall(said.casefold()))


def _parts(call_id: int, words: str, part: int | None) -> Iterator[dict[str, object]]:
    size = part or max(1, len(words))
    for number, start in enumerate(range(0, len(words), size)):
        yield {"id": call_id, "part": number, "words": words[start : start + size]}
