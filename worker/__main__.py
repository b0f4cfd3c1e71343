"""`python -m worker` performs jobs, `python -m worker scheduler` fires schedules."""

from __future__ import annotations

import sys

from core import queue
from core.errors import DatabaseNotReady
from core.logs import set_up_logs
from worker.process import run_worker
from worker.scheduler import run_scheduler
from worker.tasks import workplace
from worker.waiting import wait_for_database

USAGE = "usage: python -m worker [scheduler]"


def main(arguments: list[str]) -> int:
    if arguments not in ([], ["scheduler"]):
        print(USAGE, file=sys.stderr)  # noqa: T201
        return 2
    place = workplace()
    set_up_logs(place.settings.log_level)
    try:
        wait_for_database(place.database)
    except DatabaseNotReady as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    connection = queue.connect(place.settings.redis)
    if arguments:
        run_scheduler(place, connection)
    else:
        import openai  # noqa: F401 - once here, rather than a second in every forked job

        run_worker(place, connection)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
