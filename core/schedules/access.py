"""Schedules for somebody who asks for one by its id: whoever is outside its project hears that there is none,
as of an id that nobody has."""

from __future__ import annotations

from sqlalchemy.orm import Session

from core.accounts import authorise
from core.errors import NotFound
from core.models import Schedule
from core.terms import Actor, Role


def seen(session: Session, actor: Actor, schedule_id: int, *, deleted: bool = False) -> Schedule:
    """A schedule, also a deleted one if asked for, for who may see it. Raises NotFound, NotAllowed."""
    schedule, nothing = session.get(Schedule, schedule_id), NotFound("schedule", schedule_id)
    if schedule is None or (schedule.deleted_at is not None and not deleted):
        raise nothing
    authorise(session, actor, schedule.project_id, Role.VIEWER, "see schedules", unseen=nothing)
    return schedule


def mine(session: Session, actor: Actor, schedule_id: int, *, auto_apply: bool | None = None) -> Schedule:
    """A schedule, locked, for who may manage it, or one that applies by itself or not as `auto_apply` says.

    Raises NotFound, NotAllowed.
    """
    schedule = session.get(Schedule, schedule_id, with_for_update=True)
    nothing = NotFound("schedule", schedule_id)
    if schedule is None or schedule.deleted_at is not None:
        raise nothing
    role, what = needed_role(schedule.auto_apply if auto_apply is None else auto_apply)
    authorise(session, actor, schedule.project_id, role, what, unseen=nothing)
    return schedule


def needed_role(auto_apply: bool) -> tuple[Role, str]:
    """Who may manage such a schedule, and what that is called."""
    if auto_apply:
        return Role.ADMIN, "manage auto-apply schedules"
    return Role.EDITOR, "manage schedules"
