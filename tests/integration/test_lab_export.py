from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.db import Database
from core.errors import NotFound, Refused
from core.lab.exporting import export
from core.terms import Actor, Origin, Role
from tests.lab_world import SAID, LabWorld, lab_database, lab_world

FORMATS = ("jsonl", "csv")
TRICKY = "".join(("=+-@\t\r\n'\",; ", "N/Aé\u2028\x00\ud800😀"))
TEXTS = st.text(alphabet=TRICKY, max_size=8) | st.text(max_size=8)
LABELS: dict[str, st.SearchStrategy[Any]] = {
    "binary": st.sampled_from(["true", "false"]),
    "rating": st.floats(0, 5),
    "numeric": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20),
    "enum": st.sampled_from(["=1", "na", "-x", "'=q", "Yes", "0"]),
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Database:
    return lab_database(f"sqlite:///{tmp_path_factory.mktemp('database') / 'lab.db'}")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def exported(world: LabWorld, file_format: str, metric_id: int | None = None) -> Path:
    path = world.folder / f"export.{file_format}"
    pieces = export(world.database, world.editor, metric_id or world.metric_id, file_format)
    path.write_text("".join(pieces), encoding="utf-8", newline="")
    return path


def lab(world: LabWorld) -> dict[str, Any]:
    """All that a file should carry, by external id."""
    calls = world.calls()
    return {
        name: (row.labelled, row.expected_value, row.feedback, call.digest, call.group, call.details)
        for name, row in world.reviews().items()
        for call in [calls[name]]
    }


@st.composite
def rows(draw: st.DrawFn, eval_type: str) -> list[dict[str, Any]]:
    made = []
    for number in range(draw(st.integers(1, 5))):
        row: dict[str, Any] = {"id": f"{draw(TEXTS)}{number}", "transcript": SAID}
        label = draw(st.none() | st.just("N/A") | LABELS[eval_type])
        made.append(row | ({} if label is None else {"expected_value": label}))
        made[-1] |= {"feedback": draw(TEXTS), "group": draw(TEXTS), "metadata": {draw(TEXTS): draw(TEXTS)}}
    return made


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("eval_type", LABELS)
def test_a_lab_comes_back_through_a_file_as_it_was(
    eval_type: str, file_format: str, database: Database, tmp_path: Path
) -> None:
    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(rows(eval_type))
    def holds(made: Sequence[dict[str, Any]]) -> None:
        values = {"enum_values": ["=1", "na", "-x", "'=q", "Yes", "0"]} if eval_type == "enum" else {}
        with TemporaryDirectory(dir=tmp_path) as folder:
            here = lab_world(database, Path(folder), eval_type, **values)
            there = lab_world(database, Path(folder), eval_type, **values)
            assert here.import_rows(*made).problems == []
            path = exported(here, file_format)
            assert there.import_path(path).problems == []
            assert lab(there) == lab(here)
            again = here.import_path(path)
            changes = (again.new, again.labels_added, again.labels_changed, again.notes_changed)
            assert (changes, again.other_metadata) == ((0, 0, 0, 0), 0)

    holds()


def test_json_lines_keep_absent_and_not_applicable_apart(world: LabWorld) -> None:
    world.import_rows(
        {"id": "a", "transcript": SAID, "label": "pass"},
        {"id": "b", "transcript": SAID, "label": None},
        {"id": "c", "transcript": SAID},
    )
    found = [json.loads(line) for line in exported(world, "jsonl").read_text().splitlines()]
    assert found == [
        {"id": "a", "transcript": SAID, "expected_value": True},
        {"id": "b", "transcript": SAID, "expected_value": None},
        {"id": "c", "transcript": SAID},
    ]


def test_csv_keeps_absent_and_not_applicable_apart_and_runs_no_formula(world: LabWorld) -> None:
    world.import_rows(
        {"id": "=a", "transcript": SAID, "label": None, "feedback": "+1"}, {"id": "b", "transcript": SAID}
    )
    with exported(world, "csv").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["id"], first["expected_value"], first["feedback"]) == ("'=a", "N/A", "'+1")
    assert (second["id"], second["expected_value"]) == ("b", "")


def test_a_lab_of_several_pages_is_exported_whole_and_in_order(world: LabWorld) -> None:
    names = [str(number) for number in range(120)]
    world.import_rows(*({"id": name, "transcript": SAID} for name in names))
    found = list(csv.DictReader(io.StringIO(exported(world, "csv").read_text())))
    assert [row["id"] for row in found] == names


def test_an_empty_lab_is_a_header_or_nothing(world: LabWorld) -> None:
    assert exported(world, "csv").read_text() == "id,transcript,expected_value,feedback,group,metadata\n"
    assert exported(world, "jsonl").read_text() == ""


def test_refusals_come_before_the_first_piece(world: LabWorld) -> None:
    stranger = Actor(None, "A stranger", Origin.PAGE)
    with pytest.raises(Refused, match="xlsx"):
        export(world.database, world.editor, world.metric_id, "xlsx")
    with pytest.raises(NotFound):
        export(world.database, world.editor, 10**6, "csv")
    with pytest.raises(NotFound):
        export(world.database, stranger, world.metric_id, "csv")
    export(world.database, world.people[Role.VIEWER], world.metric_id, "csv")
