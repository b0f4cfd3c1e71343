"""The model client against a real HTTP endpoint that fails in every way that endpoints fail."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from email.utils import formatdate
from typing import Any

import pytest

from core.errors import (
    AnswerUnreadable,
    BudgetSpent,
    CallFailed,
    Cancelled,
    ModelError,
    ModelNotKnown,
    ModelRefusedKey,
    ModelUnreachable,
    PlumblineError,
)
from core.llm.answer import Answer, PaidAnswerUnreadable
from core.llm.budget import Budget
from core.llm.client import CORRECTION, ModelClient, go_on
from core.llm.faults import RequestTooLong
from core.llm.request import Request
from core.terms import Usage
from tests.model_endpoint import (
    VERDICT,
    ModelEndpoint,
    Received,
    Script,
    Sent,
    answers,
    fails,
    in_turn,
    says,
    taking_only,
)
from tests.servers import free_port

KEY = "sk-a-key-that-nobody-may-see"
REQUEST = Request("verdict", "Judge this.", "user: It was fine.", {"type": "object"}, 100)


class Time:
    """A clock that moves only when somebody sleeps, so that waiting costs no time."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        threading.Event().wait(0.001)  # lets other threads go on


def make_client(url: str, time: Time | None = None, **how: Any) -> ModelClient:
    time = time or Time()
    given = dict[str, Any](clock=time, sleep=time.sleep, jitter=lambda: 0.0)
    return ModelClient(url, KEY, "judge-1", **(given | how))


def ask(
    client: ModelClient, budget: Budget | None = None, stop: Callable[[], None] = go_on
) -> Answer[dict[str, Any]]:
    return client.ask(REQUEST, lambda found: found, budget or Budget(), stop)


def error_of(script: Script | Sent, **how: Any) -> PlumblineError:
    with ModelEndpoint(script) as endpoint, pytest.raises(PlumblineError) as caught:
        ask(make_client(endpoint.url, **how))
    return caught.value


def test_an_answer_is_read_and_what_it_cost_is_counted() -> None:
    budget = Budget(price_input=1.0, price_output=2.0)
    with ModelEndpoint(answers(tokens=(1_000, 500))) as endpoint:
        answer = ask(make_client(endpoint.url), budget)
    assert answer.value == VERDICT
    assert answer.usage == budget.usage == Usage(1, 1_000, 500, 0.002)


def test_the_request_holds_the_question_the_model_and_the_key() -> None:
    with ModelEndpoint() as endpoint:
        ask(make_client(endpoint.url))
    (received,) = endpoint.received
    assert received.path == "/v1/chat/completions"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.texts == ["Judge this.", "user: It was fine."]
    assert received.body["model"] == "judge-1"
    assert received.body["temperature"] == 0
    assert received.body["max_tokens"] == 100
    assert received.answer_format == "json_schema"


def test_credentials_in_the_environment_are_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-another")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-another")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-another")
    with ModelEndpoint() as endpoint:
        ask(ModelClient(endpoint.url, None, "judge-1"))
    assert "another" not in str(endpoint.received[0].headers)


def test_an_endpoint_on_this_machine_is_reached_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with ModelEndpoint() as endpoint:
        assert ask(make_client(endpoint.url)).value == VERDICT


def test_text_that_is_no_valid_unicode_is_sent_all_the_same() -> None:
    odd = Request("verdict", "s", "half a pair \ud800 and a NUL \0", {}, 10)
    with ModelEndpoint() as endpoint:
        make_client(endpoint.url).ask(odd, lambda found: found, Budget())
    assert endpoint.received[0].texts[1] == "half a pair ? and a NUL "


# How the endpoint wants to be asked


@pytest.mark.parametrize(
    ("formats", "asked"),
    [
        (["json_object", "plain"], ["json_schema", "json_object", "json_object"]),
        (["plain"], ["json_schema", "json_object", "plain", "plain"]),
    ],
)
def test_a_refused_answer_format_is_replaced_by_a_weaker_one_and_remembered(
    formats: list[str], asked: list[str]
) -> None:
    budget = Budget()
    with ModelEndpoint(taking_only(*formats)) as endpoint:
        client = make_client(endpoint.url)
        ask(client, budget)
        ask(client, budget)
    assert [received.answer_format for received in endpoint.received] == asked
    assert budget.usage.calls == 2


