"""Code metrics as a project has them: evaluated, run, applied, and never the end of a worker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from core import evaluations, jobs, metrics, runs, schedules
from core.__main__ import root
from core.errors import BadDefinition, NotAllowed, NotFound, Refused
from core.jobs import JobView
from core.judging.asked_by_script import FUNCTION
from core.lab import StoredVerdicts
from core.models import MetricReview
from core.runs import RunOptions
from core.terms import (
    Definition,
    EvalSettings,
    EvalType,
    MetricType,
    Outcome,
    Role,
    Trigger,
    TriggerKind,
)
from tests.databases import on_both
from tests.scripted_model import BAD, BETTER, GOOD, POLITE
from tests.servers import RedisServer, wait_until
from tests.worker_processes import processes
from tests.world import World

ENDLESS = "while True:\n    pass"
CODE = f"_result = '{GOOD}' in data['transcript']\n_explanation = 'The closing line.'"


def code_metric(world: World, code: str, name: str = "Code", description: str = "") -> int:
    definition = Definition(description, type=MetricType.CUSTOM_CODE, custom_code=code)
    return metrics.add(world.database, world.admin, world.project_id, name, definition, EvalSettings()).id


def evaluate(world: World, metric: int) -> JobView:
    job_id = evaluations.start(world.database, world.editor, metric)
    world.work()
    return world.job(job_id)


def reviews(world: World, metric: int) -> list[MetricReview]:
    query = select(MetricReview).where(MetricReview.metric_id == metric).order_by(MetricReview.id)
    with world.database.read() as session:
        return list(session.scalars(query))


def actual(world: World, metric: int) -> list[str | None]:
    return [review.actual_value for review in reviews(world, metric)]


class TestEvaluating:
    @on_both
    def test_code_fills_in_the_lab_without_a_model_call(self, world: World) -> None:
        metric = code_metric(world, CODE)
        world.label(metric, right=2, wrong=1)
        job = evaluate(world, metric)
        assert (job.status, job.error, job.calls_expected) == ("finished", "", 0)
        assert actual(world, metric) == ["true", "true", "false"]
        assert {review.explanation for review in reviews(world, metric)} == {"The closing line."}
        assert world.endpoint.received == []

    def test_code_that_raises_disagrees_and_says_why_in_the_lab(self, world: World) -> None:
        metric = code_metric(world, f"if '{BAD}' in data['transcript']:\n    1 / 0\n_result = True")
        world.label(metric, right=1, wrong=1)
        assert evaluate(world, metric).status == "finished"
        fine, failed = reviews(world, metric)
        assert (fine.judged, fine.actual_value) == ("answered", "true")
        assert (failed.judged, failed.actual_value) == ("unreadable", None)
        assert failed.explanation == "The code raised ZeroDivisionError in line 2: division by zero."

    def test_code_that_never_ends_fails_its_rows_and_the_work_goes_on(self, world: World) -> None:
        metric, other = code_metric(world, ENDLESS), code_metric(world, CODE, "Other")
        world.label(metric, right=1, wrong=1)
        world.label(other, right=1, wrong=0)
        assert evaluate(world, metric).status == "finished"
        assert all("ran longer than 1 second" in review.explanation for review in reviews(world, metric))
        assert evaluate(world, other).status == "finished"
        assert actual(world, other) == ["true"]

    def test_a_question_of_the_code_is_asked_and_counted(self, world: World) -> None:
        metric = code_metric(world, f"_result = {FUNCTION}('{BETTER}')['result']")
        world.label(metric, right=2, wrong=1)
        job = evaluate(world, metric)
        assert actual(world, metric) == ["true", "true", "false"]
        assert job.calls_done == job.calls_expected == len(world.endpoint.received) == 3

    def test_its_questions_are_paid_from_the_projects_month(self, world: World) -> None:
        metric = code_metric(world, f"_result = {FUNCTION}('{BETTER}')['result']")
        world.label(metric, right=3, wrong=0)
        jobs.set_monthly_caps(
            world.database, world.settings, world.admin, world.project_id, max_calls=2, max_cost=None
        )
        job = evaluate(world, metric)
        assert job.status == "failed"
        assert "cap of 2 model calls" in job.error
        assert len(world.endpoint.received) <= 2

    def test_an_outage_of_the_model_is_not_judged_and_no_disagreement(self, world: World) -> None:
        metric = code_metric(world, f"_result = {FUNCTION}('{BETTER}')['result']")
        world.label(metric, right=1, wrong=0)
        world.endpoint.__exit__(None, None, None)
        assert evaluate(world, metric).status == "failed"
        assert [review.judged for review in reviews(world, metric)] == [None]

    def test_code_that_is_a_trigger_spares_the_judge(self, world: World) -> None:
        trigger = Trigger(TriggerKind.CODE, f"_result = '{GOOD}' in data['transcript']")
        metric = metrics.add(
            world.database,
            world.admin,
            world.project_id,
            "Polite",
            Definition(BETTER, trigger),
            EvalSettings(),
        ).id
        world.label(metric, right=2, wrong=2)
        assert evaluate(world, metric).status == "finished"
        assert actual(world, metric) == ["true", "true", "N/A", "N/A"]
        assert len(world.endpoint.received) == 2


class TestVerdictsOfOthers:
    @on_both
    def test_the_newest_readable_answers_of_the_projects_other_metrics(self, world: World) -> None:
        mood = metrics.add(
            world.database,
            world.admin,
            world.project_id,
            "Mood",
            Definition("Which mood?"),
            EvalSettings(EvalType.ENUM, ("calm", "angry")),
        ).id
        polite, gone = world.metric(), world.metric("Gone")
        review = world.row(mood, "one")
        with world.database.write() as session:
            row = session.get_one(MetricReview, review)
            row.judged, row.actual_value, row.explanation = "answered", "calm", "Heard."
            call = row.call_id
            session.add(MetricReview(metric_id=polite, call_id=call, judged="unreadable"))
            session.add(MetricReview(metric_id=gone, call_id=call, judged="answered", actual_value="true"))
        schedules.archive(world.database, world.admin, gone)

        code = code_metric(world, "_result = data['verdicts']['Mood']['result'] == 'calm'")
        found = StoredVerdicts(world.database, world.project_id, code).of([call])
        assert {name: verdict.as_data() for name, verdict in found[call].items()} == {
            "Mood": {"result": "calm", "explanation": "Heard."}
        }
        with world.database.write() as session:
            session.add(MetricReview(metric_id=code, call_id=call))
        assert evaluate(world, code).status == "finished"
        assert actual(world, code) == ["true"]


class TestRuns:
    def test_a_code_metric_is_run_and_a_better_prompt_takes_its_place(self, world: World) -> None:
        metric = code_metric(world, "_result = True", description=POLITE)
        world.label(metric, right=3, wrong=6)
        result = world.improve(metric)
        assert result.outcome is Outcome.PROPOSED
        assert (str(result.baseline), str(result.optimised)) == ("3 of 9", "9 of 9")

        waiting = metrics.retrieve(world.database, world.editor, metric).waiting_proposal
        assert waiting is not None
        runs.apply(world.database, world.editor, waiting)
        live = metrics.retrieve(world.database, world.editor, metric)
        assert (live.version, live.definition.type) == (2, MetricType.LLM_JUDGE)
        assert live.definition.description == BETTER

    def test_code_that_agrees_with_every_label_changes_nothing_and_costs_nothing(self, world: World) -> None:
        metric = code_metric(world, CODE, description=POLITE)
        world.label(metric, right=3, wrong=3)
        result = world.improve(metric, RunOptions(auto_apply=True))
        assert result.outcome is Outcome.NO_CHANGES
        assert world.endpoint.received == []

    def test_code_that_always_fails_is_a_baseline_of_none(self, world: World) -> None:
        metric = code_metric(world, "1 / 0", description=POLITE)
        world.label(metric, right=3, wrong=3)
        assert str(world.improve(metric).baseline) == "0 of 6"


class TestTrying:
    def test_unsaved_code_is_tried_on_chosen_calls(self, world: World) -> None:
        metric = world.metric()
        world.label(metric, right=1, wrong=1)
        chosen = [
            each.call_id for each in metrics.calls_to_try(world.database, world.editor, world.project_id)
        ]
        definition = Definition("", type=MetricType.CUSTOM_CODE, custom_code="print(1)\n_result = True")
        found = metrics.try_code(
            world.database, world.editor, world.project_id, definition, EvalSettings(), chosen, metric
        )
        assert [each.choice.call_id for each in found] == chosen
        assert {each.choice.expected: each.agrees for each in found} == {"true": True, "false": False}
        assert {(each.run.value, each.run.printed) for each in found} == {("true", "1\n")}
        assert world.endpoint.received == []
        assert actual(world, metric) == [None, None]

    def test_who_may_try_and_what(self, world: World) -> None:
        world.row(world.metric(), "hello")
        (choice,) = metrics.calls_to_try(world.database, world.editor, world.project_id)
        definition = Definition("", type=MetricType.CUSTOM_CODE, custom_code="_result = True")

        def attempt(
            role: Role = Role.EDITOR, calls: tuple[int, ...] = (choice.call_id,), text: str = ""
        ) -> None:
            tried = Definition("", type=MetricType.CUSTOM_CODE, custom_code=text) if text else definition
            metrics.try_code(
                world.database, world.people[role], world.project_id, tried, EvalSettings(), calls
            )

        with pytest.raises(NotAllowed):
            attempt(Role.LABELLER)
        with pytest.raises(NotFound):
            attempt(calls=(999,))
        with pytest.raises(Refused, match="20 calls at most"):
            attempt(calls=tuple(range(21)))
        with pytest.raises(BadDefinition, match="line 1"):
            attempt(text="if")


def test_the_whole_way_of_a_code_metric_on_the_command_line(tmp_path: Path) -> None:
    """With the demo model: from a definition in a file to an applied proposal."""
    definition = {
        "type": "custom_code",
        "eval_type": "binary",
        "description": 'Was it solved?\n- Fail when the user says "complaint".\n- Otherwise pass.',
        "custom_code": "_result = 'complaint' not in data['transcript']",
    }
    rows = [
        {
            "id": f"c{number}",
            "transcript": [{"role": "user", "content": "quite useless" if number % 2 else "all good now"}],
            "label": "fail" if number % 2 else "pass",
            "feedback": "“useless” is not solved" if number % 2 else "",
        }
        for number in range(16)
    ]
    (tmp_path / "code.json").write_text(json.dumps(definition))
    (tmp_path / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    environment = {
        "PLUMBLINE_HOME": str(tmp_path / "home"),
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DATABASE_URL": "",
    }

    def run(*words: str) -> dict[str, object]:
        answered = CliRunner().invoke(root, [*words, "--json"], env=environment)
        assert answered.exit_code == 0, answered.stderr
        found: dict[str, object] = json.loads(answered.stdout)
        return found

    run("project", "add", "Acme")
    made = run("metric", "add", "Solved", "--project", "Acme", "--file", str(tmp_path / "code.json"))
    assert made["type"] == "custom_code"
    run("import", str(tmp_path / "calls.jsonl"), "--project", "Acme", "--metric", "Solved")
    assert run("evaluate", "--metric", "Solved")["calls"] == 0
    [result] = run("improve", "--metric", "Solved", "--wait")["results"]  # type: ignore[misc]
    assert result["outcome"] == "proposed"
    assert result["baseline"] == {"correct": 8, "total": 16, "not_judged": 0}
    assert result["optimised"] == {"correct": 16, "total": 16, "not_judged": 0}
    assert run("proposal", "apply", str(result["proposal"]))["version"] == 2
    assert "useless" in json.dumps(run("metric", "show", "Solved"))


class TestAWorker:
    @pytest.fixture
    def redis_url(self, own_redis: RedisServer) -> str:
        return own_redis.url

    @pytest.mark.slow
    @pytest.mark.timeout(240)
    def test_outlives_whatever_its_scripts_do(self, world: World, tmp_path: Path) -> None:
        """Endless loops, bombs and crashes, each a job of its own, all done by one worker."""
        attacks = [
            ENDLESS,
            "x = [0] * 10**9",
            "def f():\n    return f()\nf()",
            "import os\nos._exit(0)",
            CODE,
        ]
        made = [code_metric(world, attack, f"Metric {number}") for number, attack in enumerate(attacks)]
        for metric in made:
            world.label(metric, right=1, wrong=0)
        with processes(world, tmp_path) as found:
            worker = found.worker()
            started = [evaluations.start(world.database, world.editor, metric) for metric in made]
            assert jobs.push_now(world.database, world.redis, started)
            wait_until(
                lambda: all(world.job(job_id).final for job_id in started), "all evaluations", seconds=120
            )
            assert worker.poll() is None
        assert {world.job(job_id).status for job_id in started} == {"finished"}
        assert [review.judged for metric in made for review in reviews(world, metric)] == [
            *["unreadable"] * 4,
            "answered",
        ]
