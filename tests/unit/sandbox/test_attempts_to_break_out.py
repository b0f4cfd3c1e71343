"""Every attempt of the catalogue ends in a clear sentence, and the process that asked goes on."""

from __future__ import annotations

import os
import threading

import pytest

from core.sandbox import LIMITS, run_script
from core.sandbox.workers import KILLED_AFTER_SECONDS
from tests.unit.sandbox.catalogue import ESCAPES, EXHAUSTIONS, TOO_LONG, Attempt, ask

MOST_SECONDS = 1.5
"""What the limits add up to. `bench.sandbox` measures how long each attempt really takes: beside other tests
that would say nothing."""
CATASTROPHES = [r"(a+)+$", r"(a|a)*$", r"(a*)*$", r"(a|aa)+$", r"(.*a){20}$", r"^(([a-z])+.)+[A-Z]([a-z])+$"]
"""Patterns that a backtracking engine does not finish in a lifetime."""


def failure_of(attempt: Attempt) -> str:
    result = run_script(attempt.code, {"transcript": "[1] user: hello"}, {"ask": ask})
    assert result.value is None
    return result.failure


def goes_on() -> bool:
    """Whether the next script is run as if nothing had been."""
    result = run_script("_result = data['n'] + 1", {"n": 1})
    return (result.value, result.failure) == (2, "")


def test_there_are_many_attempts_and_none_may_take_longer_than_promised() -> None:
    assert len(ESCAPES) + len(EXHAUSTIONS) >= 40
    assert LIMITS.seconds + KILLED_AFTER_SECONDS < MOST_SECONDS


@pytest.mark.parametrize("attempt", ESCAPES, ids=lambda attempt: attempt.name)
def test_who_wants_out_is_told_that_there_is_nothing(attempt: Attempt) -> None:
    failure = failure_of(attempt)
    assert attempt.ends in failure or (attempt.or_ends and attempt.or_ends in failure), failure
    assert "monty" not in failure.replace(attempt.code, "").replace("pydantic_monty", "")
    assert goes_on()


@pytest.mark.parametrize("attempt", EXHAUSTIONS, ids=lambda attempt: attempt.name)
def test_who_takes_too_much_is_stopped_by_a_limit(attempt: Attempt) -> None:
    failure = failure_of(attempt)
    ends = [attempt.ends, attempt.or_ends or attempt.ends, TOO_LONG]
    assert any(end in failure for end in ends), failure
    assert goes_on()


@pytest.mark.parametrize("pattern", CATASTROPHES)
def test_a_pattern_that_would_never_end_elsewhere_is_answered(pattern: str) -> None:
    code = f"import re\n_result = re.match(r'{pattern}', 'a' * 10**5 + '!') is None"
    result = run_script(code, {})
    assert (result.value, result.failure) == (True, "")


def test_scripts_that_never_end_hold_up_no_other() -> None:
    """Ten at once are stopped, each by its own limit, while others are answered."""
    failures: list[str] = []

    def never_ending() -> None:
        failures.append(run_script("while True:\n    pass", {}).failure)

    threads = [threading.Thread(target=never_ending) for _ in range(10)]
    for thread in threads:
        thread.start()
    assert goes_on()
    for thread in threads:
        thread.join()
    assert [TOO_LONG in failure for failure in failures] == [True] * 10
    assert goes_on()


def test_a_script_leaves_nothing_behind_for_the_next_one() -> None:
    assert run_script("left = 1\nlen = None\n_result = True", {}).ran
    assert "is not defined" in run_script("_result = left", {}).failure
    assert run_script("_result = len('abc')", {}).value == 3


def test_a_script_can_not_change_the_data_of_the_next_one() -> None:
    data = {"messages": [{"content": "hello"}], "metadata": {"key": "value"}}
    assert run_script("data['messages'].clear()\ndata['metadata']['key'] = 1\n_result = True", data).ran
    assert data == {"messages": [{"content": "hello"}], "metadata": {"key": "value"}}


def test_a_process_forked_after_scripts_were_run_says_so_instead_of_waiting_for_ever() -> None:
    assert goes_on()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            run_script("_result = 1", {})
            said = b"it ran"
        except RuntimeError as error:
            said = str(error).encode()
        os.write(writer, said)
        os._exit(0)
    os.waitpid(child, 0)
    assert b"fork first" in os.read(reader, 1_000)
    assert goes_on()
