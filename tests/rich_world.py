"""A project with something of everything, so that no page is empty: what pages are looked at with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from core import schedules, signin, tokens
from core.db import Database
from core.models import (
    Call,
    Delivery,
    FireRecord,
    Metric,
    MetricReview,
    Notification,
    Proposal,
    Result,
    Run,
    User,
    Webhook,
)
from core.settings import load_settings
from core.terms import Actor, Definition, EvalSettings, EvalType, Outcome, Role, Trigger, TriggerKind
from core.trials import RowChange, Scope
from tests.run_history import RunHistory, candidate

LONG_PROMPT = """You are grading a phone call. Decide whether the agent confirmed the appointment.

Pass if:
- The agent repeats the date and time of the appointment back to the caller.
- The caller agrees.

Look at the whole call, from the greeting to the last line.
Do not guess what happened before it.
Do not judge the tone.
Do not judge the length.
Do not judge the grammar.
Calls in which no appointment came up do not count.

Fail if the agent ends the call without confirming. Be strict.

Answer with true or false."""
REWRITTEN = LONG_PROMPT.replace("the agent confirmed", "the agent explicitly confirmed").replace(
    "- The caller agrees.\n",
    "- The caller agrees, verbally or by an affirmative such as “yep” or “sounds good”.\n"
    "- Do not fail when the caller hangs up after the read-back.\n",
)
TRIGGERED = "The call is about an appointment."
STORY: tuple[tuple[Outcome, tuple[int, int] | None, tuple[int, int] | None], ...] = (
    (Outcome.NOT_ENOUGH_LABELS, None, None),
    (Outcome.APPLIED, (28, 44), (31, 44)),
    (Outcome.NO_CHANGES, (31, 45), None),
    (Outcome.PROPOSED, (32, 46), (35, 46)),
    (Outcome.REGRESSED, (34, 48), (33, 48)),
    (Outcome.OVER_BUDGET, (34, 48), None),
    (Outcome.APPLIED, (36, 50), (41, 50)),
    (Outcome.STALE, (41, 51), (42, 51)),
    (Outcome.FAILED, None, None),
    (Outcome.NOT_ENOUGH_EVIDENCE, (41, 52), (43, 52)),
    (Outcome.CANCELLED, None, None),
    (Outcome.APPLIED, (42, 54), (46, 54)),
    (Outcome.PROPOSED, (46, 56), (49, 56)),
)
"""Of the first metric: a result a week, with baseline and optimised score, the newest one last."""


@dataclass(frozen=True, slots=True)
class RichProject:
    """Ids of what the pages open."""

    project_id: int
    metric_id: int
    review_id: int
    run_id: int
    result_id: int
    stale_run_id: int
    stale_result_id: int
    going_run_id: int
    schedule_id: int
    delivery_id: int
    member_id: int


def fill(database: Database, actor: Actor, project_id: int) -> RichProject:
    """Three metrics with labels, a run of every outcome, a running one, trials of the newest proposal,
    schedules, mails, news, and somebody who is invited."""
    history = RunHistory(database, actor, project_id)
    metric = history.metric("Appointment confirmed")
    mood = history.metric("Caller's mood", EvalSettings(EvalType.ENUM, ("calm", "upset")))
    history.metric("Not scored yet")
    with database.write() as session:
        session.execute(update(Metric).where(Metric.id == metric).values(critical=True))
    reviews = [_review(history, metric, number) for number in range(14)]
    history.review(mood, "call-mood", "calm", "She laughs.")
    schedule = schedules.add(database, actor, project_id, [metric, mood], "0 6 * * 1", name="Weekly")
    schedules.add(database, actor, project_id, [mood], "30 2 1 * *", name="Monthly, paused")
    results = [_week(history, metric, schedule.id, week, *told) for week, told in enumerate(STORY)]
    newest, stale = results[-1], results[[outcome for outcome, _, _ in STORY].index(Outcome.STALE)]
    for review in reviews[:6]:
        history.row(newest, review, "true", "false" if review % 2 else "true", "true" if review % 3 else "?")
    history.result(mood, Outcome.NO_CHANGES, baseline=(1, 1))
    goes = history.result(mood, None)
    history.job(goes, status="running", stage="Writing proposals", calls_done=11, calls_expected=84)
    _versions(database, metric)
    _trials(history, metric, newest, reviews)
    tokens.make_token(database, actor, project_id, "Routine", Role.EDITOR)
    run_id = _run_of(database, newest)
    delivery = _news(database, actor, project_id, schedule.id, run_id)
    return RichProject(
        project_id=project_id,
        metric_id=metric,
        review_id=reviews[0],
        run_id=run_id,
        result_id=newest,
        stale_run_id=_run_of(database, stale),
        stale_result_id=stale,
        going_run_id=_run_of(database, goes),
        schedule_id=schedule.id,
        delivery_id=delivery,
        member_id=_invited(database, actor, project_id),
    )


def _review(history: RunHistory, metric_id: int, number: int) -> int:
    labelled = number % 3 != 0
    expected = ("true" if number % 2 else "false") if labelled else None
    review = history.review(metric_id, f"call-{number:03}", expected, "The time was never said." * labelled)
    with history.database.write() as session:
        session.execute(
            update(MetricReview)
            .where(MetricReview.id == review)
            .values(
                judged="answered",
                actual_value="true",
                explanation="The agent repeats the date.",
                labelled_at=datetime.now(UTC) - timedelta(days=number) if labelled else None,
                labelled_by=history.actor.user_id if labelled else None,
                evaluated_at=datetime.now(UTC),
            )
        )
        call = session.scalars(select(Call).where(Call.external_id == f"call-{number:03}")).one()
        call.details = {"channel": "phone", "site": "north"}
        call.transcript = [
            {"role": "assistant", "content": "Hello, what can I do for you?"},
            {"role": "user", "content": "I would like to come on Tuesday."},
            {"role": "assistant", "content": "Tuesday at ten it is."},
        ]
    return review


def _week(
    history: RunHistory,
    metric_id: int,
    schedule_id: int,
    week: int,
    outcome: Outcome,
    baseline: tuple[int, int] | None,
    optimised: tuple[int, int] | None,
) -> int:
    run_id = history.run(trigger="schedule", schedule_id=schedule_id)
    reason = (
        f"{optimised[0]} of {optimised[1]} labels agree, {baseline[0]} before."
        if optimised and baseline
        else ""
    )
    result = history.result(
        metric_id,
        outcome,
        run_id=run_id,
        baseline=baseline,
        optimised=optimised,
        reason=reason or "The model's endpoint did not answer for ten minutes.",
        calls=180 + week,
        cost=0.42,
        input_tokens=52_000,
        output_tokens=4_100,
        fixed=4 if optimised else None,
        broken=1 if optimised else None,
        held_out=_held_out(week) if optimised else None,
        labelled=baseline[1] if baseline else 1,
    )
    at = datetime.now(UTC) - timedelta(weeks=len(STORY) - week)
    with history.database.write() as session:
        for kind, key in ((Run, run_id), (Result, result)):
            row = session.get_one(kind, key)
            row.created_at = row.started_at = at
            row.finished_at = at + timedelta(minutes=3)
        due = at.replace(microsecond=0)
        session.add(FireRecord(schedule_id=schedule_id, due_at=due, kind="run", run_id=run_id))
        if optimised:
            made = candidate([("“Yep” is a yes.", [1, 2])])
            made["definition"] |= {
                "description": REWRITTEN,
                "evaluation_trigger": {"kind": "prompt", "text": TRIGGERED},
            }
            session.get_one(Result, result).candidate = made
        for proposal in session.scalars(select(Proposal).where(Proposal.result_id == result)):
            proposal.created_at = at
    return result


def _held_out(week: int) -> dict[str, dict[str, int]]:
    return {"baseline": {"correct": 11, "total": 16}, "optimised": {"correct": 11 + week % 4, "total": 16}}


def _versions(database: Database, metric_id: int) -> None:
    """The live definition is the long prompt, and each applied result has made a version."""
    from core.models import MetricVersion

    with database.write() as session:
        for version in session.scalars(select(MetricVersion).where(MetricVersion.metric_id == metric_id)):
            version.description = LONG_PROMPT
        metric = session.get_one(Metric, metric_id)
        applied = select(Result).where(Result.metric_id == metric_id, Result.outcome == Outcome.APPLIED.value)
        for number, result in enumerate(session.scalars(applied.order_by(Result.id)), start=2):
            assert result.finished_at is not None
            version = MetricVersion(
                metric_id=metric_id,
                number=number,
                description=f"{LONG_PROMPT}\nRule {number}: “yep” is a yes.",
                trigger_kind="always",
                type="llm_judge",
                digest=f"{number:064}",
                comment=f"Applied from run {result.run_id}",
                origin="schedule",
                result_id=result.id,
                created_at=result.finished_at,
            )
            session.add(version)
            session.flush()
            result.applied_version_id = version.id
            metric.live_version_id = version.id
        newest = session.scalars(
            select(Result).where(Result.metric_id == metric_id).order_by(Result.id.desc())
        )
        result = next(iter(newest))
        result.base_version_id = metric.live_version_id
        result.base_revision = metric.revision


def _trials(history: RunHistory, metric_id: int, result_id: int, reviews: list[int]) -> None:
    """The proposal on calls without a label, and an edit of it on the labels."""
    proposed = Definition(REWRITTEN, Trigger(TriggerKind.PROMPT, TRIGGERED))
    recent = history.trial(metric_id, proposed, scope=Scope.RECENT, result_id=result_id)
    for review in reviews[::3][:2]:
        history.trial_row(recent, review, RowChange.FLIPPED, None, "true", "false")
    edit = replace(proposed, description=f"{REWRITTEN}\nBe lenient.")
    scored = history.trial(metric_id, edit, result_id=result_id, baseline=(5, 9), tried=(6, 9))
    for review, change in ((reviews[1], RowChange.FIXED), (reviews[2], RowChange.BROKEN)):
        before, after = ("false", "true") if change is RowChange.FIXED else ("true", "false")
        history.trial_row(scored, review, change, "true", before, after)


def _invited(database: Database, actor: Actor, project_id: int) -> int:
    settings = load_settings(_env_file=None)
    signin.invite(database, settings, actor, project_id, "ben@example.com", Role.LABELLER)
    with database.read() as session:
        return session.scalars(select(User.id).where(User.email == "ben@example.com")).one()


def _run_of(database: Database, result_id: int) -> int:
    with database.read() as session:
        return session.get_one(Result, result_id).run_id


def _news(database: Database, actor: Actor, project_id: int, schedule_id: int, run_id: int) -> int:
    assert actor.user_id is not None
    with database.write() as session:
        delivery = Delivery(
            project_id=project_id,
            run_id=run_id,
            kind="summary",
            recipient="dana@example.com",
            state="failed",
            message_id="<1@example.com>",
            subject="Plumbline: 1 proposal to review",
            error="The mail server refused the recipient.",
        )
        session.add(delivery)
        session.add(
            Webhook(
                project_id=project_id,
                schedule_id=schedule_id,
                name="Team channel",
                kind="json",
                sealed_url="",
                host="hooks.example.com",
            )
        )
        session.add(
            Notification(
                user_id=actor.user_id,
                project_id=project_id,
                key=f"run {run_id}",
                text="1 proposal to review",
                run_id=run_id,
            )
        )
        session.flush()
        return delivery.id
