"""Projects and metrics."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core import accounts, metrics
from core.commands.context import Context, by_id_or_name, command
from core.commands.root import group
from core.errors import BadDefinition, Refused

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
@click.argument("name")
@click.option("--project", "project_name", required=True)
@click.option("--file", "path", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def metric_add(context: Context, name: str, project_name: str, path: Path) -> None:
    data = read_json(path)
    made = metrics.add(
        context.database,
        context.actor,
        by_id_or_name(project_name),
        name,
        metrics.read_definition(data),
        metrics.read_eval_settings(data),
        model=None if data.get("model") is None else str(data["model"]),
        critical=bool(data.get("critical", False)),
    )
    context.answer(made.as_json(), f"Made metric {made.id}: {made.name}, version {made.version}.")


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


def read_json(path: Path) -> dict[str, object]:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise Refused(f"{path.name} is not UTF-8.") from None
    except ValueError as error:
        raise BadDefinition(f"{path.name} is not valid JSON: {error}.") from None
    if not isinstance(data, dict):
        raise BadDefinition(f"{path.name} does not hold a JSON object.")
    return data
