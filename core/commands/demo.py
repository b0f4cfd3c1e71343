"""Load the bundled demo project: synthetic calls of a dental clinic, with labels and a schedule."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from core import accounts, evaluations, jobs, lab, metrics, queue, schedules
from core.commands.context import Context, command
from core.commands.root import group
from core.db import Database, insert_once
from core.models import Project, Setting
from core.runs import RunOptions

demo = group("demo", "The bundled demo project.")

FOLDER = Path(__file__).parents[2] / "demo" / "clinic"
LOADED = "demo_loaded"


@command(demo, "load", help="Load synthetic calls, labels, metrics and a weekly schedule.")
@click.option("--first-time", is_flag=True, help="Only into an installation that never had a project.")
def demo_load(context: Context, first_time: bool) -> None:
    if first_time and not _is_new(context.database):
        context.answer({"loaded": False}, "There are projects already; the demo was not loaded.")
        return
    plan = json.loads((FOLDER / "project.json").read_text(encoding="utf-8"))
    project = accounts.add_project(
        context.database, context.actor, plan["project"]["name"], plan["project"]["timezone"]
    )
    with context.database.write() as session:
        insert_once(session, Setting, {"name": LOADED, "value": project.id}, Setting.name)
    made = [_metric(context, project.id, entry) for entry in plan["metrics"]]
    schedule = schedules.add(
        context.database,
        context.actor,
        project.id,
        made,
        plan["schedule"]["cron"],
        name=plan["schedule"]["name"],
        options=RunOptions(auto_apply=plan["schedule"]["auto_apply"]),
    )
    queue.announce_fire(context.redis, schedule.id, schedule.next_fire_at)
    job_ids = [evaluations.start(context.database, context.actor, metric) for metric in made]
    jobs.push_now(context.database, context.redis, job_ids)
    context.answer(
        {"loaded": True, "project": project.id, "metrics": made, "schedule": schedule.id},
        f"Loaded “{project.name}” with {len(made)} metrics; schedule {schedule.id} runs weekly.",
    )


def _is_new(database: Database) -> bool:
    with database.read() as session:
        loaded = session.get(Setting, LOADED) is not None
        return not loaded and session.scalar(select(Project.id).limit(1)) is None


def _metric(context: Context, project_id: int, entry: dict[str, Any]) -> int:
    definition = entry["definition"]
    made = metrics.add(
        context.database,
        context.actor,
        project_id,
        entry["name"],
        metrics.read_definition(definition),
        metrics.read_eval_settings(definition),
    )
    rows = _labelled_calls(entry["labels"])
    lab.import_file(context.database, context.actor, project_id, made.id, io.BytesIO(rows))
    return made.id


def _labelled_calls(labels: str) -> bytes:
    """The demo's calls, each with its label where this metric has one, as import rows."""
    calls = {row["id"]: row for row in _rows("calls.jsonl")}
    marked = {row["id"]: row for row in _rows(labels)}
    merged = [calls[key] | marked.get(key, {}) for key in calls]
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in merged).encode()


def _rows(name: str) -> list[dict[str, Any]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
