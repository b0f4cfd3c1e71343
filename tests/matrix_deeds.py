"""What a row of the matrix prepares, and the deeds that take more than a line."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import count

from core import (
    accounts,
    endpoints,
    evaluations,
    imports,
    jobs,
    lab,
    metrics,
    project_settings,
    runs,
    schedules,
    signin,
    tokens,
    trials,
    webhooks,
)
from core.models import Call, Job, MetricReview
from core.runs import READ_ONLY, DefinitionChange
from core.schedules import ScheduleView
from core.terms import Actor, Definition, Role, VerdictStatus
from tests.gatehouse import CLIENT, PASSWORD
from tests.matrix_world import MatrixWorld, fresh
from tests.scripted_model import BETTER
from tests.world import AUTO_APPLY

_numbers = count(1)


def labelled(world: MatrixWorld) -> int:
    return world.labelled(fresh("Labelled"))


def edited(world: MatrixWorld) -> metrics.MetricDetails:
    metric_id = world.metric(fresh("Edited"))
    world.edit(metric_id, "Was the agent kind?")
    return metrics.retrieve(world.database, world.admin, metric_id)


def proposal(world: MatrixWorld) -> int:
    return world.spare.proposals.pop()


def mail(world: MatrixWorld) -> int:
    """One that was sent."""
    return world.spare.mails.pop()


def edited_proposal(world: MatrixWorld) -> tuple[int, int]:
    """A waiting proposal, and the trial that scored an edit of it."""
    return world.spare.edited.pop()


def add_webhook(world: MatrixWorld, actor: Actor) -> int:
    made, _ = webhooks.add_webhook(
        world.database,
        world.settings,
        actor,
        world.project_id,
        name=fresh("Hook"),
        kind=webhooks.Kind.JSON,
        url="https://93.184.215.14/hook",
        schedule_id=None,
    )
    return made


def review(world: MatrixWorld) -> int:
    return world.row(world.metric(fresh("Reviewed")), "Well, thanks.", expected="true")


def judged(world: MatrixWorld) -> int:
    review_id = review(world)
    with world.database.write() as session:
        row = session.get_one(MetricReview, review_id)
        row.judged, row.actual_value = VerdictStatus.ANSWERED.value, "true"
    return review_id


def relabelled(world: MatrixWorld) -> tuple[int, int]:
    """A row that was labelled, and the revision that this led to."""
    review_id = review(world)
    return review_id, lab.label(world.database, world.admin, review_id, False)


def going(world: MatrixWorld) -> int:
    return runs.improve(world.database, world.admin, labelled(world), READ_ONLY).run_id


def evaluated(world: MatrixWorld) -> int:
    metric_id = labelled(world)
    evaluations.start(world.database, world.admin, metric_id)
    return metric_id


def schedule(world: MatrixWorld, options: runs.RunOptions = READ_ONLY) -> ScheduleView:
    return schedules.add(
        world.database,
        world.admin,
        world.project_id,
        [due(world)],
        "@yearly",
        options=options,
    )


def auto_schedule(world: MatrixWorld) -> ScheduleView:
    return schedule(world, AUTO_APPLY)


def paused(world: MatrixWorld) -> ScheduleView:
    return schedules.pause(world.database, world.admin, schedule(world).id)


def due(world: MatrixWorld) -> int:
    return world.metric(fresh("Due"))


def add_schedule(world: MatrixWorld, actor: Actor, metric_id: int, options: runs.RunOptions) -> object:
    return schedules.add(world.database, actor, world.project_id, [metric_id], "@yearly", options=options)


def update_schedule(world: MatrixWorld, actor: Actor, made: ScheduleView, options: runs.RunOptions) -> object:
    details = schedules.schedule_details(world.database, world.admin, made.id)
    return schedules.update(
        world.database,
        actor,
        made.id,
        name=fresh("Renamed"),
        metrics=[one.id for one in details.metrics],
        cron="@monthly",
        timezone="UTC",
        options=options,
        expected_revision=details.revision,
    )


def member(world: MatrixWorld) -> int:
    """Somebody who joined and has a session."""
    email = f"somebody-{next(_numbers)}@clinic.test"
    link = signin.invite(world.database, world.settings, world.admin, world.project_id, email, Role.VIEWER)
    assert link is not None
    signin.open_link(world.database, world.settings, link, CLIENT, PASSWORD)
    return signin.find_person(world.database, email)


def invite(world: MatrixWorld, actor: Actor) -> object:
    email = f"invited-{next(_numbers)}@clinic.test"
    return signin.invite(world.database, world.settings, actor, world.project_id, email, Role.VIEWER)


def add_user(world: MatrixWorld, actor: Actor) -> object:
    email = f"added-{next(_numbers)}@clinic.test"
    return accounts.add_user(world.database, actor, email, Role.VIEWER, world.project_id)


def token(world: MatrixWorld) -> int:
    made, _ = tokens.make_token(world.database, world.admin, world.project_id, fresh("Token"), Role.VIEWER)
    return made.id


def public(_host: str, _port: int) -> list[str]:
    return ["93.184.215.14"]


def set_endpoint(world: MatrixWorld, actor: Actor) -> object:
    address = "https://models.example/v1"
    return endpoints.set_endpoint(
        world.database,
        world.settings,
        actor,
        world.project_id,
        base_url=address,
        model=fresh("scripted"),
        key="",
        lookup=public,
    )


def own_endpoint(world: MatrixWorld) -> None:
    set_endpoint(world, world.admin)


def import_calls(world: MatrixWorld, actor: Actor) -> object:
    row = {"id": fresh("call"), "transcript": "user: hello\nagent: hi"}
    return lab.import_file(world.database, actor, world.project_id, None, file(row))


def import_label(world: MatrixWorld, actor: Actor, review_id: int) -> object:
    with world.database.read() as session:
        there = session.get_one(MetricReview, review_id)
        row = {"id": session.get_one(Call, there.call_id).external_id, "transcript": "user: Well, thanks."}
        metric_id = there.metric_id
    return lab.import_file(
        world.database, actor, world.project_id, metric_id, file(row | {"expected_value": False})
    )


def upload(world: MatrixWorld, actor: Actor) -> int:
    """The id of the import's job; one file at a time is on its way into a project."""
    source = file({"id": fresh("call"), "transcript": "user: hello"})
    source.name = "calls.jsonl"
    looked_at = lab.import_file(world.database, world.admin, world.project_id, None, source, dry_run=True)
    return imports.start(
        world.database, actor, world.project_id, None, source, looked_at, columns={}, skip_bad=False
    )


