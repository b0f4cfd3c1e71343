"""What a newcomer sees: the demo project is loaded, and *Run now* on its weekly schedule shows every case.

Servers, database, mail and runs are real; the model is the bundled rule follower, asked over HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import accounts, lab, metrics
from core.judging.changes import RowChange
from core.migrations import migrate
from core.runs import ResultView
from core.terms import Outcome
from tests.demo_world import CLINIC, FirstRun, definition, demo_installation, entry, lines_of, plan, texts

APPOINTMENT = "Appointment confirmed"
POLICY = "Cancellation policy explained"
POLICY_WITH_TRIGGER = "Cancellation policy, where it applies"
MOOD = "Caller mood at the end"
INTRODUCTION = "Agent introduces itself"
ALL = (APPOINTMENT, POLICY, POLICY_WITH_TRIGGER, MOOD, INTRODUCTION)
WITH_CANDIDATE = (APPOINTMENT, POLICY, POLICY_WITH_TRIGGER, MOOD)
CALLS = 64

every_candidate = pytest.mark.parametrize("name", WITH_CANDIDATE)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstRun]:
    with demo_installation(tmp_path_factory.mktemp("demo")) as demo:
        ended = demo.command("demo", "load", "--first-time", "--json")
        assert ended.returncode == 0, ended.stderr
        loaded = json.loads(ended.stdout)
        demo.work()
        asked_by_loading = demo.asked()
        run = demo.run_now(loaded["schedule"])
        yield FirstRun(demo, loaded, run, asked_by_loading, demo.asked(), demo.mails())


def test_loading_judges_every_call_with_every_first_prompt(first: FirstRun) -> None:
    assert len(first.loaded["metrics"]) == len(ALL)
    assert first.asked_by_loading == {"judge": CALLS * len(ALL), "writer": 0, "other": 0}


def test_the_lab_holds_the_labels_and_notes_of_the_files(first: FirstRun) -> None:
    for metric_id, planned in zip(first.loaded["metrics"], plan()["metrics"], strict=True):
        exported = "".join(lab.export(first.demo.database, first.demo.admin, metric_id, "jsonl"))
        rows = [json.loads(line) for line in exported.splitlines()]
        assert len(rows) == CALLS
        marked = [row for row in rows if "expected_value" in row]
        kept = [
            {key: row[key] for key in ("id", "expected_value", "feedback") if key in row} for row in marked
        ]
        assert kept == lines_of(planned["labels"])


def test_one_run_shows_an_improvement_a_regression_and_nothing_to_change(first: FirstRun) -> None:
    assert first.run.state == "finished"
    assert first.run.auto_apply
    assert {result.metric: result.outcome for result in first.run.results} == {
        APPOINTMENT: Outcome.APPLIED,
        POLICY: Outcome.APPLIED,
        POLICY_WITH_TRIGGER: Outcome.REGRESSED,
        MOOD: Outcome.APPLIED,
        INTRODUCTION: Outcome.NO_CHANGES,
    }


def test_the_improvement_shows_on_rows_that_the_search_never_saw(first: FirstRun) -> None:
    result = first.result(POLICY)
    assert result.baseline is not None
    assert result.optimised is not None
    assert result.optimised.correct - result.baseline.correct >= 5
    before, after = first.held_out(POLICY)
    assert after - before >= 2


def test_the_regression_gained_on_rows_it_learned_from_and_lost_more_elsewhere(first: FirstRun) -> None:
    rows = first.rows(POLICY_WITH_TRIGGER)

    def gain(part: str) -> int:
        return sum(
            sign * sum(row.part == part for row in rows[change])
            for sign, change in ((1, RowChange.FIXED), (-1, RowChange.BROKEN))
        )

    assert gain("learn") > 0
    assert gain("held_out") < -gain("learn")


def test_where_every_label_agrees_the_writer_is_not_asked(first: FirstRun) -> None:
    result = first.result(INTRODUCTION)
    assert result.baseline is not None
    assert result.baseline.correct == result.baseline.total == result.calls
    assert result.candidate is None
    assert result.reason.startswith("Every label agrees already")


@every_candidate
def test_scores_and_counts_are_those_of_the_rows(first: FirstRun, name: str) -> None:
    result, rows = first.result(name), first.rows(name)
    counted = {change: len(found) for change, found in rows.items()}
    labelled = sum(counted.values())
    assert (result.fixed, result.broken) == (counted[RowChange.FIXED], counted[RowChange.BROKEN])
    assert result.baseline is not None
    assert result.optimised is not None
    before = counted[RowChange.AGREES] + counted[RowChange.BROKEN]
    after = counted[RowChange.AGREES] + counted[RowChange.FIXED]
    assert (result.baseline.correct, result.baseline.total) == (before, labelled)
    assert (result.optimised.correct, result.optimised.total) == (after, labelled)
    assert labelled == len(lines_of(entry(name)["labels"]))


@every_candidate
def test_held_out_scores_are_those_of_the_held_out_rows(first: FirstRun, name: str) -> None:
    rows = [row for found in first.rows(name).values() for row in found if row.part == "held_out"]
    before = sum(row.before is not None and row.before.value == row.expected for row in rows)
    after = sum(row.after is not None and row.after.value == row.expected for row in rows)
    assert first.held_out(name) == (before, after)
    assert (first.result(name).held_out or {})["baseline"]["total"] == len(rows)


@every_candidate
def test_only_what_was_applied_is_live(first: FirstRun, name: str) -> None:
    result = first.result(name)
    live = metrics.retrieve(first.demo.database, first.demo.admin, result.metric_id).definition
    candidate = metrics.read_definition((result.candidate or {})["definition"])
    first_prompt = metrics.read_definition(definition(name))
    assert candidate != first_prompt
    assert live == (candidate if result.outcome is Outcome.APPLIED else first_prompt)
    assert result.applied == (result.outcome is Outcome.APPLIED)


def test_the_calls_it_says_it_made_are_those_the_model_got(first: FirstRun) -> None:
    during = {kind: first.asked[kind] - first.asked_by_loading[kind] for kind in first.asked}
    assert sum(result.calls for result in first.run.results) == sum(during.values())
    assert during["other"] == 0


def test_one_mail_says_what_became_of_every_metric(first: FirstRun) -> None:
    assert [mail["To"] for mail in first.mails] == [first.demo.place.settings.admin_email]
    text = first.mail_text()
    assert f"run={first.run.id}\n" in text
    for result in first.run.results:
        assert f"{result.metric}\n  Status     {result.shown_as}\n  Baseline   {result.baseline} (" in text


@every_candidate
def test_the_mail_holds_the_diff_of_every_candidate_and_all_of_its_text(first: FirstRun, name: str) -> None:
    section = first.mail_sections()[name]
    before, after = texts(definition(name)), texts((first.result(name).candidate or {})["definition"])
    changed = 0
    for old, new in zip(before, after, strict=True):
        old_lines, new_lines = set(old.splitlines()), set(new.splitlines())
        marked = {f"+{line}" for line in new_lines - old_lines}
        marked |= {f"-{line}" for line in old_lines - new_lines}
        assert marked <= set(section.splitlines())
        assert new in section or new == old == "always"
        changed += len(marked)
    assert changed


def test_the_readme_shows_the_numbers_of_this_run(first: FirstRun) -> None:
    readme = (CLINIC / "README.md").read_text(encoding="utf-8").splitlines()
    for result in first.run.results:
        assert table_line(result) in readme


def test_a_second_run_has_no_new_feedback_and_asks_the_model_nothing(first: FirstRun) -> None:
    before = first.demo.asked()
    again = first.demo.run_now(first.loaded["schedule"])
    assert first.demo.asked() == before
    assert [result.metric for result in again.results] == list(ALL)
    for result in again.results:
        assert result.outcome is Outcome.NO_CHANGES
        assert result.reason.startswith(f"No new feedback since run {first.run.id} of ")
        assert (result.calls, result.applied) == (0, False)


@pytest.mark.thorough
def test_loading_the_demo_twice_is_refused_in_one_sentence(first: FirstRun) -> None:
    before = first.demo.contents()
    ended = first.demo.command("demo", "load")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "There is already a project named “Bright Smile Dental (demo)”.\n"
    assert first.demo.contents() == before


@pytest.mark.thorough
def test_a_later_start_does_not_load_the_demo_again(first: FirstRun) -> None:
    before = first.demo.contents()
    ended = first.demo.command("demo", "load", "--first-time")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert first.demo.contents() == before


@pytest.mark.thorough
def test_the_first_start_leaves_an_installation_with_a_project_alone(tmp_path: Path) -> None:
    with demo_installation(tmp_path) as demo:
        migrate(demo.database)
        accounts.add_project(demo.database, demo.admin, "Our own")
        before = demo.contents()
        ended = demo.command("demo", "load", "--first-time", "--json")
        assert (ended.returncode, json.loads(ended.stdout)) == (0, {"loaded": False})
        assert demo.contents() == before
        assert before["project"] == 1


def table_line(result: ResultView) -> str:
    """The line of the table in the demo's README that stands for a result."""
    cells = [result.metric, result.shown_as, str(result.baseline), "–", "–", "–"]
    if result.candidate is not None:
        held_out = result.held_out or {}
        before, after = (
            f"{held_out[of]['correct']} of {held_out[of]['total']}" for of in ("baseline", "optimised")
        )
        cells[3:] = [str(result.optimised), f"{before} → {after}", f"{result.fixed}, {result.broken}"]
    return f"| {' | '.join(cells)} |"
