"""What RQ calls: the id of a job, as JSON, and nothing else."""

from __future__ import annotations

from functools import lru_cache

from core import queue
from core.jobs.workplace import Workplace, make_workplace
from core.settings import load_settings
from core.work import perform


def work(job_id: int) -> None:
    """Perform one job in this process."""
    place = workplace()
    perform(place, queue.connect(place.settings.redis), job_id)


@lru_cache(maxsize=1)
def workplace() -> Workplace:
    """The parts of this process. Connections are made on first use: workers fork."""
    return make_workplace(load_settings())
