"""Perform a job, whatever its kind; and put right what dying processes left behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import structlog
from redis import Redis

from core import jobs, runs
from core.deliveries import MailRound, deliver
from core.errors import LeaseLost
from core.evaluations import evaluate_metric
from core.imports import bring_in
from core.jobs import Attempts, Claim
from core.jobs.workplace import Workplace
from core.reminders import write_reminders

log = structlog.get_logger()

Handler = Callable[[Workplace, Claim], list[int]]

HANDLERS: Mapping[str, Handler] = {
    "optimise": runs.optimise_metric,
    "evaluate": evaluate_metric,
    "trial": runs.perform_trial,
    "import": bring_in,
}
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 5.0, 600.0


def perform(place: Workplace, connection: Redis, job_id: int) -> None:
    """Claim the job and do it; nothing happens when somebody else has it.

    After a mail the others that are due go out over the same connection, each a job of its own.
    """
    with MailRound() as mails:
        handlers: dict[str, Handler] = {**HANDLERS, "deliver": partial(deliver, mails=mails)}
        goes_on = _perform(place, connection, job_id, handlers)
        for next_id in mails.next_jobs(place.database, after=job_id) if goes_on else ():
            if not _perform(place, connection, next_id, handlers):
                return


def _perform(place: Workplace, connection: Redis, job_id: int, handlers: Mapping[str, Handler]) -> bool:
    """Claim one job and do it; whether this worker is in a state to go on to another.

    This is the one boundary at which an error nobody expected is caught: it is logged, and the job is
    tried again, later each time. Once its attempts are used up its handler records that instead.
    """
    mine = jobs.claim(place.database, job_id)
    if mine is None:
        return True
    logger = log.bind(job=job_id, kind=mine.kind, attempt=mine.attempt)
    logger.info("job started")
    try:
        follow_up = handlers[mine.kind](place, mine)
    except LeaseLost:
        logger.warning("job was taken over by another worker")
        return False
    except Exception:
        logger.exception("job failed in a way nobody expected")
        _try_again(place, mine)
        return False
    logger.info("job ended")
    jobs.push_now(place.database, connection, follow_up)
    return True


def _try_again(place: Workplace, mine: Claim) -> None:
    try:
        with place.database.write() as session:
            pause = FIRST_RETRY_SECONDS * 2 ** min(mine.attempt - 1, 10)
            jobs.defer(session, mine, min(pause, LONGEST_RETRY_SECONDS), Attempts.SPENT)
    except LeaseLost:
        log.info("job was closed before the error", job=mine.job_id)


def reconcile(place: Workplace, connection: Redis) -> None:
    """Queue again what silent workers held, close what is done, and wake workers for what waits."""
    for job_id in jobs.expire_leases(place.database, place.settings.lease_seconds):
        log.warning("the worker of a job went silent; it is queued again", job=job_id)
    runs.finish_open_runs(place.database)
    jobs.push_waiting(place.database, connection)
    jobs.push_now(place.database, connection, write_reminders(place.database))
