"""How `_result` and `_explanation` leave the sandbox: as short texts, whatever they were.

The script's last line, which is ours, writes both down inside the sandbox and cuts them there. It uses no
name that the script could have replaced, and a class whose text takes for ever to write meets the
script's own limits.
"""

from __future__ import annotations

import ast

from core.sandbox.failures import Ended
from core.sandbox.limits import Limits
from core.sandbox.result import ScriptValue

ALLOWED = "it must be True, False, a number, a text or None (N/A)"
SHOWN_CHARACTERS = 60


def reading_line(limits: Limits) -> str:
    """A last line whose value is both texts."""
    return (
        f"[f'{{_result!r:.{limits.result_characters + 3}}}',"
        f" f'{{_explanation or \"\"!s:.{limits.explanation_characters}}}']"
    )


def value_read(text: str, limits: Limits) -> ScriptValue:
    """The value that its text, as Python writes it, stands for. Raises Ended."""
    if len(text) > limits.result_characters + 2:
        raise Ended(f"The code set _result to something longer than {limits.result_characters} characters.")
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        value = ...
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise Ended(f"The code set _result to {text[:SHOWN_CHARACTERS]}; {ALLOWED}.")
