"""Words that a person looks for in a Lab: in the external id, the transcript or the note."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session

from core.lab.word_index import are_whole_words, can_be_looked_up, holds
from core.models import Call, MetricReview
from core.storable import storable_text

MAX_SEARCH = 200
STRUCTURE = '[{"role": "assistant", "content": "", "start_time": 0, "end_time": 0}, "system", "tool", "user"]'
"""What the JSON of a transcript holds beside the words."""
ESCAPED = "bfnrtu"
"""Letters that may belong to the backslash before them."""
DIGITS = 4
"""Of the number in hexadecimal that stands for a letter beyond ASCII."""


def words_found(session: Session, search: str) -> ColumnElement[bool]:
    """The condition on Call and MetricReview that the words are in one of their texts."""
    text = storable_text(search).strip()[:MAX_SEARCH]
    if not text:
        return true()
    columns = (Call.external_id, MetricReview.feedback)
    in_columns = (column.icontains(form, autoescape=True) for column in columns for form in _forms(text))
    return or_(*in_columns, _said(session, text))


def _said(session: Session, text: str) -> ColumnElement[bool]:
    """Whether some turn holds the words; roles and other keys of the JSON do not count.

    Words are looked up, and are found from where one begins. Signs, and scripts that put no space between
    words, are looked for in the transcripts themselves.
    """
    if can_be_looked_up(text):
        known = holds(session, text)
        return known if are_whole_words(text) else and_(known, _some_turn_holds(session, _forms(text)))
    return _said_in_json(session, text)


def _said_in_json(session: Session, text: str) -> ColumnElement[bool]:
    """The same without the index.

    Taking a transcript apart costs twenty times as much as looking through its text, so that goes first,
    and alone where it cannot err.
    """
    if _is_plain(text):
        doubtful = [_holds(session, before, text) for before in _shadows(text)]
        stored = _holds(session, "", text)
        if not doubtful:
            return stored
        return and_(stored, or_(~or_(*doubtful), _some_turn_holds(session, (text,))))
    forms = _forms(text)
    maybe: list[ColumnElement[bool]] = [true()]
    # PostgreSQL compares letters of other scripts without regard to case, and in the JSON they are numbers.
    if text.isascii() or session.get_bind().dialect.name != "postgresql":
        maybe = [_holds(session, "", _as_json(form)) for form in forms]
    return and_(or_(*(_rare(session, form) for form in forms)), or_(*maybe), _some_turn_holds(session, forms))


def _is_plain(text: str) -> bool:
    """Whether the stored JSON writes these words as they are, and holds them in no key, role or sign."""
    return _as_json(text) == text and text[0].isalpha() and text.casefold() not in STRUCTURE


def _shadows(text: str) -> list[str]:
    """What, right before the text, may make its beginning a part of an escape; `_` is any one character."""
    found = ["\\"] if text[0].lower() in ESCAPED else []
    return found + [
        "\\u" + "_" * known for known in range(DIGITS) if set(text[: DIGITS - known]) <= set(string.hexdigits)
    ]


def _holds(session: Session, before: str, text: str) -> ColumnElement[bool]:
    """Whether the stored JSON holds the text, without regard to case, behind that beginning of a pattern."""
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    pattern = f"%{before}{escaped}%"
    if session.get_bind().dialect.name == "postgresql":
        return cast(Call.transcript, Text).ilike(pattern, escape="/")
    return type_coerce(Call.transcript, Text).like(pattern, escape="/")


def _rare(session: Session, form: str) -> ColumnElement[bool]:
    """Whether the stored JSON holds the first letter beyond ASCII, which SQLite finds fastest."""
    letter = next((letter for letter in form if not letter.isascii()), "")
    if not letter or session.get_bind().dialect.name == "postgresql":
        return true()
    return func.instr(type_coerce(Call.transcript, Text), _as_json(letter)) > 0


def _some_turn_holds(session: Session, forms: Sequence[str]) -> ColumnElement[bool]:
    if session.get_bind().dialect.name == "postgresql":
        turn = func.json_array_elements(Call.transcript).table_valued("value").render_derived("turn")
        content: ColumnElement[Any] = turn.c.value.op("->>", return_type=Text())(literal("content"))
    else:
        turn = func.json_each(Call.transcript).table_valued("value", name="turn")
        content = func.json_extract(turn.c.value, "$.content", type_=Text())
    holds = or_(*(content.icontains(form, autoescape=True) for form in forms))
    return exists(select(turn.c.value).where(holds))


def _as_json(text: str) -> str:
    """As it stands inside of a text of the stored JSON."""
    return json.dumps(text)[1:-1]


def _forms(text: str) -> tuple[str, ...]:
    """SQLite compares without regard to case in ASCII only, so other letters are tried both ways."""
    if text.isascii():
        return (text,)
    return tuple(dict.fromkeys((text, text.lower(), text.upper(), text.capitalize())))
