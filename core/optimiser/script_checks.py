"""What a script must pass before it is run on a single call."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from core.errors import CodeFailed
from core.optimiser.copying import Shown
from core.sandbox import check_syntax

MAX_SCRIPT = 8_000
"""Characters; a longer one is no short rule."""
SINGLE_CALL_WORDS = 2
"""A phrase of so many words that stands in one call only was learned by heart."""
WORD = re.compile(r"\w+")


def script_objection(script: str, known: str, shown: Shown) -> str:
    """Why the script must not be run, in one clause; empty when it may be.

    `known` is what people wrote (the definition) and the rules that passed their own checks.
    """
    if len(script) > MAX_SCRIPT:
        return "it is too long"
    try:
        check_syntax(script)
        tree = ast.parse(script)
    except CodeFailed as error:
        return f"the sandbox refused it: {str(error).rstrip('.')}"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "it is no valid Python"
    literals = list(_literals(tree))
    text = "\n".join([*literals, *_comments(script)])
    return shown.copied(text, known) or _by_heart(literals, known, shown)


def _literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _comments(script: str) -> list[str]:
    return re.findall(r"#(.*)", script)


def _by_heart(literals: list[str], known: str, shown: Shown) -> str:
    said = _plain(f"{known}\n{shown.notes}")
    conversations = [_plain(text) for text in shown.conversations]
    for literal in (_plain(each) for each in literals):
        if len(literal.split()) < SINGLE_CALL_WORDS or literal in said:
            continue
        if sum(literal in conversation for conversation in conversations) == 1:
            return "it holds a phrase of a single call"
    return ""


def _plain(text: str) -> str:
    return f" {' '.join(WORD.findall(text.casefold()))} "
