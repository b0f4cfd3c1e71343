"""A catalogue of bad files: what people and programs hand in, and the sentence that each is answered with."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
from typing import Any

SAID = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Good day."}]
GOOD = json.dumps({"id": "good", "transcript": SAID})
DEEP = '{"id": "x", "transcript": ' + "[" * 100_000 + "]" * 100_000 + "}"


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
    "UTF-16 that breaks in the middle": (
        "calls.csv",
        codecs.BOM_UTF16_LE + "id,transcript\n1,".encode("utf-16-le") + b"\x00\xdc" * 2 + b"a\x00",
        "byte 35",
    ),
    "Latin-1 far into a document": (
        "calls.json",
        b'[{"id": "a", "transcript": "User: ' + b"x" * 2_100_000 + b'"},\n{"id": "\xe9"}]',
        "line 2, byte 9 (0xe9)",
    ),
    "a character cut in two at the end": ("calls.json", b'[{"id": "caf\xc3', "0xc3"),
    "a zip of nothing": ("calls.zip", b"PK\x05\x06" + bytes(18), "empty zip archive"),
    "a zip bomb": ("calls.zip", b"PK\x03\x04" + bytes(5000), "zip archive"),
    "a gzip bomb": ("calls.jsonl.gz", gzip.compress(b"0" * 5_000_000), "compressed (gzip)"),
    "a gzip file named csv": ("calls.csv", gzip.compress(b"id,transcript\n"), "compressed (gzip)"),
    "a bzip2 file": ("calls.bz2", bz2.compress(b"id"), "compressed (bzip2)"),
    "an xz file": ("calls.xz", lzma.compress(b"id"), "compressed (xz)"),
    "a zstd file": ("calls.zst", b"\x28\xb5\x2f\xfd\x00", "compressed (zstd)"),
    "a 7z archive": ("calls.7z", b"7z\xbc\xaf\x27\x1c", "7z archive"),
    "a rar archive": ("calls.rar", b"Rar!\x1a\x07\x01", "rar archive"),
    "an old workbook": ("calls.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "old workbook"),
    "a database": ("calls.db", b"SQLite format 3\x00" + bytes(50), "a database"),
    "a Parquet file": ("calls.parquet", b"PAR1\x15\x04", "Parquet"),
    "a PDF": ("calls.pdf", b"%PDF-1.7\n", "PDF"),
    "a picture": ("calls.csv", b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
    "NUL after NUL": ("calls.jsonl", bytes(100), "NUL"),
    "two documents in one file": ("calls.json", b'[{"id": 1}]\n[{"id": 2}]', "Extra data"),
    "a list that never ends": ("calls.json", b'[{"id": "a", "transcript": "User: hi"}', "Expecting a comma"),
    "a list with a comma too many": ("calls.json", b'[{"id": "a", "transcript": "User: hi"},]', "row 2"),
    "rows without a comma between": ("calls.json", b'[{"id": 1}\n{"id": 2}]', "Expecting a comma"),
    "a document with a bare name": ("calls.json", b"{\nrows: []\n}", "Expecting a name"),
    "a document that breaks after its rows": (
        "calls.json",
        b'{"rows": [{"id": 1}], oops',
        "Expecting a name",
    ),
    "a document cut off in a text": ("calls.json", b'[{"id": "a", "transcript": "User: h', "Unterminated"),
    "a document of single quotes": ("calls.json", b"[{'id': 1}]", "not valid JSON"),
    "a nesting bomb of objects": ("calls.json", b'[{"a": ' * 1 + b'{"a": ' * 100_000, "nested too deeply"),
    "an object of settings": ("calls.json", b'{\n"name": "x", "prompt": "y"\n}', "holds no rows"),
    "a document of nothing": ("calls.json", b"null", "holds no rows"),
    "an empty object": ("calls.json", b"{\n}", "holds no rows"),
    "a list of nothing but space": ("calls.json", b"[ \n ]", "no rows"),
    "rows that are no list": ("calls.json", b'{\n"rows": 7\n}', "holds no rows"),
    "a line of 33 megabytes": ("calls.jsonl", b'{"id": "' + b"x" * (33 * 2**20) + b'"}', "longer than 32 MB"),
    "a row of 33 megabytes": ("calls.json", b'[{"id": "' + b"x" * (33 * 2**20) + b'"}]', "larger than 32 MB"),
}


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
    "a number": ("42", "no JSON object"),
    "null": ("null", "no JSON object"),
    "a line of garbage": ("\x07\x1b[31m", "not valid JSON"),
    "Infinity": ('{"id": "x", "score": -Infinity}', "is no JSON value"),
    "a tab in a text": ('{"id": "x", "transcript": "User:\thi"}', "not valid JSON"),
    "half an escape": ('{"id": "\\u12"}', "not valid JSON"),
    "a comment": ('{"id": "x"} // the first', "not valid JSON"),
    "a transcript that is true": (row(transcript=True), "neither a list of messages nor text"),
    "a transcript that is an object": (row(transcript={"a": 1}), "neither a list of messages nor text"),
    "messages that are an object": (row(transcript={"messages": {}}), "neither a list of messages nor text"),
    "a message that is null": (row(transcript=[None]), "Message 1 is no object"),
    "a message that is a list": (row(transcript=[[]]), "Message 1 is no object"),
    "a role that is a number": (row(transcript=[{"role": 1, "content": "x"}]), "unknown role “1”"),
    "a role that is a list": (row(transcript=[{"role": ["user"], "content": "x"}]), "unknown role"),
    "a role of thousands of letters": (
        row(transcript=[{"role": "x" * 9000, "content": "x"}]),
        "unknown role",
    ),
    "content that is an object": (
        row(transcript=[{"role": "user", "content": {"a": 1}}]),
        "Message 1 has no content",
    ),
    "content that is true": (row(transcript=[{"role": "user", "content": True}]), "Message 1 has no content"),
    "a part that is a list": (row(transcript=[{"role": "user", "content": [[]]}]), "Message 1 has a part"),
    "a tool call that is a text": (
        row(transcript=[{"role": "assistant", "tool_calls": ["find"]}]),
        "a tool call without a name",
    ),
    "tool calls that are a text": (
        row(transcript=[{"role": "assistant", "tool_calls": "find"}]),
        "a tool call without a name",
    ),
    "a start that is true": (
        row(transcript=[{"role": "user", "content": "hi", "start_time": True}]),
        "start_time of message 1",
    ),
    "a start beyond all numbers": (
        row(transcript=[{"role": "user", "content": "hi", "start_time": "1e999"}]),
        "start_time of message 1",
    ),
    "an end that is a list": (
        row(transcript=[{"role": "user", "content": "hi", "end_time": []}]),
        "end_time of message 1",
    ),
    "an id that is a list": (row(id=["a"]), "id is neither"),
    "a group that is an object": (row(group={}), "group is neither"),
    "a label that is an object": (row(label={"value": True}), "label is neither"),
    "a label that is a number too large": (row(label=2), "neither true nor false"),
    "feedback that is an object": (row(feedback={}), "feedback is no text"),
    "metadata that is a number": (row(metadata=7), "metadata is no JSON object"),
    "metadata that is text": (row(metadata="plain"), "not valid JSON"),
    "a Vapi call that nobody answered": (
        json.dumps({"id": "v", "orgId": "o", "endedReason": "customer-did-not-answer", "artifact": {}}),
        "no transcript",
    ),
    "a Vapi turn of an unknown role": (
        json.dumps(
            {"id": "v", "messages": [{"role": "bot", "message": "a"}, {"role": "ghost", "message": "b"}]}
        ),
        "unknown role “ghost”",
    ),
    "a Vapi turn that is a number": (
        json.dumps({"id": "v", "messages": [{"role": "bot", "message": "a"}, 7]}),
        "Message 2 is no object",
    ),
    "a Retell call without a transcript": (
        json.dumps({"call_id": "r", "agent_id": "a", "call_status": "not_connected"}),
        "no transcript",
    ),
    "a Retell tool without a name": (
        json.dumps({"call_id": "r", "transcript_with_tool_calls": [{"role": "tool_call_invocation"}]}),
        "a tool call without a name",
    ),
    "a Retell call in which nobody speaks": (
        json.dumps({"call_id": "r", "transcript_object": [{"role": "agent", "content": ""}]}),
        "is empty",
    ),
    "a Langfuse trace without a word": (
        json.dumps({"id": "l", "timestamp": "t", "sessionId": "s", "input": None, "output": None}),
        "no transcript",
    ),
    "a Langfuse trace of an unknown role": (
        json.dumps(
            {"id": "l", "timestamp": "t", "sessionId": "s", "input": [{"role": "ghost", "content": "x"}]}
        ),
        "unknown role “ghost”",
    ),
}


BAD_CSV_LINES: dict[str, tuple[str, str]] = {
    "a cell too many": ("2,Agent: hi,extra", "3 cells where the header names 2"),
    "a cell too few": ("2", "1 cells where the header names 2"),
    "text after a closing quote": ('2,"Agent: hi"there', "not valid CSV"),
    "a label that is none": ('2,"Agent: hi"\n'.strip() + ",maybe", "3 cells"),
    "a transcript without speakers": ("2,hello there", "begin with a speaker"),
    "an empty transcript": ("2,", "no transcript"),
    "a transcript of broken JSON": ('2,"[{""role"": ""user"""', "begins like JSON"),
    "an id that is too long": (f"{'x' * 201},Agent: hi", "longer than 200"),
}

CATALOGUE: dict[str, tuple[str, bytes, str]] = {
    **UNREADABLE_FILES,
    **{
        f"JSON Lines with {case}": ("calls.jsonl", f"{GOOD}\n{line}\n{row(id='another')}\n".encode(), said)
        for case, (line, said) in BAD_LINES.items()
    },
    **{
        f"CSV with {case}": (
            "calls.csv",
            f"id,transcript\n1,Agent: hi\n{line}\n3,Agent: bye\n".encode(),
            said,
        )
        for case, (line, said) in BAD_CSV_LINES.items()
    },
}
"""Every one by its name: the file's name, its bytes, and a part of what is said of it."""
