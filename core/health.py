"""Is everything there that a run needs? Signs of life, and one sentence for each part."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core import queue
from core.db import Database, database_now, insert_once
from core.errors import DatabaseNotReady
from core.migrations import require_current_revision
from core.models import ProcessBeat
from core.settings import Settings

SILENT_AFTER = timedelta(seconds=30)
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation and a sentence about it."""

    ok: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is ok or degraded."""

    version: str
    status: str
    database: Part
    redis: Part
    worker: Part
    scheduler: Part
    model: Part

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def check(settings: Settings, database: Database) -> Health:
    """Look at each part; never raises."""
    stored = _database(database)
    parts = {
        "database": stored,
        "redis": _redis(settings),
        "worker": _process(database, "worker") if stored.ok else _unknown("worker"),
        "scheduler": _process(database, "scheduler") if stored.ok else _unknown("scheduler"),
        "model": _model(settings),
    }
    status = "ok" if all(part.ok for part in parts.values()) else "degraded"
    return Health(version=version(), status=status, **parts)


@cache
def version() -> str:
    """The product's version, from pyproject.toml."""
    text = (resources.files("core").joinpath("../pyproject.toml")).read_text(encoding="utf-8")
    return str(tomllib.loads(text)["project"]["version"])


def beat(database: Database, name: str, kind: str, started_at: datetime, details: Mapping[str, Any]) -> None:
    """Write a process's sign of life; names unseen for a day are forgotten."""
    with database.write() as session:
        now = database_now(session)
        values = {
            "name": name,
            "kind": kind,
            "details": dict(details),
            "started_at": started_at,
            "beat_at": now,
        }
        if insert_once(session, ProcessBeat, values, ProcessBeat.name) is None:
            row = session.get_one(ProcessBeat, name)
            row.beat_at, row.details = now, dict(details)
            return
        session.execute(delete(ProcessBeat).where(ProcessBeat.beat_at < now - FORGOTTEN_AFTER))


def forget(database: Database, name: str) -> None:
    """A process says goodbye."""
    with database.write() as session:
        session.execute(delete(ProcessBeat).where(ProcessBeat.name == name))


def alive(session: Session, kind: str) -> list[ProcessBeat]:
    """The processes of a kind that beat within the last 30 seconds. A beat that lies further ahead was
    written before the database's clock was set back, and says nothing."""
    now = database_now(session)
    heard = ProcessBeat.beat_at.between(now - SILENT_AFTER, now + SILENT_AFTER)
    return list(session.scalars(select(ProcessBeat).where(ProcessBeat.kind == kind, heard)))


def _database(database: Database) -> Part:
    try:
        require_current_revision(database)
    except DatabaseNotReady as error:
        return Part(False, str(error))
    except (SQLAlchemyError, OSError, ImportError):
        return Part(False, "The database does not answer: check DATABASE_URL.")
    return Part(True, f"The database answers ({database.engine.dialect.name}).")


def _redis(settings: Settings) -> Part:
    try:
        answers = queue.answers(settings.redis)
    except ValueError:
        return Part(False, "REDIS_URL is not an address such as redis://127.0.0.1:6379/0.")
    if answers:
        return Part(True, "Redis answers.")
    return Part(False, "Redis does not answer: what is started waits until it does.")


def _process(database: Database, kind: str) -> Part:
    try:
        with database.read() as session:
            count = len(alive(session, kind))
    except SQLAlchemyError:
        return _unknown(kind)
    if count == 0:
        what = "nothing is worked on" if kind == "worker" else "no schedule fires"
        return Part(False, f"No {kind} is running: {what} until one is.")
    return Part(True, f"{count} {kind}{'s are' if count > 1 else ' is'} running.")


def _unknown(kind: str) -> Part:
    return Part(False, f"Without the database nothing is known of the {kind}.")


def _model(settings: Settings) -> Part:
    if settings.model_missing:
        return Part(False, "LLM_BASE_URL is set, but not which model to ask there: set LLM_MODEL.")
    if settings.demo_model:
        return Part(
            True,
            "The demo model judges: it follows written rules and is no language model. "
            "Set LLM_BASE_URL, LLM_API_KEY and LLM_MODEL to use one.",
        )
    host = urlsplit(settings.llm_base_url or "").hostname or "no address: set LLM_BASE_URL"
    return Part(settings.llm_base_url is not None, f"{settings.llm_model} at {host}.")
