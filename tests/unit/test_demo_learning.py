"""The demo writer's honesty: it learns a wording that is there, and nothing from shuffled labels.

A small world is made here: calls about parcels from stock sentences, in some of which the user asks for
money back. The judge without a rule passes them all.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

import pytest

from core.llm.request import Request
from core.optimiser.requests import Example, distil_request, propose_request
from core.terms import Definition, EvalSettings, Rule
from demo.model.answering import read_question
from demo.model.answers import Answers
from demo.model.conversation import read_turns
from demo.model.judge import Metric, verdict
from demo.model.wire import read_completion

BINARY = EvalSettings()
LEARNED, HELD_OUT = 50, 100
AGENT = [
    "Let me look that up for you.",
    "Could you give me the code?",
    "It left the depot this morning.",
    "The driver is on the way.",
    "Is there anything else I can do?",
    "I have updated the address.",
    "We deliver between nine and five.",
    "You will get a text message.",
    "The warehouse closed early.",
    "Your parcel weighs more than usual.",
    "I can see a note from the driver.",
    "That street is in our system.",
]
USER = [
    "I am waiting for a parcel.",
    "The code is on the card.",
    "Sure, no problem.",
    "I live on the third floor.",
    "My neighbour is at home.",
    "The bell does not work.",
    "When will the driver come?",
    "It is a birthday present.",
    "Can you leave it at the door?",
    "I work until six.",
    "The box is quite large.",
    "I ordered it last week.",
]
ASKING = [
    "I want a refund.",
    "Can I get a refund?",
    "Then give me my money back.",
    "I need the money back today.",
]
NOTES = ["asks for a refund", "wants the money back", "refund, should fail", ""]


@dataclass(frozen=True)
class Row:
    conversation: str
    expected: str
    note: str


def world(rng: random.Random) -> list[Row]:
    return [_row(rng) for _ in range(LEARNED + HELD_OUT)]


def _row(rng: random.Random) -> Row:
    turns = rng.randint(4, 7)
    said = rng.sample(USER, turns)
    fails = rng.random() < 0.4
    if fails:
        said[rng.randrange(turns)] += " " + rng.choice(ASKING)
    lines = [line for pair in zip(rng.sample(AGENT, turns), said, strict=True) for line in pair]
    numbered = [f"[{n}] {'agent' if n % 2 else 'user'}: {line}" for n, line in enumerate(lines, 1)]
    return Row("\n".join(numbered), "false" if fails else "true", rng.choice(NOTES) if fails else "")


def shuffled(rows: list[Row], rng: random.Random, *, notes_too: bool) -> list[Row]:
    """The same calls with the labels dealt anew; notes stay with their calls or go with the labels."""
    dealt = rng.sample(rows, len(rows))
    return [
        replace(row, expected=other.expected, note=other.note if notes_too else row.note)
        for row, other in zip(rows, dealt, strict=True)
    ]


def improved(rows: list[Row]) -> tuple[str, float, float]:
    """The learned description, and agreement on the held-out rows before and after."""
    definition = Definition("Was the caller content in the end?")
    before = judged(definition.description, rows)
    cases = [
        Example(number, row.conversation, said, "", row.expected, row.note)
        for number, (row, said) in enumerate(zip(rows[:LEARNED], before, strict=False))
    ]
    wrong = [case for case in cases if case.judge != case.expected]
    right = [case for case in cases if case.judge == case.expected]
    found = ask(distil_request(definition, BINARY, wrong, right))["rules"]
    taught = [Rule(rule["text"], tuple(rule["label_ids"])) for rule in found]
    request = propose_request(
        definition, BINARY, taught, "smallest edit", max_characters=900, may_change_trigger=False
    )
    description = ask(request)["description"]
    return description, agreement(before, rows), agreement(judged(description, rows), rows)


def ask(request: Request) -> Any:
    messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
    return json.loads(read_question(read_completion(json.dumps({"messages": messages}).encode())).answer())


def judged(description: str, rows: list[Row]) -> list[str]:
    metric = Metric(description, None, Answers("binary"))
    return [str(verdict(metric, read_turns(row.conversation))["value"]).lower() for row in rows]


def agreement(verdicts: list[str], rows: list[Row]) -> float:
    held_out = list(zip(verdicts, rows, strict=True))[LEARNED:]
    return mean(said == row.expected for said, row in held_out)


@pytest.mark.parametrize("seed", range(6))
def test_a_wording_that_decides_the_labels_is_found_and_holds_on_calls_not_seen(seed: int) -> None:
    description, before, after = improved(world(random.Random(seed)))
    assert "refund" in description
    assert before < 0.75
    assert after > 0.95


@pytest.mark.parametrize("notes_too", [True, False])
def test_shuffled_labels_give_no_gain_on_calls_not_seen(notes_too: bool) -> None:
    gains, rewrites = [], 0
    for seed in range(40):
        rng = random.Random(1000 + seed)
        rows = shuffled(world(rng), rng, notes_too=notes_too)
        description, before, after = improved(rows)
        failing = mean(row.expected == "false" for row in rows[LEARNED:])
        gains.append(after - before)
        rewrites += "\n" in description
        assert after <= max(failing, 1 - failing) + 0.05
    assert mean(gains) <= 0.0
    assert rewrites <= len(gains) / 8
