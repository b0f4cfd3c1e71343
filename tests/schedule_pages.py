"""What the tests of the schedule pages do: make one, read a page, press a button."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core import metrics, schedules
from core.models import Membership, Schedule
from core.runs import RunOptions
from core.schedules import ScheduleDetails
from core.terms import Definition, EvalSettings, Role
from dashboard.components import plain
from tests.page_world import PageWorld

HOSTILE = "<script>alert(1)</script> **bold** :red[red]"
ESCAPED = r"\<script\>alert\(1\)\</script\> \*\*bold\*\* \:red\[red\]"


def metric(world: PageWorld, name: str = "Polite", **options: bool) -> int:
    definition, settings = Definition("Was it polite?"), EvalSettings()
    return metrics.add(
        world.database, world.actor, world.project_id, name, definition, settings, **options
    ).id


def schedule(world: PageWorld, name: str = "Weekly", cron: str = "0 9 * * 1", **options: object) -> int:
    wanted = options.pop("metrics", None) or [metric(world, f"Metric of {name}")]
    return schedules.add(
        world.database, world.actor, world.project_id, wanted, cron, name=name, options=RunOptions(**options)
    ).id


def listed(world: PageWorld) -> list[ScheduleDetails]:
    found = schedules.page_of_schedules(world.database, world.actor, world.project_id)
    return list(found.schedules)


def stored(world: PageWorld, schedule_id: int) -> Schedule:
    with world.database.read() as session:
        return session.get_one(Schedule, schedule_id)


def texts(page: AppTest) -> str:
    """Everything that is written on the page, without what escapes it."""
    kinds = ("title", "markdown", "caption", "text", "info", "error", "warning", "success", "subheader")
    written = "\n".join(str(one.value) for kind in kinds for one in page.get(kind))
    return written.replace("\\", "").replace(plain.NOTHING, "")


def become(world: PageWorld, role: Role) -> None:
    """Let the local admin have another role in the project."""
    with world.database.write() as session:
        session.query(Membership).update({"role": int(role)})


def press(page: AppTest, key: str) -> AppTest:
    found = next(one for one in page.button if one.key == key)
    assert not found.disabled, f"{key} is disabled"
    return found.click().run()
