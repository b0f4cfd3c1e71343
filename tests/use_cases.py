"""Finds the use cases of `core`: what takes the database and an actor, and which of them change something."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import ModuleType
from typing import Any

import core

UseCase = Callable[..., Any]
NOT_USE_CASES = ("core.commands", "core.migrations", "core.__main__", "core.db", "core.models")


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(core.__path__, "core."):
        if not found.name.startswith(NOT_USE_CASES):
            yield importlib.import_module(found.name)


def use_cases() -> dict[str, UseCase]:
    """By dotted name below `core`: every public function with a `database` and an `actor`."""
    return {
        f"{module.__name__.removeprefix('core.')}.{name}": thing
        for module in modules()
        for name, thing in vars(module).items()
        if inspect.isfunction(thing)
        and thing.__module__ == module.__name__
        and not name.startswith("_")
        and {"database", "actor"} <= inspect.signature(thing).parameters.keys()
    }


def changes_something(thing: Any, seen: set[Any] | None = None) -> bool:
    """Whether a function, a class or anything of the product that it names opens a write session."""
    seen = set() if seen is None else seen
    if thing in seen:
        return False
    seen.add(thing)
    writes, named = _read(thing)
    return writes or any(changes_something(one, seen) for one in named)


@cache
def _read(thing: Any) -> tuple[bool, tuple[Any, ...]]:
    """Whether its own code opens one, and what that code names. Finding the source takes long."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(thing)))
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return "write" in attributes, tuple(_named(thing, tree))


def _named(thing: Any, tree: ast.AST) -> Iterator[Any]:
    """Functions and classes of `core` whose names stand in the code, imported or beside it."""
    known = vars(importlib.import_module(thing.__module__))
    for node in ast.walk(tree):
        found = known.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            holder = known.get(node.value.id)
            found = getattr(holder, node.attr, None) if inspect.ismodule(holder) else None
        if (inspect.isfunction(found) or inspect.isclass(found)) and _is_ours(found.__module__):
            yield found


def _is_ours(name: str) -> bool:
    return name.startswith("core.") and not name.startswith(NOT_USE_CASES)
