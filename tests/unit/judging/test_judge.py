from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

from core.errors import BudgetSpent, CallFailed, Cancelled, ModelFailing, ModelRefusedKey
from core.judging.judge import BATCH, Judge, SilentProgress, VerdictKey
from core.llm.answer import Answer, PaidAnswerUnreadable
from core.llm.budget import Budget
from core.llm.client import Stop, go_on
from core.llm.faults import RequestRefused
from core.llm.request import Request
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    LabelledRow,
    Message,
    Usage,
    Verdict,
    VerdictStatus,
)

T = TypeVar("T")
DEFINITION = Definition("Is the caller content?")
COST = Usage(1, 100, 10)


class Transcripts:
    """Calls whose transcript says their number."""

    def __init__(self, gone: Sequence[int] = ()) -> None:
        self.gone = gone
        self.loads: list[int] = []

    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        self.loads.append(len(call_ids))
        there = [call_id for call_id in call_ids if call_id not in self.gone]
        return [Conversation(call_id, (Message("user", f"call {call_id}"),)) for call_id in there]


class Store:
    def __init__(self) -> None:
        self.kept: dict[VerdictKey, Verdict] = {}
        self.costs: list[Usage] = []

    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        self.kept |= {key: verdict for key, verdict, _ in entries}
        self.costs += [cost for _, _, cost in entries]


class Model:
    """Says true for even calls and false for odd ones, or raises what it is given for a call."""

    model = "judge-1"

    def __init__(self, errors: dict[int, Exception] | None = None) -> None:
        self.errors = errors or {}
        self.asked: list[int] = []

    def ask(
        self, request: Request, read: Callable[[dict[str, Any]], T], budget: Budget, stop: Stop = go_on
    ) -> Answer[T]:
        call_id = int(request.user.split("call ")[1].split()[0])
        self.asked.append(call_id)
        if call_id in self.errors:
            raise self.errors[call_id]
        budget.settle(budget.reserve(request), COST)
        return Answer(read({"explanation": "So.", "value": call_id % 2 == 0}), COST, "{}")


class Counting(SilentProgress):
    def __init__(self) -> None:
        self.expected = self.finished = 0

    def expect(self, calls: int) -> None:
        self.expected += calls

    def done(self, calls: int) -> None:
        self.finished += calls


def rows(count: int) -> list[LabelledRow]:
    """Review n is of call n + 1000."""
    return [LabelledRow(number, number + 1000, str(number), "true") for number in range(count)]


def make_judge(model: Model, store: Store | None = None, **parts: Any) -> Judge:
    given: Any = {
        "settings": EvalSettings(),
        "source": Transcripts(),
        "budget": Budget(),
        "concurrency": 4,
        "progress": SilentProgress(),
    }
    return Judge(client=model, store=store or Store(), **(given | parts))


def test_every_row_gets_its_verdict_by_review_id_in_the_order_of_the_rows() -> None:
    found = make_judge(Model()).judge(DEFINITION, rows(120))
    assert list(found) == list(range(120))
    assert found[0] == Verdict(VerdictStatus.ANSWERED, "true", "So.")
    assert found[1].value == "false"


def test_paid_answers_are_stored_with_their_cost_and_not_asked_for_again() -> None:
    store, first, second = Store(), Model(), Model()
    before = make_judge(first, store).judge(DEFINITION, rows(10))
    after = make_judge(second, store).judge(DEFINITION, rows(12))
    assert store.costs == [COST] * 12
    assert sorted(second.asked) == [1010, 1011]
    assert {number: after[number] for number in before} == before


def test_another_sample_definition_or_length_is_another_question() -> None:
    store, model = Store(), Model()
    make_judge(model, store).judge(DEFINITION, rows(1))
    make_judge(model, store).judge(DEFINITION, rows(1), sample=1)
    make_judge(model, store).judge(Definition("Is the caller angry?"), rows(1))
    make_judge(model, store, max_output_tokens=50).judge(DEFINITION, rows(1))
    assert model.asked == [1000] * 4
    assert len(store.kept) == 4


