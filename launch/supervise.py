"""`python -m launch.supervise LAUNCHER CONFIG`: supervisord, tied to the process that started it.

Three things differ from plain supervisord: it stops when its launcher is gone, it never gives a part
up, and it leaves no grandchild running.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from supervisor.medusa import asyncore_25
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from core.settings import RUNTIME_FILE
from launch import orphans

LONGEST_PAUSE = 10
"""Seconds between two tries to start a part that dies at once; supervisord's own pause grows for ever."""


class TiedOptions(ServerOptions):
    def execve(self, filename: str, argv: list[str], env: dict[str, str]) -> NoReturn:
        orphans.die_with_parent()
        os.execve(filename, argv, env)  # noqa: S606 - supervisord's own call, with its own arguments


class TiedSupervisor(Supervisor):
    def __init__(self, options: ServerOptions, launcher: int) -> None:
        super().__init__(options)
        self.launcher = launcher

    def tick(self, now: Any = None) -> None:
        """Called by supervisord at least once a second."""
        if os.getppid() != self.launcher:
            self.options.mood = SupervisorStates.SHUTDOWN
        for group in self.process_groups.values():
            for process in group.processes.values():
                process.backoff = min(process.backoff, LONGEST_PAUSE)
        super().tick(now)


def main(launcher: int, config: str) -> None:
    """Until told to stop, or until the launcher is gone; then its addresses go as well."""
    orphans.adopt()
    options = TiedOptions()
    options.realize(["--nodaemon", "--configuration", config])
    options.first, options.test = True, False
    try:
        with suppress(asyncore_25.ExitNow):
            TiedSupervisor(options, launcher).main()
    finally:
        orphans.end_children()
    if os.getppid() != launcher:
        (Path(config).parent / RUNTIME_FILE).unlink(missing_ok=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
