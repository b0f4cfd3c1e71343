from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import lab, metrics
from core.models import Call, Job, MetricReview
from core.terms import Definition, EvalSettings, EvalType
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

HOSTILE = "<script>alert(1)</script> **bold** :red[red]"


@dataclass(frozen=True)
class Lab:
    world: PageWorld
    metric_id: int

    def bring_in(self, *rows: dict[str, Any]) -> None:
        source = BytesIO("\n".join(json.dumps(row) for row in rows).encode())
        lab.import_file(self.world.database, self.world.actor, self.world.project_id, self.metric_id, source)

    def judged(self, **values: str) -> None:
        """What the judge answered, by external id."""
        with self.world.database.write() as session:
            rows = session.execute(select(Call.external_id, MetricReview).join(Call))
            for name, review in rows:
                if name in values:
                    review.judged, review.actual_value = "answered", values[name]

    def row(self, external_id: str) -> MetricReview:
        with self.world.database.read() as session:
            return session.scalars(
                select(MetricReview).join(Call).where(Call.external_id == external_id)
            ).one()

    def jobs(self) -> list[Job]:
        with self.world.database.read() as session:
            return list(session.scalars(select(Job)))

    def open(self, row: str | None = None, **parameters: object) -> AppTest:
        if row is not None:
            parameters["review"] = self.row(row).id
        return self.world.open("lab", metric=self.metric_id, **parameters)


def lab_of(world: PageWorld, settings: EvalSettings) -> Lab:
    made = metrics.add(
        world.database, world.actor, world.project_id, "Polite", Definition("Was it polite?"), settings
    )
    return Lab(world, made.id)


@pytest.fixture
def polite(page_world: PageWorld) -> Lab:
    return lab_of(page_world, EvalSettings())


def calls(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "transcript": f"User: this is {name}", **more} for name in names]


def html(page: AppTest) -> str:
    return "\n".join(element.proto.body for element in page.get("html"))


def buttons(page: AppTest) -> dict[str, Any]:
    """By their words; what is a user's in them is escaped for Streamlit."""
    return {button.label.replace("\\", ""): button for button in page.button}


def opened_rows(page: AppTest) -> list[str]:
    """The calls of a list of rows, in order."""
    return [
        button.label.replace("\\", "") for button in page.button if str(button.key).startswith("lab-open-")
    ]


def texts(elements: Any) -> str:
    return "\n".join(str(element.value) for element in elements)


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


