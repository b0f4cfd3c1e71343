"""What supervisord is told. It listens on nothing: no TCP port, no socket."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

SERVERS = frozenset({"redis", "demo-model", "mail"})
"""What the other parts lean on: started before them and stopped after them."""
PROCESSES = {"worker": 2}
"""One for a long run, one for what people wait for meanwhile; every other part runs once."""
STOP_SECONDS = {"worker": 30}
STOP_SECONDS_OTHERWISE = 10
NEVER_GIVE_UP = 1_000_000_000

HEAD = """\
[supervisord]
nodaemon=true
silent=true
logfile=%(ENV_PLUMBLINE_HOME)s/logs/supervisord.log
logfile_maxbytes=5MB
logfile_backups=2
pidfile=%(ENV_PLUMBLINE_HOME)s/supervisord.pid
childlogdir=%(ENV_PLUMBLINE_HOME)s/logs
minfds=256
minprocs=50
"""


def render(commands: Mapping[str, str]) -> str:
    """The configuration for the commands of a Procfile, run by a shell as Procfiles are.

    Paths come from the environment (`PLUMBLINE_HOME`), so that none has to be quoted for this format.
    """
    servers = {name: command for name, command in commands.items() if name in SERVERS}
    others = {name: command for name, command in commands.items() if name not in SERVERS}
    groups = [_group("servers", servers, 10), _group("parts", others, 20)]
    programs = [_program(name, command) for name, command in commands.items()]
    return "\n".join([HEAD, *filter(None, groups), *programs])


def _group(name: str, commands: Mapping[str, str], priority: int) -> str:
    """Members of one group stop at the same time; groups stop one after the other, highest first."""
    if not commands:
        return ""
    return f"[group:{name}]\nprograms={','.join(commands)}\npriority={priority}\n"


def _program(name: str, command: str) -> str:
    shell = f"/bin/sh -c {shlex.quote('exec ' + command)}".replace("%", "%%")
    count = PROCESSES.get(name, 1)
    number = "-%(process_num)d" if count > 1 else ""
    return f"""\
[program:{name}]
command={shell}
numprocs={count}
process_name=%(program_name)s{number}
autorestart=true
startretries={NEVER_GIVE_UP}
stopwaitsecs={STOP_SECONDS.get(name, STOP_SECONDS_OTHERWISE)}
redirect_stderr=true
stdout_logfile=%(ENV_PLUMBLINE_HOME)s/logs/{name}{number}.log
stdout_logfile_maxbytes=5MB
stdout_logfile_backups=3
"""
