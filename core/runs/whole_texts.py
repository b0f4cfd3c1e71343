"""A client that reads a long definition page by page must not make one of the pages live."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.errors import BadDefinition
from core.terms import Definition

CUT_MARK = re.compile(r"… \[[\d,]+ more characters; open the link to read them\]\s*\Z")
"""What answers once put after the part of a text that they gave; clients may hold such texts still."""
READ_WHOLE = 2_500
"""Characters. A text up to here stands whole in any answer, so who sends a part of it means it."""
SHORTEST_PAGE = 500
"""Characters. What is shorter is no page: it was written."""


def refuse_parts(wanted: Definition, *read: Definition) -> None:
    """Raise BadDefinition where a text is the mere part of one that could be read.

    `read` are the definitions that a client may have read, the live one among them.
    """
    for name, text in _texts(wanted):
        known = {one for definition in read for field, one in _texts(definition) if field == name}
        if text in known:
            continue
        if CUT_MARK.search(text):
            raise BadDefinition(
                f"The field {name} ends in a note that it was cut: read all of its pages and send it whole."
            )
        if any(_is_part(text, of=one) for one in known):
            raise BadDefinition(
                f"The field {name} is only a part of what was read: send it whole, all pages joined. To "
                "shorten it to just that, edit the metric in the dashboard."
            )


def _is_part(text: str, *, of: str) -> bool:
    part = text.strip()
    return len(of) > READ_WHOLE and SHORTEST_PAGE <= len(part) < len(of.strip()) and part in of


def _texts(definition: Definition) -> Iterator[tuple[str, str]]:
    yield "description", definition.description
    yield "evaluation_trigger", definition.trigger.text
    yield "custom_code", definition.custom_code
