from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import BadImport
from core.lab.importing import preview
from core.lab.report import ImportReport
from core.terms import EvalSettings, EvalType
from tests.bad_files import BAD_CSV_LINES, BAD_LINES, CATALOGUE, GOOD, UNREADABLE_FILES, row

BINARY = EvalSettings()
ENUM = EvalSettings(EvalType.ENUM, ("good", "bad"))
RATING = EvalSettings(EvalType.RATING)


class Upload(io.BytesIO):
    """A stream with a name, as a browser's upload is."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name


def looked_at(name: str, content: str | bytes, metric: EvalSettings = BINARY) -> ImportReport:
    return preview(Upload(name, content.encode() if isinstance(content, str) else content), metric)


def test_the_catalogue_of_bad_files_has_a_hundred_and_more() -> None:
    assert len(CATALOGUE) >= 100


@pytest.mark.parametrize("case", UNREADABLE_FILES)
def test_an_unreadable_file_is_refused_in_one_sentence(case: str) -> None:
    name, content, said = UNREADABLE_FILES[case]
    with pytest.raises(BadImport) as refusal:
        looked_at(name, content)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_says_why_and_the_lines_around_it_are_read(case: str) -> None:
    line, said = BAD_LINES[case]
    report = looked_at("calls.jsonl", f"{GOOD}\n{line}\n{row(id='another')}\n")
    assert [(problem.line, said in problem.sentence) for problem in report.problems] == [(2, True)]
    assert (report.rows, report.good, report.bad) == (3, 2, 1)


@pytest.mark.parametrize("case", BAD_CSV_LINES)
def test_a_bad_line_of_csv_says_why_and_the_lines_around_it_are_read(case: str) -> None:
    line, said = BAD_CSV_LINES[case]
    report = looked_at("calls.csv", f"id,transcript\n1,Agent: hi\n{line}\n3,Agent: bye\n")
    assert [(problem.line, said in problem.sentence) for problem in report.problems] == [(3, True)]
    assert report.good == 2


def test_a_quotation_mark_that_is_never_closed_is_named_where_it_is_opened() -> None:
    report = looked_at("calls.csv", 'id,transcript\n1,Agent: hi\n2,"Agent: oh\n3,Agent: bye\n')
    assert [problem.line for problem in report.problems] == [3]
    assert "never closed" in report.problems[0].sentence


def test_lines_are_counted_through_cells_of_several_lines() -> None:
    report = looked_at("calls.csv", 'id,transcript\n1,"Agent: hi\nUser: oh\n"\n2,nobody\n')
    assert str(report.problems[0]).startswith("Line 5: ")


def test_a_problem_in_a_document_is_placed_by_row() -> None:
    report = looked_at("calls.json", json.dumps([json.loads(GOOD), 7]))
    assert str(report.problems[0]).startswith("Row 2: ")


def test_a_label_outside_the_enum_names_the_allowed_ones() -> None:
    report = looked_at("calls.jsonl", row(label="so-so"), ENUM)
    assert "good, bad" in report.problems[0].sentence


def test_a_rating_above_five_is_refused() -> None:
    report = looked_at("calls.jsonl", row(label=6), RATING)
    assert "rating from 0 to 5" in report.problems[0].sentence


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("calls.jsonl", f"{GOOD}\n\n{row()}"),
        ("calls.jsonl", f"\ufeff{GOOD}\r\n{row()}\r\n"),
        ("calls.json", f"{GOOD}\n{row()}\n"),
        ("calls", f"{GOOD}\n{row()}\n"),
        ("calls.json", f"[{GOOD},\n{row()}]"),
        ("calls", f"\n[{GOOD}, {row()}]"),
        ("calls.json", f'{{"rows": [{GOOD}, {row()}]}}'),
        ("calls.json", f'{{\n"version": 1, "calls": [{GOOD}, {row()}]}}'),
        ("calls.csv", "id,transcript\n1,Agent: hi\n\n2,Agent: bye\n,\n"),
        ("calls.csv", "\ufeffID;Transcript\r\n1;Agent: hi\r\n2;Agent: bye\r\n"),
        ("calls.tsv", "id\ttranscript\n1\tAgent: hi\n2\tAgent: bye\n"),
        ("calls", '"id","transcript; of the call"\n1,Agent: hi\n2,Agent: bye\n'.replace("; of the call", "")),
    ],
)
def test_each_form_of_file_is_told_by_name_and_content(name: str, content: str) -> None:
    report = looked_at(name, content)
    assert (report.rows, report.good, report.problems) == (2, 2, [])


def test_a_utf_16_file_with_its_mark_is_read() -> None:
    report = looked_at("calls.csv", "id\ttranscript\n1\tAgent: grüß Gott\n".encode("utf-16"))
    assert report.sample[0].messages[0].content == "grüß Gott"


def test_a_file_of_one_call_is_read() -> None:
    assert looked_at("call.json", json.dumps(json.loads(GOOD), indent=2)).good == 1


def test_line_separators_inside_of_a_text_end_no_line() -> None:
    said = [{"role": "user", "content": "one\u2028two\x85three\x0bfour"}]
    line = json.dumps({"id": "x", "transcript": said}, ensure_ascii=False)
    assert looked_at("calls.jsonl", line).sample[0].messages[0].content == said[0]["content"]


def test_a_transcript_of_two_megabytes_is_read_in_each_form() -> None:
    text = "so it goes. " * 175_000
    said = [{"role": "user", "content": text}]
    as_json = looked_at("calls.jsonl", json.dumps({"id": "x", "transcript": said}))
    as_csv = looked_at("calls.csv", f'id,transcript\nx,"User: {text}"\n')
    assert len(as_json.sample[0].messages[0].content) > 2_000_000
    assert as_csv.sample[0].messages[0].content == text.strip()


def test_what_databases_refuse_is_replaced() -> None:
    line = (
        '{"id": "a\\u0000b", "transcript": [{"role": "user", "content": "x\\ud800y"}],'
        ' "feedback": "\\u0000", "k\\udfff": {"v": ["\\ud83d\\ude00"]}}'
    )
    call = looked_at("calls.jsonl", line).sample[0]
    assert (call.external_id, call.messages[0].content) == ("a\ufffdb", "x\ufffdy")
    assert (call.feedback, call.metadata) == ("\ufffd", {"k\ufffd": {"v": ["😀"]}})


def test_nul_in_csv_is_replaced() -> None:
    assert (
        looked_at("calls.csv", b"id,transcript\n1,Agent: a\x00b\n").sample[0].messages[0].content
        == "a\ufffdb"
    )


def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadImport, match="cannot be read"):
        preview(tmp_path / "nothing.jsonl")
    with pytest.raises(BadImport, match="cannot be read"):
        preview(tmp_path)


def test_an_upload_can_be_looked_at_twice() -> None:
    upload = Upload("calls.jsonl", GOOD.encode())
    assert preview(upload).good == preview(upload).good == 1


@settings(deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.csv", "a.json", "a.jsonl", "a", "a.tsv"]))
def test_whatever_bytes_come_the_answer_is_a_report_or_a_refusal(content: bytes, name: str) -> None:
    try:
        report = looked_at(name, content)
    except BadImport:
        return
    assert report.rows == report.good + report.bad + report.repeated


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "transcript", "role", "content", "label", "tool_calls", "function", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(JSON_VALUES, max_size=4))
def test_whatever_json_comes_the_answer_is_a_report_or_a_refusal(values: list[Any]) -> None:
    try:
        report = looked_at("a.jsonl", "\n".join(json.dumps(value) for value in values))
    except BadImport:
        return
    assert report.rows == len(values)
