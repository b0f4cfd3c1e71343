from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core import evaluations, jobs
from core.db import Database
from core.errors import NotAllowed, NotFound, Refused
from core.lab import (
    Alignment,
    RowFilter,
    RowsAsked,
    lab_standing,
    label,
    open_row,
    rows_page,
    whole_transcript,
)
from core.models import Job, Metric, MetricReview, MetricVersion
from core.terms import Actor, Origin, Role
from tests.databases import on_both
from tests.lab_world import LabWorld, lab_world

STRANGER = Actor(None, "Nobody", Origin.PAGE)
WORDS = ["true", "false", "N/A", None]
SEARCHES = {
    "ALPHA": ["alpha"],
    "sure of it": ["beta"],
    "déjà VU": ["gamma"],
    "DÉJÀ": ["gamma"],
    'says "50 %"': ["gamma"],
    "50 _": [],
    "content": [],
    "user": [],
}
"""What is searched for, and the calls that hold it; the JSON's own keys and roles are no words."""
NUMBERS = ["0", "2", "2.5", "3", "N/A", None]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def bring_in(world: LabWorld, *names: str, **more: Any) -> None:
    world.import_rows(*({"id": name, "transcript": f"User: this is {name}", **more} for name in names))


def names(world: LabWorld, show: RowFilter = RowFilter.ALL, search: str = "") -> list[str]:
    found = rows_page(world.database, world.people[Role.VIEWER], world.metric_id, RowsAsked(show, search))
    return [row.external_id for row in found.rows]


def every_pair(world: LabWorld, values: list[str | None]) -> None:
    """A row for each label with each answer; None is no label, and an unreadable answer."""
    pairs = [(expected, actual) for expected in values for actual in values]
    world.import_rows(
        *(
            {
                "id": f"{expected}-{actual}",
                "transcript": "User: hi",
                "label": "" if expected is None else expected,
            }
            for expected, actual in pairs
        )
    )
    world.evaluated(**{f"{expected}-{actual}": actual for expected, actual in pairs})


@on_both
@pytest.mark.parametrize(
    ("eval_type", "settings", "values"),
    [
        ("binary", {}, WORDS),
        ("enum", {"enum_values": ["true", "false"]}, WORDS),
        ("rating", {"tolerance": 0.5}, NUMBERS),
        ("numeric", {}, NUMBERS),
    ],
)
def test_what_the_database_calls_disagreeing_the_rules_do_too(
    database: Database, tmp_path: Path, eval_type: str, settings: dict[str, Any], values: list[str | None]
) -> None:
    world = lab_world(database, tmp_path, eval_type, **settings)
    every_pair(world, values)
    everything = [
        row
        for number in (1, 2)
        for row in rows_page(world.database, world.editor, world.metric_id, RowsAsked(), number).rows
    ]
    by_rules = {row.external_id for row in everything if row.alignment is Alignment.DISAGREES}
    by_database = rows_page(world.database, world.editor, world.metric_id, RowsAsked(RowFilter.DISAGREEING))
    assert (
        by_database.total
        == len(by_rules)
        == lab_standing(world.database, world.editor, world.metric_id).disagreeing
    )
    assert {row.external_id for row in by_database.rows} <= by_rules


@on_both
def test_misaligned_rows_come_first_then_judged_ones_without_a_label(world: LabWorld) -> None:
    bring_in(world, "fresh", "open", "unsure")
    bring_in(world, "right", "wrong", "unreadable", label="pass")
    world.evaluated(open="true", right="true", wrong="false", unreadable=None)
    assert names(world) == ["wrong", "unreadable", "open", "fresh", "unsure", "right"]


def test_each_filter_leaves_its_rows(world: LabWorld) -> None:
    bring_in(world, "fresh")
    bring_in(world, "right", "wrong", label="pass")
    world.evaluated(right="true", wrong="false")
    assert names(world, RowFilter.DISAGREEING) == ["wrong"]
    assert names(world, RowFilter.UNLABELLED) == ["fresh"]
    assert names(world, RowFilter.LABELLED) == ["wrong", "right"]
    assert names(world, RowFilter.NOT_EVALUATED) == ["fresh"]