def test_a_call_without_an_answer_is_not_judged_and_not_stored() -> None:
    store = Store()
    model = Model({1003: CallFailed("The endpoint failed (HTTP 503).")})
    found = make_judge(model, store).judge(DEFINITION, rows(5))
    assert found[3] == Verdict(VerdictStatus.NOT_JUDGED, cause="The endpoint failed (HTTP 503).")
    assert len(store.kept) == 4
    assert make_judge(Model(), store).judge(DEFINITION, rows(5))[3].value == "false"


def test_an_unreadable_answer_was_paid_so_it_is_stored() -> None:
    store = Store()
    model = Model({1000: PaidAnswerUnreadable("The answer was empty.", "x" * 9_999, Usage(2, 200, 20))})
    found = make_judge(model, store).judge(DEFINITION, rows(1))
    assert found[0].status is VerdictStatus.UNREADABLE
    assert found[0].cause == "The answer was empty."
    assert found[0].explanation.startswith("xxx")
    assert len(found[0].explanation) < 1_000
    assert store.costs == [Usage(2, 200, 20)]
    again = Model()
    assert make_judge(again, store).judge(DEFINITION, rows(1)) == found
    assert again.asked == []


def test_two_rows_of_one_call_are_asked_about_once() -> None:
    model = Model()
    both = [LabelledRow(1, 1000, "g", "true"), LabelledRow(2, 1000, "g", "false")]
    found = make_judge(model).judge(DEFINITION, both)
    assert model.asked == [1000]
    assert found[1] == found[2]


def test_a_call_that_is_gone_is_not_judged() -> None:
    found = make_judge(Model(), source=Transcripts(gone=[1001])).judge(DEFINITION, rows(3))
    assert found[1].status is VerdictStatus.NOT_JUDGED
    assert found[2].value == "true"


def test_transcripts_are_loaded_in_batches() -> None:
    transcripts = Transcripts()
    make_judge(Model(), source=transcripts).judge(DEFINITION, rows(2 * BATCH + 1))
    assert transcripts.loads == [BATCH, BATCH, 1]


def test_progress_reaches_what_was_expected_when_some_answers_were_stored_before() -> None:
    store, progress = Store(), Counting()
    make_judge(Model(), store).judge(DEFINITION, rows(30))
    make_judge(Model(), store, progress=progress, source=Transcripts(gone=[1050])).judge(DEFINITION, rows(80))
    assert progress.expected == progress.finished == 80


@pytest.mark.parametrize(
    "error", [BudgetSpent("The run reached its budget of 9 calls."), ModelRefusedKey("The key is wrong.")]
)
def test_what_was_paid_before_the_end_is_in_the_store(error: Exception) -> None:
    store = Store()
    model = Model({1009: error})
    with pytest.raises(type(error)):
        make_judge(model, store, concurrency=1).judge(DEFINITION, rows(200))
    assert {key.call_id for key in store.kept} == set(range(1000, 1009))


def test_the_budget_ends_the_judging() -> None:
    store = Store()
    with pytest.raises(BudgetSpent, match="9 calls"):
        make_judge(Model(), store, budget=Budget(max_calls=9)).judge(DEFINITION, rows(200))
    assert len(store.kept) == 9


def test_a_cancelled_job_ends_the_judging() -> None:
    class Stopped(SilentProgress):
        def check(self) -> None:
            raise Cancelled("Somebody cancelled the run.")

    with pytest.raises(Cancelled):
        make_judge(Model(), progress=Stopped()).judge(DEFINITION, rows(5))


def test_an_endpoint_that_fails_at_every_call_ends_the_judging() -> None:
    model = Model({1000 + number: CallFailed("HTTP 503.") for number in range(200)})
    with pytest.raises(ModelFailing, match="3 times"):
        make_judge(model).judge(DEFINITION, rows(200))


def test_a_judge_remembers_that_its_endpoint_did_answer() -> None:
    refused = {1000 + number: RequestRefused("HTTP 400.") for number in range(9)}
    judge = make_judge(Model(refused))
    judge.judge(DEFINITION, [LabelledRow(1, 2000, "g", "true")])
    found = judge.judge(DEFINITION, rows(9))
    assert {verdict.status for verdict in found.values()} == {VerdictStatus.NOT_JUDGED}
    with pytest.raises(ModelFailing):
        make_judge(Model(refused)).judge(DEFINITION, rows(9))