def test_threads_that_meet_a_refused_format_together_all_get_their_answer() -> None:
    found: list[dict[str, Any]] = []
    with ModelEndpoint(taking_only("plain")) as endpoint:
        client = make_client(endpoint.url)
        threads = [threading.Thread(target=lambda: found.append(ask(client).value)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [VERDICT] * 16


def test_a_model_that_wants_other_fields_gets_them() -> None:
    def script(received: Received) -> Sent:
        if "max_tokens" in received.body:
            return fails(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in received.body:
            return fails(400, "'temperature' does not support 0 with this model.")
        return answers()

    with ModelEndpoint(script) as endpoint:
        assert ask(make_client(endpoint.url)).value == VERDICT
    assert endpoint.received[-1].body["max_completion_tokens"] == 100
    assert endpoint.received[-1].answer_format == "json_schema"


# Answers that cannot be used


@pytest.mark.parametrize(
    "unusable",
    [
        says("I would rather not say."),
        says('{"explanation": "cut of'),
        says(""),
        says(None),
        says('{"value": true}', finish="length"),
        says(None, refusal="I can't help with that."),
        says(None, finish="content_filter"),
    ],
)
def test_an_unusable_answer_is_asked_for_once_more(unusable: Sent) -> None:
    budget = Budget()
    with ModelEndpoint(in_turn(unusable, answers())) as endpoint:
        answer = ask(make_client(endpoint.url), budget)
    assert answer.value == VERDICT
    assert answer.usage == budget.usage == Usage(2, 200, 20)
    roles = [message["role"] for message in endpoint.received[1].body["messages"]]
    assert roles == ["system", "user", "assistant", "user"]
    assert endpoint.received[1].texts[3] == CORRECTION
    assert all(endpoint.received[1].texts)


def test_an_answer_that_stays_unusable_is_an_error_that_carries_what_was_paid() -> None:
    with ModelEndpoint(says("Maybe \0.")) as endpoint, pytest.raises(PaidAnswerUnreadable) as caught:
        ask(make_client(endpoint.url))
    assert len(endpoint.received) == 2
    assert caught.value.text == "Maybe ."
    assert caught.value.usage == Usage(2, 200, 20)


def test_a_value_that_the_reader_refuses_is_asked_for_once_more() -> None:
    def read(found: dict[str, Any]) -> str:
        if found["value"] not in ("good", "bad"):
            raise AnswerUnreadable("not one of good, bad")
        return str(found["value"])

    with ModelEndpoint(in_turn(answers({"value": "soso"}), answers({"value": "bad"}))) as endpoint:
        assert make_client(endpoint.url).ask(REQUEST, read, Budget()).value == "bad"


# Failures that pass


def test_retry_after_in_seconds_is_waited_for() -> None:
    time = Time()
    with ModelEndpoint(in_turn(fails(429, Retry_After="7"), answers())) as endpoint:
        assert ask(make_client(endpoint.url, time)).value == VERDICT
    assert 7.0 <= time.slept < 8.0


def test_retry_after_as_a_date_is_waited_for() -> None:
    time = Time()
    until = formatdate(1_800_000_009, usegmt=True)
    with ModelEndpoint(in_turn(fails(429, Retry_After=until), answers())) as endpoint:
        ask(make_client(endpoint.url, time, now=lambda: 1_800_000_000.0))
    assert 9.0 <= time.slept < 10.0


def test_a_refused_call_costs_nothing() -> None:
    budget = Budget(max_calls=1)
    with ModelEndpoint(in_turn(fails(429), fails(503), fails(500), answers())) as endpoint:
        ask(make_client(endpoint.url), budget)
    assert budget.usage == Usage(1, 100, 10)


def test_a_wait_that_one_call_was_told_to_make_holds_for_all_calls() -> None:
    time = Time()
    with ModelEndpoint(in_turn(fails(429, Retry_After="300"), answers())) as endpoint:
        client = make_client(endpoint.url, time)
        with pytest.raises(CallFailed, match="too many"):
            ask(client)
        with pytest.raises(CallFailed, match="no calls for the next 300 seconds"):
            ask(client)
        assert len(endpoint.received) == 1
        time.now += 200
        ask(client)
        assert time.slept >= 100


def test_nobody_is_let_through_while_the_endpoint_wants_quiet() -> None:
    waiting = threading.Event()
    arrived: list[float] = []

    def script(received: Received) -> Sent:
        arrived.append(received.at)
        return fails(429, Retry_After="1") if received.number == 0 else answers()

    def sleep(seconds: float) -> None:
        waiting.set()
        threading.Event().wait(seconds)

    with ModelEndpoint(script) as endpoint:
        client = ModelClient(endpoint.url, KEY, "judge-1", sleep=sleep)
        threads = [threading.Thread(target=lambda: ask(client)) for _ in range(9)]
        threads[0].start()
        assert waiting.wait(60)
        for thread in threads[1:]:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(arrived) == 10
    assert all(at - arrived[0] >= 1.0 for at in arrived[1:])


@pytest.mark.parametrize(
    "failure",
    [
        fails(500),
        fails(503, "the model is loading"),
        fails(408),
        Sent(hang_up=True),
        Sent(body=b'{"choices": [{"mess'),
        Sent(body=b"<html>a proxy speaks</html>"),
        Sent(body=b'{"error": {"code": 502}}'),
        answers(delay=30),
    ],
)
def test_a_failure_that_passes_is_survived(failure: Sent) -> None:
    with ModelEndpoint(in_turn(failure, failure, answers())) as endpoint:
        assert ask(make_client(endpoint.url, timeout_seconds=0.3)).value == VERDICT
    assert len(endpoint.received) == 3


def test_a_failure_that_stays_is_a_failed_call_after_five_attempts() -> None:
    time = Time()
    with ModelEndpoint(fails(503, "overloaded")) as endpoint:
        with pytest.raises(CallFailed, match=r"HTTP 503: overloaded"):
            ask(make_client(endpoint.url, time, jitter=lambda: 1.0))
        assert len(endpoint.received) == 5
    assert time.slept == 0.5 + 1.5 + 4.5 + 13.5


def test_a_call_that_timed_out_may_have_been_billed_so_it_counts() -> None:
    budget = Budget(max_calls=2)
    with ModelEndpoint(answers(delay=30)) as endpoint, pytest.raises(BudgetSpent):
        ask(make_client(endpoint.url, timeout_seconds=0.2), budget)
    assert len(endpoint.received) == budget.usage.calls == 2


def test_an_endpoint_that_keeps_refusing_is_given_up_within_two_minutes_of_waiting() -> None:
    time = Time()
    with ModelEndpoint(fails(429, Retry_After="20")) as endpoint, pytest.raises(CallFailed, match="too many"):
        ask(make_client(endpoint.url, time))
    assert 60 < time.slept <= 120


# Failures that stay


@pytest.mark.parametrize("status", [401, 403])
def test_a_wrong_key_is_said_at_once(status: int) -> None:
    time = Time()
    refused = pytest.raises(ModelRefusedKey, match="check LLM_API_KEY")
    with ModelEndpoint(fails(status, f"Incorrect API key provided: {KEY}")) as endpoint, refused:
        ask(make_client(endpoint.url, time))
    assert len(endpoint.received) == 1
    assert time.slept == 0


@pytest.mark.parametrize(
    ("failure", "kind", "sentence"),
    [
        (fails(404, "page not found"), ModelNotKnown, "does not know the model “judge-1”"),
        (fails(400, "no such model", code="model_not_found"), ModelNotKnown, "check LLM_MODEL"),
        (fails(400, "maximum context length is 8192 tokens"), RequestTooLong, "too long for the model"),
        (fails(400, "exceed", code="exceed_context_size_error"), RequestTooLong, "too long"),
        (fails(413, "payload too large"), RequestTooLong, "too long"),
        (fails(400, f"messages are wrong {KEY}"), CallFailed, r"HTTP 400: messages are wrong \[key\]"),
        (fails(402, "pay first"), ModelError, "no credit left"),
        (fails(429, "quota", code="insufficient_quota"), ModelError, "no credit left"),
        (Sent(308, headers={"Location": "http://models.example/"}), ModelUnreachable, "another address"),
    ],
)
def test_a_failure_that_no_repetition_mends_is_said_at_once(
    failure: Sent, kind: type[PlumblineError], sentence: str
) -> None:
    with ModelEndpoint(failure) as endpoint, pytest.raises(kind, match=sentence):
        ask(make_client(endpoint.url))
    assert len(endpoint.received) == 1


def test_transcripts_and_key_do_not_follow_a_redirect() -> None:
    with ModelEndpoint() as elsewhere:
        error_of(Sent(307, headers={"Location": f"{elsewhere.url}/chat/completions"}))
        assert elsewhere.received == []


def test_an_endpoint_that_is_not_there_is_said_within_two_seconds() -> None:
    time = Time()
    with pytest.raises(ModelUnreachable, match=r"could not be reached .* check LLM_BASE_URL"):
        ask(make_client(f"http://127.0.0.1:{free_port()}/v1", time))
    assert time.slept <= 2.0


@pytest.mark.parametrize("address", ["", "models.example/v1", "ftp://models.example", "http://"])
def test_what_is_no_address_is_said_at_once(address: str) -> None:
    with pytest.raises(ModelUnreachable, match="LLM_BASE_URL is not an address"):
        ask(make_client(address))


def test_what_cannot_be_a_key_is_said_before_it_is_sent() -> None:
    with ModelEndpoint() as endpoint:
        with pytest.raises(ModelRefusedKey, match="copy it again"):
            ask(ModelClient(endpoint.url, "sk-“quoted”", "judge-1"))
        assert endpoint.received == []


def test_a_key_with_a_line_end_after_it_is_the_key() -> None:
    with ModelEndpoint() as endpoint:
        ask(ModelClient(endpoint.url, f"{KEY}\n", "judge-1"))
    assert endpoint.received[0].headers["authorization"] == f"Bearer {KEY}"


def test_an_endpoint_that_went_away_in_the_middle_is_waited_for() -> None:
    time = Time()
    with ModelEndpoint() as endpoint:
        client = make_client(endpoint.url, time, jitter=lambda: 1.0)
        ask(client)
    client.close()  # an open connection would outlive the listening socket
    with pytest.raises(CallFailed, match="could not be reached"):
        ask(client)
    assert time.slept == 20.0


@pytest.mark.parametrize(
    "failure",
    [
        fails(401, KEY),
        fails(400, KEY),
        fails(404, KEY),
        fails(500, KEY),
        fails(429, KEY),
        Sent(500, KEY.encode()),
        says(KEY),
        Sent(hang_up=True),
    ],
)
def test_no_error_and_no_log_line_holds_the_key(failure: Sent, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        error = error_of(failure)
    assert KEY not in f"{error} {error!r}"
    assert KEY not in caplog.text


# Stopping


def test_waiting_ends_when_the_job_is_cancelled() -> None:
    time = Time()

    def stop() -> None:
        if time.slept >= 3:
            raise Cancelled("Somebody cancelled the run.")

    with ModelEndpoint(fails(429, Retry_After="60")) as endpoint, pytest.raises(Cancelled):
        ask(make_client(endpoint.url, time), stop=stop)
    assert 3.0 <= time.slept <= 3.5


def test_waiting_ends_when_the_seconds_of_the_budget_are_over() -> None:
    time = Time()
    budget = Budget(max_seconds=5, clock=time)
    with ModelEndpoint(fails(429, Retry_After="60")) as endpoint, pytest.raises(BudgetSpent, match="5 sec"):
        ask(make_client(endpoint.url, time), budget)
    assert 5.0 <= time.slept <= 5.5


def test_an_attempt_lasts_no_longer_than_the_budget() -> None:
    with ModelEndpoint(answers(delay=600)) as endpoint, pytest.raises(BudgetSpent):
        ask(ModelClient(endpoint.url, KEY, "judge-1", timeout_seconds=600), Budget(max_seconds=0.5))


# Budget


def test_thirty_two_threads_never_make_more_calls_than_the_budget_has() -> None:
    """Every third call is refused and asked again, every fifth is unusable and asked again."""

    def script(received: Received) -> Sent:
        if received.number % 3 == 0:
            return fails(503)
        return says("?") if received.number % 5 == 0 else answers()

    budget = Budget(max_calls=100)
    ended: list[type[BaseException]] = []

    def call_until_spent(client: ModelClient) -> None:
        while True:
            try:
                ask(client, budget)
            except (CallFailed, AnswerUnreadable):
                continue
            except BudgetSpent as spent:
                ended.append(type(spent))
                return

    with ModelEndpoint(script) as endpoint:
        client = make_client(endpoint.url)
        threads = [threading.Thread(target=call_until_spent, args=(client,)) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    billed = [received for received in endpoint.received if received.number % 3 != 0]
    assert len(billed) == budget.usage.calls == 100
    assert len(ended) == 32


def test_a_budget_of_tokens_is_kept_although_answers_are_cheaper_than_their_bound() -> None:
    budget = Budget(max_tokens=2_000)
    with ModelEndpoint(answers(tokens=(100, 10))) as endpoint, pytest.raises(BudgetSpent):
        client = make_client(endpoint.url)
        while True:
            ask(client, budget)
    assert len(endpoint.received) > 10
    assert budget.usage.input_tokens + budget.usage.output_tokens <= 2_000
