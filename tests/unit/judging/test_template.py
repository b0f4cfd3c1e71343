"""The variables of a prompt: what is one, and what only looks like one."""

from __future__ import annotations

import pytest

from core.judging.prompt import fill
from core.judging.template import UnknownVariable, missing_facts, unknown_variables


@pytest.mark.parametrize(
    "text",
    [
        "Read {{transcript}} and {{ metadata }}.",
        "Was {{metadata.agent-name_2}} polite?",
        'JSON like {"a": {"b": 1}} is none.',
        "An empty { } is none, nor {one} brace.",
        "",
    ],
)
def test_what_is_known_is_not_complained_about(text: str) -> None:
    assert unknown_variables(text) == ()


@pytest.mark.parametrize(
    ("text", "name", "instead"),
    [
        ("{{transcipt}}", "transcipt", "transcript"),
        ("{{Transcript}}", "Transcript", "transcript"),
        ("{{ meta data.agent }}", "meta data.agent", "metadata.agent"),
        ("{{metadta.agent}}", "metadta.agent", "metadata.agent"),
        ("{{conversation}}", "conversation", "transcript"),
        ("{{customer_name}}", "customer_name", ""),
        ("{{metadata.}}", "metadata.", "metadata"),
        ("{{}}", "", ""),
    ],
)
def test_what_is_none_is_named_with_what_may_be_meant(text: str, name: str, instead: str) -> None:
    assert unknown_variables(f"Look at {text}, and at {text}.") == (UnknownVariable(name, instead),)
    assert fill(text) == text


def test_facts_that_no_call_has_are_told_with_the_nearest() -> None:
    text = "Was {{metadata.agent_nam}} on line {{metadata.line}}, or {{metadata.agent}}? {{metadata}}"
    assert missing_facts(text, ["agent", "agent_name"]) == (
        UnknownVariable("metadata.agent_nam", "metadata.agent_name"),
        UnknownVariable("metadata.line"),
    )
