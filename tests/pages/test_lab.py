from __future__ import annotations

import json

from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core.models import Call
from tests.page_world import PageWorld
from tests.pages.lab_page import HOSTILE, Lab, buttons, calls, html, opened_rows, texts


def test_without_a_metric_the_page_says_what_to_do_first(page_world: PageWorld) -> None:
    page = page_world.open("lab")
    assert not page.exception
    assert "No metric yet" in texts(page.markdown)
    assert "Go to Metrics" in buttons(page)


def test_without_calls_the_page_asks_for_a_file(polite: Lab) -> None:
    page = polite.open()
    assert not page.exception
    assert "No calls yet" in texts(page.markdown)
    assert page.file_uploader


def test_the_address_gets_the_metric_that_is_shown(polite: Lab) -> None:
    page = polite.world.open("lab")
    assert page.query_params["metric"] == str(polite.metric_id)


def test_a_metric_of_nowhere_is_said_and_another_one_shown(polite: Lab) -> None:
    page = polite.world.open("lab", metric=999)
    assert "no such metric" in texts(page.warning)
    assert not page.exception


def test_misaligned_rows_come_first_then_judged_ones_without_a_label(polite: Lab) -> None:
    polite.bring_in(*calls("fresh", "open"), *calls("right", label="pass"), *calls("wrong", label="fail"))
    polite.judged(open="true", right="true", wrong="true")
    page = polite.open()
    assert opened_rows(page) == ["wrong", "open", "fresh", "right"]
    assert [metric.value for metric in page.metric] == ["2 of 4", "1 of 2", "0 of 4", "1 of 4", "2"]


def test_a_filter_and_a_search_leave_the_rows_they_name(polite: Lab) -> None:
    polite.bring_in(*calls("one", "two"), *calls("three", label="pass", note="As we agreed."))
    assert opened_rows(polite.open(show="unlabelled")) == ["one", "two"]
    assert opened_rows(polite.open(show="labelled")) == ["three"]
    assert opened_rows(polite.open(search="IS TWO")) == ["two"]
    assert opened_rows(polite.open(search="we agreed")) == ["three"]
    page = polite.open(search="nowhere")
    assert opened_rows(page) == []
    assert "No call holds these words" in texts(page.info)


def test_typing_a_search_changes_the_address_and_begins_at_the_first_page(polite: Lab) -> None:
    polite.bring_in(*calls(*(f"call-{number:02}" for number in range(30))))
    page = polite.open(page=2)
    page.text_input(key="lab-search").set_value("call-07").run()
    assert opened_rows(page) == ["call-07"]
    assert page.query_params["search"] == "call-07"
    assert "page" not in page.query_params


def test_rows_come_25_a_page(polite: Lab) -> None:
    polite.bring_in(*calls(*(f"call-{number:02}" for number in range(30))))
    page = polite.open(page=2)
    assert opened_rows(page) == [f"call-{number:02}" for number in range(25, 30)]
    assert "26–30 of 30 calls" in texts(page.caption)


def test_a_page_beyond_the_last_shows_the_last(polite: Lab) -> None:
    polite.bring_in(*calls("only"))
    assert opened_rows(polite.open(page=99)) == ["only"]


def upload(page: AppTest, *lines: str, name: str = "calls.jsonl") -> AppTest:
    page.file_uploader[0].upload(name, "\n".join(lines).encode(), "application/json")
    return page.run()


def test_an_import_with_errors_says_each_line_and_waits_for_a_choice(polite: Lab) -> None:
    good = json.dumps({"id": "good", "transcript": "User: hi", "label": "pass"})
    bad_label = json.dumps({"id": "bad", "transcript": "User: hi", "label": HOSTILE})
    page = upload(polite.open(), good, "{broken", bad_label)
    assert "Line 2" in html(page)
    assert "Line 3" in html(page)
    assert "<script" not in html(page)
    assert buttons(page)["Import 1 row"].disabled
    page.radio[0].set_value("The good ones").run()
    buttons(page)["Import 1 row"].click().run()
    assert polite.row("good").expected_value == "true"
    assert "Imported 1 of 3 rows" in texts(page.success)


