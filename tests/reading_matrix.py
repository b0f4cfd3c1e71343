"""Who may see what: every use case that reads, and how to do it once."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from sqlalchemy import select

from core import (
    accounts,
    audit_log,
    deliveries,
    endpoints,
    evaluations,
    imports,
    inbox,
    jobs,
    lab,
    memberships,
    metrics,
    runs,
    schedules,
    signin,
    tokens,
    trials,
    webhooks,
)
from core.db import Database
from core.errors import Refused
from core.judging.changes import RowChange
from core.lab import RowsAsked
from core.models import Job, MetricReview, Notification, Proposal, Result, TrialRow
from core.runs.replaying import replay
from core.terms import Actor, Definition, EvalSettings, MetricType, Role
from core.trials import Scope
from tests.matrix_deeds import add_webhook, going, schedule, token, uploaded
from tests.matrix_world import MatrixWorld, Prepared
from tests.role_matrix import NOBODY

CODE = Definition("", type=MetricType.CUSTOM_CODE, custom_code="_result = True")


@dataclass(frozen=True)
class Seen:
    """A world in which there is one of everything to be seen; nothing of it is changed."""

    world: MatrixWorld
    metric: int
    result: int
    run: int
    result_job: int
    review: int
    call: int
    mail: int
    schedule: int
    trial: int
    trial_job: int
    trial_row: int

    @property
    def database(self) -> Database:
        return self.world.database

    @property
    def project(self) -> int:
        return self.world.project_id


@dataclass(frozen=True)
class Reading:
    """`do` answers with something, or with nothing (empty, zero, None), or refuses. `tokens`: whether an API
    token may do it, given the role."""

    do: Callable[[Seen, Actor], object]
    needs: Role | str = Role.VIEWER
    tokens: bool = True

    def shows(self, seen: Seen, actor: Actor) -> bool:
        try:
            found = self.do(seen, actor)
            return bool(list(found) if isinstance(found, Iterator) else found)
        except Refused:
            return False


@pytest.fixture(scope="module")
def seen(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    file = tmp_path_factory.mktemp("seen") / "plumbline.db"
    shutil.copy(prepared.file, file)
    database = Database(f"sqlite:///{file}")
    yield filled(replace(prepared, file=file).world(database))
    database.dispose()


def filled(world: MatrixWorld) -> Seen:
    (mail, *_), ((waiting, trial_id), *_) = world.spare.mails, world.spare.edited
    made = (schedule(world), uploaded(world), add_webhook(world, world.admin), token(world))
    run_id = going(world)
    with world.database.write() as session:
        for actor in world.people.values():
            session.add(
                Notification(
                    user_id=actor.user_id, project_id=world.project_id, key="seen", text="A run ended."
                )
            )
    with world.database.read() as session:
        result = session.get_one(Result, session.get_one(Proposal, waiting).result_id)
        review = session.scalars(
            select(MetricReview).where(MetricReview.metric_id == result.metric_id)
        ).first()
        assert review is not None
        job = {
            (kind, subject): job_id
            for job_id, kind, subject in session.execute(select(Job.id, Job.kind, Job.subject_id))
        }
        row = session.scalars(select(TrialRow.id).where(TrialRow.trial_id == trial_id)).first()
    assert row is not None
    return Seen(
        world=world,
        metric=result.metric_id,
        result=result.id,
        run=run_id,
        result_job=job["optimise", result.id],
        review=review.id,
        call=review.call_id,
        mail=mail,
        schedule=made[0].id,
        trial=trial_id,
        trial_job=job["trial", trial_id],
        trial_row=row,
    )


READS = {
    "accounts.projects_of": Reading(
        lambda s, a: [one for one in accounts.projects_of(s.database, a) if one.id == s.project]
    ),
    "audit_log.events_of": Reading(lambda s, a: audit_log.events_of(s.database, a, s.project)),
    "audit_log.export_events": Reading(
        lambda s, a: audit_log.export_events(s.database, a, s.project, "jsonl")
    ),
    "deliveries.trying.check_server": Reading(
        lambda s, a: deliveries.check_server(s.database, s.world.settings, a, s.project), Role.ADMIN
    ),
    "deliveries.views.deliveries_of": Reading(
        lambda s, a: deliveries.deliveries_of(s.database, a, s.project)
    ),
    "deliveries.views.preview": Reading(lambda s, a: deliveries.preview(s.database, a, s.mail, "http://x")),
    "endpoints.editing.endpoint_of": Reading(lambda s, a: [endpoints.endpoint_of(s.database, a, s.project)]),
    "evaluations.estimating.estimate": Reading(
        lambda s, a: evaluations.estimate(s.database, a, s.world.settings, s.metric, evaluations.ALL)
    ),
    "evaluations.view.state": Reading(lambda s, a: evaluations.state(s.database, a, s.metric)),
    "imports.starting.remembered_columns": Reading(
        lambda s, a: [imports.remembered_columns(s.database, a, s.project, ["id"])]
    ),
    "imports.views.newest": Reading(lambda s, a: imports.newest(s.database, a, s.project)),
    "inbox.reading.news_of": Reading(lambda s, a: inbox.news_of(s.database, a, s.project)),
    "inbox.reading.unread_count": Reading(lambda s, a: inbox.unread_count(s.database, a, s.project)),
    "jobs.month.month_of": Reading(lambda s, a: jobs.month_of(s.database, a, s.project)),
    "lab.exporting.export": Reading(lambda s, a: lab.export(s.database, a, s.metric, "csv")),
    "lab.finding.rows_of_calls": Reading(
        lambda s, a: [lab.rows_of_calls(s.database, a, s.metric, ["call-1"])]
    ),
    "lab.one_row.open_row": Reading(lambda s, a: lab.open_row(s.database, a, s.review, RowsAsked())),
    "lab.one_row.whole_transcript": Reading(lambda s, a: lab.whole_transcript(s.database, a, s.review)),
    "lab.rows_view.rows_page": Reading(lambda s, a: lab.rows_page(s.database, a, s.metric, RowsAsked())),
    "lab.standing.lab_standing": Reading(lambda s, a: lab.lab_standing(s.database, a, s.metric)),
    "lab.suggesting.suggestions": Reading(lambda s, a: [lab.suggestions(s.database, a, s.metric)]),
    "memberships.members_of": Reading(lambda s, a: memberships.members_of(s.database, a, s.project)),
    "memberships.role_of": Reading(lambda s, a: memberships.role_of(s.database, a, s.project)),
    "metrics.facts.known_facts": Reading(lambda s, a: [metrics.known_facts(s.database, a, s.project)]),
    "metrics.listing.list_metrics": Reading(lambda s, a: metrics.list_metrics(s.database, a, s.project)),
    "metrics.listing.metric_names": Reading(lambda s, a: metrics.metric_names(s.database, a, s.project)),
    "metrics.listing.metric_summary": Reading(lambda s, a: metrics.metric_summary(s.database, a, s.metric)),
    "metrics.restoring.list_versions": Reading(lambda s, a: metrics.list_versions(s.database, a, s.metric)),
    "metrics.restoring.version_definition": Reading(
        lambda s, a: metrics.version_definition(s.database, a, s.metric, 1)
    ),
    "metrics.trying.calls_to_try": Reading(
        lambda s, a: metrics.calls_to_try(s.database, a, s.project), Role.EDITOR
    ),
    "metrics.trying.try_code": Reading(
        lambda s, a: metrics.try_code(s.database, a, s.project, CODE, EvalSettings(), [s.call]), Role.EDITOR
    ),
    "metrics.usecases.retrieve": Reading(lambda s, a: metrics.retrieve(s.database, a, s.metric)),
    "runs.candidates.written_candidate": Reading(
        lambda s, a: runs.written_candidate(s.database, a, s.result)
    ),
    "runs.cost_estimate.estimated_cost": Reading(
        lambda s, a: runs.estimated_cost(s.database, a, s.world.settings, s.project, [])
    ),
    "runs.estimate.estimated_calls": Reading(lambda s, a: runs.estimated_calls(s.database, a, [s.metric])),
    "runs.going.going_in_project": Reading(lambda s, a: runs.going_in_project(s.database, a, s.project)),
    "runs.going.going_in_run": Reading(lambda s, a: runs.going_in_run(s.database, a, s.run)),
    "runs.history.history": Reading(lambda s, a: runs.history(s.database, a, s.metric)),
    "runs.listing.page_of_runs": Reading(lambda s, a: runs.page_of_runs(s.database, a, s.project)),
    "runs.listing.run_choices": Reading(lambda s, a: runs.run_choices(s.database, a, s.project)),
    "runs.overview.overview": Reading(lambda s, a: runs.overview(s.database, a, s.project)),
    "runs.overview.page_of_cards": Reading(lambda s, a: runs.page_of_cards(s.database, a, s.project)),
    "runs.replaying.replay": Reading(lambda s, a: replay(s.database, s.world.settings, a, s.result)),
    "runs.result_detail.result_detail": Reading(lambda s, a: runs.result_detail(s.database, a, s.result)),
    "runs.result_rows.result_rows": Reading(
        lambda s, a: runs.result_rows(s.database, a, s.result, RowChange.FIXED)
    ),
    "runs.result_rows.row_call": Reading(lambda s, a: runs.row_call(s.database, a, s.result, s.review)),
    "runs.scoring.recent_trial": Reading(lambda s, a: runs.recent_trial(s.database, a, s.result)),
    "runs.trends.activity": Reading(lambda s, a: runs.activity(s.database, a, s.project, None)),
    "runs.trends.page_of_trends": Reading(lambda s, a: runs.page_of_trends(s.database, a, s.project, None)),
    "runs.views.list_runs": Reading(lambda s, a: runs.list_runs(s.database, a, project=s.project)),
    "runs.views.list_runs of every project": Reading(lambda s, a: runs.list_runs(s.database, a)),
    "runs.views.show_run": Reading(lambda s, a: runs.show_run(s.database, a, s.run)),
    "runs.watching.going_on": Reading(lambda s, a: [runs.going_on(s.database, a, s.metric)]),
    "runs.watching.progress": Reading(lambda s, a: runs.progress(s.database, a, s.result)),
    "runs.watching.progress_of_job": Reading(lambda s, a: runs.progress_of_job(s.database, a, s.result_job)),
    "schedules.details.page_of_schedules": Reading(
        lambda s, a: schedules.page_of_schedules(s.database, a, s.project)
    ),
    "schedules.details.schedule_details": Reading(
        lambda s, a: schedules.schedule_details(s.database, a, s.schedule)
    ),
    "schedules.fires_view.fires": Reading(lambda s, a: schedules.fires(s.database, a, s.schedule)),
    "schedules.idle.idle_schedules": Reading(
        lambda s, a: [schedules.idle_schedules(s.database, a, s.project)]
    ),
    "schedules.views.list_schedules": Reading(
        lambda s, a: schedules.list_schedules(s.database, a, s.project)
    ),
    "schedules.views.list_schedules of every project": Reading(
        lambda s, a: schedules.list_schedules(s.database, a)
    ),
    "schedules.views.next_to_fire": Reading(lambda s, a: schedules.next_to_fire(s.database, a, s.project, 3)),
    "signin.people.all_people": Reading(lambda s, a: signin.all_people(s.database, a), NOBODY),
    "tokens.making.tokens_of": Reading(lambda s, a: [tokens.tokens_of(s.database, a, s.project)]),
    "trials.starting.size_of": Reading(
        lambda s, a: trials.size_of(s.database, a, trials.NewTrial(s.metric, Definition("Polite?")))
    ),
    "trials.views.newest_trial": Reading(
        lambda s, a: trials.newest_trial(s.database, a, s.metric, Scope.LABELS, result_id=s.result)
    ),
    "trials.views.show_trial": Reading(lambda s, a: trials.show_trial(s.database, a, s.trial)),
    "trials.views.show_trial_of_job": Reading(
        lambda s, a: trials.show_trial_of_job(s.database, a, s.trial_job)
    ),
    "trials.views.trial_call": Reading(lambda s, a: trials.trial_call(s.database, a, s.trial, s.trial_row)),
    "trials.views.trial_rows": Reading(
        lambda s, a: trials.trial_rows(s.database, a, s.trial, list(RowChange))
    ),
    "webhooks.keeping.webhooks_of": Reading(lambda s, a: webhooks.webhooks_of(s.database, a, s.project)),
}
