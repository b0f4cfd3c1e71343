"""An RQ worker that shows signs of life in the database and leaves deadlines and retries to jobs."""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Worker
from rq.serializers import JSONSerializer
from sqlalchemy.exc import OperationalError

from core import health, queue
from core.jobs.workplace import Workplace

log = structlog.get_logger()

WORKER_TTL_SECONDS = 25
"""An idle worker listens 15 seconds less than this at a time, and shows a sign of life in between."""
MONITORING_SECONDS = 5
BEAT_SECONDS = 4.0
PAUSE_SECONDS = 2.0


class BeatingWorker(Worker):
    """Writes a process_beat with RQ's own heartbeats."""

    def __init__(self, place: Workplace, connection: Redis) -> None:
        self.place = place
        self.beat_name = f"worker-{socket.gethostname()}-{os.getpid()}"
        self.started_at = datetime.now(UTC)
        self.beaten_at = float("-inf")
        super().__init__(
            [queue.queue(connection)],
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            job_monitoring_interval=MONITORING_SECONDS,
        )

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        super().heartbeat(timeout, pipeline)
        if os.getpid() == self.pid and time.monotonic() - self.beaten_at >= BEAT_SECONDS:
            self.beaten_at = time.monotonic()
            self._beat()

    def _beat(self) -> None:
        settings = self.place.settings
        details = {"model": settings.llm_model, "address": settings.llm_base_url or ""}
        try:
            health.beat(self.place.database, self.beat_name, "worker", self.started_at, details)
        except OperationalError as error:
            log.warning("no sign of life could be written", cause=type(error).__name__)


def run_worker(place: Workplace, connection: Redis) -> None:
    """Work until told to stop; a Redis that goes away is waited for."""
    while True:
        worker = BeatingWorker(place, connection)
        try:
            worker.work(logging_level="WARNING")
            return
        except RedisError as error:
            log.warning("waiting for Redis", cause=type(error).__name__)
            time.sleep(PAUSE_SECONDS)
        finally:
            _say_goodbye(worker)


def _say_goodbye(worker: BeatingWorker) -> None:
    try:
        health.forget(worker.place.database, worker.beat_name)
    except OperationalError:
        log.warning("the worker's beat could not be removed; it will be seen as silent")
