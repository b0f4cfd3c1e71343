"""Which model judges and writes, and whether it answers."""

from __future__ import annotations

import streamlit as st

from core import project_settings
from core.errors import AnswerUnreadable
from core.llm.faults import Endpoint
from dashboard import session
from dashboard.components import plain
from dashboard.session import Here

FORMATS = {
    "json_schema": "json_schema supported",
    "json_object": "json_schema not supported, json_object is",
    "plain": "no structured output, so answers are read from plain text",
}
HOW_TO_CHANGE = """\
Set these in the file `.env` of the installation, or in the environment, and restart Plumbline:

```
LLM_BASE_URL=https://api.example.com/v1
LLM_API_KEY=…
LLM_MODEL=…
```

Any OpenAI-compatible endpoint will do. The key is sent to that address and nowhere else, and no page
shows it. A project or a metric may name another model of the same endpoint."""


def show_endpoint(here: Here) -> None:
    settings = here.settings
    with st.container(border=True, key="settings-endpoint"):
        _show_fact("Endpoint", _address(here))
        _show_fact("Model", project_settings.model_for(settings, here.the_project))
        _show_fact("Key", "is set" if settings.llm_api_key else "none is set")
        _show_fact("At once", f"up to {settings.llm_concurrency} calls in each run")
        _show_fact("Patience", f"{settings.llm_timeout_seconds:g} seconds a call")
        if st.button("Test the endpoint", key="settings-probe", icon=":material/bolt:", type="primary"):
            _test(here)
    if settings.demo_model:
        st.markdown(
            "This is the bundled demo model: it follows rules that stand in the prompt, and is no "
            "language model."
        )
    with st.expander("How to change it", expanded=settings.demo_model, key="settings-endpoint-how"):
        st.markdown(HOW_TO_CHANGE)


def _show_fact(name: str, value: str) -> None:
    left, right = st.columns([1, 4], gap="small", wrap=False)
    left.caption(name)
    right.text(value)


def _address(here: Here) -> str:
    """Without a password or a query in it."""
    if here.settings.llm_base_url is None:
        return "none is set"
    return Endpoint(here.settings.llm_base_url, "", 0.0).address


def _test(here: Here) -> None:
    with st.spinner("Asking one small question …"), session.saying_refusals():
        try:
            found = project_settings.try_endpoint(here.database, here.actor, here.settings, here.the_project)
        except AnswerUnreadable as unreadable:
            st.warning(
                "The endpoint answers, but not with the JSON that was asked for. "
                f"{plain.label(str(unreadable))}",
                icon=":material/warning:",
            )
            return
        words = FORMATS[found.answer_format.value]
        st.success(f"It answered in {found.seconds:.1f} s, {words}.", icon=":material/check_circle:")
