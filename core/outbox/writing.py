"""Write deliveries, each with the job that sends it: both or neither, and each once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy.orm import Session

from core import jobs
from core.db import database_now, insert_new
from core.models import Delivery

EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to one recipient.

    What makes it one of its kind: a run, the kind, the channel and the recipient, or for what is about no
    run the `dedupe_key`. `payload` is what it says, where that cannot be read from the run's rows later.
    `recipient` is an address, or names the webhook of `webhook_id`.
    """

    project_id: int
    kind: str
    recipient: str
    channel: str = EMAIL
    run_id: int | None = None
    webhook_id: int | None = None
    dedupe_key: str | None = None
    payload: Mapping[str, Any] | None = None


def write_letters(session: Session, letters: Sequence[Letter]) -> list[int]:
    """Insert those that are new; the ids of their jobs, to push after the commit.

    A reconciling pushes them within seconds where nobody does.
    """
    now = database_now(session)
    new = insert_new(
        session,
        Delivery,
        [asdict(letter) | _unsent(letter) | {"created_at": now} for letter in letters],
        Delivery.id,
        Delivery.project_id,
    )
    made = jobs.add_all(session, "deliver", {row.id: row.project_id for row in sorted(new)})
    return sorted(made.values())


def _unsent(letter: Letter) -> dict[str, Any]:
    about = letter.kind.rpartition("/")[2] if letter.run_id is None else f"run-{letter.run_id}"
    return {
        "state": "waiting",
        "message_id": f"<{about}.{uuid4().hex}@plumbline>",
        "subject": "",
        "attempts": 0,
        "fates_unknown": 0,
        "error": "",
    }
