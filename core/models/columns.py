"""The columns that every table has some of."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Dialect, ForeignKey, Integer, func
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from core.db import UTCDateTime

MOST_KEY = 2**63 - 1


class Key(TypeDecorator[int]):
    """Integer keys. SQLite numbers rows by itself only in a column of type INTEGER.

    Ids come from addresses and clients. One that no column could hold belongs to no row, so it is looked
    for as NULL and found nowhere, where the driver would break off with an error of its own.
    """

    impl = BigInteger().with_variant(Integer, "sqlite")
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None or abs(value) > MOST_KEY else value


def key() -> Mapped[int]:
    return mapped_column(Key, primary_key=True)


def refers(column: str, *, index: bool = True, cascade: bool = False) -> Mapped[int]:
    return mapped_column(Key, ForeignKey(column, ondelete="CASCADE" if cascade else None), index=index)


def refers_or_null(column: str, *, index: bool = False) -> Mapped[int | None]:
    return mapped_column(Key, ForeignKey(column), index=index)


def created() -> Mapped[datetime]:
    return mapped_column(UTCDateTime, server_default=func.now())
