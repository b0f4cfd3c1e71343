from __future__ import annotations

from mcp_server.attempts import MOST_CALLERS, MOST_IN_ERROR, MOST_REFUSED, WINDOW_SECONDS, Attempts

HERE = "198.51.100.7"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def knocked(attempts: Attempts, times: int, address: str = HERE, digest: str = "bad") -> None:
    for _ in range(times):
        attempts.refused(address, digest)


def test_an_address_waits_once_it_was_refused_too_often_and_no_longer_than_a_window() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    knocked(attempts, MOST_REFUSED - 1)
    assert attempts.knocking_wait_seconds(HERE, "bad") == 0

    clock.now = 10.0
    knocked(attempts, 1)
    assert attempts.knocking_wait_seconds(HERE, "another") == WINDOW_SECONDS - 10
    assert attempts.knocking_wait_seconds("203.0.113.1", "bad") == 0

    clock.now = WINDOW_SECONDS
    assert attempts.knocking_wait_seconds(HERE, "bad") == 0
    knocked(attempts, 1)
    assert attempts.knocking_wait_seconds(HERE, "bad") == 0


def test_a_token_that_was_good_is_not_held_up_by_its_neighbours_until_it_is_refused_itself() -> None:
    attempts = Attempts(Clock())
    attempts.welcomed("good")
    knocked(attempts, MOST_REFUSED)

    assert attempts.knocking_wait_seconds(HERE, "good") == 0
    attempts.refused(HERE, "good")
    assert attempts.knocking_wait_seconds(HERE, "good") > 0


def test_a_good_token_whose_requests_are_in_error_waits_alone_where_they_came_from() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(MOST_IN_ERROR):
        assert attempts.asking_wait_seconds(HERE, "good") == 0
        attempts.in_error(HERE, "good")

    assert attempts.asking_wait_seconds(HERE, "good") == WINDOW_SECONDS
    assert attempts.asking_wait_seconds("203.0.113.1", "good") == 0
    assert attempts.asking_wait_seconds(HERE, "another") == 0
    assert attempts.knocking_wait_seconds(HERE, "good") == 0
    clock.now = WINDOW_SECONDS
    assert attempts.asking_wait_seconds(HERE, "good") == 0


def test_one_network_of_ipv6_is_one_knocker() -> None:
    attempts = Attempts(Clock())
    for number in range(MOST_REFUSED):
        knocked(attempts, 1, f"2001:db8::{number:x}")

    assert attempts.knocking_wait_seconds("2001:db8::ffff:1", "bad") > 0
    assert attempts.knocking_wait_seconds("2001:db8:0:1::1", "bad") == 0


def test_a_flood_from_everywhere_takes_bounded_memory() -> None:
    attempts = Attempts(Clock())
    for number in range(MOST_CALLERS + 50):
        knocked(attempts, 1, f"address {number}")
        attempts.welcomed(str(number))
        attempts.in_error(HERE, str(number))

    assert len(attempts._refused._counted) == len(attempts._in_error._counted) == MOST_CALLERS
    assert len(attempts._welcome) < MOST_CALLERS
