"""The demo writer's scripts decide exactly as its judge does, and it writes none for what asks more."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.judging.call_data import call_data
from core.judging.prompt import transcript_text
from core.llm.request import Request
from core.optimiser.script_request import read_script, script_request
from core.sandbox import run_script
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    EvalType,
    Message,
    Rule,
    Trigger,
    TriggerKind,
)
from demo.model.answering import read_question
from demo.model.answers import Answers
from demo.model.conversation import read_turns
from demo.model.judge import Metric, verdict
from demo.model.wire import read_completion

ANNOUNCED = '- Pass when the agent says "recorded line" or "being recorded".\n- Otherwise fail.'
CALLS = [
    ("Hello, this is a recorded line.", "Fine."),
    ("Hello, you're BEING recorded!", "I don't know, I don't know."),
    ("Good morning.", "Is this a recorded line?"),
    ("Record the line.", "I do not know."),
]


def call(agent: str, user: str) -> Conversation:
    return Conversation(
        1, (Message("assistant", agent), Message("user", user), Message("tool", "recorded line"))
    )


def asked(definition: Definition, *rules: str, settings: EvalSettings = EvalSettings()) -> str:  # noqa: B008 - frozen
    request = script_request(definition, settings, [Rule(text, (1,)) for text in rules], [])
    return read_script(answer(request)).script


def answer(request: Request) -> Any:
    messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
    question = read_question(read_completion(json.dumps({"messages": messages}).encode()))
    assert question.kind == "writer"
    return json.loads(question.answer())


@pytest.mark.parametrize(
    "description",
    [
        ANNOUNCED,
        'Fail when the user says "i dont know" at least 2 times. Otherwise pass.',
        'Fail when the agent never says "recorded line" and the user says "fine".\nOtherwise pass.',
        'Pass when nobody says "recorded".\nException: fail when the user says "record".\nAnswer yes or no.',
        "Pass when there are at most 3 turns. Otherwise fail.",
    ],
)
def test_a_script_decides_as_the_judge_does(description: str) -> None:
    script = asked(Definition(description))
    assert script
    for each in CALLS:
        ran = run_script(script, call_data(call(*each)))
        assert ran.failure == ""
        judged = verdict(
            Metric(description, None, Answers("binary")), read_turns(transcript_text(call(*each).messages))
        )
        assert ran.value == judged["value"]


def test_rules_are_worked_in() -> None:
    script = asked(Definition(ANNOUNCED), 'Fail when the user says "fine".')
    assert run_script(script, call_data(call(*CALLS[0]))).value is False
    assert run_script(script, call_data(call(*CALLS[1]))).value is True


def test_values_of_an_enum_are_its_own() -> None:
    mood = EvalSettings(EvalType.ENUM, ("Calm", "Very cross"))
    script = asked(
        Definition('Answer "Very cross" when the user says "fine". Otherwise answer "Calm".'), settings=mood
    )
    assert run_script(script, call_data(call(*CALLS[0]))).value == "Very cross"
    assert run_script(script, call_data(call(*CALLS[1]))).value == "Calm"


@pytest.mark.parametrize(
    "definition",
    [
        Definition(f"Was the caller told?\n{ANNOUNCED}"),
        Definition(ANNOUNCED, Trigger(TriggerKind.PROMPT, 'The user says "fine".')),
        Definition('Pass when the agent says "recorded" in its first turn. Otherwise fail.'),
        Definition('Pass when the agent says "record*". Otherwise fail.'),
        Definition("Answer true or false."),
    ],
)
def test_what_is_more_than_wording_gets_no_script(definition: Definition) -> None:
    assert asked(definition) == ""
