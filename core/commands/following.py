"""Wait for a job and show how far it is; do it here where no worker is running."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click

from core import jobs
from core.commands.context import Context
from core.errors import Refused
from core.health import alive
from core.jobs import JobView
from core.jobs.workplace import make_workplace
from core.llm.faults import shown_address
from core.settings import Settings
from core.work import perform

POLL_SECONDS = 0.3
LINE_EVERY_SECONDS = 5.0


def follow(context: Context, job_id: int) -> JobView:
    """Return the job when it is final. Ctrl-C stops waiting, and stops the job if it is done here."""
    jobs.push_now(context.database, context.redis, [job_id])
    if worker_is_running(context):
        return _watch(context, job_id)
    context.say("No worker is running, so this command does the work itself.")
    with _model_at_hand(context.settings) as settings:
        return _do_here(context, settings, job_id)


def queued_note(context: Context, job_id: int) -> None:
    """Wake a worker, and say so where there is none."""
    jobs.push_now(context.database, context.redis, [job_id])
    if not worker_is_running(context):
        context.say("No worker is running: it starts when one does (make run), or use --wait.")


def worker_is_running(context: Context) -> bool:
    """Whether a worker beats; says so when it judges with another model than this command's settings name."""
    with context.database.read() as session:
        workers = alive(session, "worker")
    mine = (context.settings.llm_model, shown_address(context.settings.llm_base_url))
    for worker in workers:
        theirs = (worker.details.get("model"), worker.details.get("address"))
        if theirs != mine:
            context.say(
                f"Note: the running worker judges with {theirs[0]} at {theirs[1] or 'no address'}, "
                f"not with {mine[0]} at {mine[1] or 'no address'}; settings count where it was started."
            )
            break
    return bool(workers)


def _do_here(context: Context, settings: Settings, job_id: int) -> JobView:
    place = make_workplace(settings)
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            perform(place, context.redis, job_id)
            if jobs.view(context.database, job_id).final:
                return
            done.wait(1.0)

    thread = threading.Thread(target=work, name="foreground-job", daemon=True)
    thread.start()
    try:
        return _watch(context, job_id)
    except KeyboardInterrupt:
        with context.database.write() as session:
            jobs.request_cancel(session, job_id)
        context.say("Cancelling …")
        return _watch(context, job_id)
    finally:
        done.set()
        thread.join(timeout=30)


def _watch(context: Context, job_id: int) -> JobView:
    if sys.stderr.isatty():
        return _watch_bar(context, job_id)
    return _watch_lines(context, job_id)


def _watch_bar(context: Context, job_id: int) -> JobView:
    with click.progressbar(length=1, label="Queued", file=sys.stderr, show_eta=True) as bar:
        while True:
            job = jobs.view(context.database, job_id)
            bar.label = job.stage or job.status.capitalize()
            bar.length = max(job.calls_expected, 1)
            bar.update(min(job.calls_done, bar.length) - bar.pos)
            if job.final:
                return job
            time.sleep(POLL_SECONDS)


def _watch_lines(context: Context, job_id: int) -> JobView:
    said, said_at = "", float("-inf")
    while True:
        job = jobs.view(context.database, job_id)
        if job.final:
            return job
        text = job.stage or job.status
        if text != said or time.monotonic() - said_at >= LINE_EVERY_SECONDS:
            count = f", {job.calls_done} of {job.calls_expected} calls" if job.calls_expected else ""
            context.say(f"job {job_id}: {text}{count}")
            said, said_at = text, time.monotonic()
        time.sleep(POLL_SECONDS)


@contextmanager
def _model_at_hand(settings: Settings) -> Iterator[Settings]:
    """The settings with an endpoint: where none is set, the demo model in a process of its own meanwhile."""
    if settings.llm_base_url is not None:
        yield settings
        return
    command = [sys.executable, "-m", "demo.model", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        if address is None:
            raise Refused("The demo model did not start; set LLM_BASE_URL to use another one.")
        yield settings.model_copy(update={"llm_base_url": address[0]})
    finally:
        process.terminate()
        process.wait(timeout=10)
