"""`python -m launch`: start every part on this machine, keep them running, stop them all."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from pydantic import ValidationError

from core import health
from core.db import Database
from core.settings import RUNTIME_FILE, Settings, load_settings
from launch import files, orphans, ports, ready, redis_server, report
from launch.lock import AlreadyRunning, announce, only_one
from launch.plan import Plan, commands, make_plan, wanted_ports
from launch.supervision import ROOT, Supervision

START_SECONDS = 120.0
REFUSALS = (AlreadyRunning, ports.NoFreePort, ports.NotOurAddress, redis_server.NoRedis)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m launch", description=__doc__)
    parser.add_argument(
        "--with-parent", action="store_true", help="stop when the process that started this one is gone"
    )
    _stop_on_signals()
    parent = os.getppid() if parser.parse_args().with_parent else None
    try:
        settings = load_settings()
        settings.plumbline_home.mkdir(mode=0o700, parents=True, exist_ok=True)
        with only_one(settings.plumbline_home) as lock:
            return _launch(settings.plumbline_home, lock, lambda: parent in {None, os.getppid()})
    except ValidationError as error:
        return _refuse(report.bad_settings(error))
    except REFUSALS as error:
        return _refuse(str(error))


def _launch(home: Path, lock: int, stay: Callable[[], bool]) -> int:
    """Everything that happens while the home is held; the exit status."""
    # A file left by a launcher that was killed would look like addresses somebody chose.
    (home / RUNTIME_FILE).unlink(missing_ok=True)
    settings = load_settings()
    plan = _plan(settings)
    announce(lock, plan.web_address)
    environment = files.environment(plan)
    report.say("Starting Plumbline; this takes a few seconds.")
    if not _migrated(environment):
        return 1
    _load_demo(environment)
    config = files.write(plan, home, commands(files.procfiles(ROOT), plan))
    orphans.adopt()
    supervision = Supervision(config, environment, lock)
    try:
        return _keep_running(settings, plan, supervision, environment, stay)
    finally:
        report.stopping()
        supervision.stop()
        (home / RUNTIME_FILE).unlink(missing_ok=True)


def _plan(settings: Settings) -> Plan:
    ports.require_local(settings.plumbline_host)
    wanted = wanted_ports(settings)
    if "redis" in wanted:
        redis_server.find()
    chosen = ports.choose(wanted, lambda port: ports.is_taken(settings.plumbline_host, port))
    report.stepped_over(wanted, chosen)
    return make_plan(settings, chosen)


def _migrated(environment: Mapping[str, str]) -> bool:
    """In a process of its own, which says itself on stderr what is wrong."""
    command = [sys.executable, "-m", "core", "migrate"]
    return not subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL).returncode


def _load_demo(environment: Mapping[str, str]) -> None:
    """Into an installation that never had a project; without it the product works all the same."""
    command = [sys.executable, "-m", "core", "demo", "load", "--first-time"]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=False)


def _keep_running(
    settings: Settings,
    plan: Plan,
    supervision: Supervision,
    environment: Mapping[str, str],
    stay: Callable[[], bool],
) -> int:
    absent = _wait(plan, lambda: supervision.runs and stay())
    report.absent(absent, settings.plumbline_home)
    if "web" in absent:
        return 1
    report.started(settings, plan, _first_way_in(environment))
    while stay():
        supervision.wait(0.5)
        if not supervision.runs:
            time.sleep(1)
            supervision.restart()
    return 0


def _wait(plan: Plan, going_on: Callable[[], bool]) -> list[str]:
    """Until every part is up; those that are not. Asks the database itself: the page tells strangers
    nothing of the parts."""
    settings = load_settings()  # with what runtime.json tells by now
    database = Database(settings.database)
    others = {name: port for name, port in plan.ports.items() if name != "web"}
    try:
        return ready.wait(
            plan.host,
            plan.ports["web"],
            START_SECONDS,
            going_on,
            lambda: health.check(settings, database),
            others,
        )
    finally:
        database.dispose()


def _first_way_in(environment: Mapping[str, str]) -> str:
    """The path of a one-time link for the local admin while they have no password, else empty."""
    command = [sys.executable, "-m", "core", "user", "welcome"]
    asked = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    return asked.stdout.strip()


def _stop_on_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    # Once is enough: a second Ctrl-C would otherwise interrupt the stopping and leave parts behind.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(0)


def _refuse(sentence: str) -> int:
    report.aside(sentence)
    return 1


if __name__ == "__main__":
    sys.exit(main())
