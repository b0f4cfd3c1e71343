"""Do a result's search over from the answers it paid for, without asking any model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from core.db import Database
from core.errors import Refused
from core.judging.judge import Judge
from core.lab import StoredVerdicts, TranscriptStore
from core.llm.budget import Budget
from core.models import Job, MetricVersion, Run
from core.optimiser.case import Case, Found
from core.optimiser.replay import Absent, Unwatched, replayed
from core.runs.access import result_for
from core.runs.loading import Frozen, freeze
from core.runs.writer import StoredWriter
from core.settings import Settings
from core.terms import Actor, Candidate
from core.verdicts import SQLAnswers, SQLVerdicts


@dataclass(frozen=True, slots=True)
class Replay:
    """What a result's search comes to when it is done over.

    Attributes:
        candidate: None where the search found none; `reason` then says why.
        same: whether it is, byte for byte, what the result recorded.
        log: the steps of the search, one sentence each.
    """

    result_id: int
    candidate: Candidate | None
    reason: str
    same: bool
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Recorded:
    frozen: Frozen
    case: Case
    job_id: int
    candidate_digest: str | None
    options: Mapping[str, Any]


def replay(database: Database, settings: Settings, actor: Actor, result_id: int) -> Replay:
    """The search of a finished result once more, from its stored answers alone; nothing is changed.

    Raises NotFound, NotAllowed, and Refused where the result searched for nothing, or where labels, notes
    or settings are no longer those it saw: its answers would then be answers to other questions.
    """
    recorded = _recorded(database, settings, actor, result_id)
    transcripts = TranscriptStore(database)
    found = replayed(
        recorded.case, *_judge_and_writer(database, settings, recorded), transcripts, recorded.options
    )
    candidate = found.candidate if isinstance(found, Found) else None
    digest = candidate.definition.digest() if candidate else None
    return Replay(
        result_id=result_id,
        candidate=candidate,
        reason="" if isinstance(found, Found) else found.reason,
        same=digest == recorded.candidate_digest,
        log=found.log,
    )


def _recorded(database: Database, settings: Settings, actor: Actor, result_id: int) -> _Recorded:
    with database.read() as session:
        result, _ = result_for(session, actor, result_id)
        run = session.get_one(Run, result.run_id)
        if result.base_version_id is None or result.same_as_result_id is not None:
            raise Refused("This result searched for nothing, so there is nothing to do over.")
        frozen = freeze(session, settings, result_id)
        if frozen.fingerprint != result.fingerprint:
            raise Refused("Labels, notes or settings changed since this run, so it can't be done over.")
        base = session.get_one(MetricVersion, result.base_version_id).definition
        job_id = session.scalar(
            select(Job.id).where(Job.kind == "optimise", Job.subject_id == result_id).order_by(Job.id)
        )
        if job_id is None:
            raise Refused("The answers of this run are no longer stored, so it can't be done over.")
        case = replace(frozen.case, definition=base)
        return _Recorded(frozen, case, job_id, result.candidate_digest, dict(run.options))


def _judge_and_writer(
    database: Database, settings: Settings, recorded: _Recorded
) -> tuple[Judge, StoredWriter]:
    """As in the run, with the answers of its job and nobody to ask for others."""
    frozen, budget, progress = recorded.frozen, Budget(), Unwatched()
    judge = Judge(
        client=Absent.judge(frozen.model),
        settings=frozen.case.settings,
        source=TranscriptStore(database),
        store=SQLVerdicts(database, frozen.project_id, recorded.job_id),
        budget=budget,
        concurrency=1,
        progress=progress,
        max_output_tokens=settings.llm_max_output_tokens,
        others=StoredVerdicts(database, frozen.project_id, frozen.metric_id),
    )
    answers = SQLAnswers(database, recorded.job_id)
    return judge, StoredWriter(Absent.writer(frozen.model), answers, budget, progress)