def test_agreeing_saves_at_once_and_opens_the_next_row(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    polite.judged(first="true", second="true")
    page = polite.open("first")
    page.text_area[0].set_value("Said please.")
    buttons(page)["Agree: true"].click().run()
    saved = polite.row("first")
    assert (saved.expected_value, saved.feedback) == ("true", "Said please.")
    assert page.query_params["review"] == str(polite.row("second").id)
    assert "second" in texts(page.subheader)


def test_disagreeing_saves_the_other_value_and_not_applicable_its_own(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    polite.judged(first="true", second="true")
    page = polite.open("first")
    buttons(page)["Disagree: false"].click().run()
    buttons(page)["Disagree: N/A"].click().run()
    assert polite.row("first").expected_value == "false"
    assert polite.row("second").expected_value == "N/A"


def test_after_the_last_row_of_a_filter_the_list_comes_back(polite: Lab) -> None:
    polite.bring_in(*calls("only"), *calls("other", label="pass"))
    page = polite.open("only", show="unlabelled")
    buttons(page)["true"].click().run()
    assert "review" not in page.query_params
    assert "That was the last one here" in texts(page.toast).replace("\\", "")


def test_an_enum_has_a_button_for_each_value(page_world: PageWorld) -> None:
    mood = lab_of(page_world, EvalSettings(EvalType.ENUM, ("calm", "angry", HOSTILE)))
    mood.bring_in(*calls("first"))
    mood.judged(first="calm")
    page = mood.open("first")
    assert {"Agree: calm", "Disagree: angry", "Disagree: N/A"} <= buttons(page).keys()
    page.button(key=f"lab-answer-{mood.row('first').id}-2").click().run()
    assert mood.row("first").expected_value == HOSTILE


def test_a_rating_is_typed(page_world: PageWorld) -> None:
    rated = lab_of(page_world, EvalSettings(EvalType.RATING))
    rated.bring_in(*calls("first", "second"))
    page = rated.open("first")
    buttons(page)["Save this number"].click().run()
    assert "Type the number" in texts(page.error)
    page.number_input[0].set_value(3.5)
    buttons(page)["Save this number"].click().run()
    assert rated.row("first").expected_value == "3.5"


def test_an_edit_by_somebody_else_is_said_and_not_overwritten(polite: Lab) -> None:
    polite.bring_in(*calls("first"))
    polite.judged(first="true")
    page = polite.open("first")
    review_id = polite.row("first").id
    lab.label(polite.world.database, polite.world.actor, review_id, "false", "The newest note.")
    page.text_area[0].set_value("My own note.")
    buttons(page)["Agree: true"].click().run()
    assert polite.row("first").expected_value == "false"
    assert "nothing was overwritten" in texts(page.error)
    assert page.text_area[0].value == "The newest note."
    conflict = next(body for body in html(page).split("\n") if "<b>You:</b>" in body)
    assert "The newest note." in conflict
    assert "My own note." in conflict


def test_after_a_conflict_mine_can_be_saved_over_theirs(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    lab.label(polite.world.database, polite.world.actor, polite.row("first").id, "false", "Theirs.")
    buttons(page)["true"].click().run()
    buttons(page)["Save mine instead"].click().run()
    saved = polite.row("first")
    assert (saved.expected_value, saved.feedback) == ("true", "Theirs.")
    assert "second" in texts(page.subheader)


def test_after_a_conflict_theirs_can_be_kept(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    lab.label(polite.world.database, polite.world.actor, polite.row("first").id, "false")
    buttons(page)["true"].click().run()
    buttons(page)["Keep theirs"].click().run()
    assert polite.row("first").expected_value == "false"
    assert "second" in texts(page.subheader)
    page.query_params["review"] = str(polite.row("first").id)
    assert "nothing was overwritten" not in texts(page.run().error)


def test_what_was_saved_is_undone_row_by_row(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second", "third", label="fail", note="As it came."))
    page = polite.open("first")
    assert "Undo" not in buttons(page)
    page.text_area[0].set_value("Wrong key.")
    buttons(page)["true"].click().run()
    buttons(page)["true"].click().run()
    buttons(page)["Undo"].click().run()
    assert "second" in texts(page.subheader)
    buttons(page)["Undo"].click().run()
    assert "first" in texts(page.subheader)
    for name in ("first", "second"):
        assert (polite.row(name).expected_value, polite.row(name).feedback) == ("false", "As it came.")
    assert "Undo" not in buttons(page)


def test_an_undo_does_not_take_away_what_somebody_else_said_since(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    buttons(page)["true"].click().run()
    lab.note(polite.world.database, polite.world.actor, polite.row("first").id, "Since then.")
    buttons(page)["Undo"].click().run()
    assert "nothing was overwritten" in texts(page.error)
    assert (polite.row("first").expected_value, polite.row("first").feedback) == ("true", "Since then.")


def test_the_history_says_who_said_what(polite: Lab) -> None:
    polite.bring_in(*calls("first"))
    review_id = polite.row("first").id
    lab.label(polite.world.database, polite.world.actor, review_id, "false", HOSTILE)
    lab.unlabel(polite.world.database, polite.world.actor, review_id)
    page = polite.open("first")
    assert [expander.label for expander in page.expander][-1] == "History: 2 changes"
    assert "labelled it" in html(page)
    assert "took the label back" in html(page)
    assert "<script" not in html(page)


def test_the_queue_asks_first_for_what_teaches_most(polite: Lab) -> None:
    polite.bring_in(
        *calls("fresh", "open", "shaky"),
        *calls("right", label="pass"),
        *calls("wrong", label="fail"),
        *calls("said", label="fail", note="Rude."),
    )
    polite.judged(open="true", shaky="true", right="true", wrong="true", said="true")
    with polite.world.database.write() as session:
        session.get_one(MetricReview, polite.row("shaky").id).unstable = True
    page = polite.open(show="to_label")
    assert opened_rows(page) == ["wrong", "shaky", "open", "fresh"]
    assert "wrong · your label disagrees with the judge; say why" in buttons(page)
    buttons(page)["Start labelling: 4 waiting"].click().run()
    assert "wrong" in texts(page.subheader)
    assert page.query_params["show"] == "to_label"
    assert "To label: 1 of 4" in texts(page.caption)


def test_a_run_that_would_be_refused_is_not_offered_and_the_page_says_why(polite: Lab) -> None:
    polite.bring_in(*calls("first"), *calls("second", label="pass"))
    page = polite.open()
    assert buttons(page)["Auto Improve"].disabled
    assert "Not enough labels: 1 of the 2" in texts(page.caption).replace("\\", "")
    lab.label(polite.world.database, polite.world.actor, polite.row("first").id, "false")
    assert not buttons(polite.open())["Auto Improve"].disabled


def test_duplicates_and_unsure_rows_are_counted_where_there_are_some(polite: Lab) -> None:
    twin = {"transcript": "User: the same"}
    polite.bring_in({"id": "one", **twin}, {"id": "two", **twin}, *calls("alone"))
    page = polite.open(show="duplicates")
    assert opened_rows(page) == ["one", "two"]
    assert "The same transcript as another call have 2 calls" in texts(page.caption)
    assert "Duplicates · 2" in page.segmented_control(key="lab-show").options
    assert "Unsure · 0" not in page.segmented_control(key="lab-show").options


def test_a_note_alone_is_saved_and_a_label_taken_back(polite: Lab) -> None:
    polite.bring_in(*calls("first", label="pass"))
    page = polite.open("first")
    page.text_area[0].set_value("Hm.")
    buttons(page)["Save the note only"].click().run()
    assert polite.row("first").feedback == "Hm."
    buttons(page)["Take the label back"].click().run()
    assert (polite.row("first").expected_value, polite.row("first").feedback) == (None, "Hm.")


def test_previous_and_next_walk_the_filter(polite: Lab) -> None:
    polite.bring_in(*calls("one", "two", "three"), *calls("labelled", label="pass"))
    page = polite.open("one", show="unlabelled")
    assert buttons(page)["Previous"].disabled
    buttons(page)["Next"].click().run()
    assert "two" in texts(page.subheader)
    assert "Unlabelled: 2 of 3" in texts(page.caption)
    buttons(page)["Previous"].click().run()
    assert "one" in texts(page.subheader)


def test_a_row_of_another_lab_is_not_shown(polite: Lab) -> None:
    polite.bring_in(*calls("first"))
    page = polite.open(review=999)
    assert "not in the Lab of this metric" in texts(page.warning)
    assert not page.exception


def test_hostile_text_is_shown_as_text(polite: Lab) -> None:
    turn = {"role": "user", "content": HOSTILE}
    asked = {"role": "assistant", "tool_calls": [{"function": {"name": HOSTILE, "arguments": HOSTILE}}]}
    polite.bring_in({"id": HOSTILE, "transcript": [turn, asked], "label": "fail", "note": HOSTILE})
    for page in (polite.open(), polite.open(HOSTILE)):
        assert not page.exception
        assert "<script" not in html(page)
        assert "&lt;script&gt;alert(1)" in html(page)
        assert not [element for element in page.markdown if "**bold**" in element.value]


def test_a_very_long_transcript_is_read_in_stretches(polite: Lab) -> None:
    turns = [{"role": "user", "content": f"turn {number}."} for number in range(10_000)]
    polite.bring_in({"id": "long", "transcript": turns})
    page = polite.open("long")
    assert "Turns 1–100 of 10,000." in texts(page.caption)
    assert "turn 99." in html(page)
    assert "turn 100." not in html(page)
    buttons(page)["Later"].click().run()
    assert "turn 100." in html(page)
    assert page.query_params["at"] == "100"
    buttons(page)["Earlier"].click().run()
    assert "turn 0." in html(page)


def test_words_are_found_in_a_call_and_marked(polite: Lab) -> None:
    turns = [{"role": "user", "content": f"turn {number}."} for number in range(10_000)]
    polite.bring_in({"id": "long", "transcript": turns})
    page = polite.open("long", at=300)
    page.text_input(key="lab-find").set_value("TURN 7777").run()
    assert "<mark>turn 7777</mark>" in html(page)
    assert "turn 7776." in html(page)
    assert "1 turn holds “TURN 7777”" in texts(page.caption)
    assert (page.query_params["find"], "at" in page.query_params) == ("TURN 7777", False)
    page.text_input(key="lab-find").set_value("nobody").run()
    assert "No turn of this call holds" in texts(page.caption)


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
