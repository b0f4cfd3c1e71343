"""Where somebody is in the Lab. The address holds it, so that links, reload and back lead there again."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from core.lab import Looking, RowFilter, RowsAsked
from dashboard import session

ROWS, IMPORT, EXPORT = "rows", "import", "export"
PARTS = (ROWS, IMPORT, EXPORT)
SAID = "lab-said"
REFUSED = "lab-refused"
"""What a callback leaves in the session state for the rerun that follows it."""


@dataclass(frozen=True, slots=True)
class Place:
    """The parameters of the address, each None or its default where it is missing or makes no sense."""

    metric: int | None
    review: int | None
    part: str | None
    asked: RowsAsked
    page: int
    looking: Looking


def read() -> Place:
    return Place(
        metric=session.parameter("metric"),
        review=session.parameter("review"),
        part=_one_of(PARTS, st.query_params.get("part")),
        asked=RowsAsked(_show(), st.query_params.get("search", "")),
        page=session.parameter("page") or 1,
        looking=Looking(session.parameter("at") or 0, st.query_params.get("find", "")),
    )


def move(**parameters: object) -> None:
    """Change the address; None takes a parameter out. What depends on the changed ones goes, too."""
    if "metric" in parameters:
        st.query_params.from_dict({session.KEPT: st.query_params.get(session.KEPT, "")})
    if parameters.keys() & {"show", "search"}:
        st.query_params.pop("page", None)
    if "review" in parameters:
        st.query_params.pop("find", None)
    if parameters.keys() & {"review", "find"}:
        st.query_params.pop("at", None)
    for name, value in parameters.items():
        if value in (None, ""):
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = str(value)


def start_at(metric: int) -> None:
    """Put into the address what nobody chose yet, so that reload and links lead to the same place."""
    st.query_params["metric"] = str(metric)
    st.query_params.pop("review", None)


def follow(name: str, value: object) -> str:
    """The key of a widget that shows a parameter, set to what the address says of it.

    A widget keeps its own state; without this, going back would change the address and not the widget.
    """
    key = f"lab-{name}"
    if key not in st.session_state or st.session_state.get(f"{key}-shown") != value:
        st.session_state[key] = value
    st.session_state[f"{key}-shown"] = value
    return key


def lead(name: str) -> None:
    """A widget's callback: what was chosen goes into the address."""
    value = st.session_state[f"lab-{name}"]
    st.session_state[f"lab-{name}-shown"] = value
    move(**{name: value})


def _show() -> RowFilter:
    found = _one_of(tuple(RowFilter), st.query_params.get("show"))
    return RowFilter(found) if found else RowFilter.ALL


def _one_of(known: tuple[str, ...], value: str | None) -> str | None:
    return value if value in known else None
