"""How sure a result is and what it found, on the page of its run."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.evidence import Noise, weigh
from core.evidence.findings import Findings, Limit, UnheardNote
from core.models import Result
from core.terms import Outcome
from tests.page_world import PageWorld, page_world
from tests.run_history import RunHistory
from tests.unit.evidence.rows import row, rows

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** :red[red]"
ESCAPED = r"\*\*bold\*\* \:red\[red\]"


@pytest.fixture
def history(page_world: PageWorld) -> RunHistory:
    return RunHistory(page_world.database, page_world.actor, page_world.project_id)


def opened(world: PageWorld, result_id: int) -> AppTest:
    with world.database.read() as session:
        run_id = session.get_one(Result, result_id).run_id
    page = world.open_in_frame("runs", run=run_id, result=result_id)
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    kinds = (page.subheader, page.markdown, page.caption)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def proposed(history: RunHistory, metric: int, **columns: object) -> int:
    return history.result(metric, Outcome.PROPOSED, baseline=(30, 40), optimised=(35, 40), **columns)


def test_a_result_says_how_sure_it_is_in_plain_words(page_world: PageWorld, history: RunHistory) -> None:
    judged = [*rows(["-+"] * 7 + ["+-"] * 2 + ["++"] * 25), *rows(["++"] * 6, HOSTILE, start=34)]
    judged.append(row(40, "-+", "N/A"))
    evidence = weigh(judged, judged[:34], str.__eq__, Noise(20, (3, 4), 1))
    assert evidence is not None
    page = opened(page_world, proposed(history, history.metric(), evidence=evidence.as_json()))
    said = words(page)
    assert (
        "7 fixed, 2 broken on the 34 rows it never saw: luck alone would do as well in 9 of 100 tries."
        in said
    )
    assert "On all 41 labels the change lies between " in said
    assert "the judge changed 2 answers, 1 of them from right to wrong or back" in said
    assert "Under the proposed: 1 of 1 N/A answers were labelled so, 1 of 1 N/A labels were found" in said
    table = page.dataframe[0].value
    assert list(table["Label"]) == ["true", HOSTILE, "N/A"]
    assert list(table["Proposed prompt"])[2] == "1 of 1 (21–100 %)"


def test_a_result_of_an_older_version_has_no_evidence_to_show(
    page_world: PageWorld, history: RunHistory
) -> None:
    said = words(opened(page_world, proposed(history, history.metric())))
    assert "How sure is that?" not in said
    assert "Worth a look" not in said


def test_findings_name_their_calls_and_open_them(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    reviews = [history.review(metric, f"call-{n} {HOSTILE}", "true", f"note {n} {HOSTILE}") for n in range(5)]
    found = Findings(
        ((reviews[0], reviews[1]),), (reviews[2],), (Limit(reviews[3], 4),), (UnheardNote(reviews[4], (0,)),)
    )
    rules = [(f"The closing line decides. {HOSTILE}", [reviews[4]])]
    result = proposed(history, metric, rules=rules, findings=found.as_json())
    for review in reviews:
        history.row(result, review, "true", "false", "false")
    page = opened(page_world, result)
    said = words(page)
    for title in (
        "Contradictory labels (1)",
        "Answered differently each time (1)",
        "At the prompt's limit (1)",
    ):
        assert title in said
    assert "wrong under all 4 prompts" in said
    assert "A rule rests on it and did not reach it: The closing line decides." in said
    assert HOSTILE not in "\n".join(str(one.value) for one in (*page.markdown, *page.caption))
    page.button(key=f"runs-found-limit-{result}-{reviews[3]}").click().run()
    transcript = "\n".join(element.proto.body for element in page.get("html"))
    assert "This is call-3" in transcript


def test_rows_that_are_gone_are_left_out(page_world: PageWorld, history: RunHistory) -> None:
    found = Findings(((901, 902),), (903,))
    said = words(opened(page_world, proposed(history, history.metric(), findings=found.as_json())))
    assert "Worth a look" not in said


def test_what_strict_did_not_let_pass_can_be_applied(page_world: PageWorld, history: RunHistory) -> None:
    metric = history.metric()
    result = proposed(history, metric, reason="The strict guard asks for more.")
    with page_world.database.write() as session:
        session.get_one(Result, result).outcome = Outcome.NOT_ENOUGH_EVIDENCE
    page = opened(page_world, result)
    assert "Not enough evidence — not applied" in words(page)
    page.button(key=f"runs-apply-{result}").click().run()
    with page_world.database.read() as session:
        assert session.get_one(Result, result).applied_version_id is not None
