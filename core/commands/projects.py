"""Projects and metrics."""

from __future__ import annotations

from pathlib import Path

import click

from core import accounts, metrics
from core.commands.context import Context, by_id_or_name, command
from core.commands.root import group
from core.errors import Refused
from core.judging.template import unknown_variables

project = group("project", "Projects.")
metric = group("metric", "Metrics.")


@command(project, "add", help="Make a project.")
@click.argument("name")
@click.option("--timezone", default="UTC", show_default=True, help="An IANA timezone.")
def project_add(context: Context, name: str, timezone: str) -> None:
    made = accounts.add_project(context.database, context.actor, name, timezone)
    context.answer(
        {"id": made.id, "name": made.name, "timezone": made.timezone},
        f"Made project {made.id}: {made.name} ({made.timezone}).",
    )


@command(metric, "add", help="Make a metric from a definition in JSON.")
@click.argument("name", required=False)
@click.option("--project", "project_name", required=True)
@click.option("--file", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def metric_add(context: Context, name: str | None, project_name: str, path: Path) -> None:
    """Without a name the one in the file, as `metric export` writes it."""
    found = metrics.read_metric_file(path.read_bytes())
    made = metrics.add(
        context.database,
        context.actor,
        by_id_or_name(project_name),
        found.rest.name if name is None else name,
        found.definition,
        found.rest.settings,
        model=found.rest.model,
        critical=found.rest.critical,
    )
    for variable in unknown_variables(f"{made.definition.description}\n{made.definition.trigger.text}"):
        meant = f"; did you mean {{{{{variable.instead}}}}}?" if variable.instead else "."
        context.say(f"{{{{{variable.name}}}}} is no variable, so the judge reads it as it stands{meant}")
    context.answer(made.as_json(), f"Made metric {made.id}: {made.name}, version {made.version}.")


@command(metric, "export", help="Write a metric's live definition as JSON, to be read by metric add.")
@click.argument("name")
@click.option("--project", "project_name")
@click.option("--file", "path", type=click.Path(dir_okay=False, path_type=Path), help="Default: stdout.")
def metric_export(context: Context, name: str, project_name: str | None, path: Path | None) -> None:
    chosen = by_id_or_name(project_name) if project_name else None
    found = metrics.retrieve(context.database, context.actor, by_id_or_name(name), chosen)
    if path is None:
        click.echo(metrics.metric_file(found), nl=False)
        return
    try:
        path.write_text(metrics.metric_file(found), encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path} can't be written: {error.strerror}.") from None
    context.answer({"id": found.id, "file": str(path)}, f"Wrote “{found.name}” to {path}.")


@command(metric, "show", help="Show a metric with its live definition.")
@click.argument("name")
@click.option("--project", "project_name")
def metric_show(context: Context, name: str, project_name: str | None) -> None:
    chosen = by_id_or_name(project_name) if project_name else None
    found = metrics.retrieve(context.database, context.actor, by_id_or_name(name), chosen)
    context.answer(
        found.as_json(),
        lambda: (
            f"{found.name} (metric {found.id}), version {found.version}\n\n{found.definition.description}"
        ),
    )
