"""The Lab's statements on SQLite and on PostgreSQL, and several people at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.db import Database
from core.errors import BadImport, RowEditedMeanwhile
from core.lab.exporting import export
from core.lab.labelling import label
from core.lab.report import ImportReport
from core.lab.row_order import RowsAsked
from core.lab.rows_view import rows_page
from core.lab.standing import collect, lab_standing
from core.lab.storing import Destination, write
from core.models import Call, Project
from tests.bad_files import CATALOGUE
from tests.databases import fresh_postgres
from tests.lab_world import SAID, LabWorld, lab_database, lab_world


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        yield lab_database(f"sqlite:///{tmp_path_factory.mktemp('database') / 'lab.db'}")
        return
    yield from fresh_postgres(request.getfixturevalue("migrated_postgres"))


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each act returned, or the exception it ended with."""
    with ThreadPoolExecutor(len(acts)) as people:
        started = [people.submit(act) for act in acts]
        return [future.exception() or future.result() for future in started]


def test_a_file_goes_in_twice_and_out_again(world: LabWorld) -> None:
    rows = [
        {
            "id": "a",
            "transcript": SAID,
            "label": "pass",
            "feedback": "nul \x00 and \ud800",
            "k": {"\x00": "\x00"},
        },
        {"id": "b", "transcript": SAID, "label": None, "group": "g"},
        {"id": "c", "transcript": "User: Bye"},
    ]
    first, second = world.import_rows(*rows), world.import_rows(*rows)
    assert (first.new, first.labels_added, first.notes_changed) == (3, 2, 1)
    assert (second.new, second.known, second.labels_added, second.other_metadata) == (0, 3, 0, 0)
    report = world.import_rows({"id": "a", "transcript": SAID, "label": "fail"}, rows[2] | {"label": "pass"})
    assert (report.labels_changed, report.labels_added) == (1, 1)
    pieces = "".join(export(world.database, world.editor, world.metric_id, "jsonl"))
    assert len(pieces.splitlines()) == 3


def test_a_lab_is_counted(world: LabWorld) -> None:
    world.import_rows(
        {"id": "a", "transcript": SAID, "label": "pass", "feedback": "Hm."},
        {"id": "b", "transcript": SAID, "label": "fail"},
        {"id": "c", "transcript": SAID, "label": "fail"},
    )
    world.evaluated(a="false", b="false")
    found = lab_standing(world.database, world.editor, world.metric_id)
    assert (found.labelled, found.notes, found.agreeing, found.disagreeing_with_note) == (3, 1, 1, 1)
    assert (len(found.contradictions), found.new, found.not_evaluated) == (1, 3, 1)
    with world.database.read() as session:
        assert len(collect(session, world.metric_id)) == 3


def test_of_two_labellers_at_once_one_is_told(world: LabWorld) -> None:
    world.import_rows({"id": "a", "transcript": SAID})
    review = world.reviews()["a"]

    def say(value: bool) -> int:
        return label(world.database, world.labeller, review.id, value, expected_revision=review.revision)

    ends = at_once(lambda: say(True), lambda: say(False))
    assert {type(end) for end in ends} == {int, RowEditedMeanwhile}
    assert world.reviews()["a"].revision == 2


def test_imports_of_the_same_calls_in_another_order_do_not_end_each_other(world: LabWorld) -> None:
    rows = [{"id": str(number), "transcript": SAID, "label": "pass"} for number in range(400)]
    there = world.file(*rows)
    back = world.file(*reversed([row | {"label": "fail"} for row in rows]), name="back.jsonl")
    ends = at_once(lambda: world.import_path(there), lambda: world.import_path(back))
    assert [end for end in ends if isinstance(end, Exception)] == []
    assert len(world.calls()) == 400
    assert {review.labelled for review in world.reviews().values()} == {True}


def test_one_import_at_a_time_writes_into_a_project(world: LabWorld) -> None:
    """Without turns PostgreSQL ends one in ten of the pairs above as a deadlock."""
    if world.database.engine.dialect.name == "sqlite":
        pytest.skip("in SQLite one transaction at a time writes anyway")
    to = Destination(world.project_id, world.metric_id, None)
    turn = select(Project.id).where(Project.id == world.project_id)
    with world.database.write() as session, world.database.read() as other:
        write(session, to, [], ImportReport())
        assert other.scalar(turn.with_for_update(key_share=True, skip_locked=True)) is None
        assert other.scalar(turn.with_for_update(key_share=True, read=True)) == world.project_id


