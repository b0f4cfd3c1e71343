"""The model client against a real HTTP endpoint that fails in every way that endpoints fail."""

from __future__ import annotations

import logging
import threading
from email.utils import formatdate

import pytest

from core.errors import (
    BudgetSpent,
    CallFailed,
    ModelError,
    ModelNotKnown,
    ModelRefusedKey,
    ModelUnreachable,
    PlumblineError,
)
from core.llm.budget import Budget
from core.llm.client import ModelClient
from core.llm.faults import RequestTooLong
from core.terms import Usage
from tests.model_asking import KEY, Time, ask, error_of, make_client
from tests.model_endpoint import VERDICT, ModelEndpoint, Received, Sent, answers, fails, in_turn, says
from tests.servers import free_port

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
