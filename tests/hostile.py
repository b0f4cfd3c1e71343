"""Makes every text of a database hostile, so that no field can be forgotten: markup, scripts, links, colours,
formulas of Streamlit, right-to-left, and 5,000 characters where the column takes them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, String, Table, Text, select, update

from core.db import Base, Database

MARKUP = (
    '<script>window.pwned=1</script><img src=x onerror="window.pwned=1"><b class="pwned">b</b> '
    "[pwned](http://evil.example/) ![i](http://evil.example/i.png) $x^2$ :red[pwned] :smile: "
    ":material/skull: :streamlit: **bold** `code` _under_ ~~struck~~ :small[tiny] a -> b "
    "# h ann@evil.example \u202eright to left\u202c עברית https://evil.example/bare "
)
SHORT = '<b class="pwned">$x$</b> [p](http://evil.example) :red[p] :smile: a -> b \u202eדג'
LONGEST = 5_000
AS_IT_IS = {
    *("user", "session", "sign_in_failure", "one_time_link", "model_endpoint", "setting", "job", "verdict"),
    *("audit_event", "process_beat", "alembic_version"),
}
"""Tables of accounts, secrets and machinery, and the audit, which nothing can rewrite: what a person may
write of a user is swept by its name alone."""
WORDS = {
    *(
        "eval_type",
        "type",
        "trigger_kind",
        "origin",
        "kind",
        "state",
        "status",
        "outcome",
        "trigger",
        "guard",
    ),
    *("notify", "channel", "judged", "part", "method", "before_status", "after_status", "timezone", "cron"),
    *("digest", "base_digest", "candidate_digest", "fingerprint", "token", "sealed_url", "sealed_secret"),
    *("dedupe_key", "key", "hint", "message_id", "recipient", "stage", "scope", "change"),
}
"""Columns of ours: one of a fixed set, or made by the product itself."""
KEPT_KEYS = {"type", "kind", "role", "guard", "status", "part", "part_of"}


def make_hostile(database: Database, beginning: str = "") -> set[str]:
    """Rewrite every other text, each with this at its beginning; the names of the columns, as
    `table.column`."""
    written: set[str] = set()
    with database.write() as session:
        for table in Base.metadata.sorted_tables:
            if table.name in AS_IT_IS:
                continue
            for column in table.columns:
                if not _is_text(column):
                    continue
                written.add(f"{table.name}.{column.name}")
                for key, value in session.execute(select(_key(table), column)).all():
                    if value not in (None, "", [], {}):
                        session.execute(
                            update(table)
                            .where(_key(table) == key)
                            .values({column.name: _hostile(value, key, column, beginning)})
                        )
    return written


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))


def _is_text(column: Column[Any]) -> bool:
    of_ours = column.name in WORDS or column.primary_key or bool(column.foreign_keys)
    return isinstance(column.type, String | Text | JSON) and not of_ours


def _hostile(value: Any, key: Any, column: Column[Any], beginning: str) -> Any:
    if isinstance(value, str):
        length = getattr(column.type, "length", None)
        text = f"{beginning}{SHORT} {key} {MARKUP if length is None or length > len(MARKUP) + 80 else ''}"
        return (text + "x" * LONGEST)[: length or LONGEST]
    if column.name in {"enum_values", "held_out", "evidence", "options"}:
        return value
    return _within(value, beginning)


def _within(value: Any, beginning: str, key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in KEPT_KEYS else f"{beginning}{SHORT} {MARKUP} {value}"
    if isinstance(value, list):
        return [_within(one, beginning, key) for one in value]
    if isinstance(value, dict):
        return {name: _within(one, beginning, name) for name, one in value.items()}
    return value
