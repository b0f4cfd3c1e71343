from __future__ import annotations

import codecs
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

BINARY = EvalSettings()
ENUM = EvalSettings(EvalType.ENUM, ("good", "bad"))
RATING = EvalSettings(EvalType.RATING)
SAID = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Good day."}]
GOOD = json.dumps({"id": "good", "transcript": SAID})
DEEP = '{"id": "x", "transcript": ' + "[" * 100_000 + "]" * 100_000 + "}"


class Upload(io.BytesIO):
    """A stream with a name, as a browser's upload is."""

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(content)
        self.name = name


def looked_at(name: str, content: str | bytes, metric: EvalSettings = BINARY) -> ImportReport:
    return preview(Upload(name, content.encode() if isinstance(content, str) else content), metric)


def row(**values: Any) -> str:
    return json.dumps({"id": "x", "transcript": SAID} | values)


UNREADABLE_FILES: dict[str, tuple[str, bytes, str]] = {
    "empty": ("calls.jsonl", b"", "is empty"),
    "blank": ("calls.jsonl", b"\n \n\t\n", "is empty"),
    "only a byte order mark": ("calls.csv", codecs.BOM_UTF8, "is empty"),
    "only a UTF-16 byte order mark": ("calls.csv", codecs.BOM_UTF16_LE, "is empty"),
    "Latin-1 rows": ("calls.jsonl", b'{"id": 1}\n{"id": "caf\xe9"}\n', "line 2, byte 12 (0xe9)"),
    "Latin-1 document": ("calls.json", b'[\n{"id": "caf\xe9"}]', "line 2, byte 12 (0xe9)"),
    "Latin-1 CSV": ("calls.csv", b"id,transcript\n1,Agent: caf\xe9\n", "line 2, byte 13 (0xe9)"),
    "UTF-16 without a mark": ("calls.csv", "id,transcript\n".encode("utf-16-le"), "not UTF-8"),
    "UTF-16 cut off": ("calls.csv", "id,transcript\n1,Agent: hi".encode("utf-16")[:-1], "begins as UTF-16"),
    "workbook": ("calls.xlsx", b"PK\x03\x04 and so on", "workbook"),
    "truncated document": ("calls.json", b'[{"id": "a"}, {"id":', "not valid JSON"),
    "document nested without end": ("calls.json", b"[" * 100_000, "nested too deeply"),
    "document that is a number": ("calls.json", b"42", "holds no rows"),
    "document without rows": ("calls.json", b'{\n"stuff": []\n}', "holds no rows"),
    "empty list": ("calls.json", b"[]", "no rows"),
    "empty rows": ("calls.json", b'{"rows": []}', "no rows"),
    "text named json": ("calls.json", b"hello", "not valid JSON"),
    "header without rows": ("calls.csv", b"id,transcript\n", "no rows"),
    "header without names": ("calls.csv", b" , \n1,Agent: hi\n", "no header"),
    "header with a name twice": ("calls.csv", b"id,id,transcript\n1,2,Agent: hi\n", "“id” twice"),
    "header that never ends": ("calls.csv", b'"id,transcript\n1,Agent: hi\n', "never closed"),
    "carriage returns only": ("calls.csv", b"id,transcript\r1,Agent: hi\r", "carriage return"),
}


@pytest.mark.parametrize("case", UNREADABLE_FILES)
def test_an_unreadable_file_is_refused_in_one_sentence(case: str) -> None:
    name, content, said = UNREADABLE_FILES[case]
    with pytest.raises(BadImport) as refusal:
        looked_at(name, content)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


