"""What people should look at after a run."""

from __future__ import annotations

from core.evidence.findings import Findings, Limit, UnheardNote, findings_words
from core.optimiser.case import Case, Tries
from core.runs.findings import Seen, find
from core.terms import Definition, EvalSettings, EvalType, LabelledRow, Rule, Verdict, VerdictStatus
from tests.fakes import answered

NUMERIC = EvalSettings(EvalType.NUMERIC, tolerance=1.0)


def case(*labels: str | None, notes: tuple[int, ...] = (), settings: EvalSettings | None = None) -> Case:
    rows = tuple(
        LabelledRow(number, 100 + number, f"group {number}", label, "a note" if number in notes else "")
        for number, label in enumerate(labels)
    )
    return Case(Definition("Judge."), settings or EvalSettings(), rows)


def said(*values: str) -> dict[int, Verdict]:
    return {number: answered(value) for number, value in enumerate(values)}


def test_identical_transcripts_with_labels_that_disagree_contradict_each_other() -> None:
    alike = {100: "same", 101: "same", 102: "other", 103: "same", 104: "other"}
    found = find(case("true", "false", "true", "true", "true"), Seen(said(), conversations=alike))
    assert found.contradictions == ((0, 1, 3),)


def test_labels_within_the_tolerance_do_not_contradict_each_other() -> None:
    alike = {100: "same", 101: "same", 102: "other", 103: "other"}
    found = find(case("3", "4", "3", "5", settings=NUMERIC), Seen(said(), conversations=alike))
    assert found.contradictions == ((2, 3),)


def test_a_note_without_a_label_contradicts_nothing() -> None:
    alike = {100: "same", 101: "same"}
    assert not find(case("true", None, notes=(1,)), Seen(said(), conversations=alike))


def test_a_row_that_no_prompt_got_right_is_at_the_limit() -> None:
    tried = {0: Tries(4, 4), 1: Tries(4, 3), 2: Tries(2, 2), 3: Tries(4, 4)}
    wrong = said("false", "false", "false", "false")
    found = find(case(*["true"] * 4), Seen(wrong, after=said("false", "true", "false", "true"), tried=tried))
    assert found.limits == (Limit(0, 4),)


def test_a_row_with_another_explanation_is_not_called_a_limit() -> None:
    tried = {number: Tries(4, 4) for number in range(3)}
    seen = Seen(
        said("false", "true", "false"),
        conversations={100: "same", 101: "same", 102: "other"},
        tried=tried,
        unstable=(2,),
    )
    found = find(case("true", "false", "true"), seen)
    assert (found.contradictions, found.unstable, found.limits) == (((0, 1),), (2,), ())


def test_a_note_at_the_limit_is_named_once() -> None:
    wrong = said("false")
    seen = Seen(wrong, after=wrong, tried={0: Tries(4, 4)}, learned_from={0})
    found = find(case("true", notes=(0,)), seen)
    assert (found.limits, found.notes) == ((Limit(0, 4),), ())


def test_a_note_is_unheard_where_its_row_stayed_wrong() -> None:
    seen = Seen(
        before=said(*["false"] * 5),
        after={**said("true", "false", "false", "false", "false"), 3: Verdict(VerdictStatus.NOT_JUDGED)},
        rules=(Rule("One.", (0, 1)), Rule("Two.", (1,))),
        learned_from={0, 1, 2, 3},
    )
    found = find(case(*["true"] * 5, notes=(0, 1, 3, 4)), seen)
    assert found.notes == (UnheardNote(1, (0, 1)),)  # 2 has no note, 3 no verdict, and 4 was held out


def test_an_unreadable_answer_is_a_wrong_one() -> None:
    broken = {0: Verdict(VerdictStatus.UNREADABLE)}
    found = find(case("true", notes=(0,)), Seen(broken, after=broken, learned_from={0}))
    assert found.notes == (UnheardNote(0, ()),)


def test_without_a_candidate_no_note_was_unheard() -> None:
    assert not find(case("true", notes=(0,)), Seen(said("false"), learned_from={0}))


def test_findings_are_what_they_were_after_they_were_stored() -> None:
    found = Findings(((1, 2), (3, 4, 5)), (6,), (Limit(7, 4),), (UnheardNote(8, (0, 2)),))
    assert Findings.of_json(found.as_json()) == found
    assert found.review_ids() == set(range(1, 9))


def test_findings_are_counted_in_words() -> None:
    assert findings_words(Findings()) == ""
    found = Findings(((1, 2),), (6,), (Limit(7, 4), Limit(8, 3)), (UnheardNote(8, ()),))
    assert findings_words(found) == (
        "2 contradictory labels, 1 row the judge answers differently each time, 2 rows no rewrite got right, "
        "1 note without effect"
    )
