"""The command line as a script uses it: JSON out, exit codes, one sentence on refusal."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from core import signin
from core.__main__ import root
from core.accounts import add_project
from core.cron import parse, zone
from core.db import Database
from core.schedules import preview
from core.schedules.settling import Situation, settle
from core.settings import load_settings
from core.terms import Role
from tests.gatehouse import CLIENT, PASSWORD
from tests.world import person

DEFINITION = {
    "type": "llm_judge",
    "eval_type": "binary",
    "description": 'Was it solved?\n- Fail when the user says "complaint".\n- Otherwise pass.',
    "evaluation_trigger": "always",
}


class CommandLine:
    """Commands in one installation without Redis, worker or model endpoint."""

    def __init__(self, home: Path) -> None:
        self.folder = home
        nowhere = "redis://127.0.0.1:1/0"
        self.environment = {"PLUMBLINE_HOME": str(home / "home"), "REDIS_URL": nowhere, "DATABASE_URL": ""}

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(root, list(arguments), env=self.environment)

    def json(self, *arguments: str) -> Any:
        answered = self(*arguments, "--json")
        assert answered.exit_code == 0, answered.stderr
        return json.loads(answered.stdout)

    def refused(self, *arguments: str) -> str:
        """The one sentence on standard error of a command that is refused."""
        answered = self(*arguments)
        assert answered.exit_code == 1, answered.output
        assert answered.stderr.count("\n") == 1
        return answered.stderr.strip()

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def run(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def labelled(count: int) -> str:
    rows = [
        {
            "id": f"c{n}",
            "transcript": [{"role": "user", "content": "quite useless" if n % 2 else "all good now"}],
            "label": "fail" if n % 2 else "pass",
            "feedback": "“useless” is not solved" if n % 2 else "",
        }
        for n in range(count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_cron_next_answers_a_list_of_utc_times(run: CommandLine) -> None:
    found = run.json(
        *("cron", "next", "30 2 * * *", "--timezone", "America/Los_Angeles"),
        *("--from", "2026-03-07T00:00:00Z", "--count", "3"),
    )
    assert found == ["2026-03-07T10:30:00Z", "2026-03-08T10:00:00Z", "2026-03-09T09:30:00Z"]


def test_the_whole_loop_without_a_worker(run: CommandLine) -> None:
    run.json("project", "add", "Acme", "--timezone", "Europe/Berlin")
    definition = run.file("definition.json", json.dumps(DEFINITION))
    run.json("metric", "add", "Solved", "--project", "Acme", "--file", definition)
    calls = run.file("calls.jsonl", labelled(16))
    report = run.json("import", calls, "--project", "Acme", "--metric", "Solved")
    assert (report["new"], report["labelled"], report["written"]) == (16, 16, True)

    assert run.json("evaluate", "--metric", "Solved")["calls"] == 16
    proposed = run.json("improve", "--metric", "Solved", "--wait")["results"][0]
    assert proposed["outcome"] == "proposed"
    assert proposed["baseline"] == {"correct": 8, "total": 16, "not_judged": 0}
    assert proposed["optimised"] == {"correct": 16, "total": 16, "not_judged": 0}

    assert run.json("proposal", "apply", str(proposed["proposal"]))["version"] == 2
    again = run.json("improve", "--metric", "Solved", "--wait")["results"][0]
    assert (again["outcome"], again["calls"]) == ("no_changes", 0)
    listed = run.json("run", "list", "--project", "Acme")
    assert [entry["state"] for entry in listed] == ["finished", "finished"]
    assert listed[1]["results"][0]["metric"] == "Solved"


def test_a_metric_goes_out_of_one_project_and_into_another(run: CommandLine) -> None:
    for project in ("One", "Two"):
        run.json("project", "add", project)
    definition = run.file("definition.json", json.dumps(DEFINITION | {"model": "big", "critical": True}))
    first = run.json("metric", "add", "Solved", "--project", "One", "--file", definition)
    written = run.folder / "solved.json"
    run.json("metric", "export", "Solved", "--file", str(written))
    assert run("metric", "export", "Solved").stdout == written.read_text(encoding="utf-8")

    second = run.json("metric", "add", "--project", "Two", "--file", str(written))
    apart = {"id", "project_id"}
    assert {key: value for key, value in second.items() if key not in apart} == {
        key: value for key, value in first.items() if key not in apart
    }
    assert "can't be written" in run.refused(
        "metric", "export", str(first["id"]), "--file", str(run.folder / "nowhere" / "x.json")
    )


def test_a_variable_that_is_none_is_told_and_the_metric_is_made(run: CommandLine) -> None:
    run.json("project", "add", "Acme")
    path = run.file("definition.json", json.dumps({"description": "Was {{transcipt}} polite?"}))
    answered = run("metric", "add", "Polite", "--project", "Acme", "--file", path)
    assert answered.exit_code == 0
    assert answered.stderr == (
        "{{transcipt}} is no variable, so the judge reads it as it stands; did you mean {{transcript}}?\n"
    )


@pytest.mark.thorough
def test_the_strict_guard_holds_back_what_no_held_out_row_speaks_for(run: CommandLine) -> None:
    run.json("project", "add", "Acme", "--timezone", "Europe/Berlin")
    definition = run.file("definition.json", json.dumps(DEFINITION))
    run.json("metric", "add", "Solved", "--project", "Acme", "--file", definition)
    run.json("import", run.file("calls.jsonl", labelled(16)), "--project", "Acme", "--metric", "Solved")
    options = ("--auto-apply", "--guard", "strict", "--seed", "5", "--wait")
    held_back = run.json("improve", "--metric", "Solved", *options)["results"][0]
    assert held_back["outcome"] == "not_enough_evidence"
    assert "30 labels" in held_back["reason"]
    assert run.json("improve", "--metric", "Solved", *options)["results"][0]["calls"] == 0
    assert "There is no search named" in run.refused(
        "improve", "--metric", "Solved", "--strategy", "annealing"
    )


def test_an_import_makes_what_is_missing_and_says_so(run: CommandLine) -> None:
    calls = run.file("calls.jsonl", labelled(4))
    answered = run("import", calls, "--project", "New", "--metric", "Solved", "--json")
    assert "Made the project “New”" in answered.stderr
    assert "Made the metric “Solved”" in answered.stderr
    assert json.loads(answered.stdout)["labelled"] == 4


def test_a_dry_run_makes_nothing(run: CommandLine) -> None:
    calls = run.file("calls.jsonl", labelled(4))
    assert run.json("import", calls, "--project", "New", "--metric", "Solved", "--dry-run")["good"] == 4
    assert run.refused("run", "list", "--project", "New") == "There is no project “New”."


def test_a_schedule_is_made_listed_paused_and_deleted(run: CommandLine) -> None:
    run("import", run.file("calls.jsonl", labelled(4)), "--project", "Acme", "--metric", "Solved")
    made = run.json("schedule", "add", "--project", "Acme", "--metric", "Solved", "--cron", "@weekly")
    assert made["next_fire_at"] is not None
    number = str(made["id"])
    assert run.json("schedule", "pause", number)["next_fire_at"] is None
    assert run.json("schedule", "resume", number)["enabled"]
    run.json("schedule", "delete", number)
    assert run.json("schedule", "list") == []


def test_the_command_line_the_form_and_the_scheduler_name_the_same_moments(run: CommandLine) -> None:
    run("import", run.file("calls.jsonl", labelled(4)), "--project", "Acme", "--metric", "Solved")
    for cron, timezone in (
        ("30 2 * * *", "America/Los_Angeles"),
        ("*/30 1-3 * * 0", "Australia/Lord_Howe"),
        ("0 0 L * *", "Africa/Casablanca"),
        ("@monthly", "US/Pacific"),
    ):
        before = datetime.now(UTC)
        rhythm = ("--cron", cron, "--timezone", timezone)
        run.json("schedule", "add", "--project", "Acme", "--metric", "Solved", *rhythm)
        stored = datetime.fromisoformat(run.json("schedule", "list")[-1]["next_fire_at"])
        shown = [fire.at for fire in preview(cron, timezone, before).fires]
        said = run.json("cron", "next", cron, "--timezone", timezone, "--from", before.isoformat())
        assert [datetime.fromisoformat(moment) for moment in said] == shown
        # A minute may have passed between the two looks.
        assert stored in shown[:2]
        met = Situation(shown[0], timedelta(hours=1))
        assert settle(parse(cron), zone(timezone), shown[0], met).following == shown[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("project", "add", "P", "--timezone", "Mars/Base"), "is not an IANA timezone"),
        (("cron", "next", "61 * * * *"), "The minute field takes 0 to 59"),
        (("run", "show", "99"), "There is no run “99”."),
        (("evaluate", "--metric", "Nothing"), "There is no metric “Nothing”."),
        (("schedule", "pause", "7"), "There is no schedule “7”."),
    ],
)
def test_a_refusal_is_one_sentence_and_exit_1(
    run: CommandLine, arguments: tuple[str, ...], sentence: str
) -> None:
    assert sentence in run.refused(*arguments)


def test_wrong_usage_is_exit_2(run: CommandLine) -> None:
    assert run("improve").exit_code == 2
    assert run("no-such-command").exit_code == 2


def test_a_file_with_bad_rows_is_refused_whole_unless_the_good_ones_are_wanted(run: CommandLine) -> None:
    mixed = run.file("mixed.jsonl", labelled(2) + "{broken\n")
    refused = run("import", mixed, "--project", "Acme", "--metric", "Solved")
    assert refused.exit_code == 1
    assert "Line 3" in refused.stdout
    report = run.json("import", mixed, "--project", "Acme", "--metric", "Solved", "--skip-bad")
    assert (report["good"], report["bad"], report["written"]) == (2, 1, True)


def test_a_token_is_made_listed_and_revoked(run: CommandLine) -> None:
    assert "Name the project" in run.refused("token", "add", "CI")
    run("project", "add", "Clinic")
    made = run.json("token", "add", "CI", "--role", "editor", "--days", "30")

    assert made["token"].startswith(made["hint"]) and (made["role"], made["state"]) == ("editor", "active")
    shown = run("token", "add", "second").stdout
    assert "claude mcp add" in shown and "plb_" in shown
    listed = run.json("token", "list", "--project", "Clinic")
    assert [one["name"] for one in listed] == ["second", "CI"]
    assert made["token"] not in str(listed)
    assert run.json("token", "revoke", str(made["id"]))["state"] == "revoked"
    assert "revoked" in run("token", "list").stdout
    assert "no API token" in run.refused("token", "revoke", "99")
    assert "no project “Nowhere”" in run.refused("token", "add", "CI", "--project", "Nowhere")


def test_there_are_no_tokens_at_first(run: CommandLine) -> None:
    run("project", "add", "Clinic")

    assert "no tokens yet" in run("token", "list").stdout


def test_the_last_admin_is_not_made_a_viewer(run: CommandLine) -> None:
    run.json("project", "add", "Clinic")

    assert "only admin" in run.refused("user", "add", "admin@localhost", "--role", "viewer")


def test_whose_password_nobody_vouches_for_is_not_added(run: CommandLine) -> None:
    """Somebody made a project and opened the invitation of its second member themselves."""
    run.json("project", "add", "Clinic")
    settings = load_settings(_env_file=None, plumbline_home=run.folder / "home")
    database = Database(settings.database)
    eve = person(database, "eve@x.test")
    den = add_project(database, eve, "Den")
    link = signin.invite(database, settings, eve, den.id, "hire@x.test", Role.VIEWER)
    signin.open_link(database, settings, link or "", CLIENT, PASSWORD)

    assert "by a link from eve@x.test" in run.refused("user", "add", "hire@x.test", "--project", "Clinic")

    new = run.json("user", "reset", "hire@x.test")["link"].rpartition("/")[2]
    signin.open_link(database, settings, new, CLIENT, PASSWORD)
    assert run.json("user", "add", "hire@x.test", "--project", "Clinic")["role"] == "viewer"
