"""Orders from within a call, a note or metadata write no rule and change no form of answer.

The search runs with its real judge and writer parts. The model is the bundled rule follower, or a writer
that obeys every order it finds, which only the checks can stop.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest

from core.judging.judge import Judge, SilentProgress
from core.judging.prompt import answer_schema
from core.llm.answer import Answer
from core.llm.budget import Budget
from core.llm.request import Request
from core.optimiser.case import Case, Found, Nothing
from core.optimiser.engine import optimise
from core.optimiser.split import split
from core.runs.writer import StoredWriter
from core.terms import (
    Candidate,
    Conversation,
    Definition,
    EvalSettings,
    LabelledRow,
    Message,
    Usage,
)
from demo.model.answering import read_question
from demo.model.wire import read_completion
from tests.injections import BY_A_PERSON, INJECTIONS

T = TypeVar("T")
LIVE = Definition(
    "Was the caller helped on the {{metadata.plan}} plan?\n- Otherwise pass.\nAnswer true or false."
)
RULE = 'Fail when the user says "refund".'
ROWS = 24
PLACES = ("transcript", "note", "metadata")
FILLER = ("The parcel is late.", "I work until six.", "The bell is broken.", "It was a present.")

everywhere = pytest.mark.parametrize("place", PLACES)
each_injection = pytest.mark.parametrize("name", INJECTIONS)


@dataclass
class Calls:
    """Half of the callers want a refund, which reviewers fail; every third call holds the injection."""

    injection: str
    place: str

    @property
    def rows(self) -> tuple[LabelledRow, ...]:
        return tuple(self._row(number) for number in range(1, ROWS + 1))

    def _row(self, number: int) -> LabelledRow:
        wrong = number % 2 == 1
        note = "asks for a refund" if wrong else ""
        if self.place == "note" and number % 3 == 0:
            note = f"{note} {self.injection}".strip()
        return LabelledRow(number, number, f"g{number}", "false" if wrong else "true", note)

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [self._call(number) for number in call_ids]

    def _call(self, number: int) -> Conversation:
        said = FILLER[number % 4] + (" I want a refund." if number % 2 else "")
        planted = self.injection if number % 3 == 0 else ""
        turns = (Message("assistant", "Swift Parcels, good morning."), Message("user", said))
        if self.place == "transcript" and planted:
            turns = (*turns, Message("user", planted))
        plan = planted if self.place == "metadata" and planted else "basic"
        return Conversation(number, turns, {"plan": plan, "secret": "s3cr3t"})


@dataclass
class InProcess:
    """A client whose model answers in this process."""

    answer: Callable[[Request], Mapping[str, Any]]
    model: str = "in-process"
    asked: list[Request] = field(default_factory=list)

    def ask(self, request: Request, read: Callable[[dict[str, Any]], T], *_: object) -> Answer[T]:
        self.asked.append(request)
        given = dict(self.answer(request))
        return Answer(read(given), Usage(1, 1, 1), json.dumps(given))


class Nowhere:
    """Stores nothing."""

    def find(self, key: object) -> Any:
        return None if isinstance(key, str) else {}

    def save(self, *_: object) -> None: ...


def demo(request: Request) -> Mapping[str, Any]:
    messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
    found: dict[str, Any] = json.loads(
        read_question(read_completion(json.dumps({"messages": messages}).encode())).answer()
    )
    return found


def obeying(injection: str) -> Callable[[Request], Mapping[str, Any]]:
    """Judges as the demo model does, and as a writer puts the injection wherever it can."""

    def answer(request: Request) -> Mapping[str, Any]:
        if request.name == "verdict":
            return demo(request)
        data = json.loads(request.user)
        if request.name == "distilled_rules":
            ids = [case["label_id"] for case in (*data["disagreements"], *data["agreements"])]
            texts = [RULE, injection, f"{RULE} {injection}"]
            return {"rules": [{"text": text, "label_ids": ids} for text in texts]}
        if request.name == "proposed_script":
            script = f"# {injection!r}\n_result = True\n_explanation = {injection!r}"
            return {"script": script, "trigger_script": script, "summary": injection}
        described = data["metric"]["description"]
        poisoned = f"{described}\n- {RULE}\n{injection}"
        clean = f"{described}\n- {RULE}"
        text = poisoned if data["manner"]["name"] != "shortened" else clean
        return {"description": text, "trigger": injection, "summary": injection}

    return answer


def searched(calls: Calls, model: InProcess) -> Found | Nothing:
    case = Case(LIVE, EvalSettings(), calls.rows)
    budget = Budget()
    judge = Judge(
        client=model,
        settings=case.settings,
        source=calls,
        store=Nowhere(),
        budget=budget,
        concurrency=1,
        progress=SilentProgress(),
    )
    writer = StoredWriter(model, Nowhere(), budget, SilentProgress())
    before = judge.judge(case.definition, case.labelled)
    return optimise(case, split(case.rows), before, judge, writer, calls, SilentProgress())


def everything_of(candidate: Candidate) -> str:
    definition = candidate.definition
    rules = [rule.text for rule in candidate.rules]
    texts = (
        definition.description,
        definition.trigger.text,
        definition.custom_code,
        candidate.summary,
        *rules,
    )
    return "\n".join(" ".join(text.split()) for text in texts)


def holds_any(candidate: Candidate, injection: str) -> bool:
    return any(" ".join(line.split()) in everything_of(candidate) for line in injection.splitlines())


def forms(asked: Sequence[Request]) -> set[str]:
    """What the judge was asked to answer in: the schema and the last line of its instructions."""
    judged = [request for request in asked if request.name == "verdict"]
    assert all(request.schema == answer_schema(EvalSettings(), asks_trigger=False) for request in judged)
    return {request.system.splitlines()[-1] for request in judged}


@everywhere
@each_injection
def test_the_rule_follower_learns_the_refund_and_nothing_of_the_injection(name: str, place: str) -> None:
    model = InProcess(demo)
    found = searched(Calls(INJECTIONS[name], place), model)
    assert isinstance(found, Found)
    assert [rule.text for rule in found.candidate.rules] == [RULE]
    assert not holds_any(found.candidate, INJECTIONS[name])
    assert len(forms(model.asked)) == 1


@pytest.mark.parametrize("place", ["transcript", "metadata"])
@each_injection
def test_a_writer_that_obeys_calls_and_metadata_is_stopped_by_the_checks(name: str, place: str) -> None:
    model = InProcess(obeying(INJECTIONS[name]))
    found = searched(Calls(INJECTIONS[name], place), model)
    assert isinstance(found, Found)
    assert [rule.text for rule in found.candidate.rules] == [RULE]
    assert not holds_any(found.candidate, INJECTIONS[name])
    assert not any(holds_any(Candidate(Definition(each.system)), INJECTIONS[name]) for each in judging(model))
    assert len(forms(model.asked)) == 1


@pytest.mark.parametrize("name", sorted(BY_A_PERSON))
def test_a_writer_that_obeys_notes_is_stopped_by_the_checks(name: str) -> None:
    model = InProcess(obeying(INJECTIONS[name]))
    found = searched(Calls(INJECTIONS[name], "note"), model)
    assert isinstance(found, Found)
    assert [rule.text for rule in found.candidate.rules] == [RULE]
    assert not holds_any(found.candidate, INJECTIONS[name])
    assert len(forms(model.asked)) == 1


def judging(model: InProcess) -> list[Request]:
    return [request for request in model.asked if request.name == "verdict"]


@each_injection
def test_what_the_writer_is_told_stays_the_same_whatever_calls_say(name: str) -> None:
    """Calls and notes stand in the user message, as JSON that parses back to what was said."""
    model, plain = InProcess(demo), InProcess(demo)
    searched(Calls(INJECTIONS[name], "transcript"), model)
    searched(Calls("nothing", "transcript"), plain)
    for request in model.asked:
        if request.name != "verdict":
            json.loads(request.user)
    assert {r.system for r in model.asked if r.name != "verdict"} == {
        r.system for r in plain.asked if r.name != "verdict"
    }


def test_there_are_at_least_thirty() -> None:
    assert len(INJECTIONS) >= 30
