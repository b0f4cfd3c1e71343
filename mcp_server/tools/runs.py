"""Tools about the run history, whoever started a run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core import runs
from core.runs import RunFilter
from core.terms import Outcome
from mcp_server.budget import fitting, next_after
from mcp_server.desk import READS, Desk, errors_told
from mcp_server.toolbox import Toolbox
from mcp_server.tools.arguments import Offset
from mcp_server.tools.projects import ProjectId, chosen_project
from mcp_server.tools.run_answers import RunAnswer, RunInFull, RunsAnswer

MOST_RESULTS = 40


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="List runs", annotations=READS)
    def runs_list(
        project_id: ProjectId = None,
        metric_id: Annotated[int | None, Field(ge=1, description="Only runs of this metric.")] = None,
        outcome: Annotated[Outcome | None, Field(description="Only runs with this outcome.")] = None,
        offset: Offset = 0,
    ) -> RunsAnswer:
        """List runs of schedules, pages, MCP and the command line, newest first, up to 25 at a time."""
        with errors_told():
            project = chosen_project(desk, project_id).id
            wanted = RunFilter(metric_id=metric_id, outcome=outcome)
            page = runs.page_of_runs(desk.database, desk.who(), project, wanted, offset=offset)
            found = [
                RunAnswer.of(each, desk.link("runs", project=project, run=each.id)) for each in page.runs
            ]
            return fitting(
                lambda count: RunsAnswer(
                    runs=found[:count],
                    total=page.total,
                    next_offset=next_after(offset + min(count, len(found)), page.total) if found else None,
                ),
                len(found) or 1,
            )

    @box.tool(title="Read a run", annotations=READS)
    def runs_retrieve(
        run_id: Annotated[int, Field(ge=1, description="The run's id.")],
        offset: Offset = 0,
    ) -> RunInFull:
        """Read a run: each metric's outcome, why, both scores, what was applied, and what it cost."""
        with errors_told():
            run = runs.show_run(desk.database, desk.who(), run_id)
            link = desk.link("runs", project=run.project_id, run=run.id)
            return fitting(
                lambda count: RunInFull.of(run, run.results[offset : offset + count], offset, link),
                MOST_RESULTS,
            )
