from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.notifications import wording
from core.notifications.legible import cut, fair_share, one_line, printable
from core.notifications.summary import COUNTED_AS, ResultSummary
from core.terms import Outcome, Score
from tests.golden.runs import APPLIED, FAILED, PROPOSED, run


def test_a_score_is_k_of_n_with_the_percent_beside() -> None:
    assert wording.score_words(Score(20, 28)) == "20 of 28 (71%)"


def test_rows_that_were_not_judged_are_named() -> None:
    assert wording.score_words(Score(20, 28, 2)) == "20 of 28 (71%), 2 not judged"


def test_a_score_over_no_rows_has_no_percent() -> None:
    assert wording.score_words(Score(0, 0, 4)) == "0 of 0, 4 not judged"


@pytest.mark.parametrize(
    ("score", "shown"),
    [
        (Score(1999, 2000), "99%"),
        (Score(1, 2000), "1%"),
        (Score(5, 5), "100%"),
        (Score(0, 5), "0%"),
    ],
)
def test_only_full_agreement_is_called_100_percent(score: Score, shown: str) -> None:
    assert wording.percent(score) == shown


def test_a_proposal_without_a_score_says_not_scored() -> None:
    assert wording.optimised_missing(replace(PROPOSED, optimised=None)) == "not scored"
    assert wording.optimised_missing(FAILED) == "—"


def test_applied_says_which_version_went_live() -> None:
    assert wording.applied_words(APPLIED) == "yes, v7 → v8"
    assert wording.applied_words(replace(APPLIED, version_after=None)) == "yes"
    assert wording.applied_words(PROPOSED) == "no"


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_a_tone_a_count_and_a_sentence_of_its_own(outcome: Outcome) -> None:
    result = ResultSummary("m", outcome)
    assert wording.tone(result) in {"good", "ask", "warn", "bad", "calm"}
    assert wording.sentence(result).endswith(".")
    assert outcome in COUNTED_AS


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.OVER_BUDGET, Outcome.NOT_ENOUGH_LABELS])
def test_every_failure_says_what_to_do(outcome: Outcome) -> None:
    assert wording.advice(ResultSummary("m", outcome))


@pytest.mark.parametrize(
    ("calls", "cost", "shown"),
    [
        (1, None, "1 call"),
        (1200, 3.5, "1,200 calls, cost 3.50"),
        (12, 0.0042, "12 calls, cost 0.0042"),
        (12, 0.0, "12 calls, cost 0.00"),
        (12, 0.00001, "12 calls, cost under 0.0001"),
    ],
)
def test_small_costs_keep_the_digits_that_tell_something(calls: int, cost: float | None, shown: str) -> None:
    assert wording.spent(calls, cost) == shown


def test_a_time_is_shown_in_the_zone_of_the_schedule() -> None:
    moment = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
    assert wording.when(moment, "America/Los_Angeles") == "Mon 23 Nov 2026, 06:00 PST"
    assert wording.when(moment, "Asia/Kolkata") == "Mon 23 Nov 2026, 19:30 IST"


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=-3), "took 0 s"),
        (timedelta(seconds=42), "took 42 s"),
        (timedelta(minutes=4, seconds=20), "took 4 min"),
        (timedelta(hours=2, minutes=5), "took 2 h 5 min"),
    ],
)
def test_a_duration_has_the_unit_that_fits(length: timedelta, shown: str) -> None:
    assert wording.lasted(length) == shown


@pytest.mark.parametrize(
    ("trigger", "shown"),
    [("button", "started with Auto Improve"), ("mcp", "started over MCP"), ("new kind", "new kind")],
)
def test_a_run_without_a_schedule_says_how_it_was_started(trigger: str, shown: str) -> None:
    assert wording.origin_words(replace(run(APPLIED), schedule=None, trigger=trigger)) == shown


def test_a_name_becomes_one_line_without_marks_that_turn_the_reading_direction() -> None:
    assert one_line(" a\r\n b\u202e\u2028c\x00 ", 20) == "a b c\ufffd"


def test_a_name_that_is_too_long_is_cut_with_a_mark() -> None:
    assert one_line("n" * 5000, 10) == "n" * 9 + "…"


def test_text_keeps_its_lines_and_loses_what_no_mail_can_carry() -> None:
    assert printable("a\r\nb\rc\n\td\x1b\ud800") == "a\nb\nc\n\td\ufffd\ufffd"


def test_a_cut_says_how_much_it_left_out() -> None:
    assert cut("abcdef", 4) == ("abcd", 2)
    assert cut("abc", 4) == ("abc", 0)


@pytest.mark.parametrize(
    ("sizes", "room", "share"), [([], 10, 0), ([3, 4], 10, 4), ([1, 50, 60], 21, 10), ([5, 5], 0, 0)]
)
def test_small_texts_leave_their_room_to_large_ones(sizes: list[int], room: int, share: int) -> None:
    assert fair_share(sizes, room) == share


def test_how_sure_the_labels_make_us_is_said_where_a_reader_decides_and_only_once() -> None:
    assert "31 of 100 tries" in wording.evidence_words(PROPOSED)
    assert wording.evidence_words(replace(PROPOSED, outcome=Outcome.REGRESSED)) == ""
    assert wording.evidence_words(replace(PROPOSED, reason=f"So it is: {PROPOSED.evidence}")) == ""


def test_what_people_should_look_at_is_counted() -> None:
    assert wording.findings_words(PROPOSED) == (
        "Worth a look: 2 contradictory labels, 1 row the judge answers differently each time."
    )
    assert wording.findings_words(FAILED) == ""
