from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import event

from core.db import Database
from core.errors import BadImport, NotAllowed, NotFound
from core.lab.checking import MAX_BATCH_ROWS
from core.lab.importing import preview
from core.lab.lab_rows import add_rows
from core.terms import EvalSettings, Role
from tests.lab_world import SAID, LabWorld, lab_database, lab_world

REAL_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return lab_database(f"sqlite:///{tmp_path_factory.mktemp('database') / 'lab.db'}")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def real_file(name: str) -> Path:
    path = REAL_DATA / name
    if not path.exists():
        pytest.skip(f"the labelled conversations are not beside the repository: {path}")
    return path


@pytest.mark.parametrize(
    ("name", "rows", "fails"), [("tau_airline.jsonl", 60, 30), ("halueval_general.jsonl", 120, 60)]
)
def test_real_conversations_come_in_with_their_labels(
    world: LabWorld, name: str, rows: int, fails: int
) -> None:
    path = real_file(name)
    report = world.import_path(path)
    assert (report.new, report.problems, report.notices) == (rows, [], [])
    assert report.values == preview(path, EvalSettings()).values == {"true": rows - fails, "false": fails}
    again = world.import_path(path)
    assert (again.new, again.known, again.labels_added, again.labels_changed) == (0, rows, 0, 0)
    reviews = world.reviews().values()
    assert sum(review.expected_value == "false" and bool(review.feedback) for review in reviews) == fails
    assert {review.revision for review in reviews} == {1}


def test_every_call_of_the_file_gets_a_row_labelled_or_not(world: LabWorld) -> None:
    report = world.import_rows(
        {"id": "a", "transcript": SAID, "label": "pass", "feedback": "Kind."},
        {"id": "b", "transcript": SAID, "label": None},
        {"id": "c", "transcript": SAID, "label": ""},
        {"id": "d", "transcript": SAID, "feedback": "Hm."},
    )
    reviews = world.reviews()
    marks = {name: (row.labelled, row.expected_value, row.feedback) for name, row in reviews.items()}
    assert marks == {
        "a": (True, "true", "Kind."),
        "b": (True, "N/A", ""),
        "c": (False, None, ""),
        "d": (False, None, "Hm."),
    }
    signed = {name for name, row in reviews.items() if row.labelled_by and row.labelled_at}
    assert signed == {"a", "b", "d"}
    assert (report.written, report.labels_added, report.notes_changed) == (True, 2, 2)


def test_what_is_stored_is_what_the_file_said(world: LabWorld) -> None:
    timed = [SAID[0] | {"start_time": 0, "end_time": 1.5}]
    world.import_rows({"id": "a", "transcript": timed, "group": "g", "metadata": {"k": 1}, "source": "web"})
    call = world.calls()["a"]
    with world.database.read() as session:
        session.add(call)
        assert call.transcript == [SAID[0] | {"start_time": 0.0, "end_time": 1.5}]
    assert (call.group, call.details) == ("g", {"k": 1, "source": "web"})


def test_importing_twice_changes_nothing(world: LabWorld) -> None:
    rows = [{"id": "a", "transcript": SAID, "label": "pass"}, {"transcript": "User: no id"}]
    world.import_rows(*rows)
    before = {name: (row.id, row.revision, row.labelled_at) for name, row in world.reviews().items()}
    report = world.import_rows(*rows)
    assert (report.new, report.known, report.labels_added, report.labels_changed) == (0, 2, 0, 0)
    assert {name: (row.id, row.revision, row.labelled_at) for name, row in world.reviews().items()} == before


def test_labels_of_known_calls_are_updated_and_never_taken_away(world: LabWorld) -> None:
    world.import_rows(
        {"id": "a", "transcript": SAID, "label": "pass", "feedback": "Kind."},
        {"id": "b", "transcript": SAID, "label": "pass"},
        {"id": "c", "transcript": SAID},
    )
    report = world.import_rows(
        {"id": "a", "transcript": SAID, "label": "fail"},
        {"id": "b", "transcript": SAID, "label": "", "feedback": ""},
        {"id": "c", "transcript": SAID, "label": "N/A", "feedback": "Off."},
    )
    reviews = world.reviews()
    assert [reviews[name].expected_value for name in "abc"] == ["false", "true", "N/A"]
    assert [reviews[name].revision for name in "abc"] == [2, 1, 2]
    assert (reviews["a"].feedback, reviews["c"].feedback) == ("Kind.", "Off.")
    assert (report.labels_added, report.labels_changed, report.notes_changed) == (1, 1, 1)


