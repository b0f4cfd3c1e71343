"""Makes every text of a database as long as it can be, in a script that takes a token a character."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, String, Table, Text, select, update

from core.db import Base, Database
from core.metrics.definitions import MAX_TEXT
from tests.hostile import AS_IT_IS, WORDS

SIGNS = "語話評価規則電話予約確認応答判断基準顧客対応会話記録"
LONG_NOTE = 20_000
"""Characters of what is no definition: people write notes, models write explanations."""
VALUES = {"metric_review.expected_value", "metric_review.actual_value", "row_result.expected_value"}
"""Values of an enum metric, which pages of answers are short of in no other way."""


def signs(length: int, beginning: str = "") -> str:
    """A text of exactly so many characters."""
    return (beginning + SIGNS * (length // len(SIGNS) + 1))[:length]


def make_longest(database: Database) -> None:
    """Rewrite every text that is no word of ours; names end up different from each other."""
    with database.write() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in AS_IT_IS:
                continue
            key = next(iter(table.primary_key.columns))
            longer = [column for column in table.columns if _is_text(column)]
            for number, *values in session.execute(select(key, *longer)).all() if longer else ():
                new = {
                    column.name: _longest(table, column, value, number)
                    for column, value in zip(longer, values, strict=True)
                    if value is not None
                }
                if new:
                    session.execute(update(table).where(key == number).values(new))


def _is_text(column: Column[Any]) -> bool:
    of_ours = column.name in WORDS or column.primary_key or bool(column.foreign_keys)
    return isinstance(column.type, String | Text | JSON) and not of_ours


def _longest(table: Table, column: Column[Any], value: Any, number: Any) -> Any:
    place = f"{table.name}.{column.name}"
    if isinstance(column.type, JSON):
        return _candidate(value) if column.name == "candidate" else value
    limit = getattr(column.type, "length", None)
    if place in VALUES:
        return signs(200)
    return signs(limit or LONG_NOTE, f"{number} ")


def _candidate(value: dict[str, Any]) -> dict[str, Any]:
    definition = value["definition"] | {
        "description": signs(MAX_TEXT, "new "),
        "evaluation_trigger": {"kind": "prompt", "text": signs(MAX_TEXT, "new ")},
        "custom_code": signs(MAX_TEXT, "new "),
    }
    return value | {"definition": definition, "summary": signs(LONG_NOTE)}