@on_both
def test_contradicting_rows_stand_beside_each_other(world: LabWorld) -> None:
    rows = [("a", "one", "pass"), ("b", "two", "pass"), ("c", "one", "fail"), ("d", "two", "fail")]
    world.import_rows(*({"id": n, "transcript": f"User: {t}", "label": v} for n, t, v in rows))
    bring_in(world, "lonely", label="pass")
    assert sorted(map(sorted, zip(*[iter(names(world, RowFilter.CONTRADICTING))] * 2, strict=True))) == [
        ["a", "c"],
        ["b", "d"],
    ]


@on_both
def test_a_search_looks_into_ids_notes_and_what_was_said(world: LabWorld) -> None:
    world.import_rows(
        {"id": "alpha", "transcript": "User: hello"},
        {"id": "beta", "transcript": "User: hello", "feedback": "I am sure of it."},
        {"id": "gamma", "transcript": 'Agent: déjà vu\nUser: she says "50 %"'},
    )
    assert {search: names(world, search=search) for search in SEARCHES} == SEARCHES


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("refund", True),
        ("REFUND my", True),
        ("my mon", True),
        ("fund", False),
        ("money refund", False),
        ("refund, my money", False),
        ("$5", True),
        ("(my money)", True),
        ("$ 5", False),
        ("払い戻し", True),
        ("戻し", True),
        ("คืนเงิน", True),
        ("crème", True),
        ("creme", False),
    ],
)
@on_both
def test_words_are_found_from_where_one_begins(world: LabWorld, search: str, found: bool) -> None:
    world.import_rows(
        {"id": "there", "transcript": "User: Refund (my money): $5, crème.\nAgent: 全額払い戻しです ขอคืนเงิน"},
        {"id": "elsewhere", "transcript": "User: hello"},
    )
    assert names(world, search=search) == (["there"] if found else [])


@pytest.mark.thorough
@on_both
def test_the_end_of_a_very_long_call_is_found_too(world: LabWorld) -> None:
    turns = [{"role": "user", "content": f"number {number} and so on"} for number in range(100_000)]
    world.import_rows({"id": "long", "transcript": [*turns, {"role": "user", "content": "farewell"}]})
    assert names(world, search="farewell") == ["long"]


@on_both
def test_what_is_found_comes_in_pages_too(world: LabWorld) -> None:
    bring_in(world, *(f"call-{number:02}" for number in range(30)), feedback="late")

    def page(search: str, number: int) -> tuple[int, int, int, int]:
        found = rows_page(world.database, world.editor, world.metric_id, RowsAsked(search=search), number)
        return len(found.rows), found.total, found.number, found.pages

    assert [page("late", number) for number in (1, 2, 7)] == [(25, 30, 1, 2), (5, 30, 2, 2), (5, 30, 2, 2)]
    assert [page("xylophone", number) for number in (1, 7)] == [(0, 0, 1, 1), (0, 0, 1, 1)]


def test_rows_come_in_pages_and_texts_are_cut_in_them(world: LabWorld) -> None:
    bring_in(world, *(f"call-{number:02}" for number in range(30)), feedback="n" * 5_000)
    found = rows_page(world.database, world.editor, world.metric_id, RowsAsked(), 7)
    assert (found.number, found.pages, found.total, len(found.rows)) == (2, 2, 30, 5)
    assert len(found.rows[0].note) == 400


def test_who_labelled_a_row_and_when_is_part_of_it(world: LabWorld) -> None:
    bring_in(world, "one")
    review_id = world.reviews()["one"].id
    label(world.database, world.labeller, review_id, True)
    row = rows_page(world.database, world.editor, world.metric_id, RowsAsked()).rows[0]
    assert row.labelled_by == world.labeller.name
    assert row.labelled_at is not None


