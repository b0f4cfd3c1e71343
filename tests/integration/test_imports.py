"""Uploaded files come in as jobs: exactly once, whoever dies in the middle, on both databases."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, update

from core import imports, jobs
from core.db import Database, database_now
from core.errors import BadImport, NotAllowed, NotFound, Refused
from core.imports import ImportView
from core.jobs import Claim
from core.jobs.workplace import Workplace
from core.lab import ImportReport, import_file
from core.models import Call, CallImportPiece, Job, Membership
from core.settings import load_settings
from core.terms import Actor, Role
from core.work import HANDLERS
from tests.databases import database, migrated_file, migrated_postgres, on_both, postgres
from tests.lab_world import SAID, LabWorld, lab_world
from tests.servers import wait_until

__all__ = ["database", "migrated_file", "migrated_postgres", "postgres"]


@pytest.fixture
def world(database: Database, tmp_path: Path) -> LabWorld:
    return lab_world(database, tmp_path)


def place(world: LabWorld) -> Workplace:
    return Workplace(world.database, load_settings(_env_file=None, plumbline_home=world.folder))


def rows(count: int, label: str = "pass") -> list[dict[str, Any]]:
    return [{"id": f"c{number}", "transcript": SAID, "label": label} for number in range(count)]


def upload(*lines: Any, name: str = "calls.jsonl") -> io.BytesIO:
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    made = io.BytesIO("\n".join(texts).encode())
    made.name = name
    return made


def start(world: LabWorld, source: io.BytesIO, actor: Actor | None = None, **options: Any) -> int:
    actor = actor or world.editor
    columns = options.pop("columns", {})
    to = (world.project_id, options.pop("metric_id", world.metric_id))
    looked_at = options.pop("looked_at", None) or import_file(
        world.database, actor, *to, source, dry_run=True, columns=columns
    )
    options.setdefault("skip_bad", False)
    return imports.start(world.database, actor, *to, source, looked_at, columns=columns, **options)


def newest(world: LabWorld) -> ImportView:
    found = imports.newest(world.database, world.editor, world.project_id)
    assert found is not None
    return found


def report(world: LabWorld) -> ImportReport:
    found = newest(world).report
    assert found is not None
    return found


def work(world: LabWorld, job_id: int) -> None:
    mine = jobs.claim(world.database, job_id)
    assert mine is not None
    assert HANDLERS[mine.kind](place(world), mine) == []


def count(world: LabWorld) -> int:
    query = select(func.count()).select_from(Call).where(Call.project_id == world.project_id)
    with world.database.read() as session:
        return session.scalar(query) or 0


def pieces(world: LabWorld) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(CallImportPiece)) or 0


@on_both
def test_a_file_comes_in_as_a_job_and_its_bytes_are_let_go(world: LabWorld) -> None:
    job_id = start(world, upload(*rows(1200)))
    assert (newest(world).job.status, pieces(world)) == ("queued", 1)
    work(world, job_id)
    found = newest(world)
    assert (found.job.status, found.job.calls_done, found.job.calls_expected) == ("finished", 2400, 2400)
    assert (report(world).new, report(world).labels_added, report(world).written) == (1200, 1200, True)
    assert len(world.reviews()) == 1200
    assert pieces(world) == 0
    assert [event.action for event in world.audit()] == ["calls.import"]


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


@contextmanager
def dying_at(database: Database, batch: int) -> Iterator[None]:
    """A worker that is killed when all but the last word of so many batches was written."""
    seen = 0

    def strike(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal seen
        seen += statement.startswith("UPDATE call_import SET report")
        if seen == batch:
            raise Killed

    event.listen(database.engine, "after_cursor_execute", strike)
    try:
        yield
    finally:
        event.remove(database.engine, "after_cursor_execute", strike)


@on_both
@pytest.mark.parametrize("batch", [1, 2, 3])
def test_what_a_killed_worker_left_is_finished_by_the_next_and_counted_once(
    world: LabWorld, batch: int
) -> None:
    lines = [*rows(1100), "{broken", *rows(3), {"id": "last", "transcript": SAID}]
    job_id = start(world, upload(*lines), skip_bad=True)
    with dying_at(world.database, batch), pytest.raises(Killed):
        work(world, job_id)
    assert len(world.calls()) == 500 * (batch - 1)
    silence(world, job_id)
    assert jobs.expire_leases(world.database, 20) == [job_id]
    work(world, job_id)
    found = report(world)
    assert (found.rows, found.good, found.bad, found.repeated) == (1105, 1101, 1, 3)
    assert (found.new, found.known, found.labels_added) == (1101, 0, 1100)
    assert [problem.line for problem in found.problems] == [1101]
    assert len(world.calls()) == len(world.reviews()) == 1101
    assert [event.action for event in world.audit()] == ["calls.import"]


def silence(world: LabWorld, job_id: int) -> None:
    with world.database.write() as session:
        now = database_now(session)
        session.execute(
            update(Job).where(Job.id == job_id).values(heartbeat_at=now.replace(year=now.year - 1))
        )


@on_both
def test_cancelling_keeps_what_came_in_and_writes_no_more(world: LabWorld) -> None:
    job_id = start(world, upload(*rows(2_000)), looked_at=ImportReport(rows=2_000))
    import_id = newest(world).id

    def when_some_are_there() -> None:
        wait_until(lambda: count(world) > 0, "the first calls")
        imports.cancel(world.database, world.editor, import_id)

    person = threading.Thread(target=when_some_are_there)
    person.start()
    work(world, job_id)
    person.join()
    assert newest(world).job.status == "cancelled"
    assert pieces(world) == 0
    there = count(world)
    assert 0 < there < 2_000
    assert there == report(world).new
    work(world, start(world, upload(*rows(2_000)), looked_at=ImportReport(rows=2_000)))
    assert (report(world).new, report(world).known, count(world)) == (2_000 - there, there, 2_000)


def test_a_file_that_waits_is_cancelled_at_once(world: LabWorld) -> None:
    start(world, upload(*rows(3)))
    imports.cancel(world.database, world.editor, newest(world).id)
    assert (newest(world).job.status, pieces(world)) == ("cancelled", 0)
    with pytest.raises(Refused, match="over already"):
        imports.cancel(world.database, world.editor, newest(world).id)
    with pytest.raises(NotFound):
        imports.cancel(world.database, world.editor, 10**6)


def test_one_bad_row_holds_everything_back_and_the_report_stays(world: LabWorld) -> None:
    work(world, start(world, upload(*rows(2), "{broken")))
    found = newest(world)
    assert (found.job.status, report(world).written, world.calls()) == ("finished", False, {})
    assert [problem.line for problem in report(world).problems] == [3]


def test_one_file_at_a_time_is_on_its_way_into_a_project(world: LabWorld) -> None:
    start(world, upload(*rows(1)))
    with pytest.raises(Refused, match="on its way"):
        start(world, upload(*rows(1)))
    start(lab_world(world.database, world.folder), upload(*rows(1)))


def test_a_file_above_the_limit_is_refused_before_anything_is_stored(world: LabWorld) -> None:
    large = io.BytesIO(b" " * (imports.MOST_BYTES + 1))
    to = (world.project_id, world.metric_id)
    with pytest.raises(BadImport, match="python -m core import"):
        imports.start(world.database, world.editor, *to, large, ImportReport(), columns={}, skip_bad=False)
    assert imports.newest(world.database, world.editor, world.project_id) is None


def test_a_person_who_lost_the_role_meanwhile_brings_nothing_in(world: LabWorld) -> None:
    job_id = start(world, upload(*rows(1)))
    with world.database.write() as session:
        session.execute(
            update(Membership).where(Membership.user_id == world.editor.user_id).values(role=Role.LABELLER)
        )
    work(world, job_id)
    assert newest(world).job.status == "failed"
    assert "may not bring in calls" in newest(world).job.error
    assert world.calls() == {}


def test_who_may_not_label_may_not_upload(world: LabWorld) -> None:
    for person in (world.people[Role.VIEWER], lab_world(world.database, world.folder).editor):
        with pytest.raises(NotAllowed):
            imports.start(
                world.database,
                person,
                world.project_id,
                None,
                upload(*rows(1)),
                ImportReport(),
                columns={},
                skip_bad=False,
            )


def test_after_three_dead_workers_the_import_says_so(world: LabWorld) -> None:
    job_id = start(world, upload(*rows(1)))
    hopeless = Claim(job_id, "t", "import", newest(world).id, jobs.MAX_ATTEMPTS + 1, world.project_id, {})
    with world.database.write() as session:
        session.execute(update(Job).where(Job.id == job_id).values(status="running", token="t"))
    imports.bring_in(place(world), hopeless)
    assert (newest(world).job.status, pieces(world)) == ("failed", 0)
    assert "stopped several times" in newest(world).job.error


def test_the_mapping_of_the_last_file_alike_is_remembered(world: LabWorld) -> None:
    def remembered(*header: str) -> dict[str, str]:
        return imports.remembered_columns(world.database, world.editor, world.project_id, header)

    assert remembered("ref", "said") == {}
    mapping = {"transcript": "said", "id": "ref", "feedback": ""}
    source = upload({"ref": "1", "said": "User: hi"})
    imports.bring_in_here(world.database, place(world).settings, start(world, source, columns=mapping))
    assert remembered("said", "ref") == mapping
    assert remembered("said", "ref", "more") == mapping
    assert remembered("said", "other") == {}
    imports.bring_in_here(world.database, place(world).settings, start(world, upload(*rows(1))))
    assert remembered("id", "transcript", "label") == {}
    assert remembered("said", "ref") == mapping


def test_a_file_in_hand_already_is_left_to_the_worker_that_has_it(world: LabWorld) -> None:
    job_id = start(world, upload(*rows(1)))
    assert jobs.claim(world.database, job_id) is not None
    imports.bring_in_here(world.database, place(world).settings, job_id)
    assert (newest(world).job.status, world.calls()) == ("running", {})
