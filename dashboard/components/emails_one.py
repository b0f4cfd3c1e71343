"""One mail as its recipient sees it, in a frame that runs nothing.

The mail's page is escaped where it is made. It is shown in a frame within the frame all the same: the
inner one is sandboxed without scripts, and the outer page forbids every script and every request, so that
even an escape that was forgotten could neither run nor call anybody.
"""

from __future__ import annotations

from html import escape

import streamlit as st

from core import deliveries, jobs
from core.deliveries import DeliveryView, MailPreview
from dashboard import session
from dashboard.components import plain, said, times
from dashboard.components.emails_list import show_state
from dashboard.components.links import show_link
from dashboard.session import Here

VIEWS = {"html": "As it looks", "phone": "On a phone", "text": "Text part"}
HEIGHT = 720
PHONE_WIDTH = 390
"""Pixels. The email is never drawn narrower, not even where the margins of the page on a phone leave less."""
OUTER = """<!doctype html><html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<style>html,body{{margin:0;height:100%}}
iframe{{border:0;width:100%;min-width:{width}px;height:100%;display:block}}</style>
</head><body><iframe title="The email" sandbox="allow-popups allow-popups-to-escape-sandbox" srcdoc="{page}">
</iframe></body></html>"""


def show_email(here: Here, delivery_id: int) -> None:
    show_link("emails", "Emails", icon="arrow_back")
    found = deliveries.preview(here.database, here.actor, delivery_id, here.settings.public_url)
    st.title(plain.label(found.subject), anchor=False)
    _show_facts(here, found.delivery)
    _show_resend(here, found.delivery)
    _show_mail(found)


def _show_facts(here: Here, delivery: DeliveryView) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        show_state(delivery)
        st.text(f"to {delivery.recipient}", width="content")
        at = delivery.sent_at or delivery.created_at
        times.caption(times.moment(at, here.the_project.zone), width="content")
        if delivery.run_id is not None:
            show_link("runs", f"Run {delivery.run_id}", icon="open_in_new", run=delivery.run_id)
    if delivery.error:
        st.warning(plain.label(delivery.error), icon=":material/info:")


def _show_resend(here: Here, delivery: DeliveryView) -> None:
    pressed = st.button(
        "Resend",
        key="emails-resend",
        icon=":material/forward_to_inbox:",
        disabled=delivery.on_its_way or delivery.about == "test",
        help="Sends it once more, as a message of its own. Whoever has the first one then has two.",
    )
    if pressed:
        with session.saying_refusals():
            job_ids = deliveries.resend(here.database, here.actor, delivery.id)
            jobs.push_now(here.database, here.redis, job_ids)
            said.say(
                "emails",
                f"{_what(delivery)} is on its way to {delivery.recipient} once more.",
            )
            session.go("emails")


def _what(delivery: DeliveryView) -> str:
    return f"The summary of run {delivery.run_id}" if delivery.run_id is not None else "The message"


def _show_mail(found: MailPreview) -> None:
    if not found.delivery.is_mail:
        st.caption("What is sent to the webhook, made anew as sending makes it.")
        st.code(found.text, language="json", wrap_lines=True, height=HEIGHT)
        return
    view = st.segmented_control(
        "View",
        list(VIEWS),
        default="html",
        format_func=lambda name: VIEWS[name],
        required=True,
        label_visibility="collapsed",
        key="emails-view",
    )
    if view == "text":
        plain.prompt(found.text, height=HEIGHT)
        return
    with st.container(border=True, width=PHONE_WIDTH if view == "phone" else "stretch", key="emails-frame"):
        st.iframe(framed(found.html), height=HEIGHT, alt="The email as its recipient sees it")
    st.caption(
        "Made anew, as sending makes it; the link that stops the emails is left out, since it is the "
        "recipient's own. Links open in a new tab."
    )


def framed(page: str) -> str:
    """The mail's page in a sandbox: no scripts, no requests; links open in new tabs."""
    page = page.replace("<head>", '<head><base target="_blank">', 1)
    return OUTER.format(page=escape(page, quote=True), width=PHONE_WIDTH)
