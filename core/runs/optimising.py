"""One metric of a run, from collecting its labels to recording its outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from core import jobs
from core.db import database_now
from core.errors import BudgetSpent, CallFailed, Cancelled, ModelError, Refused, TooManyNotJudged
from core.evidence import Noise
from core.guard import Decision
from core.jobs import Claim, Lease
from core.jobs.workplace import Workplace
from core.judging.judge import Judge
from core.judging.scoring import score, too_many_not_judged
from core.lab import StoredVerdicts, TranscriptStore
from core.models import MetricVersion, Proposal, Result, Run
from core.models.runs import ACTIVE, WAITING
from core.optimiser.case import Found
from core.optimiser.engine import everything_agrees, optimise
from core.optimiser.examples import disagreeing
from core.optimiser.split import split
from core.runs.finishing import finish_run
from core.runs.learned import Learned
from core.runs.loading import Frozen, freeze, same_question
from core.runs.recording import CANCELLED, record
from core.runs.weighing import measure_noise, wants_noise
from core.runs.writer import StoredWriter
from core.terms import LabelledRow, Outcome, Score, Verdict
from core.verdicts import SQLAnswers, SQLVerdicts, spent

FEWEST_LABELS = 2
USEFUL_DISAGREEMENTS = 6
TURN_SECONDS = 15.0
"""How long a result waits before it looks again whether the metric is free; it is also woken."""


def optimise_metric(place: Workplace, mine: Claim) -> list[int]:
    """Do the job; the ids of jobs to push next. Raises LeaseLost and what nobody expected."""
    with place.database.read() as session:
        run_id = session.get_one(Result, mine.subject_id).run_id
        learned = Learned(spent_before=spent(session, mine.job_id))
    if mine.cancel_requested:
        decision: Decision | None = CANCELLED
    elif mine.hopeless:
        decision = Decision(
            Outcome.FAILED,
            f"The worker stopped {jobs.MAX_ATTEMPTS} times in the middle of this metric; its log says why.",
        )
    elif not _take_turn(place, mine):
        return []
    else:
        with Lease(place.database, mine, place.settings.lease_seconds) as lease:
            decision = _investigate(place, mine, lease, learned)
            learned.conclude()
    woken = record(place.database, place.settings, mine, learned, decision)
    return woken + finish_run(place.database, run_id)


def _take_turn(place: Workplace, mine: Claim) -> bool:
    """Make the result the active one of its metric; put the job back where another one is."""
    try:
        with place.database.write() as session:
            jobs.hold(session, mine)
            result = session.get_one(Result, mine.subject_id)
            now = database_now(session)
            if result.state == WAITING:
                result.state = ACTIVE
            result.started_at = result.started_at or now
            session.flush()
            session.execute(
                update(Run)
                .where(Run.id == result.run_id)
                .values(started_at=func.coalesce(Run.started_at, now))
            )
        return True
    except IntegrityError:
        with place.database.write() as session:
            jobs.defer(session, mine, TURN_SECONDS)
        return False


def _investigate(place: Workplace, mine: Claim, lease: Lease, learned: Learned) -> Decision | None:
    """Fill the learned; a decision where none is left to the guard."""
    try:
        return _search(place, mine, lease, learned)
    except Cancelled:
        return CANCELLED
    except BudgetSpent as error:
        learned.drop_candidate()
        return Decision(
            Outcome.OVER_BUDGET, f"{_limit_reached(error, mine)} Nothing was proposed or applied."
        )
    except (ModelError, CallFailed, TooManyNotJudged, Refused) as error:
        learned.drop_candidate()
        return Decision(Outcome.FAILED, str(error))


def _limit_reached(error: BudgetSpent, mine: Claim) -> str:
    """The error names what an earlier attempt, whose worker died, had left of the limit."""
    return str(error) if mine.attempt == 1 else "The run reached its budget, over several attempts."


def _search(place: Workplace, mine: Claim, lease: Lease, learned: Learned) -> Decision | None:
    lease.stage("Collecting labels")
    lease.check()
    frozen = _freeze(place, mine)
    learned.frozen = frozen
    case = frozen.case
    if frozen.deleted:
        return Decision(Outcome.CANCELLED, "The metric was deleted; nothing was applied.")
    if len(case.labelled) < FEWEST_LABELS:
        return _not_enough(len(case.labelled))
    known = _known_answer(place, frozen, learned)
    if known is not None:
        return known

    parts = split(case.rows)
    learned.parts = parts.part_of()
    judge, writer = _judge_and_writer(place, mine, lease, learned, frozen)
    lease.stage("Judging the live prompt")
    learned.before = judge.judge(case.definition, case.labelled)
    _require_answers(score(case.labelled, learned.before, case.settings), learned.before.values())
    learned.warning = _warning(frozen, learned.before)
    if everything_agrees(case, learned.before):
        return Decision(
            Outcome.NO_CHANGES, f"Every label agrees already ({len(case.labelled)} of {len(case.labelled)})."
        )
    transcripts = TranscriptStore(place.database)
    found = optimise(
        case,
        parts,
        learned.before,
        judge,
        writer,
        transcripts,
        lease,
        seed=frozen.seed,
        strategy=frozen.strategy,
    )
    learned.tried, learned.log = found.tried, found.log
    if not isinstance(found, Found):
        return Decision(Outcome.NO_CHANGES, found.reason)
    if frozen.skip_evaluation:
        lease.check()
        learned.candidate = found.candidate
        return None
    lease.stage("Judging the proposal on every label")
    after = judge.judge(found.candidate.definition, case.labelled)
    lease.check()
    learned.candidate, learned.after = found.candidate, after
    _require_answers(score(case.labelled, after, case.settings), after.values())
    compared = learned.comparison()
    assert compared is not None  # both verdicts were just set
    _require_answers(compared.baseline, after.values())
    if compared.optimised.correct >= compared.baseline.correct:
        learned.noise = _noise(judge, lease, frozen, learned.before)
    return None


def _noise(judge: Judge, lease: Lease, frozen: Frozen, before: Mapping[int, Verdict]) -> Noise | None:
    """None where it is not wanted, and where the calls for it failed: the search itself is complete."""
    if not wants_noise(frozen.guard, len(frozen.case.labelled), frozen.check_noise):
        return None
    lease.stage("Asking the judge again")
    try:
        return measure_noise(frozen.case, before, judge)
    except (BudgetSpent, ModelError):
        return None


def _freeze(place: Workplace, mine: Claim) -> Frozen:
    with place.database.read() as session:
        return freeze(session, place.settings, mine.subject_id)


def _judge_and_writer(
    place: Workplace, mine: Claim, lease: Lease, learned: Learned, frozen: Frozen
) -> tuple[Judge, StoredWriter]:
    """Both spend from one budget: what earlier attempts of this job left of the run's limits."""
    model = place.model(frozen.project_id)
    client = model.client(frozen.model)
    budget = model.budget(mine.job_id, frozen.max_calls, frozen.max_cost, already=learned.spent_before)
    learned.budget = budget
    judge = Judge(
        client=client,
        settings=frozen.case.settings,
        source=TranscriptStore(place.database),
        store=SQLVerdicts(place.database, frozen.project_id, mine.job_id),
        budget=budget,
        concurrency=place.settings.llm_concurrency,
        progress=lease,
        max_output_tokens=place.settings.llm_max_output_tokens,
        others=StoredVerdicts(place.database, frozen.project_id, frozen.metric_id),
    )
    writer = StoredWriter(client, SQLAnswers(place.database, mine.job_id), budget, lease)
    return judge, writer


