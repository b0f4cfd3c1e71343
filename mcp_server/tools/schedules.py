"""Tools about schedules: the recurring runs of the optimiser."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from core import queue, schedules
from core.runs import RunOptions
from core.schedules import ScheduleChange, ScheduleDetails
from core.terms import Guard, Notify
from mcp_server.budget import fitting
from mcp_server.desk import ADDS, OVERWRITES, READS, Desk, errors_told
from mcp_server.texts import cut
from mcp_server.toolbox import Toolbox
from mcp_server.tools.projects import ProjectId, chosen_project

MOST_METRICS = 200
ScheduleId = Annotated[int, Field(ge=1, description="The schedule's id.")]
MetricIds = Annotated[
    list[int], Field(min_length=1, max_length=MOST_METRICS, description="LLM-judge metrics.")
]
Cron = Annotated[
    str, Field(max_length=200, description="minute hour day-of-month month day-of-week, or @weekly …")
]
Critical = Annotated[
    list[str],
    Field(description="Names of critical metrics whose auto-apply an admin confirms by typing them."),
]
Name = Annotated[str, Field(max_length=200, description="What people call it.")]
Zone = Annotated[str, Field(description="IANA name, such as Europe/Berlin.")]
AutoApply = Annotated[
    bool, Field(description="Apply what the guard lets pass; else it waits as a proposal. Needs an admin.")
]
ApplyCode = Annotated[bool, Field(description="With auto_apply: apply code as well; else code waits.")]
TheGuard = Annotated[
    Guard,
    Field(description="standard: never a lower score; strict: also evidence on rows the search never saw."),
]
Mails = Annotated[Notify, Field(description="Which results send the summary email.")]
IN_LIST = 20
"""Metrics of a schedule in a list."""
LONGEST_NAME = 200
KEPT = Field(description="Leave out to keep it.")
GONE = "Its runs stay in the history."


class ScheduleAnswer(BaseModel):
    id: int
    name: str
    metrics: dict[int, str] = Field(description="Names by metric id; in a list the first 20.")
    total_metrics: int
    cron: str
    timezone: str
    description: str = Field(description="In plain English.")
    auto_apply: bool
    apply_code: bool
    guard: Guard
    notify: Notify
    max_calls: int | None = Field(description="Budget of model calls for each metric of a run.")
    max_cost: float | None
    enabled: bool
    paused_reason: str
    next_fire_at: datetime | None
    link: str

    @classmethod
    def of(cls, found: ScheduleDetails, link: str, size: int, most: int = MOST_METRICS) -> ScheduleAnswer:
        """With names of so many characters, and so many metrics, at most."""
        return cls(
            id=found.id,
            name=cut(found.name, size),
            metrics={each.id: cut(each.name, size) for each in found.metrics[:most]},
            total_metrics=len(found.metrics),
            cron=found.cron,
            timezone=found.timezone,
            description=found.description,
            auto_apply=found.auto_apply,
            apply_code=found.apply_code,
            guard=found.guard,
            notify=found.notify,
            max_calls=found.max_calls,
            max_cost=found.max_cost,
            enabled=found.enabled,
            paused_reason=cut(found.paused_reason, size),
            next_fire_at=found.next_fire_at,
            link=link,
        )


class SchedulesAnswer(BaseModel):
    schedules: list[ScheduleAnswer] = Field(description="By name, 10 at a time.")
    total: int


class DeletedAnswer(BaseModel):
    schedule_id: int
    what_next: str = GONE


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="List schedules", annotations=READS)
    def metric_optimiser_cron_jobs_list(
        project_id: ProjectId = None,
        page: Annotated[int, Field(ge=1, description="Counted from 1.")] = 1,
        schedule_id: Annotated[
            int | None, Field(ge=1, description="Only this one, with all metrics.")
        ] = None,
    ) -> SchedulesAnswer:
        """List a project's schedules with their next fire, ten at a time."""
        with errors_told():
            if schedule_id is not None:
                one = schedules.schedule_details(desk.database, desk.who(), schedule_id)
                return SchedulesAnswer(schedules=[_answer(desk, one)], total=1)
            project = chosen_project(desk, project_id).id
            listed = schedules.page_of_schedules(desk.database, desk.who(), project, page=page)
            return fitting(
                lambda size: SchedulesAnswer(
                    schedules=[
                        ScheduleAnswer.of(each, _link(desk, each), size, IN_LIST) for each in listed.schedules
                    ],
                    total=listed.total,
                ),
                LONGEST_NAME,
            )

    @box.tool(title="Make a schedule", annotations=ADDS)
    def metric_optimiser_cron_jobs_create(
        metric_ids: MetricIds,
        cron: Cron,
        timezone: Annotated[str | None, Field(description="IANA name; the project's if left out.")] = None,
        name: Name = "",
        auto_apply: AutoApply = False,
        apply_code: ApplyCode = True,
        guard: TheGuard = Guard.STANDARD,
        notify: Mails = Notify.BOTH,
        max_calls: Annotated[
            int | None, Field(ge=1, description="Budget of model calls for each metric of a run.")
        ] = None,
        max_cost: Annotated[float | None, Field(gt=0, description="The same in money.")] = None,
        confirmed_critical: Critical = [],  # noqa: B006 - never changed
        project_id: ProjectId = None,
    ) -> ScheduleAnswer:
        """Run the optimiser on metrics at recurring times; auto_apply, off by default, needs an admin."""
        with errors_told():
            options = RunOptions(
                auto_apply=auto_apply,
                apply_code=apply_code,
                guard=guard,
                notify=notify,
                max_calls=max_calls,
                max_cost=max_cost,
            )
            made = schedules.add(
                desk.database,
                desk.who(),
                chosen_project(desk, project_id).id,
                metric_ids,
                cron,
                timezone=timezone,
                name=name,
                options=options,
                confirmed_critical=confirmed_critical,
            )
            return _told(desk, made.id)

    @box.tool(title="Change a schedule", annotations=OVERWRITES)
    def metric_optimiser_cron_jobs_update(
        schedule_id: ScheduleId,
        metric_ids: Annotated[MetricIds | None, KEPT] = None,
        cron: Annotated[Cron | None, KEPT] = None,
        timezone: Annotated[Zone | None, KEPT] = None,
        name: Annotated[Name | None, KEPT] = None,
        auto_apply: Annotated[AutoApply | None, KEPT] = None,
        apply_code: Annotated[ApplyCode | None, KEPT] = None,
        guard: Annotated[TheGuard | None, KEPT] = None,
        notify: Annotated[Mails | None, KEPT] = None,
        max_calls: Annotated[
            int | None, Field(ge=0, description="Budget of model calls for each metric of a run; 0 for none.")
        ] = None,
        max_cost: Annotated[float | None, Field(ge=0, description="The same in money.")] = None,
        enabled: Annotated[bool | None, Field(description="False pauses it, true resumes it.")] = None,
        confirmed_critical: Critical = [],  # noqa: B006 - never changed
    ) -> ScheduleAnswer:
        """Change what is given and keep the rest, in one step; a new rhythm holds at once. Pauses and
        resumes, too."""
        with errors_told():
            wanted = ScheduleChange(
                metrics=metric_ids,
                cron=cron,
                timezone=timezone,
                name=name,
                auto_apply=auto_apply,
                apply_code=apply_code,
                guard=guard,
                notify=notify,
                max_calls=max_calls,
                max_cost=max_cost,
                enabled=enabled,
            )
            schedules.change(
                desk.database, desk.who(), schedule_id, wanted, confirmed_critical=confirmed_critical
            )
            return _told(desk, schedule_id)

    @box.tool(title="Delete a schedule", annotations=OVERWRITES)
    def metric_optimiser_cron_jobs_delete(schedule_id: ScheduleId) -> DeletedAnswer:
        """Delete a schedule; its runs and fires stay in the history."""
        with errors_told():
            schedules.delete(desk.database, desk.who(), schedule_id)
            queue.announce_fire(queue.connect(desk.settings.redis), schedule_id, None)
            return DeletedAnswer(schedule_id=schedule_id)


def _told(desk: Desk, schedule_id: int) -> ScheduleAnswer:
    """The schedule as it is now, of which the scheduler is told at once."""
    found = schedules.schedule_details(desk.database, desk.who(), schedule_id)
    queue.announce_fire(queue.connect(desk.settings.redis), schedule_id, found.next_fire_at)
    return _answer(desk, found)


def _answer(desk: Desk, found: ScheduleDetails) -> ScheduleAnswer:
    return fitting(lambda size: ScheduleAnswer.of(found, _link(desk, found), size), LONGEST_NAME)


def _link(desk: Desk, found: ScheduleDetails) -> str:
    return desk.link("schedules", project=found.project_id, schedule=found.id)
