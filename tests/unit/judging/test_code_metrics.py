"""Judging by code: its verdicts, its failures, and the questions it asks the judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

from core.errors import BudgetSpent, CallFailed
from core.judging.asked_by_script import FUNCTION, LONGEST_DESCRIPTION, MOST_QUESTIONS
from core.judging.call_data import GivenVerdict
from core.judging.judge import Judge, SilentProgress, VerdictKey
from core.judging.scoring import score
from core.llm.answer import Answer, PaidAnswerUnreadable
from core.llm.budget import Budget
from core.llm.client import Stop, go_on
from core.llm.request import Request
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    EvalType,
    LabelledRow,
    Message,
    MetricType,
    Score,
    Trigger,
    TriggerKind,
    Usage,
    Verdict,
    VerdictStatus,
)

T = TypeVar("T")
COST = Usage(1, 100, 10)
TEXTS = {1: "I am happy, thank you.", 2: "I am angry.", 3: "Wrong number."}


class Calls:
    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [Conversation(call_id, (Message("user", TEXTS[call_id]),)) for call_id in call_ids]


class Store:
    def __init__(self) -> None:
        self.kept: dict[VerdictKey, Verdict] = {}

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        self.kept |= {key: verdict for key, verdict, _ in entries}


class Model:
    """Answers by a rule over the whole request, or raises what the rule gives."""

    model = "judge-1"

    def __init__(self, rule: Callable[[Request], dict[str, Any] | Exception] | None = None) -> None:
        self.rule = rule or (lambda request: {"explanation": "So.", "value": "happy" in request.user})
        self.asked: list[Request] = []

    def ask(
        self, request: Request, read: Callable[[dict[str, Any]], T], budget: Budget, stop: Stop = go_on
    ) -> Answer[T]:
        held = budget.reserve(request)
        self.asked.append(request)
        answer = self.rule(request)
        budget.settle(held, COST)
        if isinstance(answer, Exception):
            raise answer
        return Answer(read(answer), COST, "{}")


class Others:
    """Another metric's verdicts, and which calls they were wanted of."""

    def __init__(self) -> None:
        self.wanted: list[int] = []

    def of(self, call_ids: Sequence[int]) -> Mapping[int, Mapping[str, GivenVerdict]]:
        self.wanted += call_ids
        return {call_id: {"Happy": GivenVerdict(call_id == 1, "Heard.")} for call_id in call_ids}


class Counting(SilentProgress):
    def __init__(self) -> None:
        self.expected = self.finished = 0

    def expect(self, calls: int) -> None:
        self.expected += calls

    def done(self, calls: int) -> None:
        self.finished += calls


def code(text: str, trigger: Trigger | None = None) -> Definition:
    return Definition("", trigger or Trigger(), MetricType.CUSTOM_CODE, text)


def judged(definition: Definition, model: Model | None = None, **parts: Any) -> dict[int, Verdict]:
    """The verdicts on the three calls, by call id."""
    given: Any = {
        "settings": EvalSettings(),
        "store": Store(),
        "budget": Budget(),
        "concurrency": 4,
        "progress": SilentProgress(),
    }
    judge = Judge(client=model or Model(), source=Calls(), **(given | parts))
    return judge.judge(definition, [LabelledRow(call_id, call_id, str(call_id), "true") for call_id in TEXTS])


def values(found: Mapping[int, Verdict]) -> list[str | None]:
    return [verdict.value for verdict in found.values()]


