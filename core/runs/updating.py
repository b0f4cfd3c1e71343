"""Change some fields of a live definition; a change that is the waiting proposal to the letter applies it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.db import Database
from core.errors import BadDefinition
from core.metrics import (
    check_definition,
    find_for,
    live_version,
    make_live,
    refuse_other_version,
    storable_definition,
    supersede_waiting,
)
from core.models import Metric, Proposal
from core.runs.candidates import candidate_definition
from core.runs.proposals import Waiting, apply_candidate, waiting
from core.runs.whole_texts import refuse_parts
from core.storable import storable_text
from core.terms import Actor, Definition, MetricType, Role, Trigger


@dataclass(frozen=True, slots=True)
class Updated:
    """The live version afterwards. `proposal` is the one that the change applied, if it did."""

    version: int
    proposal: int | None


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """Fields to change; None leaves one as it is."""

    description: str | None = None
    trigger: Trigger | None = None
    type: MetricType | None = None
    custom_code: str | None = None

    def on(self, live: Definition) -> Definition:
        changed = Definition(
            description=live.description if self.description is None else self.description,
            trigger=live.trigger if self.trigger is None else self.trigger,
            type=live.type if self.type is None else self.type,
            custom_code=live.custom_code if self.custom_code is None else self.custom_code,
        )
        return storable_definition(changed)


NOTHING = (
    "Say what to change: description, evaluation_trigger, evaluation_trigger_kind, type or custom_code. "
    "Nothing was changed."
)
"""A client that misspelt a field would take an answer without an error for a change that went live."""


def update_definition(
    database: Database,
    actor: Actor,
    metric_id: int,
    change: DefinitionChange,
    *,
    expected_version: int | None = None,
    comment: str = "",
) -> Updated:
    """Make the changed definition live, in one step. `expected_version` is the live one that was read.

    Raises NotFound, NotAllowed, BadDefinition also for no change and for the mere part of a text that was
    read, EditedMeanwhile when another version is live, and where it is the waiting proposal also NotScored
    and ScoresLower.
    """
    comment = storable_text(comment)
    with database.write() as session:
        metric = find_for(session, actor, metric_id, Role.EDITOR, "edit metrics")
        if change == DefinitionChange():
            raise BadDefinition(NOTHING)
        session.refresh(metric, with_for_update=True)
        live = live_version(session, metric)
        refuse_other_version(metric.name, live.number, expected_version)
        wanted = change.on(live.definition)
        mine = _waiting(session, actor, metric)
        proposed = [candidate_definition(mine.result)] if mine else []
        refuse_parts(wanted, live.definition, *proposed)
        check_definition(wanted)
        if wanted == live.definition:
            return Updated(live.number, None)
        if mine is not None and wanted in proposed:
            return Updated(apply_candidate(session, actor, mine), mine.proposal.id)
        version = make_live(
            session, actor, metric, wanted, expected_revision=metric.revision, comment=comment
        )
        assert version is not None  # the row is locked
        supersede_waiting(session, metric.id, f"an edit (version {version.number})")
        audit.record(
            session,
            actor,
            "metric.edit",
            f"metric {metric.name}",
            project_id=metric.project_id,
            reason=comment,
            details={"from": live.number, "to": version.number},
        )
        return Updated(version.number, None)


def _waiting(session: Session, actor: Actor, metric: Metric) -> Waiting | None:
    """The metric's waiting proposal."""
    found = session.scalar(
        select(Proposal.id).where(Proposal.metric_id == metric.id, Proposal.state == "waiting")
    )
    return None if found is None else waiting(session, actor, found, "apply proposals")