def nothing_under_way(world: MatrixWorld) -> None:
    world.work()


def uploaded(world: MatrixWorld) -> int:
    nothing_under_way(world)
    job_id = upload(world, world.admin)
    with world.database.read() as session:
        return session.get_one(Job, job_id).subject_id


def file(row: dict[str, object]) -> io.BytesIO:
    return io.BytesIO(json.dumps(row).encode() + b"\n")


def set_caps(world: MatrixWorld, actor: Actor) -> object:
    return jobs.set_monthly_caps(
        world.database,
        world.settings,
        actor,
        world.project_id,
        max_calls=1_000_000 + next(_numbers),
        max_cost=None,
    )


def rename(world: MatrixWorld, actor: Actor) -> object:
    return project_settings.update_project(
        world.database, actor, world.project_id, name=fresh("Clinic"), timezone="Europe/Berlin"
    )


def try_endpoint(world: MatrixWorld, actor: Actor) -> object:
    project = accounts.project_view(world.database, world.project_id)
    return project_settings.try_endpoint(world.database, actor, world.settings, project)


def edit(world: MatrixWorld, actor: Actor, there: metrics.MetricDetails) -> object:
    new = Definition(fresh("Was the agent nice?"))
    return metrics.edit_definition(world.database, actor, there.id, new, expected_revision=there.revision)


def change(world: MatrixWorld, actor: Actor, there: metrics.MetricDetails) -> object:
    new = DefinitionChange(description=fresh("Was the agent nice?"))
    return runs.update_definition(world.database, actor, there.id, new)


def restore(world: MatrixWorld, actor: Actor, there: metrics.MetricDetails) -> object:
    return metrics.restore(
        world.database, actor, there.id, 1, expected_revision=there.revision, reason="Back."
    )


def edit_settings(world: MatrixWorld, actor: Actor, there: metrics.MetricDetails) -> object:
    seen = metrics.settings_of(there)
    wanted = replace(seen, name=fresh("Renamed"))
    return metrics.edit_settings(world.database, actor, there.id, wanted, seen=seen)


def score_edited(world: MatrixWorld, actor: Actor, waiting: int) -> object:
    edit_of_it = Definition(fresh(f"{BETTER} Edited"))
    return runs.score_edited(world.database, actor, waiting, edit_of_it)


def change_password(world: MatrixWorld, actor: Actor) -> object:
    return signin.change_password(world.database, world.settings, actor, PASSWORD, PASSWORD, None)


def wanted(metric_id: int) -> trials.NewTrial:
    return trials.NewTrial(metric_id, Definition("Was the agent polite to the end?"))


def trial(world: MatrixWorld) -> int:
    return trials.start(world.database, world.admin, wanted(labelled(world))).trial_id


def tried(world: MatrixWorld) -> tuple[int, int]:
    """A finished trial and one of its rows."""
    trial_id = trial(world)
    world.work()
    rows = trials.trial_rows(world.database, world.admin, trial_id, list(trials.RowChange))
    return trial_id, rows[0].id


def shown(world: MatrixWorld, one: tuple[int, int]) -> int | None:
    """The revision of a tried row as its page shows it."""
    rows = trials.trial_rows(world.database, world.admin, one[0], list(trials.RowChange))
    return next(row.revision for row in rows if row.id == one[1])