def test_a_known_id_with_another_transcript_is_refused(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID})
    report = world.import_rows({"id": "b", "transcript": SAID}, {"id": "a", "transcript": "User: other"})
    assert [(problem.line, "another transcript" in problem.sentence) for problem in report.problems] == [
        (2, True)
    ]
    assert (report.written, set(world.calls())) == (False, {"a"})


def test_other_metadata_of_a_known_call_is_left_out_and_said(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID, "source": "web"})
    report = world.import_rows({"id": "a", "transcript": SAID, "source": "phone"})
    assert (report.known, report.other_metadata) == (1, 1)
    assert "other metadata" in report.notices[0]
    assert world.calls()["a"].details == {"source": "web"}


def test_one_bad_row_holds_everything_back(world: LabWorld) -> None:
    report = world.import_rows({"id": "a", "transcript": SAID}, {"id": "b"}, "nonsense")
    assert ([problem.line for problem in report.problems], report.written) == ([2, 3], False)
    assert (world.calls(), world.audit()) == ({}, [])


def test_the_good_rows_come_in_when_told_to(world: LabWorld) -> None:
    rows = [{"id": "a", "transcript": SAID, "label": "pass"}, {"id": "b"}]
    report = world.import_rows(*rows, skip_bad=True)
    assert (report.written, report.new, report.bad) == (True, 1, 1)
    assert [problem.line for problem in report.problems] == [2]
    assert set(world.calls()) == {"a"}


def test_when_every_row_is_bad_nothing_was_written(world: LabWorld) -> None:
    report = world.import_rows({"id": "b"}, skip_bad=True)
    assert (report.written, report.bad, world.audit()) == (False, 1, [])


def test_a_dry_run_says_the_same_and_writes_nothing(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID, "label": "pass"})
    rows = [
        {"id": "a", "transcript": SAID, "label": "fail"},
        {"id": "b", "transcript": SAID, "label": "pass"},
    ]
    planned = world.import_rows(*rows, dry_run=True)
    assert set(world.calls()) == {"a"}
    done = world.import_rows(*rows)
    assert (planned.written, done.written) == (False, True)
    assert planned.as_json() | {"written": True} == done.as_json()
    assert (done.new, done.known, done.labels_added, done.labels_changed) == (1, 1, 1, 1)


def test_a_repeated_row_is_taken_once_and_one_that_contradicts_it_is_refused(world: LabWorld) -> None:
    row = {"id": "a", "transcript": SAID, "label": "pass"}
    assert world.import_rows(row, row, dry_run=True).repeated == 1
    report = world.import_rows(row, row | {"label": "fail"})
    assert "line 1" in report.problems[0].sentence
    nameless = {"transcript": SAID, "label": "pass"}
    report = world.import_rows(nameless, nameless | {"label": "fail"})
    assert "it has no id" in report.problems[0].sentence


def test_without_a_metric_only_the_calls_come_in(world: LabWorld) -> None:
    report = world.import_rows({"id": "a", "transcript": SAID, "label": "so-so"}, metric_id=None)
    assert (report.new, world.reviews(), len(report.notices)) == (1, {}, 1)
    assert "no metric was chosen" in report.notices[0]


def test_calls_that_are_there_can_be_labelled_for_another_metric(world: LabWorld) -> None:
    row = {"id": "a", "transcript": SAID, "label": "pass"}
    world.import_rows(row)
    other = world.add_metric("rating")
    report = world.import_rows(row | {"label": 4}, metric_id=other)
    assert (report.known, report.labels_added) == (1, 1)
    assert world.reviews(other)["a"].expected_value == "4"


