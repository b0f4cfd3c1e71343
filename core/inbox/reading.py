"""A person's own news of one project: nobody reads or marks another's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update

from core.accounts import authorise, visible_projects
from core.db import Database, database_now
from core.models import Notification
from core.terms import Actor, Role

PAGE = 25
MOST_COUNTED = 100
"""A larger number would tell nobody more, and costs a query on every page."""


@dataclass(frozen=True, slots=True)
class News:
    """`run_id` is the run it is about, None for the weekly reminder. `at` is aware UTC."""

    id: int
    text: str
    run_id: int | None
    at: datetime
    unread: bool


@dataclass(frozen=True, slots=True)
class NewsPage:
    """`news` are newest first; `total` counts all."""

    news: tuple[News, ...]
    total: int


def unread_count(database: Database, actor: Actor, project_id: int) -> int:
    """How many the actor has not read in a project they may look into; at most 100."""
    unread = (
        select(Notification.id)
        .where(
            Notification.user_id == actor.user_id,
            Notification.project_id == project_id,
            Notification.project_id.in_(visible_projects(actor)),
            Notification.read_at.is_(None),
        )
        .limit(MOST_COUNTED)
    )
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(unread.subquery())) or 0


def news_of(
    database: Database, actor: Actor, project_id: int, *, page: int = 1, size: int = PAGE
) -> NewsPage:
    """One page (from 1) of the actor's news. Raises NotAllowed."""
    mine = (Notification.user_id == actor.user_id, Notification.project_id == project_id)
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see the notifications")
        total = session.scalar(select(func.count()).select_from(Notification).where(*mine)) or 0
        rows = session.scalars(
            select(Notification)
            .where(*mine)
            .order_by(Notification.id.desc())
            .limit(size)
            .offset((max(1, page) - 1) * size)
        )
        found = tuple(News(one.id, one.text, one.run_id, one.created_at, one.read_at is None) for one in rows)
        return NewsPage(found, total)


def mark_read(database: Database, actor: Actor, news_ids: Sequence[int]) -> None:
    """Mark the actor's own as read; others', and those of projects closed to them, are passed over."""
    if not news_ids:
        return
    with database.write() as session:
        session.execute(
            update(Notification)
            .where(
                Notification.id.in_(news_ids),
                Notification.user_id == actor.user_id,
                Notification.project_id.in_(visible_projects(actor)),
                Notification.read_at.is_(None),
            )
            .values(read_at=database_now(session))
        )
