"""Evaluate, improve, and look after runs and proposals."""

from __future__ import annotations

import click

from core import evaluations, jobs, metrics, runs
from core.commands.context import Context, by_id_or_name, command, refuse
from core.commands.following import follow, queued_note
from core.commands.root import group, root
from core.evidence import Evidence
from core.evidence.findings import Findings, findings_words
from core.evidence.words import evidence_words
from core.optimiser.strategies import OWN, STRATEGIES
from core.runs import ResultView, RunOptions, RunView
from core.terms import Guard

run = group("run", "Runs.")
proposal = group("proposal", "Proposals that wait for review.")

metric_option = click.option("--metric", "metric_name", required=True, help="A metric's name or id.")
project_option = click.option("--project", "project_name", help="Where the metric's name is not unique.")


@command(root, "evaluate", help="Judge a metric's calls with its live definition.")
@metric_option
@project_option
@click.option("--only-new", is_flag=True, help="Only calls that were never judged.")
@click.option("--wait/--no-wait", default=True, show_default=True)
def evaluate(
    context: Context, metric_name: str, project_name: str | None, only_new: bool, wait: bool
) -> None:
    metric_id = find_metric(context, metric_name, project_name)
    selection = evaluations.NEW if only_new else evaluations.ALL
    job_id = evaluations.start(context.database, context.actor, metric_id, selection)
    if not wait:
        queued_note(context, job_id)
        context.answer({"job": job_id, "status": "queued"}, f"Evaluating (job {job_id}).")
        return
    job = follow(context, job_id)
    if job.status != "finished":
        refuse(job.error or f"The evaluation was {job.status}.")
    note = f" {job.error}" if job.error else ""
    context.answer(
        {"job": job_id, "status": job.status, "calls": job.calls_done, "note": job.error},
        f"Judged {job.calls_done} calls.{note}",
    )


@command(root, "improve", help="Let the optimiser rewrite a metric's prompt from its labels.")
@metric_option
@project_option
@click.option("--wait", is_flag=True, help="Wait for the result.")
@click.option("--auto-apply", is_flag=True, help="Apply the rewrite when it scores at least as well.")
@click.option("--guard", type=click.Choice([guard.value for guard in Guard]), default="standard")
@click.option("--max-calls", type=click.IntRange(min=1), help="Stop rather than make more model calls.")
@click.option("--max-cost", type=click.FloatRange(min=0), help="Stop rather than spend more.")
@click.option(
    "--noise-check/--no-noise-check",
    default=None,
    help="Ask the judge again about up to 20 rows; by itself from 30 labels, always with --guard strict.",
)
@click.option("--strategy", default=OWN, show_default=True, help=f"How to search: {' or '.join(STRATEGIES)}.")
@click.option("--seed", type=int, default=0, help="Which rows are drawn where not all are used.")
def improve(
    context: Context,
    metric_name: str,
    project_name: str | None,
    wait: bool,
    auto_apply: bool,
    guard: str,
    max_calls: int | None,
    max_cost: float | None,
    noise_check: bool | None,
    strategy: str,
    seed: int,
) -> None:
    options = RunOptions(
        auto_apply=auto_apply,
        guard=Guard(guard),
        max_calls=max_calls,
        max_cost=max_cost,
        check_noise=noise_check,
        strategy=strategy,
        seed=seed,
    )
    metric_id = find_metric(context, metric_name, project_name)
    started = runs.improve(context.database, context.actor, metric_id, options)
    if started.joined:
        context.say(f"Run {started.run_id} is working on this metric already.")
    if not wait:
        queued_note(context, started.job_id)
        context.answer(
            {"run": started.run_id, "job": started.job_id, "joined": started.joined},
            f"Started run {started.run_id} (job {started.job_id}).",
        )
        return
    follow(context, started.job_id)
    show(context, runs.show_run(context.database, context.actor, started.run_id))


@command(run, "list", help="The newest runs.")
@click.option("--project", "project_name")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def run_list(context: Context, project_name: str | None, limit: int) -> None:
    chosen = by_id_or_name(project_name) if project_name else None
    found = runs.list_runs(context.database, context.actor, project=chosen, limit=limit)
    context.answer(
        [one.as_json() for one in found], lambda: "\n".join(map(_run_line, found)) or "There are no runs yet."
    )


@command(run, "show", help="One run with its results.")
@click.argument("run_id", type=int)
def run_show(context: Context, run_id: int) -> None:
    show(context, runs.show_run(context.database, context.actor, run_id))


@command(run, "cancel", help="Cancel what is left of a run; nothing of it is applied.")
@click.argument("run_id", type=int)
def run_cancel(context: Context, run_id: int) -> None:
    jobs.push_now(context.database, context.redis, runs.cancel(context.database, context.actor, run_id))
    context.answer({"run": run_id, "cancelled": True}, f"Run {run_id} is being cancelled.")


@command(proposal, "apply", help="Make a waiting proposal the live definition.")
@click.argument("proposal_id", type=int)
def proposal_apply(context: Context, proposal_id: int) -> None:
    number = runs.apply(context.database, context.actor, proposal_id)
    context.answer({"proposal": proposal_id, "version": number}, f"Applied: version {number} is live.")


@command(proposal, "reject", help="Close a waiting proposal without applying it.")
@click.argument("proposal_id", type=int)
@click.option("--reason", default="", help="Kept with the proposal.")
def proposal_reject(context: Context, proposal_id: int, reason: str) -> None:
    runs.reject(context.database, context.actor, proposal_id, reason)
    context.answer({"proposal": proposal_id, "state": "rejected"}, f"Rejected proposal {proposal_id}.")


def find_metric(context: Context, name: str, project_name: str | None) -> int:
    chosen = by_id_or_name(project_name) if project_name else None
    return metrics.retrieve(context.database, context.actor, by_id_or_name(name), chosen).id


def show(context: Context, found: RunView) -> None:
    context.answer(found.as_json(), lambda: "\n".join([_run_line(found), *map(_result_text, found.results)]))


def _run_line(found: RunView) -> str:
    by = f"schedule “{found.schedule}”" if found.schedule else found.trigger
    outcomes = ", ".join(f"{result.metric}: {result.shown_as}" for result in found.results)
    return f"run {found.id}  {found.created_at:%Y-%m-%d %H:%M} UTC  {found.state}  by {by}  {outcomes}"


def _result_text(result: ResultView) -> str:
    lines = [f"\n{result.metric}: {result.shown_as}", f"  {result.reason}"]
    if result.warning:
        lines.append(f"  Note: {result.warning}")
    if result.baseline is not None:
        after = f" → {result.optimised}" if result.optimised is not None else ""
        lines.append(f"  Agreement with the labels: {result.baseline}{after}")
    if result.fixed is not None:
        lines.append(f"  Rows fixed: {result.fixed}, rows broken: {result.broken}")
    if result.evidence is not None:
        lines.append(f"  {evidence_words(Evidence.of_json(result.evidence))}")
    if result.findings is not None and (found := findings_words(Findings.of_json(result.findings))):
        lines.append(f"  Worth a look: {found}")
    lines.append(f"  Model calls: {result.calls}, tokens: {result.tokens:,}")
    if result.proposal is not None:
        lines.append(f"  Proposal {result.proposal}: python -m core proposal apply {result.proposal}")
    return "\n".join(lines)
