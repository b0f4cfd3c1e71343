from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.judging.scoring import common, compare, score, too_many_not_judged
from core.terms import EvalSettings, EvalType, LabelledRow, Score, Verdict, VerdictStatus

BINARY = EvalSettings(EvalType.BINARY)
RATING = EvalSettings(EvalType.RATING, tolerance=1.0)

UNREADABLE = Verdict(VerdictStatus.UNREADABLE)
NOT_JUDGED = Verdict(VerdictStatus.NOT_JUDGED, cause="HTTP 503")


def row(review_id: int, expected: str | None) -> LabelledRow:
    return LabelledRow(review_id, review_id, str(review_id), expected)


def said(value: str) -> Verdict:
    return Verdict(VerdictStatus.ANSWERED, value)


def rows(*expected: str | None) -> list[LabelledRow]:
    return [row(number, value) for number, value in enumerate(expected)]


def verdicts(*given: Verdict) -> dict[int, Verdict]:
    return dict(enumerate(given))


def test_agreement_is_rows_that_agree_of_rows_judged() -> None:
    found = score(rows("true", "true", "false"), verdicts(said("true"), said("false"), said("false")), BINARY)
    assert found == Score(2, 3)


def test_rows_without_a_label_do_not_count() -> None:
    assert score(rows("true", None), verdicts(said("true"), said("true")), BINARY) == Score(1, 1)


def test_an_unreadable_answer_is_a_disagreement() -> None:
    assert score(rows("true", "true"), verdicts(said("true"), UNREADABLE), BINARY) == Score(1, 2)


def test_a_row_without_an_answer_counts_apart() -> None:
    assert score(rows("true", "true"), verdicts(said("true"), NOT_JUDGED), BINARY) == Score(1, 1, 1)
    assert score(rows("true", "true"), verdicts(said("true")), BINARY) == Score(1, 1, 1)


@pytest.mark.parametrize(
    ("expected", "actual", "correct"), [("N/A", "N/A", 1), ("N/A", "true", 0), ("true", "N/A", 0)]
)
def test_not_applicable_agrees_with_itself_alone(expected: str, actual: str, correct: int) -> None:
    assert score(rows(expected), verdicts(said(actual)), BINARY) == Score(correct, 1)


def test_numbers_agree_within_the_tolerance() -> None:
    assert score(rows("4", "4"), verdicts(said("3"), said("2.5")), RATING) == Score(1, 2)


def test_two_definitions_are_compared_on_the_rows_that_both_judged() -> None:
    labelled = rows("true", "true", "true", "true", "true", None)
    before = verdicts(said("true"), said("false"), said("true"), NOT_JUDGED, UNREADABLE, said("true"))
    after = verdicts(said("false"), said("true"), NOT_JUDGED, said("true"), said("true"), said("true"))
    found = compare(labelled, before, after, BINARY)
    assert [each.review_id for each in common(labelled, before, after)] == [0, 1, 4]
    assert found.baseline == Score(1, 3, 2)
    assert found.optimised == Score(2, 3, 2)
    assert (found.fixed, found.broken) == ((1, 4), (0,))


@pytest.mark.parametrize(
    ("found", "too_many"),
    [
        (Score(9, 9, 1), False),
        (Score(8, 8, 2), True),
        (Score(89, 89, 11), True),
        (Score(90, 90, 10), False),
        (Score(0, 0, 0), False),
        (Score(0, 0, 1), True),
    ],
)
def test_more_than_a_tenth_not_judged_is_too_many(found: Score, too_many: bool) -> None:
    assert too_many_not_judged(found) is too_many


ANSWERS = st.sampled_from([said("true"), said("false"), said("N/A"), UNREADABLE, NOT_JUDGED])
LABELS = st.sampled_from(["true", "false", "N/A", None])


@given(st.lists(st.tuples(LABELS, ANSWERS, ANSWERS), max_size=20))
def test_the_gain_is_always_what_was_fixed_less_what_was_broken(
    drawn: list[tuple[str | None, Verdict, Verdict]],
) -> None:
    labelled = rows(*(label for label, _, _ in drawn))
    before, after = verdicts(*(b for _, b, _ in drawn)), verdicts(*(a for _, _, a in drawn))
    found = compare(labelled, before, after, BINARY)
    assert found.optimised.correct - found.baseline.correct == len(found.fixed) - len(found.broken)
    assert found.baseline.total + found.baseline.not_judged == sum(each.labelled for each in labelled)
    assert score(common(labelled, before, after), before, BINARY).correct == found.baseline.correct
