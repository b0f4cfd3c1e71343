"""Which facts the project's calls carry: the keys of their metadata, which a prompt may name."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from core.accounts import authorise
from core.db import Database
from core.models import Call
from core.terms import Actor, Role

LOOKED_AT = 200
MOST_FACTS = 50


def known_facts(database: Database, actor: Actor, project_id: int) -> list[str]:
    """Keys of the newest 200 calls' metadata, those that most calls have first. Raises NotAllowed."""
    query = select(Call.details).where(Call.project_id == project_id).order_by(Call.id.desc())
    with database.read() as session:
        authorise(session, actor, project_id, Role.VIEWER, "see calls")
        found = Counter(str(key) for details in session.scalars(query.limit(LOOKED_AT)) for key in details)
    return [key for key, _ in sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))][:MOST_FACTS]
