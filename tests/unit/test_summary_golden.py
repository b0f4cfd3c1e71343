from __future__ import annotations

import pytest

from core.notifications.html_body import html_body
from core.notifications.text_body import text_body
from core.terms import Outcome
from tests.golden.files import check_golden
from tests.golden.runs import EVERY_OUTCOME, REALISTIC, run


@pytest.mark.parametrize("outcome", Outcome)
def test_the_mail_of_each_outcome_reads_as_it_was_approved(outcome: Outcome) -> None:
    summary = run(EVERY_OUTCOME[outcome])
    check_golden(f"{outcome.value}.txt", text_body(summary))
    check_golden(f"{outcome.value}.html", html_body(summary))


def test_the_mail_of_a_mixed_run_reads_as_it_was_approved() -> None:
    check_golden("mixed.txt", text_body(REALISTIC))
    check_golden("mixed.html", html_body(REALISTIC))
