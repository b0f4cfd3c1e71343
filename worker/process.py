"""An RQ worker that shows signs of life in the database and leaves deadlines and retries to jobs."""

from __future__ import annotations

import os
import signal
import socket
import time
from datetime import UTC, datetime
from types import FrameType
from typing import Any, NoReturn

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import SQLAlchemyError

from core import health, queue
from core.jobs.workplace import Workplace
from core.llm.faults import shown_address

log = structlog.get_logger()

WORKER_TTL_SECONDS = 25
"""An idle worker listens 15 seconds less than this at a time, and shows a sign of life in between."""
MONITORING_SECONDS = 5
BEAT_SECONDS = 4.0
PAUSE_SECONDS = 2.0


class BeatingWorker(Worker):
    """Writes a process_beat with RQ's own heartbeats."""

    max_connection_wait_time = PAUSE_SECONDS

    def __init__(self, place: Workplace, connection: Redis) -> None:
        self.place = place
        self.beat_name = f"worker-{socket.gethostname()}-{os.getpid()}"
        self.started_at = datetime.now(UTC)
        self.beaten_at = float("-inf")
        self.told_to_stop = False
        super().__init__(
            [queue.queue(connection)],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            job_monitoring_interval=MONITORING_SECONDS,
        )

    def request_stop(self, signum: Any, frame: Any) -> None:
        self.told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        super().heartbeat(timeout, pipeline)
        if os.getpid() == self.pid and time.monotonic() - self.beaten_at >= BEAT_SECONDS:
            self.beaten_at = time.monotonic()
            self._beat()

    def _beat(self) -> None:
        settings = self.place.settings
        details = {"model": settings.llm_model, "address": shown_address(settings.llm_base_url)}
        try:
            health.beat(self.place.database, self.beat_name, "worker", self.started_at, details)
        except SQLAlchemyError as error:
            log.warning("no sign of life could be written", cause=type(error).__name__)

    def say_goodbye(self) -> None:
        try:
            health.forget(self.place.database, self.beat_name)
        except SQLAlchemyError:
            log.warning("the worker's beat could not be removed; it will be seen as silent")


def run_worker(place: Workplace, connection: Redis) -> None:
    """Work until told to stop. RQ gives up when Redis goes away in the middle of a job, and at any error
    it does not know; here it is started again."""
    while not _work_until_it_ends(place, connection):
        _stop_when_told()
        time.sleep(PAUSE_SECONDS)


def _work_until_it_ends(place: Workplace, connection: Redis) -> bool:
    """Whether it ended because somebody wanted it to."""
    worker: BeatingWorker | None = None
    try:
        worker = BeatingWorker(place, connection)
        worker.work(logging_level="WARNING")
    except RedisError as error:
        log.warning("waiting for Redis", cause=type(error).__name__)
    finally:
        if worker is not None:
            worker.say_goodbye()
    return worker is not None and worker.told_to_stop


def _stop_when_told() -> None:
    """Between two workers no RQ is there to listen: its handlers belong to the one that ended."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _leave)


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
