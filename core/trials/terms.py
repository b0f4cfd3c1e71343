"""What is tried, on which calls, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.errors import Refused
from core.terms import Definition

MOST_RECENT = 50
"""Calls without a label that a definition is tried on at most."""


class Scope(StrEnum):
    """The calls that a definition is tried on: every labelled row, or the newest calls without a label."""

    LABELS = "labels"
    RECENT = "recent"


@dataclass(frozen=True, slots=True)
class NewTrial:
    """A definition to be tried.

    Attributes:
        result_id: the result whose candidate it is, as it was or edited; None for what somebody writes.
        review_ids: of the labelled rows only these; None for all.
        limit: calls without a label at most.
        with_live: judge the live definition, too; without, there is nothing to compare with.
        save: keep the verdicts as the Lab's actual values, where the definition is the live one.
        then_apply: whoever started it wants a proposal applied unless it scores lower; see `runs.scoring`.
        token_id: the API token that wants that, None for a person.
    """

    metric_id: int
    definition: Definition
    scope: Scope = Scope.LABELS
    result_id: int | None = None
    review_ids: Sequence[int] | None = None
    limit: int = MOST_RECENT
    with_live: bool = True
    save: bool = False
    then_apply: bool = False
    token_id: int | None = None

    def options(self) -> dict[str, Any]:
        """As they are stored. Raises Refused for a limit out of bounds."""
        if not 1 <= self.limit <= MOST_RECENT:
            raise Refused(f"A definition is tried on 1 to {MOST_RECENT} recent calls.")
        return {
            "review_ids": None if self.review_ids is None else sorted(set(self.review_ids)),
            "limit": self.limit,
            "with_live": self.with_live,
            "save": self.save,
            "then_apply": self.then_apply,
            "token": self.token_id,
        }


@dataclass(frozen=True, slots=True)
class StartedTrial:
    """A trial and the job to push. `joined`: the same one was going already."""

    trial_id: int
    job_id: int
    joined: bool


@dataclass(frozen=True, slots=True)
class Size:
    """How many calls a trial judges, and what that comes to in calls to the model, scripts' own aside."""

    calls: int
    model_calls: int


def review_ids_of(options: Mapping[str, Any]) -> list[int] | None:
    found: list[int] | None = options.get("review_ids")
    return found
