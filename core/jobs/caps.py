"""An admin caps what a project's calls to the model may come to in a calendar month."""

from __future__ import annotations

from core import audit
from core.accounts import authorise
from core.db import Database
from core.endpoints import prices_of
from core.errors import NotFound, Refused
from core.jobs.month import NO_PRICES, Month, this_month
from core.models import Project
from core.settings import Settings
from core.terms import Actor, Role


def set_monthly_caps(
    database: Database,
    settings: Settings,
    actor: Actor,
    project_id: int,
    *,
    max_calls: int | None,
    max_cost: float | None,
) -> Month:
    """Save both caps, None for none; they hold for whatever is called from now on.

    `max_cost` is in the currency of the prices. Raises NotFound, NotAllowed, and Refused for a negative
    cap and for one in money while no prices are set.
    """
    if (max_calls is not None and max_calls < 0) or (max_cost is not None and max_cost < 0):
        raise Refused("A cap is at least 0.")
    with database.write() as session:
        project = session.get(Project, project_id)
        if project is None:
            raise NotFound("project", project_id)
        authorise(session, actor, project_id, Role.ADMIN, "cap what the project spends")
        if max_cost is not None and prices_of(session, settings, project_id).input is None:
            raise Refused(NO_PRICES)
        before = {"calls": project.monthly_calls, "cost": project.monthly_cost}
        after = {"calls": max_calls, "cost": max_cost}
        project.monthly_calls, project.monthly_cost = max_calls, max_cost
        changed = audit.changed(before, after)
        if changed:
            audit.record(
                session,
                actor,
                "project.caps",
                f"project {project.name}",
                project_id=project_id,
                details=changed,
            )
        session.flush()
        return this_month(session, project)