def test_calls_are_put_into_a_lab_once_and_keep_their_labels(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID, "label": "pass"})
    world.import_rows({"id": "b", "transcript": SAID}, metric_id=None)
    call_ids = [call.id for call in world.calls().values()]
    with world.database.write() as session:
        assert add_rows(session, world.metric_id, call_ids) == 1
        assert add_rows(session, world.metric_id, call_ids) == 0
    assert {name: row.expected_value for name, row in world.reviews().items()} == {"a": "true", "b": None}


def test_a_column_that_cannot_be_found_is_said_with_the_columns_there_are(world: LabWorld) -> None:
    path = world.folder / "calls.csv"
    path.write_text("ref,dialogue\n1,Agent: hi\n")
    report = world.import_path(path)
    assert (report.written, report.columns) == (False, ["ref", "dialogue"])
    assert "No column is called “transcript”" in report.notices[0]
    mapped = world.import_path(path, columns={"transcript": "dialogue", "id": "ref"})
    assert (mapped.written, set(world.calls())) == (True, {"1"})


def test_bringing_calls_in_needs_an_editor_and_labelling_them_a_labeller(world: LabWorld) -> None:
    row = {"id": "a", "transcript": SAID}
    with pytest.raises(NotAllowed, match="bring in calls"):
        world.import_rows(row, actor=world.labeller)
    assert world.calls() == {}
    world.import_rows(row)
    assert world.import_rows(row | {"label": "pass"}, actor=world.labeller).labels_added == 1
    assert world.reviews()["a"].labelled_by == world.labeller.user_id
    with pytest.raises(NotAllowed):
        world.import_rows(row, actor=world.people[Role.VIEWER])


def test_a_metric_of_another_project_is_refused(world: LabWorld) -> None:
    elsewhere = lab_world(world.database, world.folder)
    with pytest.raises((NotFound, NotAllowed)):
        world.import_rows({"id": "a", "transcript": SAID}, metric_id=elsewhere.metric_id)


def test_an_import_leaves_one_audit_row(world: LabWorld) -> None:
    rows = [{"id": str(number), "transcript": SAID} for number in range(MAX_BATCH_ROWS + 1)]
    world.import_rows(*rows)
    (row,) = world.audit()
    assert (row.action, row.subject, row.user_id) == (
        "calls.import",
        "file calls.jsonl",
        world.editor.user_id,
    )
    assert (row.details["new"], row.details["metric_id"]) == (len(rows), world.metric_id)


def test_many_rows_take_few_statements_and_say_how_far_they_are(world: LabWorld) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    rows = [{"id": str(number), "transcript": SAID, "label": "pass"} for number in range(3 * MAX_BATCH_ROWS)]
    event.listen(world.database.engine, "before_cursor_execute", count)
    told: list[tuple[int, int]] = []
    world.import_rows(*rows, progress=lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == [500, 1000, 1500]
    assert {total for _, total in told} == {1500}
    assert len(world.reviews()) == 1500
    assert statements < 100


def test_two_imports_of_one_file_at_once_double_nothing(world: LabWorld) -> None:
    rows = [{"id": str(number), "transcript": SAID, "label": "pass"} for number in range(700)]
    path = world.file(*rows)
    reports = []
    both = [threading.Thread(target=lambda: reports.append(world.import_path(path))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(world.reviews()) == 700
    assert sum(report.new for report in reports) == 700
    assert sum(report.labels_added for report in reports) == 700


def test_a_file_out_of_a_pipe_comes_in(world: LabWorld) -> None:
    pipe = world.folder / "pipe.jsonl"
    os.mkfifo(pipe)
    content = json.dumps({"id": "a", "transcript": SAID})
    writer = threading.Thread(target=pipe.write_text, args=(content,))
    writer.start()
    assert world.import_path(pipe).new == 1
    writer.join()


def test_an_interrupted_import_is_finished_by_the_next(world: LabWorld) -> None:
    rows = [{"id": str(number), "transcript": SAID, "label": "pass"} for number in range(1200)]

    def stop(done: int, _: int) -> None:
        if done >= 1000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.import_rows(*rows, progress=stop)
    report = world.import_rows(*rows)
    assert (report.new, report.known) == (200, 1000)
    assert len(world.reviews()) == 1200


def test_a_file_without_rows_is_refused(world: LabWorld) -> None:
    with pytest.raises(BadImport, match="is empty"):
        world.import_rows()