def _not_enough(labelled: int) -> Decision:
    return Decision(
        Outcome.NOT_ENOUGH_LABELS,
        f"{'One row is' if labelled == 1 else 'No row is'} labelled; a run needs at least "
        f"{FEWEST_LABELS}, and learns from about {USEFUL_DISAGREEMENTS} disagreements with notes.",
    )


def _known_answer(place: Workplace, frozen: Frozen, learned: Learned) -> Decision | None:
    """`no_changes`, without one model call, where an earlier result decided the same question."""
    with place.database.read() as session:
        live = session.get_one(MetricVersion, frozen.base_version_id).definition
        earlier = same_question(session, frozen, live)
        if earlier is None:
            return None
        learned.same_as = earlier.same_as_result_id or earlier.id
        origin = session.get_one(Result, learned.same_as)
        since = f"{origin.finished_at:%-d %B %Y}" if origin.finished_at else "then"
        waits = session.scalar(
            select(Proposal.id).where(Proposal.result_id == origin.id, Proposal.state == "waiting")
        )
    reason = f"No new feedback since run {origin.run_id} of {since}."
    if waits is not None:
        reason += f" Its proposal {waits} still waits for review."
    return Decision(Outcome.NO_CHANGES, reason)


def _require_answers(found: Score, verdicts: Iterable[Verdict]) -> None:
    if not too_many_not_judged(found):
        return
    causes = [verdict.cause for verdict in verdicts if verdict.cause]
    cause = f" ({causes[0]})" if causes else ""
    raise TooManyNotJudged(
        f"{found.not_judged} of {found.not_judged + found.total} rows got no answer from the model{cause}; "
        "a score over the rest would mislead, so nothing was changed."
    )


def _warning(frozen: Frozen, before: Mapping[int, Verdict]) -> str:
    """Why this run may teach little; it runs all the same."""
    rows: Sequence[LabelledRow] = frozen.case.labelled
    if len({row.expected for row in rows}) == 1:
        return "Only one value is labelled, so a prompt that always answers it would look perfect."
    wrong = disagreeing(frozen.case, before, rows)
    if 0 < len(wrong) < USEFUL_DISAGREEMENTS:
        return (
            f"Only {len(wrong)} labels disagree with the live prompt; "
            f"from about {USEFUL_DISAGREEMENTS} with notes a rewrite has something to learn from."
        )
    return ""
