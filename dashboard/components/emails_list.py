"""The project's mails and what its webhooks were told, newest first: when, to whom, what became of it."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import deliveries
from core.deliveries import DeliveriesPage, DeliveryView
from core.deliveries.views import PAGE
from dashboard import session
from dashboard.components import emails_trying, paging, plain, times
from dashboard.components.empty import empty_state
from dashboard.components.links import show_link
from dashboard.session import Here

LOOKS = {
    "sent": ("green", "mark_email_read"),
    "failed": ("red", "error"),
    "fate_unknown": ("orange", "help"),
    "sending": ("blue", "outgoing_mail"),
    "waiting": ("blue", "schedule_send"),
}
FILTERS = {"all": "All", "open": "Not sent", "webhooks": "Webhooks"}
ABOUT = {"reminder": "Weekly reminder", "test": "Test", "live": "New live definition"}
WHILE_ON_ITS_WAY = "5s"


def show_list(here: Here) -> None:
    st.title("Emails", anchor=False)
    emails_trying.show_tests(here)
    chosen = _chosen_filter()
    found, number = paging.found_page(partial(_page, here, chosen), PAGE)
    if not found.total:
        _show_empty(chosen)
        return
    if any(delivery.on_its_way for delivery in found.deliveries):
        st.fragment(_watch_cards, run_every=WHILE_ON_ITS_WAY)(here, chosen, number)
    else:
        _show_cards(here, found, number)
    paging.show_pages(found.total, PAGE, number, "emails-page")


def _page(here: Here, chosen: str, number: int) -> DeliveriesPage:
    run_id = session.parameter("run")
    project_id = here.the_project.id
    return deliveries.deliveries_of(
        here.database,
        here.actor,
        project_id,
        only_open=chosen == "open",
        only_webhooks=chosen == "webhooks",
        run_id=run_id,
        page=number,
    )


def _watch_cards(here: Here, chosen: str, number: int) -> None:
    """Looks again by itself while a mail is on its way."""
    with session.saying_refusals():
        found = _page(here, chosen, number)
        if not any(delivery.on_its_way for delivery in found.deliveries):
            st.rerun()
        _show_cards(here, found, number)


def _show_cards(here: Here, found: DeliveriesPage, number: int) -> None:
    noun = "message" if found.total == 1 else "messages"
    st.caption(f"{paging.span(number, PAGE, len(found.deliveries), found.total)} {noun}")
    for delivery in found.deliveries:
        _show_card(here, delivery)


def _chosen_filter() -> str:
    current = st.query_params.get("show", "all")
    current = current if current in FILTERS else "all"
    key = f"emails-show-{current}"
    st.segmented_control(
        "Show",
        list(FILTERS),
        default=current,
        format_func=lambda name: FILTERS[name],
        required=True,
        label_visibility="collapsed",
        key=key,
        on_change=_choose,
        args=(key,),
    )
    return current


def _choose(key: str) -> None:
    st.query_params.pop("page", None)
    st.query_params["show"] = str(st.session_state[key])


def _show_empty(chosen: str) -> None:
    if chosen == "open":
        empty_state("mark_email_read", "Every email was sent", "Nothing waits, and nothing was given up.")
        return
    if chosen == "webhooks":
        empty_state(
            "webhook",
            "No webhook was told anything yet",
            "A chat channel or a program of yours hears of a schedule's runs, or of new live definitions, "
            "once an admin adds a webhook under Project settings.",
        )
        return
    empty_state(
        "mail",
        "No email yet",
        "When a scheduled run ends, every member with notifications on gets its summary; a run that you "
        "start yourself is mailed to you.",
    )


def _show_card(here: Here, delivery: DeliveryView) -> None:
    with st.container(border=True, key=f"emails-card-{delivery.id}", gap="xsmall"):
        show_link("emails", f"**{title(delivery)}**", email=delivery.id)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            show_state(delivery)
            if not delivery.is_mail:
                st.badge("Webhook", icon=":material/webhook:", color="gray")
            st.text(delivery.recipient, width="content")
            times.caption(_facts(here, delivery), width="content")
        if delivery.error:
            st.caption(f":material/info: {plain.label(delivery.error)}")


def title(delivery: DeliveryView) -> str:
    """The subject, escaped; before a message was tried it has none."""
    if delivery.subject:
        return plain.short(delivery.subject)
    return ABOUT.get(delivery.about, f"Summary of run {delivery.run_id}")


def show_state(delivery: DeliveryView) -> None:
    colour, icon = LOOKS[delivery.state]
    st.badge(delivery.state_in_words, icon=f":material/{icon}:", color=colour)  # type: ignore[arg-type]


def _facts(here: Here, delivery: DeliveryView) -> times.Dated:
    facts = times.moment(delivery.sent_at or delivery.created_at, here.the_project.zone)
    if delivery.resend:
        facts += f" · resend {delivery.resend}"
    if delivery.attempts > 1:
        facts += f" · {delivery.attempts} attempts"
    if delivery.attempts and delivery.next_try_at is not None:
        facts += " · next attempt " + times.from_now(delivery.next_try_at)
    return facts