def test_nothing_is_written_before_the_import_is_asked_for(polite: Lab) -> None:
    page = upload(polite.open(), json.dumps(calls("first", label="pass")[0]))
    assert "Read 1 of 1 row" in texts(page.info)
    with polite.world.database.read() as session:
        assert session.scalar(select(Call.id)) is None


def test_a_transcript_column_of_another_name_is_guessed_and_can_be_chosen(polite: Lab) -> None:
    page = upload(polite.open(), "ref,dialogue,words", 'r1,"User: hi","User: other"', name="calls.csv")
    assert "No column is called “transcript”" in texts(page.warning)
    columns = {select.label: select for select in page.selectbox}
    assert columns["Transcript (needed)"].value == "dialogue"
    columns["Call id"].set_value("ref")
    columns["Transcript (needed)"].set_value("words").run()
    buttons(page)["Import 1 row"].click().run()
    with polite.world.database.read() as session:
        assert session.scalars(select(Call.transcript)).one()[0]["content"] == "other"
    assert polite.row("r1").labelled is False


def test_a_column_of_labels_can_be_left_out(polite: Lab) -> None:
    page = upload(polite.open(), json.dumps(calls("first", label="pass")[0]))
    next(select for select in page.selectbox if select.label == "Label").select("(none)").run()
    buttons(page)["Import 1 row"].click().run()
    assert not polite.row("first").labelled


def test_an_import_never_takes_a_label_or_a_note_away(polite: Lab) -> None:
    polite.bring_in(*calls("first", label="pass", note="Mine."))
    page = upload(polite.open(part="import"), json.dumps(calls("first")[0]))
    assert "no label or note changes" in texts(page.info)
    buttons(page)["Import 1 row"].click().run()
    assert (polite.row("first").expected_value, polite.row("first").feedback) == ("true", "Mine.")


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(polite: Lab) -> None:
    page = upload(polite.open(), "\x00\x01", name="calls.csv")
    assert "not UTF" in texts(page.error).replace("\\", "")
    assert not page.exception


def test_an_evaluation_is_estimated_queued_watched_and_cancelled_without_redis(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    polite.judged(first="true")
    page = polite.open()
    buttons(page)["Evaluate 1 new"].click().run()
    assert "at most **1 model call**" in texts(page.markdown)
    assert polite.jobs() == []
    page.button(key="lab-evaluate-start").click().run()
    job = polite.jobs()[0]
    assert (job.kind, job.status, job.payload) == ("evaluate", "queued", {"kind": "new"})
    assert "Redis does not answer" in texts(page.error)
    buttons(page)["Cancel"].click().run()
    assert polite.jobs()[0].status == "cancelled"
    assert "The last evaluation was cancelled." in texts(page.caption)


def test_calls_chosen_one_by_one_are_evaluated(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second", "third"))
    page = polite.open()
    for name in ("first", "third"):
        page.checkbox(key=f"lab-choose-{polite.row(name).id}-0").check().run()
    buttons(page)["Evaluate 2 chosen"].click().run()
    page.button(key="lab-evaluate-start").click().run()
    ids = [polite.row("first").id, polite.row("third").id]
    assert polite.jobs()[0].payload == {"kind": "chosen", "review_ids": ids}
    assert not [box for box in page.checkbox if box.value]


def test_what_the_list_shows_or_a_sample_is_evaluated(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"), *calls("third", label="pass"))
    page = polite.open(show="labelled")
    page.button(key="lab-evaluate").click().run()
    page.radio(key="lab-evaluate-kind").set_value("asked").run()
    assert "**1 call**" in texts(page.markdown)
    page.radio(key="lab-evaluate-kind").set_value("sample").run()
    page.number_input(key="lab-evaluate-size").set_value(2).run()
    page.button(key="lab-evaluate-start").click().run()
    assert len(polite.jobs()[0].payload["review_ids"]) == 2


def test_both_formats_of_the_lab_can_be_downloaded(polite: Lab) -> None:
    polite.bring_in(*calls("first"))
    page = polite.open(part="export")
    assert [button.label for button in page.get("download_button")] == ["CSV", "JSON Lines"]
