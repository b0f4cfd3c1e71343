"""Whatever the texts: an answer of a tool that reads fits, and nothing is lost on the way through pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from mcp.types import CallToolResult
from sqlalchemy import update

from core import lab, metrics, runs, schedules
from core.metrics.definitions import MAX_TEXT
from core.models import Metric, MetricVersion
from core.runs import NewRun
from core.terms import Definition, MetricType, Trigger, TriggerKind
from mcp_server.budget import fitting
from mcp_server.tools.metric_answers import ScoreAnswer
from tests.longest import LONG_NOTE, make_longest, signs
from tests.mcp_world import Tools, said, tools
from tests.scripted_model import BETTER, POLITE
from tests.world import World

__all__ = ["tools"]

MOST_TOKENS = 25_000
"""What Claude Code takes of an answer."""
PLAIN_A_TOKEN = 3
MANY = 60

pytestmark = pytest.mark.slow


def tokens(result: CallToolResult) -> int:
    """Of both copies that a client gets: other scripts take a token a character."""
    assert not result.is_error, said(result)
    text = said(result) + json.dumps(result.structured_content, ensure_ascii=False)
    plain = sum(letter.isascii() for letter in text)
    return len(text) - plain + plain // PLAIN_A_TOKEN


def filled(world: World, tools: Tools) -> dict[str, dict[str, Any]]:
    """More of everything than any answer holds, as long as it can be; a call of each tool that reads."""
    metric = world.labelled(right=30, wrong=30)
    row = world.row(metric, signs(100_000), expected="true", feedback="long")
    started = tools("metric_reviews_process_feedbacks", metric_id=metric)
    world.work()
    tried = tools("metrics_run_reviews_create", metric_id=metric, description=BETTER)
    world.work()
    others = [world.metric(f"Other {number}") for number in range(MANY)]
    for number in range(MANY):
        world.edit(others[0], f"{POLITE} {number}")
    for number in range(10):
        schedules.add(world.database, world.admin, world.project_id, others, "@yearly", name=f"S {number}")
    with world.database.write() as session:
        wanted = [NewRun(world.project_id, others, runs.READ_ONLY) for _ in range(30)]
        made = runs.create_runs(session, world.admin, wanted, state=runs.WAITING)
        values = [signs(200, f"{number} ") for number in range(50)]
        session.execute(update(Metric).values(eval_type="enum", enum_values=values))
        largest = made[-1][0].id
    make_longest(world.database)
    with world.database.write() as session:
        texts = dict.fromkeys(("description", "trigger_text", "custom_code"), signs(MAX_TEXT))
        long = update(MetricVersion).where(MetricVersion.metric_id.in_((metric, others[0])))
        session.execute(long.where(MetricVersion.number == 1).values(texts))
    schedule = schedules.list_schedules(world.database, world.admin, world.project_id)[0].id
    return {
        "metrics_list": {},
        "metrics_retrieve": {"metric_id": metric},
        "metrics_history": {"metric_id": others[0], "version": 1},
        "metrics_live": {"metric_id": metric},
        "metric_reviews_list": {"metric_id": metric},
        "metric_reviews_retrieve": {"review_id": row},
        "metric_reviews_process_feedbacks_progress": {"progress_id": started["progress_id"]},
        "metrics_run_reviews_progress": {"progress_id": tried["progress_id"]},
        "metric_optimiser_cron_jobs_list": {"schedule_id": schedule},
        "runs_list": {},
        "runs_retrieve": {"run_id": largest},
    }


@pytest.mark.thorough
@pytest.mark.timeout(400)
def test_every_answer_of_a_tool_that_reads_fits_whatever_the_texts(world: World, tools: Tools) -> None:
    asked = filled(world, tools)
    assert set(asked) == {tool.name for tool in tools.listed() if tool.annotations.read_only_hint}
    assert "is too long for an answer" in tools.refusal("metrics_live", **asked.pop("metrics_live"))
    needed = {name: tokens(tools.result(name, **given)) for name, given in asked.items()}
    needed["schedules"] = tokens(tools.result("metric_optimiser_cron_jobs_list"))
    history = {"metric_id": asked["metrics_history"]["metric_id"]}
    needed["history"] = tokens(tools.result("metrics_history", **history))
    assert {name: count for name, count in needed.items() if count >= MOST_TOKENS} == {}

    assert followed(tools, "metrics_list", "metrics", {}) == MANY + 1
    assert followed(tools, "metrics_history", "versions", history) == MANY + 1
    assert followed(tools, "runs_list", "runs", {}) == 31
    assert followed(tools, "runs_retrieve", "results", asked["runs_retrieve"]) == MANY
    [schedule] = tools("metric_optimiser_cron_jobs_list", **asked["metric_optimiser_cron_jobs_list"])[
        "schedules"
    ]
    assert len(schedule["metrics"]) == schedule["total_metrics"] == MANY


def followed(tools: Tools, tool: str, lines: str, given: dict[str, Any]) -> int:
    """How many lines come by following a list to its end."""
    found, offset = 0, 0
    while True:
        answer = tools(tool, **given, offset=offset)
        found += len(answer[lines])
        if answer["next_offset"] is None:
            return found
        assert answer["next_offset"] == found > offset
        offset = answer["next_offset"]


def joined(ask: Callable[[int], dict[str, Any]], *fields: str) -> dict[str, str]:
    """All pages of each text of an answer, one after the other."""
    found, offset = dict.fromkeys(fields, ""), 0
    while True:
        page = ask(offset)
        for field in fields:
            found[field] += page[field]
        if page["next_text_offset"] is None:
            assert page["truncated"] is (offset > 0)
            return found
        assert page["truncated"] and page["next_text_offset"] > offset
        offset = page["next_text_offset"]


def test_the_pages_of_a_definition_are_its_texts_to_the_letter(world: World, tools: Tools) -> None:
    metric = world.metric()
    long = Definition(signs(MAX_TEXT), Trigger(TriggerKind.PROMPT, "Only bookings. " * 2_000))
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    metrics.edit_definition(world.database, world.editor, metric, long, expected_revision=revision)

    def read(offset: int) -> dict[str, Any]:
        page = tools("metrics_retrieve", metric_id=metric, text_offset=offset)
        return page | {"trigger": page["evaluation_trigger"]["text"]}

    def version(offset: int) -> dict[str, Any]:
        page = tools("metrics_history", metric_id=metric, version=2, text_offset=offset)["definition"]
        return dict(page) | {"trigger": page["evaluation_trigger"]["text"]}

    for ask in (read, version):
        found = joined(ask, "description", "trigger")
        assert found == {"description": long.description, "trigger": long.trigger.text}


def test_the_pages_of_a_proposal_are_its_texts_and_diffs_to_the_letter(world: World, tools: Tools) -> None:
    metric = world.metric("Long", POLITE + " Be fair." * 3_000)
    world.label(metric, right=3, wrong=6)
    world.model.proposes = BETTER + " Be fair." * 3_000
    started = tools("metric_reviews_process_feedbacks", metric_id=metric)
    world.work()

    def page(offset: int) -> dict[str, Any]:
        given = {"progress_id": started["progress_id"], "text_offset": offset}
        output = tools("metric_reviews_process_feedbacks_progress", **given)["output"]
        assert bool(output["review_results"]) is (offset == 0)
        return dict(output) | {"diff": output["diffs"]["description"]}

    found = joined(page, "improved_metric_description", "diff")
    assert found["improved_metric_description"] == world.model.proposes
    assert found["diff"].endswith(f"-{world.live(metric)}\n+{world.model.proposes}")


def test_a_short_definition_is_whole_and_says_so(world: World, tools: Tools) -> None:
    found = tools("metrics_retrieve", metric_id=world.metric())
    assert (found["truncated"], found["next_text_offset"]) == (False, None)


def test_notes_are_cut_in_a_list_with_a_flag_and_whole_behind_it(world: World, tools: Tools) -> None:
    metric = world.metric()
    long, note = world.row(metric, "one", expected="true"), "Because. " * 2_000
    world.row(metric, "two", expected="true", feedback="Short.")
    lab.note(world.database, world.admin, long, note)
    listed = {row["id"]: row for row in tools("metric_reviews_list", metric_id=metric)["reviews"]}
    assert [row["truncated"] for row in sorted(listed.values(), key=lambda row: row["id"])] == [True, False]
    assert inside(listed[long]["feedback"]) == note[:400]

    def read(offset: int) -> dict[str, Any]:
        answer = tools("metric_reviews_retrieve", review_id=long, text_offset=offset)
        return answer | {
            "note": inside(answer["review"]["feedback"]),
            "truncated": answer["review"]["truncated"],
        }

    assert joined(read, "note")["note"] == note.strip()
    assert len(note) < LONG_NOTE


def inside(text: str) -> str:
    return text.removeprefix("<untrusted_content>").removesuffix("</untrusted_content>")


def test_a_definition_that_does_not_fit_is_refused_for_production_with_the_address(
    world: World, tools: Tools
) -> None:
    metric = world.metric("Long", signs(20_000))
    said = tools.refusal("metrics_live", metric_id=metric)
    assert f"GET http://127.0.0.1:8765/api/metrics/{metric}/live" in said
    assert said.count(". ") == 0
    assert tools("metrics_live", metric_id=world.metric("Fits", "x" * 20_000))["description"] == "x" * 20_000


MARK = "… [80,000 more characters; open the link to read them]"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda live: live[:20_000] + MARK, "ends in a note that it was cut"),
        (lambda live: f"{live[:700]}{MARK}\n", "ends in a note that it was cut"),
        (lambda live: live[:20_000], "only a part of what was read"),
        (lambda live: live[4_000:8_000], "only a part of what was read"),
    ],
)
def test_a_text_that_was_read_in_part_is_not_made_live(
    world: World, tools: Tools, made: Callable[[str], str], says: str
) -> None:
    whole = "".join(f"Rule {number}: be fair. " for number in range(4_000))
    metric = world.metric("Long", whole)
    assert says in tools.refusal("metrics_partial_update", metric_id=metric, description=made(whole))
    assert world.live(metric) == whole


def test_a_part_of_the_waiting_proposal_is_not_made_live_but_all_of_it_is(world: World, tools: Tools) -> None:
    metric = world.metric("Long", POLITE + " Be fair." * 900)
    world.label(metric, right=3, wrong=6)
    world.model.proposes = BETTER + " Be fair." * 900
    tools("metric_reviews_process_feedbacks", metric_id=metric)
    world.work()
    half = world.model.proposes[:4_000]
    assert "only a part" in tools.refusal("metrics_partial_update", metric_id=metric, description=half)
    done = tools("metrics_partial_update", metric_id=metric, description=world.model.proposes)
    assert done["applied_proposal"]


def test_a_prompt_that_any_answer_holds_may_be_shortened(world: World, tools: Tools) -> None:
    metric = world.metric("Short", POLITE + " Be fair." * 200)
    tools("metrics_partial_update", metric_id=metric, description=world.live(metric)[:900])
    assert len(world.live(metric)) == 900


def test_code_is_held_to_the_same(world: World, tools: Tools) -> None:
    code = "def judge(call):\n    return True\n" + "# The rule is written here once more.\n" * 200
    live = Definition("", type=MetricType.CUSTOM_CODE, custom_code=code)
    metric = world.metric()
    revision = metrics.retrieve(world.database, world.editor, metric).revision
    metrics.edit_definition(world.database, world.editor, metric, live, expected_revision=revision)
    assert "custom_code is only a part" in tools.refusal(
        "metrics_partial_update", metric_id=metric, custom_code=code[:3_000]
    )


def test_the_size_that_fits_is_found_and_one_is_the_least() -> None:
    def answer(size: int) -> ScoreAnswer:
        return ScoreAnswer(num_correct=10**size, num_total=1, score=None, not_judged=0)

    assert fitting(answer, 40).num_correct == 10**40
    assert 0 < fitting(answer, 40, tokens=60).num_correct < 10**40
    assert fitting(answer, 40, tokens=1).num_correct == 10
