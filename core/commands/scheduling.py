"""Schedules, and when a cron expression is due."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click

from core import jobs, queue, runs, schedules
from core.commands.context import Context, by_id_or_name, command
from core.commands.following import follow
from core.commands.root import group
from core.commands.running import show
from core.cron import describe, next_fires, parse, zone
from core.errors import Refused
from core.runs import RunOptions
from core.schedules import ScheduleView
from core.terms import Fire, Guard, Notify

schedule = group("schedule", "Schedules.")
cron = group("cron", "Cron expressions.")


@command(schedule, "add", help="Run the optimiser by itself.")
@click.option("--project", "project_name", required=True)
@click.option("--metric", "metric_names", multiple=True, help="A metric's name or id; may be repeated.")
@click.option("--cron", "expression", required=True, help='Five fields, such as "0 9 * * 1".')
@click.option("--timezone", help="An IANA timezone; the project's by default.")
@click.option("--name", default="")
@click.option("--auto-apply", is_flag=True)
@click.option("--apply-code/--no-apply-code", default=True, show_default=True)
@click.option("--guard", type=click.Choice([guard.value for guard in Guard]), default="standard")
@click.option("--notify", type=click.Choice([notify.value for notify in Notify]), default="both")
@click.option("--max-calls", type=click.IntRange(min=1))
@click.option("--max-cost", type=click.FloatRange(min=0))
@click.option("--confirm-critical", multiple=True, help="The name of a critical metric to auto-apply.")
def schedule_add(
    context: Context,
    project_name: str,
    metric_names: tuple[str, ...],
    expression: str,
    timezone: str | None,
    name: str,
    auto_apply: bool,
    apply_code: bool,
    guard: str,
    notify: str,
    max_calls: int | None,
    max_cost: float | None,
    confirm_critical: tuple[str, ...],
) -> None:
    made = schedules.add(
        context.database,
        context.actor,
        by_id_or_name(project_name),
        [by_id_or_name(metric) for metric in metric_names],
        expression,
        timezone=timezone,
        name=name,
        options=RunOptions(auto_apply, apply_code, Guard(guard), Notify(notify), max_calls, max_cost),
        confirmed_critical=confirm_critical,
    )
    _announce(context, made)
    context.answer(made.as_json(), f"Made schedule {made.id}. {_line(made)}")


@command(schedule, "list", help="The schedules with their next fires.")
@click.option("--project", "project_name")
def schedule_list(context: Context, project_name: str | None) -> None:
    chosen = by_id_or_name(project_name) if project_name else None
    found = schedules.list_schedules(context.database, context.actor, chosen)
    context.answer(
        [one.as_json() for one in found],
        lambda: "\n".join(map(_line, found)) or "There are no schedules yet.",
    )


@command(schedule, "pause", help="Stop firing until it is resumed.")
@click.argument("schedule_id", type=int)
def schedule_pause(context: Context, schedule_id: int) -> None:
    paused = schedules.pause(context.database, context.actor, schedule_id)
    _announce(context, paused)
    context.answer(paused.as_json(), _line(paused))


@command(schedule, "resume", help="Fire again, from the next due moment on.")
@click.argument("schedule_id", type=int)
def schedule_resume(context: Context, schedule_id: int) -> None:
    resumed = schedules.resume(context.database, context.actor, schedule_id)
    _announce(context, resumed)
    context.answer(resumed.as_json(), _line(resumed))


@command(schedule, "run", help="Start the schedule's run now.")
@click.argument("schedule_id", type=int)
@click.option("--wait", is_flag=True)
def schedule_run(context: Context, schedule_id: int, wait: bool) -> None:
    run_id, job_ids = schedules.run_now(context.database, context.actor, schedule_id)
    jobs.push_now(context.database, context.redis, job_ids)
    if not wait:
        context.answer({"run": run_id}, f"Started run {run_id}.")
        return
    for job_id in job_ids:
        follow(context, job_id)
    show(context, runs.show_run(context.database, context.actor, run_id))


@command(schedule, "delete", help="Delete a schedule; its runs stay.")
@click.argument("schedule_id", type=int)
def schedule_delete(context: Context, schedule_id: int) -> None:
    schedules.delete(context.database, context.actor, schedule_id)
    queue.announce_fire(context.redis, schedule_id, None)
    context.answer({"id": schedule_id, "deleted": True}, f"Deleted schedule {schedule_id}.")


@command(cron, "next", help="The next times a cron expression is due, in UTC.")
@click.argument("expression")
@click.option("--timezone", default="UTC", show_default=True)
@click.option("--from", "start", help="An ISO time; now by default.")
@click.option("--count", type=click.IntRange(1, 1000), default=5, show_default=True)
def cron_next(context: Context, expression: str, timezone: str, start: str | None, count: int) -> None:
    parsed, place = parse(expression), zone(timezone)
    fires = next_fires(parsed, place, _moment(start), count)
    context.answer(
        [fire.at.strftime("%Y-%m-%dT%H:%M:%SZ") for fire in fires],
        lambda: "\n".join([describe(parsed, place), *(_fire_line(fire, place) for fire in fires)]),
    )


def _fire_line(fire: Fire, place: ZoneInfo) -> str:
    local = fire.at.astimezone(place)
    return f"{local:%a %d %b %Y %H:%M %Z}  {fire.at:%Y-%m-%dT%H:%MZ}  {fire.note}".rstrip()


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"“{text[:60]}” is not an ISO time such as 2026-03-07T00:00:00Z.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _announce(context: Context, made: ScheduleView) -> None:
    queue.announce_fire(context.redis, made.id, made.next_fire_at)


def _line(one: ScheduleView) -> str:
    when = (
        f"next {one.next_fire_at:%Y-%m-%d %H:%M} UTC" if one.next_fire_at else f"paused: {one.paused_reason}"
    )
    mode = "auto-apply" if one.auto_apply else "read-only"
    return f"schedule {one.id}  {one.name}  {one.description}  {mode}  {when}"
