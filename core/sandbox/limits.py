"""What a script may use. Every limit ends the script, never the process that asked for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one run.

    Attributes:
        seconds: of running and of handing values over; waiting for a host function does not count.
        memory_bytes: of the script's own heap, its `data` included.
        depth: calls within calls.
        host_steps: host functions called and unknown names looked up.
        printed_characters: of everything it prints.
        result_characters, explanation_characters: a longer `_result` is a failure, a longer
            `_explanation` is cut.
    """

    seconds: float = 1.0
    memory_bytes: int = 100_000_000
    depth: int = 200
    host_steps: int = 200
    printed_characters: int = 20_000
    result_characters: int = 300
    explanation_characters: int = 2_000


LIMITS = Limits()
"""The limits of every script of a metric."""
