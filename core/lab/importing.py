"""Bringing calls, labels and notes in from a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy.orm import Session

from core import audit
from core.accounts import authorise
from core.db import Database
from core.errors import BadImport, NotFound
from core.lab.access import metric_for
from core.lab.checking import batches, checked_calls
from core.lab.columns import Columns
from core.lab.encoding import Source, opened, source_name
from core.lab.reading import file_rows
from core.lab.report import ImportReport
from core.lab.rows import ImportedCall
from core.lab.storing import Destination, compare, write
from core.terms import Actor, EvalSettings, Role

Progress = Callable[[int, int], None]
"""Told how many rows were read, of how many in the file."""

Beside = Callable[[Session, ImportReport], None]
"""What else belongs into a batch's transaction; told the report as it stands with the batch."""


def preview(
    source: Source, settings: EvalSettings | None = None, *, columns: Mapping[str, str] | None = None
) -> ImportReport:
    """What is in a file, without a database. Labels are checked when a metric's settings are given.

    `columns` names, for a field of a row, the file's key that holds it. Raises BadImport when the
    file as such cannot be read.
    """
    mapping = Columns(columns or {})
    report = ImportReport(source_name(source))
    with opened(source) as stream:
        for call in _calls(stream, settings, mapping, report):
            report.accept(call)
    return _finished(report, mapping)


def import_file(
    database: Database,
    actor: Actor,
    project_id: int,
    metric_id: int | None,
    source: Source,
    *,
    dry_run: bool = False,
    skip_bad: bool = False,
    columns: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Bring a file's calls into a project and, with a metric, into its Lab with labels and notes.

    The file is read twice: to check every row, then to write. Unless `skip_bad`, one bad row means
    that nothing is written. A call that is known stays as it is; its label and note are updated, and
    an empty one takes nothing away. Writing goes in transactions of up to 500 rows: should it be
    interrupted, importing the file again does the rest.

    Bringing in calls needs the role editor: they are what everybody's scores and costs come from.
    Labelling calls that are there already is a labeller's work, by hand or by file.

    Raises BadImport when the file as such cannot be read, NotFound, NotAllowed.
    """
    with opened(source) as stream:
        task = import_task(database, actor, project_id, metric_id, stream, source_name(source), columns)
        report = task.plan()
        if not dry_run and (skip_bad or not report.bad):
            report = task.write(report, told=progress)
    return task.finished(report)


def import_task(
    database: Database,
    actor: Actor,
    project_id: int,
    metric_id: int | None,
    stream: BinaryIO,
    name: str,
    columns: Mapping[str, str] | None = None,
) -> ImportTask:
    """A file on its way in, step by step. Raises BadImport for the columns, NotFound, NotAllowed."""
    mapping = Columns(columns or {})
    settings = _settings(database, actor, project_id, metric_id)
    to = Destination(project_id, metric_id, actor.user_id)
    return ImportTask(database, actor, to, settings, mapping, stream, name)


@dataclass(frozen=True, slots=True)
class ImportTask:
    """One file on its way in: `plan`, then `write`, then `finished` for the report of either."""

    database: Database
    actor: Actor
    to: Destination
    settings: EvalSettings | None
    columns: Columns
    stream: BinaryIO
    name: str

    def plan(self, told: Callable[[int], None] | None = None) -> ImportReport:
        """What writing would do. Raises NotAllowed when there are calls that the actor may not add."""
        report = ImportReport(self.name)
        for batch in self._batches(report):
            with self.database.read() as session:
                compare(session, self.to, batch, report)
            if told is not None:
                told(report.rows)
        with self.database.read() as session:
            self._authorise(session, report)
        return report

    def write(
        self,
        planned: ImportReport,
        *,
        begun: ImportReport | None = None,
        beside: Beside | None = None,
        told: Progress | None = None,
    ) -> ImportReport:
        """Write what was planned, batch by batch, each in a transaction of its own.

        `begun` is the report of an earlier attempt as its last batch left it: those rows are passed over,
        and counting goes on from there.
        """
        report = begun or ImportReport(self.name)
        for batch in self._batches(report, after=report.rows):
            with self.database.write() as session:
                if not report.written:
                    self._begin(session, planned)
                write(session, self.to, batch, report)
                report.written = True
                if beside is not None:
                    beside(session, report)
            if told is not None:
                told(report.rows, planned.rows)
        return report

    def finished(self, report: ImportReport) -> ImportReport:
        """The report with what is to be said at its end. Raises BadImport where there was no row."""
        if self.to.metric_id is None and (report.labelled or report.notes):
            report.notices.append("Labels and notes were left out: no metric was chosen for them.")
        return _finished(report, self.columns)

    def _batches(self, report: ImportReport, after: int = 0) -> Iterator[list[ImportedCall]]:
        return batches(_calls(self.stream, self.settings, self.columns, report, after))

    def _authorise(self, session: Session, planned: ImportReport) -> None:
        role, what = (Role.EDITOR, "bring in calls") if planned.new else (Role.LABELLER, "import labels")
        authorise(session, self.actor, self.to.project_id, role, what)

    def _begin(self, session: Session, planned: ImportReport) -> None:
        """The audit row says what was begun; it stands beside the first rows, or neither does."""
        self._authorise(session, planned)
        counts = ("rows", "bad", "new", "known", "labels_added", "labels_changed", "notes_changed")
        audit.record(
            session,
            self.actor,
            "calls.import",
            f"file {self.name}" if self.name else "a file",
            project_id=self.to.project_id,
            details={"metric_id": self.to.metric_id} | {name: getattr(planned, name) for name in counts},
        )


def _calls(
    stream: BinaryIO,
    settings: EvalSettings | None,
    columns: Columns,
    report: ImportReport,
    after: int = 0,
) -> Iterator[ImportedCall]:
    found = file_rows(stream, report.name)
    report.kind = found.kind
    return checked_calls(found.rows, settings, columns, report, after)


def _settings(
    database: Database, actor: Actor, project_id: int, metric_id: int | None
) -> EvalSettings | None:
    with database.read() as session:
        authorise(session, actor, project_id, Role.LABELLER, "import labels")
        if metric_id is None:
            return None
        metric = metric_for(session, actor, metric_id, Role.LABELLER, "import labels")
        if metric.project_id != project_id:
            raise NotFound("metric in this project", metric.name)
        return metric.eval_settings


def _finished(report: ImportReport, columns: Columns) -> ImportReport:
    if not report.rows:
        raise BadImport("The file has no rows.")
    report.problems.sort(key=lambda problem: problem.line)
    if report.columns and not columns.found("transcript", report.columns):
        wanted = columns.keys("transcript")[0]
        report.notices.append(f"No column is called “{wanted}”: say which one holds the transcript.")
    if report.repeated:
        report.notices.append(f"Rows that repeat an earlier one, each taken once: {report.repeated}.")
    if report.other_metadata:
        report.notices.append(
            "Known calls that came with other metadata or another group, which were left as they are: "
            f"{report.other_metadata}."
        )
    return report