def test_a_label_by_hand_and_an_import_at_once_both_stand_in_turn(world: LabWorld) -> None:
    rows = [{"id": str(number), "transcript": SAID, "label": "pass"} for number in range(100)]
    world.import_rows(*rows)
    reviews = list(world.reviews().values())
    path = world.file(*(row | {"label": "fail"} for row in rows), name="other.jsonl")

    def by_hand() -> None:
        for review in reviews:
            label(world.database, world.labeller, review.id, None)

    ends = at_once(lambda: world.import_path(path), by_hand)
    assert [end for end in ends if isinstance(end, Exception)] == []
    assert {review.revision for review in world.reviews().values()} <= {2, 3}


@pytest.mark.parametrize("name", ["calls.jsonl", "calls.json"])
def test_hostile_texts_come_back_as_they_were(world: LabWorld, name: str) -> None:
    """Right to left, emoji, combining signs, two megabytes, ten thousand turns; on both databases."""
    texts = [
        "שלום עולם \u202eabc\u202c",
        "مرحبا",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "e\u0301\u0327" * 50,
        "a\u2028b\u2029c\x85d",
        "'; DROP TABLE call; --",
    ]
    rows: list[dict[str, Any]] = [
        {"id": text, "transcript": [{"role": "user", "content": text}], "feedback": text, "k": {text: text}}
        for text in texts
    ]
    rows.append(
        {"id": "long", "transcript": [{"role": "user", "content": "ä\U0001f600 so it goes. " * 100_000}]}
    )
    rows.append({"id": "many", "transcript": [{"role": "user", "content": f"{n}"} for n in range(10_000)]})
    path = world.folder / name
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    whole = f"[{', '.join(lines)}]" if name == "calls.json" else "\n".join(lines)
    path.write_text(whole, encoding="utf-8", newline="")
    assert world.import_path(path).problems == []
    calls = world.calls()
    with world.database.read() as session:
        stored = dict(iter(session.execute(select(Call.external_id, Call.transcript))))
    for row in rows:
        said = [message["content"] for message in stored[row["id"]]]
        assert said == [message["content"] for message in row["transcript"]]
        assert calls[row["id"]].details == ({"k": row["k"]} if "k" in row else {})
    again = world.import_path(path)
    assert (again.new, again.known, again.other_metadata) == (0, len(rows), 0)


def test_halves_of_surrogates_and_nul_are_replaced_in_every_field(world: LabWorld) -> None:
    line = (
        '{"id": "\\ud83d", "transcript": [{"role": "user", "content": "a\\u0000b\\udc00"}],'
        ' "note": "\\udfff", "group": "\\u0000", "x\\u0000": "\\ud800"}'
    )
    path = world.folder / "half.jsonl"
    path.write_text(line)
    assert world.import_path(path).problems == []
    (call,) = world.calls().values()
    assert (call.external_id, call.group, call.details) == ("\ufffd", "\ufffd", {"x\ufffd": "\ufffd"})
    assert world.reviews()["\ufffd"].feedback == "\ufffd"


def test_no_bad_file_of_the_catalogue_harms_a_database(world: LabWorld) -> None:
    """Of each file the good rows come in and nothing else; the next file comes in as if nothing had been."""
    for case, (name, content, _) in CATALOGUE.items():
        here = lab_world(world.database, world.folder)
        path = here.folder / Path(name).name
        path.write_bytes(content)
        try:
            report = here.import_path(path, skip_bad=True)
        except BadImport:
            assert here.calls() == {}, case
            continue
        assert report.bad, case
        assert len(here.calls()) == report.good, case


@pytest.mark.parametrize(
    "said",
    [
        "plain words",
        'he said "no"',
        "back\\slash",
        "50% off_now",
        "tab\tand\nline",
        "grüße",
        "ÄPFEL",
        "שלום",
        "😀",
    ],
)
def test_a_search_finds_what_was_said_however_json_writes_it(world: LabWorld, said: str) -> None:
    world.import_rows(
        {"id": "there", "transcript": [{"role": "user", "content": f"Well, {said} it was."}]},
        {"id": "elsewhere", "transcript": SAID},
    )
    for words in (said, said.lower(), "role", "content"):
        page = rows_page(world.database, world.editor, world.metric_id, RowsAsked(search=words))
        expected = ["there"] if words not in ("role", "content") else []
        assert [row.external_id for row in page.rows] == expected, words


@pytest.mark.parametrize(
    ("said", "words"),
    [("line\nice", "nice"), ("tab\table", "ttable"), ("íta", "edta"), ("íta", "0edta"), ("íta", "ed")],
)
def test_a_search_takes_no_part_of_an_escape_for_a_letter(world: LabWorld, said: str, words: str) -> None:
    world.import_rows(
        {"id": "apart", "transcript": [{"role": "user", "content": said}]},
        {"id": "there", "transcript": [{"role": "user", "content": f"{said} and {words}"}]},
    )
    page = rows_page(world.database, world.editor, world.metric_id, RowsAsked(search=words))
    assert [row.external_id for row in page.rows] == ["there"]
