"""The judge, the pool and the client together against a real HTTP endpoint."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import pytest

from core.errors import BudgetSpent, Cancelled, ModelFailing, ModelRefusedKey, ModelUnreachable
from core.judging.judge import Judge, SilentProgress, VerdictKey
from core.judging.scoring import score, too_many_not_judged
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.request import Request
from core.terms import (
    Conversation,
    Definition,
    EvalSettings,
    EvalType,
    LabelledRow,
    Message,
    Score,
    Usage,
    Verdict,
    VerdictStatus,
)
from tests.model_endpoint import ModelEndpoint, Received, Sent, answers, fails, says
from tests.servers import free_port

DEFINITION = Definition("Is the caller content?")
LONG = 600.0


class Calls:
    def load(self, call_ids: Sequence[int]) -> list[Conversation]:
        return [Conversation(number, (Message("user", f"call {number}."),)) for number in call_ids]


class Kept(dict[VerdictKey, Verdict]):
    def find(self, keys: Sequence[VerdictKey]) -> dict[VerdictKey, Verdict]:
        return {key: self[key] for key in keys if key in self}

    def save(self, entries: Sequence[tuple[VerdictKey, Verdict, Usage]]) -> None:
        self |= {key: verdict for key, verdict, _ in entries}


def hurried_client(url: str) -> ModelClient:
    """A client for whom a second lasts ten milliseconds."""
    return ModelClient(
        url,
        "sk-1",
        "judge-1",
        clock=lambda: time.monotonic() * 100,
        sleep=lambda seconds: time.sleep(seconds / 100),
    )


def make_judge(url: str, kept: Kept | None = None, **parts: Any) -> Judge:
    given = dict[str, Any](
        client=hurried_client(url),
        settings=EvalSettings(),
        source=Calls(),
        store=Kept() if kept is None else kept,
        budget=Budget(),
        concurrency=8,
        progress=SilentProgress(),
    )
    return Judge(**(given | parts))


def rows(count: int) -> list[LabelledRow]:
    return [LabelledRow(number, number, str(number), "true") for number in range(count)]


def call_of(received: Received) -> int:
    return int(received.texts[1].split("call ")[1].split(".")[0])


def test_five_hundred_rows_are_judged_with_as_many_calls_open_as_allowed() -> None:
    def script(received: Received) -> Sent:
        return answers({"explanation": "So.", "value": call_of(received) % 5 != 0}, delay=0.01)

    with ModelEndpoint(script) as endpoint:
        verdicts = make_judge(endpoint.url, concurrency=16).judge(DEFINITION, rows(500))
    assert score(rows(500), verdicts, EvalSettings()) == Score(400, 500)
    assert sorted(call_of(received) for received in endpoint.received) == list(range(500))
    assert 1 < endpoint.open_at_once <= 16


def test_a_budget_of_calls_is_never_passed_by_thirty_two_threads() -> None:
    kept, budget = Kept(), Budget(max_calls=100)
    with ModelEndpoint() as endpoint, pytest.raises(BudgetSpent, match="100 calls"):
        make_judge(endpoint.url, kept, budget=budget, concurrency=32).judge(DEFINITION, rows(400))
    assert len(endpoint.received) == budget.usage.calls == len(kept) == 100


def test_a_judging_that_was_stopped_goes_on_where_it_was() -> None:
    kept = Kept()
    with ModelEndpoint() as endpoint:
        with pytest.raises(BudgetSpent):
            make_judge(endpoint.url, kept, budget=Budget(max_calls=30)).judge(DEFINITION, rows(50))
        make_judge(endpoint.url, kept).judge(DEFINITION, rows(50))
    assert len(endpoint.received) == 50


def test_cancelling_ends_the_judging_while_all_calls_hang() -> None:
    all_open = threading.Event()
    quick = {0, 1}

    def script(received: Received) -> Sent:
        if call_of(received) in quick:
            return answers()
        if received.number == 9:
            all_open.set()
        return answers(delay=LONG)

    class Watched(SilentProgress):
        def check(self) -> None:
            if all_open.is_set():
                raise Cancelled("Somebody cancelled the run.")

    kept = Kept()
    with ModelEndpoint(script) as endpoint:
        judge = make_judge(endpoint.url, kept, progress=Watched())
        with pytest.raises(Cancelled):
            judge.judge(DEFINITION, rows(100))
        assert {key.call_id for key in kept} == quick
        assert len(endpoint.received) == 10


def test_a_wrong_key_ends_the_judging_after_the_calls_that_were_open() -> None:
    with ModelEndpoint(fails(401)) as endpoint, pytest.raises(ModelRefusedKey):
        make_judge(endpoint.url, concurrency=4).judge(DEFINITION, rows(200))
    assert len(endpoint.received) <= 8


def test_an_endpoint_that_is_not_there_ends_the_judging() -> None:
    with pytest.raises(ModelUnreachable, match="LLM_BASE_URL"):
        make_judge(f"http://127.0.0.1:{free_port()}/v1").judge(DEFINITION, rows(20))


def test_an_endpoint_that_always_fails_ends_the_judging_with_the_cause() -> None:
    with (
        ModelEndpoint(fails(500, "out of memory")) as endpoint,
        pytest.raises(ModelFailing, match="out of memory"),
    ):
        make_judge(endpoint.url).judge(DEFINITION, rows(50))


def test_an_endpoint_that_breaks_in_the_middle_is_an_outage_and_never_a_score() -> None:
    kept = Kept()
    with ModelEndpoint(lambda received: answers() if received.number < 40 else fails(503)) as endpoint:
        judge = make_judge(endpoint.url, kept)
        with pytest.raises(ModelFailing, match="3 times"):
            judge.judge(DEFINITION, rows(200))
    assert {verdict.value for verdict in kept.values()} == {"true"}
    assert len(kept) == 40


def test_rows_that_fail_here_and_there_are_not_judged_and_the_others_are() -> None:
    failing = {3, 40, 77}

    def script(received: Received) -> Sent:
        return fails(503) if call_of(received) in failing else answers()

    with ModelEndpoint(script) as endpoint:
        verdicts = make_judge(endpoint.url).judge(DEFINITION, rows(90))
    not_judged = {key for key, each in verdicts.items() if each.status is VerdictStatus.NOT_JUDGED}
    assert not_judged == failing
    assert "503" in verdicts[3].cause
    assert not too_many_not_judged(score(rows(90), verdicts, EvalSettings()))


@pytest.mark.parametrize(
    "unusable", [says("nonsense"), says('{"explanation": "So.", "value": "soso"}'), says("")]
)
def test_an_answer_that_stays_unreadable_is_a_disagreement_that_names_its_reason(unusable: Sent) -> None:
    mood = EvalSettings(EvalType.ENUM, ("calm", "angry"))
    kept, budget = Kept(), Budget()
    with ModelEndpoint(unusable) as endpoint:
        judge = make_judge(endpoint.url, kept, settings=mood, budget=budget)
        verdicts = judge.judge(DEFINITION, rows(2))
    assert {each.status for each in verdicts.values()} == {VerdictStatus.UNREADABLE}
    assert all(each.cause for each in verdicts.values())
    assert score(rows(2), verdicts, mood) == Score(0, 2)
    assert len(kept) == 2
    assert budget.usage.calls == 4


def test_a_rate_limited_endpoint_gets_every_row_judged_in_the_end() -> None:
    """It takes one call at a time and refuses the others, as small accounts do."""
    taken = threading.Lock()

    def script(received: Received) -> Sent:
        if not taken.acquire(blocking=False):
            return fails(429, Retry_After="1")
        try:
            time.sleep(0.002)
            return answers()
        finally:
            taken.release()

    budget = Budget()
    with ModelEndpoint(script) as endpoint:
        verdicts = make_judge(endpoint.url, budget=budget).judge(DEFINITION, rows(60))
    assert {each.status for each in verdicts.values()} == {VerdictStatus.ANSWERED}
    assert budget.usage.calls == 60
    assert len(endpoint.received) > 60


def test_two_runs_of_the_same_question_send_the_same_bytes() -> None:
    with ModelEndpoint() as endpoint:
        for expected in ("true", "false"):
            labelled = [LabelledRow(1, 1, "g", expected, feedback=f"it is {expected}")]
            make_judge(endpoint.url).judge(DEFINITION, labelled)
    first, second = endpoint.received
    assert first.body == second.body


def test_a_request_knows_nothing_of_the_thread_it_is_sent_from() -> None:
    """The client is shared: 8 threads, 200 calls, and each answer belongs to its question."""

    def script(received: Received) -> Sent:
        return answers({"echo": received.texts[1]})

    found: dict[int, str] = {}
    with ModelEndpoint(script) as endpoint:
        client = ModelClient(endpoint.url, "sk-1", "judge-1")

        def ask(numbers: range) -> None:
            for number in numbers:
                request = Request("echo", "Repeat.", f"number {number}", {}, 20)
                found[number] = client.ask(request, lambda answer: answer["echo"], Budget()).value

        threads = [threading.Thread(target=ask, args=(range(start, 200, 8),)) for start in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {number: f"number {number}" for number in range(200)}
