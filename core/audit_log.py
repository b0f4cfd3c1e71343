"""Reading the audit: who did what, when, from where, and what it changed. Nothing here writes to it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, or_, select

from core.accounts import authorise
from core.db import Database
from core.errors import Refused
from core.lab.formulas import to_cell
from core.models import AuditEvent, Membership
from core.terms import Actor, Origin, Role

PAGE = 50
EXPORTED_AT_ONCE = 500
CSV_HEADER = ("at", "actor", "origin", "action", "subject", "reason", "details")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed; `at` is aware UTC, `details` holds what was before and after."""

    id: int
    at: datetime
    actor: str
    origin: str
    action: str
    subject: str
    reason: str
    details: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "actor": self.actor,
            "origin": self.origin,
            "action": self.action,
            "subject": self.subject,
            "reason": self.reason,
            "details": dict(self.details),
        }


@dataclass(frozen=True, slots=True)
class AuditPage:
    """`entries` are newest first; `total` counts all that match."""

    entries: tuple[AuditEntry, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: words in actor, action, subject or reason; one origin, or None for all;
    the beginning of the action (“schedule”), or empty."""

    words: str = ""
    origin: Origin | None = None
    about: str = ""


EVERYTHING = Looked()


def events_of(
    database: Database, actor: Actor, project_id: int, looked: Looked = EVERYTHING, *, page: int = 1
) -> AuditPage:
    """One page (from 1) of what was done in a project; its admins also see how its members signed in.

    Raises NotAllowed.
    """
    chosen = _chosen(database, actor, project_id, looked)
    with database.read() as session:
        total = session.scalar(select(func.count()).select_from(AuditEvent).where(*chosen)) or 0
        rows = session.execute(_query(chosen).limit(PAGE).offset((max(1, page) - 1) * PAGE)).all()
    return AuditPage(tuple(map(_entry, rows)), total)


def export_events(
    database: Database, actor: Actor, project_id: int, file_format: str, looked: Looked = EVERYTHING
) -> Iterator[str]:
    """All that match, newest first, as pieces of a "jsonl" or "csv" file.

    Cells that a spreadsheet would run are neutralised. Raises Refused for another format and
    NotAllowed, both before the first piece.
    """
    if file_format not in ("jsonl", "csv"):
        raise Refused(f"“{file_format[:20]}” is no format to export to; there are jsonl and csv.")
    pages = _pages(database, _chosen(database, actor, project_id, looked))
    return _csv(pages) if file_format == "csv" else _jsonl(pages)


def _chosen(
    database: Database, actor: Actor, project_id: int, looked: Looked
) -> Sequence[ColumnElement[bool]]:
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see the audit")
        try:
            authorise(session, actor, project_id, Role.ADMIN, "see who signed in")
            scope = or_(AuditEvent.project_id == project_id, _about_members(project_id))
        except Refused:
            scope = AuditEvent.project_id == project_id
    chosen: list[ColumnElement[bool]] = [scope]
    if looked.origin is not None:
        chosen.append(AuditEvent.origin == looked.origin.value)
    if looked.about:
        chosen.append(AuditEvent.action.startswith(looked.about, autoescape=True))
    return [*chosen, *(_mentions(word) for word in looked.words.split()[:10])]


def _about_members(project_id: int) -> ColumnElement[bool]:
    """What members did outside every project: signing in, changing a password."""
    members = select(Membership.user_id).where(Membership.project_id == project_id)
    return AuditEvent.project_id.is_(None) & AuditEvent.user_id.in_(members)


def _mentions(word: str) -> ColumnElement[bool]:
    columns = (AuditEvent.actor, AuditEvent.action, AuditEvent.subject, AuditEvent.reason)
    return or_(*(column.icontains(word, autoescape=True) for column in columns))


def _query(chosen: Sequence[ColumnElement[bool]]) -> Select[Any]:
    columns = [getattr(AuditEvent, name) for name in AuditEntry.__slots__]
    return select(*columns).where(*chosen).order_by(AuditEvent.id.desc())


def _pages(database: Database, chosen: Sequence[ColumnElement[bool]]) -> Iterator[list[AuditEntry]]:
    """Page by page, each in a short session: who downloads slowly holds nothing open."""
    before: int | None = None
    while True:
        query = _query(chosen).limit(EXPORTED_AT_ONCE)
        with database.read() as session:
            rows = session.execute(query if before is None else query.where(AuditEvent.id < before)).all()
        if not rows:
            return
        yield [_entry(row) for row in rows]
        before = rows[-1].id


def _jsonl(pages: Iterator[list[AuditEntry]]) -> Iterator[str]:
    for page in pages:
        yield "".join(json.dumps(entry.as_json(), ensure_ascii=False) + "\n" for entry in page)


def _csv(pages: Iterator[list[AuditEntry]]) -> Iterator[str]:
    yield _csv_lines([CSV_HEADER])
    for page in pages:
        yield _csv_lines([_cells(entry) for entry in page])


def _cells(entry: AuditEntry) -> list[str]:
    found = entry.as_json()
    found["details"] = json.dumps(found["details"], ensure_ascii=False) if entry.details else ""
    return [to_cell(str(found[name])) for name in CSV_HEADER]


def _csv_lines(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(**row._mapping)
