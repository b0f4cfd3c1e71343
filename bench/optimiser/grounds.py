"""Where an optimiser is tried: a Lab, the model that answers there, and how gain is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.endpoint import demo_endpoint
from bench.optimiser.file_labs import FileLab
from bench.optimiser.judged import agreement
from bench.optimiser.lab import Lab
from bench.optimiser.serving import Elsewhere, Model, Simulated
from bench.optimiser.simulator import Simulator
from bench.optimiser.world import make_world
from core.terms import Definition

SIMULATED: Mapping[str, Mapping[str, float]] = {
    "usual": {"baseline": 0.67, "wrong_labels": 0.0},
    "mislabelled": {"baseline": 0.67, "wrong_labels": 0.03},
    "near the ceiling": {"baseline": 0.88, "wrong_labels": 0.03},
}
"""Kinds of simulated Lab: what the untaught judge agrees with, and the share of wrong labels."""


@dataclass(frozen=True, slots=True)
class Ground:
    """`agreement`: the share of the test calls on which a judge with these definitions, one a call, is right.

    It is asked with the address and the model's name there, after the trial's calls were counted.
    """

    lab: Lab
    model: Model
    agreement: Callable[[str, str, Sequence[Definition]], float]


def simulated(kind: str, labels: int, seed: int) -> Ground:
    """A fresh world: the same for the same kind, number of labels and seed."""
    about = SIMULATED[kind]
    world = make_world(seed, labels, baseline=about["baseline"], wrong_labels=about["wrong_labels"])
    simulator = Simulator(world, seed)
    return Ground(
        world.lab(),
        Simulated(simulator),
        lambda _, __, new: simulator.agreement_each([each.description for each in new]),
    )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`is_demo`: a rule follower that understands the questions of Plumbline and of no other tool."""

    base_url: str
    api_key: str
    model: str
    is_demo: bool

    def ground(self, lab: FileLab, seed: int) -> Ground:
        divided = lab.divided(seed)
        return Ground(
            divided,
            Elsewhere(self.base_url, self.api_key, self.model),
            lambda address, model, new: agreement(address, model, new, divided.test),
        )


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """The endpoint that the environment names, as for the product; the demo model where it names none."""
    base_url = os.environ.get("LLM_BASE_URL", "")
    if base_url:
        key, model = os.environ.get("LLM_API_KEY", ""), os.environ["LLM_MODEL"]
        yield Endpoint(base_url, key, model, is_demo=False)
        return
    with demo_endpoint(0.0) as address:
        yield Endpoint(address, "", "plumbline-demo", is_demo=True)
