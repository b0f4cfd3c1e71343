"""A round of mails: one worker sends those that are due over one connection, each a job of its own.

A run with many members makes many deliveries. Each is claimed, marked and settled by itself, so that a
worker that dies leaves at most one of unknown fate; what they share is the connection to the mail server,
the pace, and the body, which is written once.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

from sqlalchemy import or_, select

from core.db import Database, database_now
from core.models import Delivery, Job
from core.notifications.message import Content
from core.notifications.smtp import Post
from core.outbox.writing import EMAIL

ROUND_SECONDS = 60.0
"""Then another round begins: a worker that is told to stop waits for the one that is going."""
LOOKED_UP = 20


class MailRound:
    """The connection and what was written already. Not to be shared between threads."""

    def __init__(self) -> None:
        self.post = Post()
        self.contents: dict[int, Content] = {}
        self.placeholder = uuid4().hex
        """Stands in a body that several get for what is each recipient's own."""

    def __enter__(self) -> MailRound:
        return self

    def __exit__(self, *_: object) -> None:
        self.post.close()

    def next_jobs(self, database: Database, after: int) -> Iterator[int]:
        """The jobs of mails that are due after that one, as long as the connection stands and the round
        lasts; none of them twice.

        Another worker may be faster with any of them.
        """
        ends = time.monotonic() + ROUND_SECONDS
        seen = {after}
        while self.post.is_open:
            new = [job_id for job_id in _due_mails(database) if job_id not in seen]
            if not new:
                return
            for job_id in new:
                if not self.post.is_open or time.monotonic() > ends:
                    return
                seen.add(job_id)
                yield job_id


def _due_mails(database: Database) -> list[int]:
    with database.read() as session:
        now = database_now(session)
        return list(
            session.scalars(
                select(Job.id)
                .join(Delivery, Delivery.id == Job.subject_id)
                .where(
                    Job.kind == "deliver",
                    Job.status == "queued",
                    or_(Job.not_before.is_(None), Job.not_before <= now),
                    Delivery.channel == EMAIL,
                )
                .order_by(Job.id)
                .limit(LOOKED_UP)
            )
        )
