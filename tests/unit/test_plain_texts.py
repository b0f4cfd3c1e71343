"""People's texts, escaped for a place that reads markup: the browser's test shows what is drawn of them."""

from __future__ import annotations

import pytest

from dashboard.components import plain
from tests.as_typed import AS_TYPED


def as_read(escaped: str) -> str:
    return escaped.replace(plain.NOTHING, "").replace("\\", "")


@pytest.mark.parametrize("text", AS_TYPED)
def test_nothing_is_added_but_what_escapes(text: str) -> None:
    assert as_read(plain.label(text)) == text


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a -> b", ["a -", "> b"]),
        ("a <-> b", ["a <", "-", "> b"]),
        ("-- all", ["-", "- all"]),
        ("yes ~=", ["yes ~", "="]),
        (":smile:", [":", "smile:"]),
        (":material/open", [":", "material/open"]),
        ("http://x", ["http:", "//x"]),
        ("WWW.x", ["WWW", ".x"]),
        ("ann@x.com", ["ann@", "x.com"]),
    ],
)
def test_what_is_read_although_escaped_is_taken_apart(text: str, parts: list[str]) -> None:
    assert [as_read(part) for part in plain.label(text).split(plain.NOTHING)] == parts


@pytest.mark.parametrize("text", ["a->b", "x--", "at 12:30", "a @ b", ">", "10 > 2", "note: this"])
def test_what_nobody_reads_as_markup_stays_in_one_piece(text: str) -> None:
    assert plain.NOTHING not in plain.label(text)


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    assert as_read(plain.short("->" * 100)) == "->" * 59 + "-…"
