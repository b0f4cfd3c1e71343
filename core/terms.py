"""Frozen values the rules speak in. Nothing here knows a database, a queue or a screen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

NOT_APPLICABLE = "N/A"
"""The canonical form of the value a metric has on a call that it does not apply to."""


class MetricType(StrEnum):
    LLM_JUDGE = "llm_judge"
    CUSTOM_CODE = "custom_code"


class EvalType(StrEnum):
    BINARY = "binary"
    RATING = "rating"
    NUMERIC = "numeric"
    ENUM = "enum"


class TriggerKind(StrEnum):
    ALWAYS = "always"
    PROMPT = "prompt"
    CODE = "code"


class Role(IntEnum):
    """What a member may do; each role may do what the ones below it may."""

    VIEWER = 1
    LABELLER = 2
    EDITOR = 3
    ADMIN = 4


class Origin(StrEnum):
    """Where an action came from."""

    PAGE = "page"
    SCHEDULE = "schedule"
    MCP = "mcp"
    COMMAND_LINE = "command line"
    SYSTEM = "system"


class RunTrigger(StrEnum):
    SCHEDULE = "schedule"
    BUTTON = "button"
    MCP = "mcp"
    COMMAND_LINE = "command line"


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"


class ResultState(StrEnum):
    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"


class ProposalState(StrEnum):
    WAITING = "waiting"
    APPLIED = "applied"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class Outcome(StrEnum):
    CANCELLED = "cancelled"
    FAILED = "failed"
    NOT_ENOUGH_LABELS = "not_enough_labels"
    NO_CHANGES = "no_changes"
    OVER_BUDGET = "over_budget"
    REGRESSED = "regressed"
    STALE = "stale"
    PROPOSED = "proposed"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    APPLIED = "applied"


SHOWN_AS: Mapping[Outcome, str] = {
    Outcome.CANCELLED: "Cancelled",
    Outcome.FAILED: "Failed",
    Outcome.NOT_ENOUGH_LABELS: "Not enough labels",
    Outcome.NO_CHANGES: "No changes proposed",
    Outcome.OVER_BUDGET: "Stopped at the budget",
    Outcome.REGRESSED: "Regressed — not applied",
    Outcome.STALE: "Edited during the run — not applied",
    Outcome.PROPOSED: "Proposed — awaiting review",
    Outcome.NOT_ENOUGH_EVIDENCE: "Not enough evidence — not applied",
    Outcome.APPLIED: "Applied",
}

DECISIONS = frozenset(
    {
        Outcome.APPLIED,
        Outcome.PROPOSED,
        Outcome.REGRESSED,
        Outcome.NOT_ENOUGH_EVIDENCE,
        Outcome.NO_CHANGES,
    }
)
"""Outcomes that answered the question; only these can make a later run say “no new feedback”."""


class Guard(StrEnum):
    STANDARD = "standard"
    STRICT = "strict"


class Notify(StrEnum):
    """Which results of a scheduled run send the summary email."""

    SUCCESS = "success"
    FAILURE = "failure"
    BOTH = "both"
    NEVER = "never"


class VerdictStatus(StrEnum):
    ANSWERED = "answered"
    UNREADABLE = "unreadable"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an API token is good for: one project, and at most this role in it."""

    project_id: int
    role: Role
    token_id: int


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for something and from where.

    `user_id` is None for the product itself (a schedule that fires); then `role` holds in every
    project. For a person the role is the one of their membership, looked up in the use case; a
    `scope` narrows it to what their token allows.
    """

    user_id: int | None
    name: str
    origin: Origin
    role: Role | None = None
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    kind: TriggerKind = TriggerKind.ALWAYS
    text: str = ""


@dataclass(frozen=True, slots=True)
class Definition:
    """The four fields that are versioned, optimised, applied and rolled back together."""

    description: str
    trigger: Trigger = field(default_factory=Trigger)
    type: MetricType = MetricType.LLM_JUDGE
    custom_code: str = ""

    def digest(self) -> str:
        """SHA-256 (hex) of the four fields."""
        return digest(asdict(self))


DEFINITION_FIELDS = ("description", "evaluation_trigger", "type", "custom_code")


@dataclass(frozen=True, slots=True)
class EvalSettings:
    """How a metric's answers are read and compared; not versioned, part of the fingerprint."""

    eval_type: EvalType = EvalType.BINARY
    enum_values: tuple[str, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a call. `start` and `end` are seconds from its beginning."""

    role: str
    content: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a judge sees of a call."""

    call_id: int
    messages: tuple[Message, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelledRow:
    """One row of a Lab, frozen when the run began; the transcript is loaded when it is needed.

    `expected` is a canonical value (see `judging.values`), or None for a row that has feedback but
    no label: it informs the writer, never a score. `group` is equal for rows of the same
    conversation, so that a split never puts one on both sides.
    """

    review_id: int
    call_id: int
    group: str
    expected: str | None
    feedback: str = ""

    @property
    def labelled(self) -> bool:
        return self.expected is not None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judge's answer on one call. `value` is canonical, and None unless answered."""

    status: VerdictStatus
    value: str | None = None
    explanation: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Score:
    """Agreement: `correct` of `total` judged labelled rows, and how many were not judged."""

    correct: int
    total: int
    not_judged: int = 0

    @property
    def rate(self) -> float:
        return self.correct / self.total if self.total else 0.0

    @classmethod
    def or_none(cls, correct: int | None, total: int | None, not_judged: int) -> Score | None:
        """The score that three columns hold; None where nothing was scored."""
        return None if correct is None or total is None else cls(correct, total, not_judged)

    def __str__(self) -> str:
        shown = f"{self.correct} of {self.total}"
        return f"{shown}, {self.not_judged} not judged" if self.not_judged else shown


@dataclass(frozen=True, slots=True)
class Rule:
    """Something the labels teach, with the review ids of the labels it rests on."""

    text: str
    label_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the optimiser returned: a definition that differs and passed the checks."""

    definition: Definition
    rules: tuple[Rule, ...] = ()
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """What was spent: requests answered, tokens in and out, money in the settings' currency."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Fire:
    """A moment at which a schedule is due, in UTC, and what a clock change did to it."""

    at: datetime
    note: str = ""


def digest(value: Any) -> str:
    """SHA-256 (hex) of a JSON-able value, independent of key order."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
