"""One optimiser on one Lab: what it is given, and what is measured of it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.optimiser.simulator import Simulator
from bench.optimiser.world import SEED_PROMPT, World


@dataclass(frozen=True, slots=True)
class Task:
    """`max_calls`: what may be asked of the endpoint, judge and writer together."""

    world: World
    model: str
    base_url: str
    max_calls: int
    seed: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The prompt that a way of improving ends with; the seed prompt where it kept that.

    `before` and `after` are its own scores over the labelled rows, None where it has none.
    """

    prompt: str
    before: int | None = None
    after: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """`gain`: points of true agreement on the test calls, without the judge's noise."""

    way: str
    seed: int
    gain: float
    calls: int
    tokens: int
    seconds: float
    growth: float
    lower_applied: bool
    changed: bool


def true_gain(simulator: Simulator, prompt: str) -> float:
    """Points of agreement with the truth on the test calls that the prompt gains over the seed prompt."""
    return 100 * (simulator.agreement(prompt) - simulator.agreement(SEED_PROMPT))


def measured(way: str, task: Task, simulator: Simulator, rewrite: Rewrite, seconds: float) -> Measured:
    used = simulator.used
    lower = rewrite.before is not None and rewrite.after is not None and rewrite.after < rewrite.before
    changed = rewrite.prompt.strip() != SEED_PROMPT
    return Measured(
        way=way,
        seed=task.seed,
        gain=true_gain(simulator, rewrite.prompt),
        calls=used["judge"] + used["writer"],
        tokens=used["input"] + used["output"],
        seconds=seconds,
        growth=len(rewrite.prompt) / len(SEED_PROMPT),
        lower_applied=changed and lower,
        changed=changed,
    )
