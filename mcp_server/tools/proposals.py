"""Tools that decide on a waiting proposal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from core import runs
from mcp_server.desk import OVERWRITES, Desk, errors_told
from mcp_server.toolbox import Toolbox
from mcp_server.tools.arguments import ProposalId
from mcp_server.tools.progress_answers import AppliedAnswer, DismissedAnswer

RESCORE = (
    "Judge the labels afresh with metrics_run_reviews_create; if the score fell, metrics_restore brings the "
    "version before back."
)
SCORING = (
    "It had no score on all of the labels, so it is being scored; it is applied by itself unless it scores "
    "lower. Poll metrics_run_reviews_progress, then read the metric."
)


def register(box: Toolbox, desk: Desk) -> None:
    @box.tool(title="Apply a waiting proposal", annotations=OVERWRITES)
    def apply_optimisation_proposal(proposal_id: ProposalId) -> AppliedAnswer:
        """Make a proposal the live definition, all four fields in one step. One that scores lower than the
        live definition is refused, and so is one whose metric was edited since."""
        with errors_told():
            done = runs.apply_once_scored(desk.database, desk.who(), proposal_id)
            if done.scoring is None:
                return AppliedAnswer(
                    status="applied", version=done.version, progress_id=None, what_next=RESCORE
                )
            desk.push([done.scoring.job_id])
            return AppliedAnswer(
                status="scoring", version=None, progress_id=done.scoring.job_id, what_next=SCORING
            )

    @box.tool(title="Dismiss a waiting proposal", annotations=OVERWRITES)
    def dismiss_optimisation_proposal(
        proposal_id: ProposalId,
        reason: Annotated[str, Field(max_length=500, description="Why, for the history.")] = "",
    ) -> DismissedAnswer:
        """Reject a proposal; nothing of the metric changes."""
        with errors_told():
            runs.reject(desk.database, desk.who(), proposal_id, reason)
            return DismissedAnswer(proposal_id=proposal_id)
