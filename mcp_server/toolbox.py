"""Tools that take no argument they do not know: the SDK's own would drop a misspelt one without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations
from pydantic import create_model

Function = TypeVar("Function", bound=Callable[..., Any])


class Toolbox:
    """Collects the tools for a server."""

    def __init__(self) -> None:
        self.tools: list[Tool] = []

    def tool(self, *, title: str, annotations: ToolAnnotations) -> Callable[[Function], Function]:
        """A decorator that takes a function in as a tool of its name, docstring and signature."""

        def take_in(function: Function) -> Function:
            self.tools.append(_strict(Tool.from_function(function, title=title, annotations=annotations)))
            return function

        return take_in


def _strict(tool: Tool) -> Tool:
    known = tool.fn_metadata.arg_model
    strict = create_model(known.__name__, __base__=known, __cls_kwargs__={"extra": "forbid"})
    return tool.model_copy(
        update={
            "fn_metadata": tool.fn_metadata.model_copy(update={"arg_model": strict}),
            "parameters": strict.model_json_schema(by_alias=True),
        }
    )