@on_both
def test_an_open_row_knows_its_place_and_the_rows_beside_it(world: LabWorld) -> None:
    bring_in(world, "one", "two", "three")
    ids = {name: review.id for name, review in world.reviews().items()}
    unlabelled = RowsAsked(RowFilter.UNLABELLED)
    place = open_row(world.database, world.editor, ids["two"], unlabelled).place
    assert (place.position, place.total) == (2, 3)
    assert (place.previous_id, place.next_id) == (ids["one"], ids["three"])


def test_a_row_that_left_the_filter_still_leads_on(world: LabWorld) -> None:
    bring_in(world, "one", "two", "three")
    ids = {name: review.id for name, review in world.reviews().items()}
    label(world.database, world.editor, ids["two"], True)
    place = open_row(world.database, world.editor, ids["two"], RowsAsked(RowFilter.UNLABELLED)).place
    assert (place.position, place.total) == (None, 2)
    assert (place.previous_id, place.next_id) == (ids["one"], ids["three"])


def test_a_viewer_may_look_and_not_label_and_a_stranger_neither(world: LabWorld) -> None:
    bring_in(world, "one")
    review_id = world.reviews()["one"].id
    assert not open_row(world.database, world.people[Role.VIEWER], review_id, RowsAsked()).may_label
    assert open_row(world.database, world.labeller, review_id, RowsAsked()).may_label
    for ask in (
        lambda: open_row(world.database, STRANGER, review_id, RowsAsked()),
        lambda: whole_transcript(world.database, STRANGER, review_id),
        lambda: rows_page(world.database, STRANGER, world.metric_id, RowsAsked()),
        lambda: evaluations.state(world.database, STRANGER, world.metric_id),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(NotAllowed):
        evaluations.cancel(world.database, world.labeller, world.metric_id)


def test_a_row_that_is_nowhere_is_not_found(world: LabWorld) -> None:
    with pytest.raises(NotFound):
        open_row(world.database, world.editor, 10**9, RowsAsked())


def test_an_evaluation_is_seen_waiting_and_cancelled_before_it_began(world: LabWorld) -> None:
    bring_in(world, "one")
    job_id = evaluations.start(world.database, world.editor, world.metric_id)
    found = evaluations.state(world.database, world.editor, world.metric_id)
    assert found.going
    assert found.job is not None
    assert found.job.id == job_id
    assert found.waits_seconds is not None
    evaluations.cancel(world.database, world.editor, world.metric_id)
    assert jobs.view(world.database, job_id).status == "cancelled"
    assert "lab.evaluate.cancel" in [event.action for event in world.audit()]
    with pytest.raises(Refused):
        evaluations.cancel(world.database, world.editor, world.metric_id)


def test_a_running_evaluation_is_asked_to_stop(world: LabWorld) -> None:
    bring_in(world, "one")
    job_id = evaluations.start(world.database, world.editor, world.metric_id)
    assert jobs.claim(world.database, job_id) is not None
    evaluations.cancel(world.database, world.editor, world.metric_id)
    assert jobs.view(world.database, job_id).cancel_requested
    assert evaluations.state(world.database, world.editor, world.metric_id).going


def test_verdicts_of_an_earlier_version_are_counted(world: LabWorld) -> None:
    bring_in(world, "one", "two", "fresh")
    world.evaluated(one="true", two="true")
    with world.database.write() as session:
        version = MetricVersion(
            metric_id=world.metric_id,
            number=2,
            description="d",
            trigger_kind="always",
            type="llm_judge",
            digest="0",
            origin="page",
        )
        session.add(version)
        session.flush()
        session.get_one(Metric, world.metric_id).live_version_id = version.id
        session.get_one(MetricReview, world.reviews()["one"].id).evaluated_version_id = version.id
    assert evaluations.state(world.database, world.editor, world.metric_id).outdated == 1
    with world.database.read() as session:
        assert session.scalar(select(Job.id).where(Job.subject_id == world.metric_id)) is None