class TestVerdicts:
    def test_code_answers_without_a_single_model_call(self) -> None:
        model, store = Model(), Store()
        found = judged(code("_result = 'happy' in data['transcript']"), model, store=store)
        assert values(found) == ["true", "false", "false"]
        assert (model.asked, store.kept) == ([], {})

    def test_none_is_not_applicable_and_the_explanation_is_kept(self) -> None:
        found = judged(code("_result = None\n_explanation = 'Nobody called.'"))
        assert found[1] == Verdict(VerdictStatus.ANSWERED, "N/A", "Nobody called.")

    @pytest.mark.parametrize(
        ("eval_type", "set_to", "value"),
        [
            (EvalType.BINARY, "1", "true"),
            (EvalType.BINARY, "'yes'", "true"),
            (EvalType.RATING, "4.0", "4"),
            (EvalType.NUMERIC, "0.5", "0.5"),
            (EvalType.ENUM, "'CALM'", "Calm"),
        ],
    )
    def test_the_result_is_read_as_a_label_is(self, eval_type: EvalType, set_to: str, value: str) -> None:
        settings = EvalSettings(eval_type, ("Calm", "Angry") if eval_type is EvalType.ENUM else ())
        assert judged(code(f"_result = {set_to}"), settings=settings)[1].value == value

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("_result = data['nothing']", "raised KeyError in line 1"),
            ("x = 1", "did not set _result"),
            ("_result = 'maybe'", "set _result to 'maybe'"),
            ("_result = 9 / 0", "division by zero"),
        ],
    )
    def test_code_that_fails_disagrees_and_says_why(self, text: str, said: str) -> None:
        found = judged(code(text))
        assert found[1].status is VerdictStatus.UNREADABLE
        assert said in found[1].cause
        assert said in found[1].explanation
        rows = [LabelledRow(call_id, call_id, str(call_id), "true") for call_id in TEXTS]
        assert score(rows, found, EvalSettings()) == Score(0, 3)

    def test_code_that_fails_on_one_call_answers_the_others(self) -> None:
        found = judged(code("_result = 10 / (0 if 'angry' in data['transcript'] else 10) > 0"))
        assert [verdict.status for verdict in found.values()] == [
            VerdictStatus.ANSWERED,
            VerdictStatus.UNREADABLE,
            VerdictStatus.ANSWERED,
        ]

    def test_a_rating_outside_its_scale_disagrees(self) -> None:
        found = judged(code("_result = 7"), settings=EvalSettings(EvalType.RATING))
        assert found[1].status is VerdictStatus.UNREADABLE
        assert "not a rating from 0 to 5" in found[1].cause

    def test_verdicts_of_other_metrics_are_in_the_data(self) -> None:
        others = Others()
        found = judged(code("_result = data['verdicts']['Happy']['result']"), others=others)
        assert values(found) == ["true", "false", "false"]
        assert others.wanted == [1, 2, 3]

    def test_a_metric_without_code_never_reads_them(self) -> None:
        others = Others()
        judged(Definition("Happy?"), others=others)
        assert others.wanted == []


class TestTriggers:
    def test_where_a_code_trigger_does_not_hold_the_judge_is_spared(self) -> None:
        trigger = Trigger(TriggerKind.CODE, "_result = 'number' not in data['transcript']")
        model, progress = Model(), Counting()
        found = judged(Definition("Happy?", trigger), model, progress=progress)
        assert values(found) == ["true", "false", "N/A"]
        assert len(model.asked) == 2
        assert progress.finished == progress.expected == 3

    def test_the_judge_is_not_told_of_a_code_trigger(self) -> None:
        model = Model()
        judged(Definition("Happy?", Trigger(TriggerKind.CODE, "_result = True")), model)
        plain = Model()
        judged(Definition("Happy?"), plain)
        assert sorted(each.system + each.user for each in model.asked) == sorted(
            each.system + each.user for each in plain.asked
        )

    def test_the_explanation_of_a_trigger_that_does_not_hold_is_the_verdicts(self) -> None:
        trigger = Trigger(TriggerKind.CODE, "_result = False\n_explanation = 'No appointment.'")
        found = judged(code("_result = True", trigger))
        assert found[1] == Verdict(VerdictStatus.ANSWERED, "N/A", "No appointment.")

    def test_a_code_trigger_that_fails_disagrees_and_asks_nothing(self) -> None:
        model = Model()
        found = judged(Definition("Happy?", Trigger(TriggerKind.CODE, "1 / 0")), model)
        assert found[1].status is VerdictStatus.UNREADABLE
        assert found[1].cause.startswith("The trigger failed. The code raised ZeroDivisionError in line 1")
        assert model.asked == []

    def test_a_prompt_trigger_before_code_asks_whether_it_applies_and_no_more(self) -> None:
        def applies(request: Request) -> dict[str, Any]:
            return {"explanation": "Seen.", "applies": "number" not in request.user, "value": True}

        model, progress = Model(applies), Counting()
        definition = code(
            "_result = 'happy' in data['transcript']", Trigger(TriggerKind.PROMPT, "A patient.")
        )
        found = judged(definition, model, progress=progress)
        assert values(found) == ["true", "false", "N/A"]
        assert len(model.asked) == 3
        assert "A patient." in model.asked[0].system
        assert progress.finished == progress.expected == 3