BAD_LINES: dict[str, tuple[str, str]] = {
    "broken JSON": ('{"id": "x", "transcript": [', "not valid JSON"),
    "two rows in one line": ("{}{}", "not valid JSON"),
    "a list": ("[1, 2]", "no JSON object"),
    "a text": ('"hello"', "no JSON object"),
    "NaN": ('{"id": "x", "score": NaN}', "NaN is no JSON value"),
    "a number too large for any float": (row(score=0)[:-2] + "1e999}", "too large to be stored"),
    "a number of thousands of digits": (row(score=0)[:-2] + "9" * 5000 + "}", "thousands of digits"),
    "a nesting bomb": (DEEP, "nested too deeply"),
    "deep nesting": (row(metadata={"a": json.loads("[" * 80 + "]" * 80)}), "levels deep"),
    "no transcript": ('{"id": "x"}', "no transcript"),
    "a transcript of null": (row(transcript=None), "no transcript"),
    "an empty transcript": (row(transcript=[]), "no transcript"),
    "a blank transcript": (row(transcript="  "), "no transcript"),
    "a transcript of silence": (row(transcript=[{"role": "user", "content": " "}]), "is empty"),
    "a transcript that is a number": (row(transcript=7), "neither a list of messages nor text"),
    "a transcript without speakers": (row(transcript="hello there"), "begin with a speaker"),
    "text before the first speaker": (row(transcript="On Monday\nAgent: hi"), "begin with a speaker"),
    "a transcript of broken JSON": (row(transcript='[{"role": "user"'), "begins like JSON"),
    "a message that is a text": (row(transcript=["hi"]), "Message 1 is no object"),
    "an unknown role": (
        row(transcript=[*SAID, {"role": "judge", "content": "x"}]),
        "Message 3 has the unknown role “judge”",
    ),
    "no role": (row(transcript=[{"content": "x"}]), "Message 1 has no role"),
    "no content": (row(transcript=[{"role": "user"}]), "Message 1 has no content"),
    "content that is a number": (
        row(transcript=[{"role": "user", "content": 5}]),
        "Message 1 has no content",
    ),
    "a part that is a number": (row(transcript=[{"role": "user", "content": [5]}]), "Message 1 has a part"),
    "a tool call without a name": (
        row(transcript=[{"role": "assistant", "content": None, "tool_calls": [{"function": {}}]}]),
        "Message 1 has a tool call without a name",
    ),
    "a start that is no number": (
        row(transcript=[{"role": "user", "content": "hi", "start_time": "noon"}]),
        "start_time of message 1",
    ),
    "an end before time": (
        row(transcript=[{"role": "user", "content": "hi", "end_time": -1}]),
        "end_time of message 1",
    ),
    "an id that is too long": (row(id="x" * 201), "longer than 200"),
    "an id that is an object": (row(id={"a": 1}), "id is neither"),
    "an id that is true": (row(id=True), "id is neither"),
    "a group that is too long": (row(group="x" * 201), "group is longer than 200"),
    "a label that is none": (row(label="maybe"), "neither true nor false"),
    "a label that is a list": (row(label=[]), "label is neither"),
    "two labels that differ": (row(label="pass", expected_value=False), "two labels that differ"),
    "a label against N/A": (row(label="pass", expected_value=None), "two labels that differ"),
    "feedback that is a list": (row(feedback=["x"]), "feedback is no text"),
    "metadata that is a list": (row(metadata=[1]), "metadata is no JSON object"),
    "metadata that is broken JSON": (row(metadata="{"), "not valid JSON"),
    "a key beside metadata that contradicts it": (row(metadata={"a": 1}, a=2), "“a” twice"),
}


@pytest.mark.parametrize("case", BAD_LINES)
def test_a_bad_line_says_why_and_the_lines_around_it_are_read(case: str) -> None:
    line, said = BAD_LINES[case]
    report = looked_at("calls.jsonl", f"{GOOD}\n{line}\n{row(id='another')}\n")
    assert [(problem.line, said in problem.sentence) for problem in report.problems] == [(2, True)]
    assert (report.rows, report.good, report.bad) == (3, 2, 1)


BAD_CSV_LINES = {
    "a cell too many": ("2,Agent: hi,extra", "3 cells where the header names 2"),
    "a cell too few": ("2", "1 cells where the header names 2"),
    "text after a closing quote": ('2,"Agent: hi"there', "not valid CSV"),
}


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
