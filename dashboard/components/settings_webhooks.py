"""Webhooks: a chat channel, or a program of the team's own, that hears of runs and new definitions."""

from __future__ import annotations

import streamlit as st

from core import deliveries, jobs, schedules, webhooks
from core.accounts import MAX_NAME
from core.addresses import MAX_LENGTH
from core.terms import Role
from core.webhooks import Kind, WebhookView
from dashboard import session
from dashboard.components import plain, said, times
from dashboard.components.links import show_link
from dashboard.session import Here

KINDS = {Kind.SLACK: "Chat message", Kind.JSON: "Signed JSON"}
CAPTIONS = {
    Kind.SLACK: "A line a metric, in the form of Slack's incoming webhooks, which other chats take, too.",
    Kind.JSON: "An event that a program verifies by its signature (Standard Webhooks).",
}
LIVE = "Every new live definition (apply, edit, roll back)"
REMOVING = "settings-webhook-removing"
MOST_SCHEDULES = 500


def show_webhooks(here: Here) -> None:
    st.caption(
        "A webhook hears of the runs of one schedule, when its emails would be sent, or of every new live "
        "definition. What is sent, and what became of it, stands under Emails."
    )
    found = webhooks.webhooks_of(here.database, here.actor, here.the_project.id)
    if not found:
        st.info("There is no webhook yet.", icon=":material/webhook:")
    for webhook in found:
        _show_webhook(here, webhook)
    show_link("emails", "What webhooks were told", icon="history", show="webhooks")
    if here.may(Role.ADMIN):
        _show_adding(here, max((one.id for one in found), default=0))
    else:
        st.caption("Webhooks are made by the project's admins.")


def _show_webhook(here: Here, webhook: WebhookView) -> None:
    with st.container(border=True, key=f"settings-webhook-{webhook.id}", gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**{plain.short(webhook.name)}**", width="content")
            st.badge(KINDS[webhook.kind], color="blue")
        times.caption(_told(here, webhook))
        if here.may(Role.ADMIN):
            with st.container(horizontal=True, gap="small"):
                _show_actions(here, webhook)
    if st.session_state.get(REMOVING) == webhook.id:
        _ask_to_remove(here, webhook)


def _show_actions(here: Here, webhook: WebhookView) -> None:
    if st.button("Send a test", key=f"settings-webhook-test-{webhook.id}", type="tertiary"):
        with session.saying_refusals():
            job_ids = deliveries.send_test_to_webhook(here.database, here.actor, webhook.id)
            jobs.push_now(here.database, here.redis, job_ids)
            said.say(
                "settings", f"A test for {webhook.name} is on its way; see Emails for what became of it."
            )
            st.rerun()
    if st.button("Remove", key=f"settings-webhook-remove-{webhook.id}", type="tertiary"):
        st.session_state[REMOVING] = webhook.id


def _told(here: Here, webhook: WebhookView) -> times.Dated:
    hears = "new live definitions" if webhook.schedule is None else f"runs of “{webhook.schedule}”"
    by = f" by {webhook.made_by}" if webhook.made_by else ""
    heard = plain.label(f"{webhook.host} · hears of {hears} · added ")
    return f"{heard} " + times.moment(webhook.created_at, here.the_project.zone) + plain.label(by)


def _show_adding(here: Here, newest: int) -> None:
    """A form of its own for each state, so that it empties."""
    st.subheader("Add a webhook", anchor=False)
    page = schedules.page_of_schedules(here.database, here.actor, here.the_project.id, size=MOST_SCHEDULES)
    names = {one.id: plain.option(f"Runs of “{one.name}”") for one in page.schedules}
    choices: list[int | None] = [*names, None]
    with st.form(f"settings-webhook-add-{newest}"):
        left, right = st.columns(2)
        name = left.text_input(
            "Name", max_chars=MAX_NAME, placeholder="#judges in Slack", key=f"settings-webhook-name-{newest}"
        )
        hears = left.selectbox(
            "Hears of",
            choices,
            format_func=lambda each: LIVE if each is None else names[each],
            key=f"settings-webhook-hears-{newest}",
        )
        kind = right.radio(
            "Gets",
            list(KINDS),
            format_func=lambda each: KINDS[each],
            captions=list(CAPTIONS.values()),
            key=f"settings-webhook-kind-{newest}",
        )
        url = st.text_input(
            "Address",
            type="password",
            max_chars=MAX_LENGTH,
            autocomplete="off",
            placeholder="https://hooks.slack.com/services/…",
            help="Stored encrypted and never shown again: whoever has it can write to the channel.",
            key=f"settings-webhook-url-{newest}",
        )
        pressed = st.form_submit_button("Add webhook", key="settings-webhook-save", type="primary")
    if pressed:
        with session.saying_refusals():
            _, secret = webhooks.add_webhook(
                here.database,
                here.settings,
                here.actor,
                here.the_project.id,
                name=name,
                kind=Kind(kind or Kind.SLACK),
                url=url,
                schedule_id=hears,
            )
            said.say("settings", "The webhook is added. Send it a test now.")
            if not secret:
                st.rerun()
            _show_once(secret)


@st.dialog("Copy the secret now", icon=":material/key:", width="medium", dismissible=False)
def _show_once(secret: str) -> None:
    """The text is kept nowhere in the clear: not in the session, not in the address."""
    st.markdown("It is shown **this once**. With it your program checks that a message is from Plumbline.")
    plain.prompt(secret)
    if st.button("I have copied it", key="settings-webhook-copied", type="primary"):
        st.rerun()


def _stop_asking() -> None:
    st.session_state.pop(REMOVING, None)


@st.dialog("Remove this webhook?", icon=":material/webhook:", on_dismiss=_stop_asking)
def _ask_to_remove(here: Here, webhook: WebhookView) -> None:
    plain.sentence(f"“{webhook.name}” hears of nothing more, and its address is no longer used.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="settings-webhook-remove-no"):
            _stop_asking()
            st.rerun()
        if st.button("Remove webhook", key="settings-webhook-remove-yes", type="primary"):
            with session.saying_refusals():
                webhooks.remove_webhook(here.database, here.actor, webhook.id)
                _stop_asking()
                said.say("settings", f"“{webhook.name}” is removed.")
                st.rerun()
