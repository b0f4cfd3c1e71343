"""Which model judges and writes, and whether it answers."""

from __future__ import annotations

import streamlit as st

from core import endpoints, memberships, project_settings
from core.endpoints import EndpointView, Prices
from core.errors import AnswerUnreadable
from core.llm.faults import shown_address
from core.terms import Role
from dashboard import session
from dashboard.components import plain
from dashboard.components.settings_own_endpoint import key_set, show_own_endpoint
from dashboard.components.times import Dated
from dashboard.session import Here

FORMATS = {
    "json_schema": "json_schema supported",
    "json_object": "json_schema not supported, json_object is",
    "plain": "no structured output, so answers are read from plain text",
}
FOR_ALL = """\
Set these in the file `.env` of the installation, or in the environment, and restart Plumbline:

```
LLM_BASE_URL=https://api.example.com/v1
LLM_API_KEY=…
LLM_MODEL=…
```

Any OpenAI-compatible endpoint will do. The key is sent to that address and nowhere else, and no page
shows it. Projects with an endpoint of their own do not use it."""


def show_endpoint(here: Here) -> None:
    own = endpoints.endpoint_of(here.database, here.actor, here.the_project.id)
    role = memberships.role_of(here.database, here.actor, here.the_project.id)
    with st.container(border=True, key="settings-endpoint"):
        _show_facts(here, own)
        if st.button("Test the endpoint", key="settings-probe", icon=":material/bolt:", type="primary"):
            _test(here)
    if own is None and here.settings.demo_model:
        st.markdown(
            "This is the bundled demo model: it follows rules that stand in the prompt, and is no "
            "language model."
        )
    if role is not None and role >= Role.ADMIN:
        show_own_endpoint(here, own)
    else:
        st.caption("The model endpoint is set by the project's admins.")
    if own is None:
        with st.expander("One endpoint for all projects", key="settings-endpoint-how"):
            st.markdown(FOR_ALL)


def _show_facts(here: Here, own: EndpointView | None) -> None:
    settings = here.settings
    _show_fact("Used by", "this project alone" if own else "every project without an endpoint of its own")
    _show_fact("Endpoint", _address(here, own))
    _show_fact("Model", project_settings.model_for(settings, here.the_project))
    _show_fact("Key", _key(here, own))
    _show_fact("Prices", _prices(own.prices if own else endpoints.installed(settings).prices))
    _show_fact("At once", f"up to {settings.llm_concurrency} calls in each run")
    _show_fact("Patience", f"{settings.llm_timeout_seconds:g} seconds a call")


def _show_fact(name: str, value: str | Dated) -> None:
    left, right = st.columns([1, 4], gap="small", wrap=False)
    left.caption(name)
    told = Dated(value) if isinstance(value, str) else value
    right.text(told.words, help=told.help)


def _address(here: Here, own: EndpointView | None) -> str:
    return shown_address(own.base_url if own else here.settings.llm_base_url) or "none is set"


def _key(here: Here, own: EndpointView | None) -> str | Dated:
    if own is None and here.settings.llm_api_key:
        return "is set"
    return key_set(here, own) or "none is set"


def _prices(prices: Prices) -> str:
    if prices.free:
        return "none: the demo model is free"
    if prices.input is None or prices.output is None:
        return "not known, so no cost is shown and a budget in money is not possible"
    return f"{prices.input:g} for a million tokens in, {prices.output:g} out"


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
