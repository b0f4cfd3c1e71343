"""Which product a row comes from, by its content alone."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from core.lab.columns import Columns
from core.lab.messages import is_json
from core.lab.shapes import langfuse, retell, vapi


class Shape(StrEnum):
    """What a row is; the value is what people call one."""

    CHAT = "call of messages"
    TEXT = "call of text with speakers"
    VAPI = "Vapi call"
    RETELL = "Retell call"
    LANGFUSE = "Langfuse trace"


FOREIGN = {Shape.VAPI: vapi, Shape.RETELL: retell, Shape.LANGFUSE: langfuse}


def own_row(values: Mapping[str, Any], columns: Columns) -> tuple[Shape | None, Mapping[str, Any]]:
    """What the row is, None where it holds no transcript; and the row as our own files have it.

    Of another product's row the labels, notes and groups that somebody added to it are kept, under the
    usual names or the mapped ones. A row whose transcript a person mapped is taken at their word.
    """
    fields = columns.split(values)
    if not columns.mapping.get("transcript"):
        for shape, product in FOREIGN.items():
            if product.recognises(values):
                return shape, product.row(values) | _added(values, columns)
    transcript = fields.first("transcript")
    if isinstance(transcript, str):
        return (Shape.CHAT if is_json(transcript) else Shape.TEXT), values
    return (Shape.CHAT if transcript else None), values


def _added(values: Mapping[str, Any], columns: Columns) -> dict[str, Any]:
    """What the row says for the fields that no product knows; a list of one value is the value."""
    added = {key: value for key, value in values.items() if columns.is_added(key)}
    return {
        key: value[0] if isinstance(value, list) and len(value) == 1 else value
        for key, value in added.items()
    }
