"""What a script gives back, what it is told of its mistakes, and what it may call."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import CodeFailed
from core.sandbox import BadUse, Limits, check_syntax, run_script


def failure(code: str, **functions: Any) -> str:
    return run_script(code, {}, functions).failure


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("_result = True", True),
        ("_result = 3", 3),
        ("_result = 2.5", 2.5),
        ("_result = -1e-3", -0.001),
        ("_result = 'calm \\'here\\' 😀'", "calm 'here' 😀"),
        ("_result = None", None),
        ("_result = len(data['messages'])", 2),
        ("for m in data['messages']:\n    _result = m['content']", "bye"),
    ],
)
def test_the_result_is_what_the_script_set(code: str, value: Any) -> None:
    result = run_script(code, {"messages": [{"content": "hello"}, {"content": "bye"}]})
    assert (result.value, result.failure) == (value, "")
    assert type(result.value) is type(value)


@pytest.mark.parametrize(
    ("code", "explanation"),
    [
        ("_result = True", ""),
        ("_result = True\n_explanation = 'So.'", "So."),
        ("_result = True\n_explanation = None", ""),
        ("_result = True\n_explanation = ['a', 1]", "['a', 1]"),
        ("_result = True\n_explanation = 'x' * 5000", "x" * 2_000),
    ],
)
def test_the_explanation_is_a_text_of_bounded_length(code: str, explanation: str) -> None:
    assert run_script(code, {}).explanation == explanation


@pytest.mark.parametrize(
    "code", ["_result = [True]", "_result = {'a': 1}", "_result = print", "_result = float('nan')"]
)
def test_other_results_are_refused_with_what_is_allowed(code: str) -> None:
    assert "it must be True, False, a number, a text or None (N/A)" in failure(code)


@pytest.mark.parametrize("code", ["", "x = 1", "# nothing", "if False:\n    _result = 1"])
def test_a_script_that_sets_no_result_is_told(code: str) -> None:
    assert failure(code) == "The code did not set _result."


def test_an_error_names_its_kind_its_line_and_its_message() -> None:
    result = run_script("x = 1\n\ny = data['nothing']\n_result = True", {})
    assert result.failure == "The code raised KeyError in line 3: nothing."
    assert result.line == 3


def test_an_error_inside_a_function_names_the_line_inside() -> None:
    assert "in line 2" in failure("def f():\n    return 1 / 0\n_result = f()")


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_lines_are_counted_whatever_ends_them(ends: str) -> None:
    assert "in line 3" in failure(ends.join(["a = 1", "b = 2", "1 / 0"]))


def test_code_that_can_not_be_read_is_told_its_line() -> None:
    result = run_script("x = 1\nif x\n    y = 2", {})
    assert result.failure.startswith("The code can't be read: line 2")
    assert result.line == 2


def test_what_it_prints_is_kept() -> None:
    result = run_script("print('one', 2)\n_result = True", {})
    assert result.printed == "one 2\n"


def test_what_it_printed_before_it_failed_is_kept_too() -> None:
    assert run_script("print('so far')\n1 / 0", {}).printed == "so far\n"


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    assert run_script("_result = data['text']", {"text": "a\ud83d"}).value == "a?"


def test_data_of_other_kinds_and_great_depth_do_no_harm() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = [deep]
    found = run_script("_result = data['when'] + str(type(data['deep']))", {"when": object, "deep": deep})
    assert found.ran


def test_two_megabytes_of_transcript_are_read() -> None:
    text = "word " * 400_000
    assert run_script("_result = data['transcript'].count('word')", {"transcript": text}).value == 400_000


class TestHostFunctions:
    def test_they_take_and_give_plain_values(self) -> None:
        def twice(value: int, *, plus: int = 0) -> dict[str, int]:
            return {"is": 2 * value + plus}

        assert run_script("_result = twice(20, plus=2)['is']", {}, {"twice": twice}).value == 42

    def test_wrong_arguments_are_the_scripts_error(self) -> None:
        def one(value: int) -> int:
            return value

        assert "raised TypeError in line 1: one: missing a required argument" in failure("one()", one=one)

    def test_bad_use_is_an_error_that_the_script_may_catch(self) -> None:
        def refusing() -> None:
            raise BadUse("not like this")

        assert "raised ValueError in line 2: not like this" in failure("x = 1\nrefusing()", refusing=refusing)
        caught = "try:\n    refusing()\nexcept ValueError as error:\n    _result = str(error)"
        assert run_script(caught, {}, {"refusing": refusing}).value == "not like this"

    def test_what_else_they_raise_ends_the_script_whatever_it_catches(self) -> None:
        class Ours(Exception):
            pass

        def ending() -> None:
            raise Ours

        with pytest.raises(Ours):
            run_script("try:\n    ending()\nexcept BaseException:\n    _result = 1", {}, {"ending": ending})

    def test_they_can_not_be_called_without_end(self) -> None:
        def ask() -> int:
            return 1

        assert "host functions too often" in failure("while True:\n    ask()", ask=ask)

    def test_inside_a_built_in_they_are_told_to_be_called_directly(self) -> None:
        def ask(value: int) -> int:
            return value

        assert "from inside a built-in such as map" in failure("_result = list(map(ask, [1]))[0]", ask=ask)


def test_there_is_no_clock_and_no_chance() -> None:
    code = "import datetime\n_result = str(datetime.datetime.now())"
    assert run_script(code, {}).value == run_script(code, {}).value
    code = "import random\n_result = random.random()"
    first, second = run_script(code, {}), run_script(code, {})
    assert (first.value, first.failure) == (second.value, second.failure)


def test_other_limits_are_told_as_they_are() -> None:
    limits = Limits(seconds=0.2, memory_bytes=20_000_000, printed_characters=10)
    assert "longer than 0.2 seconds" in run_script("while True: pass", {}, limits=limits).failure
    assert "more than 20 MB" in run_script("x = 'a' * 10**9", {}, limits=limits).failure
    assert "more than 10 characters" in run_script("print('x' * 11)", {}, limits=limits).failure


class TestSyntax:
    @pytest.mark.parametrize(
        "code",
        ["_result = True", "1 / 0", "while True:\n    pass", "raise SystemExit('read')", "", "\r\nx = 1"],
    )
    def test_what_can_be_read_is_not_run(self, code: str) -> None:
        check_syntax(code)

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("if True", "line 1"),
            ("x = 1\n  y = 2", "line 2"),
            ("x = 'a", "line 1"),
            ("x = 1\ndef f():\n    yield 1", "line 3"),
        ],
    )
    def test_what_can_not_is_refused_with_its_line(self, code: str, said: str) -> None:
        with pytest.raises(CodeFailed, match=said):
            check_syntax(code)
