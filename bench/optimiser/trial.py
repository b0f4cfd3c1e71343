"""One optimiser on one Lab: what it is given, and what is measured of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench.optimiser.grounds import Ground
from bench.optimiser.lab import Lab
from bench.optimiser.serving import Models
from core.terms import Definition


@dataclass(frozen=True, slots=True)
class Task:
    """`max_calls`: what may be asked of the endpoint, judge and writer together."""

    lab: Lab
    model: str
    base_url: str
    max_calls: int
    seed: int


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The prompt that a way of improving ends with; the Lab's own where it kept that.

    `before` and `after` are its own scores over the labelled rows, None where it has none.
    """

    prompt: str
    before: int | None = None
    after: int | None = None
    note: str = ""
    definition: Definition | None = None
    """Where it is more than a prompt: a trigger, or a script that answers in the prompt's place."""
    prompts: tuple[str, ...] = ()
    """One for each test call, where the judge adds to the prompt what it looks up for a call."""

    def to_judge(self, tests: int) -> list[Definition]:
        """What judges each of the test calls."""
        if self.prompts:
            return [Definition(prompt) for prompt in self.prompts]
        return [self.definition or Definition(self.prompt)] * tests

    @property
    def length(self) -> float:
        """Characters of the prompt, on average where calls have one each."""
        return statistics.mean(map(len, self.prompts)) if self.prompts else len(self.prompt)

    @property
    def lower(self) -> bool:
        return self.before is not None and self.after is not None and self.after < self.before


@dataclass(frozen=True, slots=True)
class Measured:
    """`gain`: points of agreement that the prompt gained on calls which no way saw.

    In a simulated Lab that is agreement with the truth, without the judge's noise; elsewhere with the
    labels, as the judge answered.
    """

    way: str
    seed: int
    gain: float
    calls: int
    tokens: int
    seconds: float
    growth: float
    lower_applied: bool
    changed: bool


def trial(
    models: Models,
    base_url: str,
    way: str,
    improve: Callable[[Task], Rewrite],
    ground: Ground,
    seed: int,
    max_calls: int,
) -> Measured:
    """One way on one ground. Raises Unavailable where the way can't be asked."""
    model = f"bench-{seed}-{way}"
    models.add(model, ground.model)
    task = Task(ground.lab, model, base_url, max_calls, seed)
    began = time.perf_counter()
    rewrite = improve(task)
    seconds, used = time.perf_counter() - began, ground.model.used.copy()
    tests = len(task.lab.test)
    live, improved = Rewrite(task.lab.prompt).to_judge(tests), rewrite.to_judge(tests)
    changed = improved != live
    before, after = (
        ground.agreement(base_url, model, definitions) if changed else 0.0 for definitions in (live, improved)
    )
    models.drop(model)
    return Measured(
        way=way,
        seed=seed,
        gain=100 * (after - before),
        calls=used["calls"],
        tokens=used["input"] + used["output"],
        seconds=seconds,
        growth=rewrite.length / len(task.lab.prompt),
        lower_applied=changed and rewrite.lower,
        changed=changed,
    )
