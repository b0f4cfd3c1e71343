"""Bring calls in, take labels out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from core import accounts, lab, metrics
from core.commands.context import Context, by_id_or_name, command, refuse
from core.commands.root import root
from core.commands.running import find_metric
from core.errors import NotFound, Refused
from core.lab import ImportReport
from core.metrics import MetricDetails
from core.terms import NOT_APPLICABLE, Definition, EvalSettings, EvalType, Trigger, TriggerKind

SHOWN_PROBLEMS = 20
TELL_EVERY_SECONDS = 5.0
BINARY_LABELS = {"true", "false", "pass", "fail", "yes", "no"}
MOST_CLASSES = 20


@command(root, "import", help="Bring calls in from a file of any size, with or without labels.")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--project", "project_name", required=True, help="Made where it does not exist.")
@click.option("--metric", "metric_name", help="Whose Lab gets the rows; made where it does not exist.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, write nothing.")
@click.option("--skip-bad", is_flag=True, help="Import the good rows of a file that has bad ones.")
@click.option("--columns", multiple=True, metavar="FIELD=KEY", help="Which key holds a field.")
def import_calls(
    context: Context,
    path: Path,
    project_name: str,
    metric_name: str | None,
    dry_run: bool,
    skip_bad: bool,
    columns: tuple[str, ...],
) -> None:
    mapping = _mapping(columns)
    project_id = _project(context, project_name, dry_run)
    metric = _metric(context, path, project_id, metric_name, mapping, dry_run) if metric_name else None
    if project_id is None or (metric_name and metric is None):
        report = lab.preview(path, columns=mapping)
    else:
        with _saying_what_stays():
            report = lab.import_file(
                context.database,
                context.actor,
                project_id,
                metric.id if metric else None,
                path,
                dry_run=dry_run,
                skip_bad=skip_bad,
                columns=mapping,
                progress=_telling(context),
            )
    context.answer(report.as_json(), lambda: _told(report))
    if report.bad and not report.written:
        refuse(f"{report.bad} of {report.rows} rows are bad; --skip-bad imports the others.")


@command(root, "export", help="Write a metric's Lab to standard output.")
@click.option("--project", "project_name")
@click.option("--metric", "metric_name", required=True)
@click.option("--format", "file_format", type=click.Choice(["jsonl", "csv"]), default="jsonl")
def export_labels(context: Context, project_name: str | None, metric_name: str, file_format: str) -> None:
    metric_id = find_metric(context, metric_name, project_name)
    for piece in lab.export(context.database, context.actor, metric_id, file_format):
        click.echo(piece, nl=False)


@contextmanager
def _saying_what_stays() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        refuse("Interrupted. What came in before stays; the same command once more brings in the rest.")


def _telling(context: Context) -> lab.Progress:
    """Says how far a long import is, every few seconds."""
    said_at = time.monotonic()

    def tell(rows: int, of: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= TELL_EVERY_SECONDS:
            context.say(f"{rows:,} of {of:,} rows are in.")
            said_at = time.monotonic()

    return tell


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [entry.partition("=") for text in columns for entry in text.split(",") if entry]
    wrong = [name for name, equals, key in pairs if not (name and equals and key)]
    if wrong:
        raise click.UsageError(f"--columns takes FIELD=KEY, such as transcript=text (found “{wrong[0]}”).")
    return {name.strip(): key.strip() for name, _, key in pairs}


def _project(context: Context, name: str, dry_run: bool) -> int | None:
    try:
        return accounts.project_view(context.database, by_id_or_name(name)).id
    except NotFound:
        if name.isdecimal():
            raise  # a number is an id, and no name for something new
        if dry_run:
            return None
    made = accounts.add_project(context.database, context.actor, name)
    context.say(f"Made the project “{made.name}” ({made.timezone}).")
    return made.id


def _metric(
    context: Context,
    path: Path,
    project_id: int | None,
    name: str,
    mapping: dict[str, str],
    dry_run: bool,
) -> MetricDetails | None:
    """The metric, made from what the file says of it where it does not exist yet."""
    if project_id is None:
        return None
    try:
        return metrics.retrieve(context.database, context.actor, by_id_or_name(name), project_id)
    except NotFound:
        if name.isdecimal():
            raise  # a number is an id, and no name for something new
        if dry_run:
            return None
    report = lab.preview(path, columns=mapping)
    if not report.good:
        raise Refused(f"The file has no row that could be read, so the metric “{name}” was not made.")
    settings = _guessed_settings(report)
    definition = _first_definition(name, report, settings)
    made = metrics.add(context.database, context.actor, project_id, name, definition, settings)
    context.say(
        f"Made the metric “{made.name}” ({settings.eval_type.value}) with a first prompt; "
        f"python -m core metric show {made.id} shows it."
    )
    return made


def _guessed_settings(report: ImportReport) -> EvalSettings:
    values = [value for value in report.values if value != NOT_APPLICABLE]
    if all(value.lower() in BINARY_LABELS for value in values):
        return EvalSettings(EvalType.BINARY)
    if all(_is_number(value) for value in values):
        return EvalSettings(EvalType.NUMERIC)
    if not 2 <= len(values) <= MOST_CLASSES:
        raise Refused(
            "What kind of metric these labels belong to is not clear; make it first with "
            "python -m core metric add NAME --project P --file definition.json."
        )
    return EvalSettings(EvalType.ENUM, tuple(values))


def _first_definition(name: str, report: ImportReport, settings: EvalSettings) -> Definition:
    """A plain prompt from the file's `metric_hint`, or the metric's name; people edit it from there."""
    hints = [str(call.metadata.get("metric_hint") or "") for call in report.sample]
    about = next((hint for hint in hints if hint), name)
    trigger = Trigger()
    if NOT_APPLICABLE in report.values:
        trigger = Trigger(TriggerKind.PROMPT, f"The conversation is one that this is about: {about}")
    answer = {
        EvalType.BINARY: "Answer true if this holds for the conversation, false if it does not.",
        EvalType.ENUM: f"Answer with one of: {', '.join(settings.enum_values)}.",
    }.get(settings.eval_type, "Answer with a number.")
    return Definition(f"{about}\n\n{answer}", trigger)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _told(report: ImportReport) -> str:
    done = "Imported" if report.written else "Nothing was written: read"
    counts = f"{report.new} new calls, {report.known} known"
    labels = f"{report.labelled} labelled, {report.notes} with notes"
    lines = [f"Recognised {report.recognised}."] if report.recognised else []
    lines += [f"{done} {report.good} of {report.rows} rows: {counts}, {labels}."]
    if report.values:
        values = ", ".join(f"{value} {count}" for value, count in sorted(report.values.items()))
        lines.append(f"Labels: {values}.")
    lines += report.notices
    lines += [str(problem) for problem in report.problems[:SHOWN_PROBLEMS]]
    if report.bad > SHOWN_PROBLEMS:
        lines.append(f"… and {report.bad - SHOWN_PROBLEMS} more; --json lists up to 1,000.")
    return "\n".join(lines)
