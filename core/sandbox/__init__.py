"""Runs the scripts of code metrics and code triggers where they can reach nothing.

A script is Python, run by an interpreter of its own (pydantic-monty) in a child process that is ended
when a limit is passed. It has no file, network, process, environment, clock or randomness: what it
answers depends on its `data` and its host functions alone.
"""

from core.sandbox.limits import LIMITS, Limits
from core.sandbox.result import BadUse, ScriptResult, ScriptValue
from core.sandbox.running import HostFunction, run_script
from core.sandbox.syntax import check_syntax

__all__ = [
    "LIMITS",
    "BadUse",
    "HostFunction",
    "Limits",
    "ScriptResult",
    "ScriptValue",
    "check_syntax",
    "run_script",
]