class TestAskingTheJudge:
    ASKS = f"found = {FUNCTION}('Is the caller happy?')\n_result = not found['result']\n"

    def test_the_answer_is_the_scripts_to_use(self) -> None:
        model, progress = Model(), Counting()
        found = judged(code(self.ASKS + "_explanation = found['explanation']"), model, progress=progress)
        assert values(found) == ["false", "true", "true"]
        assert found[1].explanation == "So."
        assert len(model.asked) == 3
        assert progress.finished == progress.expected == 3

    def test_it_is_asked_as_a_metric_of_that_description_would_be(self) -> None:
        model, plain = Model(), Model()
        judged(code(self.ASKS), model)
        judged(Definition("Is the caller happy?"), plain)
        assert {each.system for each in model.asked} == {each.system for each in plain.asked}

    def test_questions_one_after_the_other_are_all_answered(self) -> None:
        def rule(request: Request) -> dict[str, Any]:
            return {"explanation": "So.", "value": 2 if "many" in request.system else "angry" in request.user}

        two = (
            f"if {FUNCTION}('Angry?')['result']:\n    _result = 0\n"
            f"else:\n    _result = {FUNCTION}('How many?', eval_type='numeric')['result']"
        )
        model = Model(rule)
        found = judged(code(two), model, settings=EvalSettings(EvalType.NUMERIC))
        assert values(found) == ["2", "0", "2"]
        assert len(model.asked) == 5

    def test_the_same_question_twice_is_paid_once(self) -> None:
        model = Model()
        judged(code(self.ASKS + self.ASKS), model)
        assert len(model.asked) == 3

    @pytest.mark.parametrize(
        ("call", "answer", "value"),
        [
            (f"{FUNCTION}('How?', eval_type='rating')", 4, "4"),
            (f"{FUNCTION}('How?', 'enum', ['calm', 'angry'])", "angry", "'angry'"),
            (f"{FUNCTION}(description='How?', eval_type='numeric')", 2.5, "2.5"),
        ],
    )
    def test_the_result_has_the_type_that_was_asked_for(self, call: str, answer: object, value: str) -> None:
        text = f"_result = {call}['result'] == {value}"
        found = judged(code(text), Model(lambda request: {"explanation": "So.", "value": answer}))
        assert values(found) == ["true"] * 3

    def test_where_its_trigger_does_not_hold_the_result_is_none(self) -> None:
        text = f"_result = {FUNCTION}('Happy?', evaluation_trigger='A patient.')['result'] is None"
        model = Model(lambda request: {"explanation": "No.", "applies": False, "value": None})
        assert values(judged(code(text), model)) == ["true"] * 3
        assert "A patient." in model.asked[0].system

    def test_a_trigger_may_ask_too(self) -> None:
        trigger = Trigger(TriggerKind.CODE, f"_result = {FUNCTION}('Is the caller happy?')['result']")
        model = Model()
        found = judged(Definition("Kept?", trigger), model)
        assert values(found) == ["true", "N/A", "N/A"]
        assert len(model.asked) == 4

    def test_questions_are_paid_from_the_metrics_own_budget(self) -> None:
        with pytest.raises(BudgetSpent):
            judged(code(self.ASKS), budget=Budget(max_calls=2))

    def test_an_answer_that_never_arrived_is_not_judged(self) -> None:
        found = judged(
            code(self.ASKS),
            Model(
                lambda request: (
                    CallFailed("The endpoint failed (HTTP 503).")
                    if "angry" in request.user
                    else {"explanation": "So.", "value": True}
                )
            ),
        )
        assert found[2] == Verdict(VerdictStatus.NOT_JUDGED, cause="The endpoint failed (HTTP 503).")
        assert found[1].value == "false"

    def test_an_answer_nobody_can_read_disagrees(self) -> None:
        unreadable = PaidAnswerUnreadable("The answer was empty.", "", Usage(2, 200, 20))
        found = judged(code(self.ASKS), Model(lambda request: unreadable))
        assert found[1].status is VerdictStatus.UNREADABLE
        assert found[1].cause == f"{FUNCTION}: The answer was empty."

    def test_a_script_can_not_swallow_the_question(self) -> None:
        text = f"try:\n    {FUNCTION}('Happy?')\nexcept BaseException:\n    pass\n_result = True"
        model = Model()
        assert values(judged(code(text), model)) == ["true"] * 3
        assert len(model.asked) == 3

    @pytest.mark.parametrize(
        ("call", "said"),
        [
            (f"{FUNCTION}('')", "the description has to be a text"),
            (f"{FUNCTION}(7)", "the description has to be a text"),
            (f"{FUNCTION}('x' * {LONGEST_DESCRIPTION + 1})", "the description is longer than 20,000"),
            (f"{FUNCTION}('How?', 'colour')", "eval_type is one of binary"),
            (f"{FUNCTION}('How?', 'enum')", "enum_values is a list of 2 to 50 texts"),
            (f"{FUNCTION}('How?', 'enum', ['a', 3])", "value in enum_values"),
            (f"{FUNCTION}('How?', evaluation_trigger=' ')", "the evaluation_trigger has to be a text"),
            (f"{FUNCTION}()", "missing a required argument"),
            (f"{FUNCTION}('How?', model='big')", "unexpected keyword argument"),
        ],
    )
    def test_a_question_put_wrongly_is_told_and_costs_nothing(self, call: str, said: str) -> None:
        model = Model()
        found = judged(code(f"_result = {call}"), model)
        assert said in found[1].cause
        assert "in line 1" in found[1].cause
        assert model.asked == []

    def test_no_script_asks_more_than_ten_questions_a_call(self) -> None:
        text = f"for n in range(99):\n    {FUNCTION}('Question ' + str(n))\n_result = True"
        model = Model()
        found = judged(code(text), model)
        assert f"can be called {MOST_QUESTIONS} times a call" in found[1].cause
        assert len(model.asked) == 3 * MOST_QUESTIONS
