"""One call of a Lab on its page: read, labelled, taken back, and met by somebody else."""

from __future__ import annotations

from core import lab
from core.models import MetricReview
from core.terms import EvalSettings, EvalType
from tests.page_world import PageWorld
from tests.pages.lab_page import HOSTILE, Lab, buttons, calls, html, lab_of, opened_rows, texts


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
    buttons(page)[next(name for name in buttons(page) if "<script>" in name)].click().run()
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


def test_a_note_is_saved_on_the_way_to_another_row(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    page.text_area[0].set_value("Not polite: no greeting.").run()
    buttons(page)["Next"].click().run()
    assert polite.row("first").feedback == "Not polite: no greeting."
    assert polite.row("first").expected_value is None
    assert "second" in texts(page.subheader)
    page.text_area[0].set_value("Nor is this one.")
    buttons(page)["All rows"].click().run()
    assert polite.row("second").feedback == "Nor is this one."
    assert "review" not in page.query_params


def test_a_note_that_meets_somebody_elses_on_the_way_out_waits_for_a_choice(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    lab.note(polite.world.database, polite.world.actor, polite.row("first").id, "Theirs.")
    page.text_area[0].set_value("Mine.")
    buttons(page)["Next"].click().run()
    assert "first" in texts(page.subheader)
    assert polite.row("first").feedback == "Theirs."
    buttons(page)["Save mine instead"].click().run()
    assert polite.row("first").feedback == "Mine."


def test_a_note_in_the_making_is_kept_when_the_row_changes_under_it(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    page.text_area[0].set_value("Mine.").run()
    lab.label(polite.world.database, polite.world.actor, polite.row("first").id, "false", "Theirs.")
    page.run()
    assert "nothing was overwritten" in texts(page.error)
    assert any("Mine." in body and "Theirs." in body for body in html(page).split("\n"))
    buttons(page)["Save mine instead"].click().run()
    saved = polite.row("first")
    assert (saved.expected_value, saved.feedback) == ("false", "Mine.")


def test_one_who_saved_a_note_meets_nobody_but_oneself(polite: Lab) -> None:
    polite.bring_in(*calls("first", "second"))
    page = polite.open("first")
    page.text_area[0].set_value("Mine.").run()
    buttons(page)["Save the note only"].click().run()
    assert not page.error
    assert page.text_area[0].value == "Mine."
    page.text_area[0].set_value("Mine, better.").run()
    buttons(page)["Undo"].click().run()
    assert not page.error


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


def test_a_row_that_left_its_filter_says_so(polite: Lab) -> None:
    polite.bring_in(*calls("one", "two"), *calls("labelled", label="pass"))
    assert "Unlabelled: this one is not among the 2" in texts(
        polite.open("labelled", show="unlabelled").caption
    )
    for name in ("one", "two"):
        lab.label(polite.world.database, polite.world.actor, polite.row(name).id, "true")
    assert "Unlabelled: none left" in texts(polite.open("one", show="unlabelled").caption)


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
