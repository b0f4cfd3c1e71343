"""The columns that every table has some of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Integer,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import UTCDateTime

Key = BigInteger().with_variant(Integer, "sqlite")
"""Integer keys; SQLite numbers rows by itself only in a column of type INTEGER."""


def key() -> Mapped[int]:
    return mapped_column(Key, primary_key=True)


def refers(column: str, *, index: bool = True, cascade: bool = False) -> Mapped[int]:
    return mapped_column(Key, ForeignKey(column, ondelete="CASCADE" if cascade else None), index=index)


def refers_or_null(column: str, *, index: bool = False) -> Mapped[int | None]:
    return mapped_column(Key, ForeignKey(column), index=index)


def created() -> Mapped[datetime]:
    return mapped_column(UTCDateTime, server_default=func.now())
