"""Give the project a model endpoint of its own, change it, go back to the installation's."""

from __future__ import annotations

import streamlit as st

from core import endpoints
from core.endpoints import MAX_KEY, MAX_MODEL, EndpointView
from dashboard import session
from dashboard.components import plain, said, times
from dashboard.session import Here

MAX_ADDRESS = 500
REMOVING = "settings-endpoint-removing"
KEY_RULES = (
    "Stored encrypted, sent to this address alone, and never shown again. "
    "Leave it empty to keep the one that is set; a new address needs its key entered anew."
)


def show_own_endpoint(here: Here, own: EndpointView | None) -> None:
    st.subheader("This project's own endpoint", anchor=False)
    if own is None:
        st.caption(
            "Any OpenAI-compatible endpoint. From then on every call of this project goes there, with the "
            "key you enter here; the installation's key never does."
        )
    _show_form(here, own)
    if own is None:
        return
    if st.button("Use the installation's endpoint again", key="settings-endpoint-remove"):
        st.session_state[REMOVING] = here.the_project.id
    if st.session_state.get(REMOVING) == here.the_project.id:
        _ask_to_remove(here, own)


def _show_form(here: Here, own: EndpointView | None) -> None:
    # A new key for each stored state: what was typed into the key field is gone once it is saved.
    set_at = key_set(here, own)
    state = f"{here.the_project.id}-{own.set_at.timestamp() if own else 'none'}"
    with st.form(f"settings-endpoint-form-{state}"):
        base_url = st.text_input(
            "Address",
            own.base_url if own else "",
            max_chars=MAX_ADDRESS,
            placeholder="https://api.example.com/v1",
            key=f"settings-endpoint-address-{state}",
        )
        key = st.text_input(
            "Key",
            type="password",
            max_chars=MAX_KEY,
            autocomplete="new-password",
            placeholder=set_at.words if set_at else "sk-…",
            help=f"{KEY_RULES}  \n{set_at.help}" if set_at else KEY_RULES,
            key=f"settings-endpoint-key-{state}",
        )
        left, middle, right = st.columns(3)
        model = left.text_input(
            "Model",
            here.the_project.model or "",
            max_chars=MAX_MODEL,
            help="A metric may name another model of the same endpoint.",
            key=f"settings-endpoint-model-{state}",
        )
        prices = own.prices if own else endpoints.Prices()
        price_input = middle.number_input(
            "Price of a million tokens in",
            min_value=0.0,
            value=prices.input,
            format="%.4g",
            placeholder="not known",
            help="In your currency. With both prices runs show their cost and may have a budget in money.",
            key=f"settings-endpoint-price-in-{state}",
        )
        price_output = right.number_input(
            "Price of a million tokens out",
            min_value=0.0,
            value=prices.output,
            format="%.4g",
            placeholder="not known",
            key=f"settings-endpoint-price-out-{state}",
        )
        pressed = st.form_submit_button(
            "Save" if own else "Use this endpoint", key="settings-endpoint-save", type="primary"
        )
    if pressed:
        with session.saying_refusals():
            made = endpoints.set_endpoint(
                here.database,
                here.settings,
                here.actor,
                here.the_project.id,
                base_url=base_url,
                model=model,
                key=key,
                price_input=price_input,
                price_output=price_output,
            )
            said.say("settings", _saved(own, made))
            st.rerun()


def key_set(here: Here, own: EndpointView | None) -> times.Dated | None:
    """None where the project has no key of its own."""
    if own is None or not own.has_key:
        return None
    return "set " + times.moment(own.set_at, here.the_project.zone)


def _saved(before: EndpointView | None, made: EndpointView) -> str:
    if before is not None and before.has_key and not made.has_key:
        return (
            "The endpoint is saved. The old address's key was dropped with it: enter the key of the new one."
        )
    if not made.has_key:
        return "The endpoint is saved, without a key. Test it now."
    return "The endpoint is saved. Test it now."


def _stop_asking() -> None:
    st.session_state.pop(REMOVING, None)


@st.dialog("Use the installation's endpoint again?", icon=":material/hub:", on_dismiss=_stop_asking)
def _ask_to_remove(here: Here, own: EndpointView) -> None:
    plain.sentence(f"This project's calls no longer go to {own.base_url}, and its key is forgotten.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="settings-endpoint-remove-no"):
            _stop_asking()
            st.rerun()
        if st.button("Forget this endpoint", key="settings-endpoint-remove-yes", type="primary"):
            with session.saying_refusals():
                endpoints.remove_endpoint(here.database, here.actor, here.the_project.id)
                _stop_asking()
                said.say("settings", "This project uses the installation's endpoint and model again.")
                st.rerun()
