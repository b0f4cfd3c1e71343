"""Which project a tool is about: a token is good for one, the local admin may see several."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core import accounts
from core.accounts import ProjectView
from core.errors import NotFound, Refused
from mcp_server.desk import Desk

ProjectId = Annotated[
    int | None, Field(ge=1, description="A project's id; leave out where the token is for one project.")
]


def chosen_project(desk: Desk, project_id: int | None) -> ProjectView:
    """The one named, else the only one there is. Raises NotFound, Refused where it must be named."""
    mine = accounts.projects_of(desk.database, desk.who())
    if project_id is not None:
        found = next((each for each in mine if each.id == project_id), None)
        if found is None:
            raise NotFound("project", project_id)
        return found
    if len(mine) != 1:
        names = ", ".join(f"{each.id} ({each.name})" for each in mine[:20]) or "none yet"
        raise Refused(f"Say which project by project_id: {names}.")
    return mine[0]
