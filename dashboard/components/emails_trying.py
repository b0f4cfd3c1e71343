"""Does mail arrive? A test email to oneself, and a look at the mail server step by step."""

from __future__ import annotations

import streamlit as st

from core import deliveries, jobs
from core.notifications.destination import destination
from core.notifications.smtp_check import Finding
from core.terms import Role
from dashboard import session
from dashboard.components import plain, said
from dashboard.session import Here

FOUND = "emails-check-found"


def show_tests(here: Here) -> None:
    """For editors, who send a test to themselves, and admins, who also ask the server."""
    if not here.may(Role.EDITOR):
        return
    with st.expander("Does mail arrive?", icon=":material/outgoing_mail:", key="emails-tests"):
        plain.sentence(_where(here))
        with st.container(horizontal=True):
            if st.button("Send a test email to me", key="emails-test-send", icon=":material/send:"):
                _send(here)
            if here.may(Role.ADMIN) and st.button(
                "Check the mail server", key="emails-check", icon=":material/network_check:"
            ):
                _check(here)
        for finding in st.session_state.get(FOUND, ()):
            _show_finding(finding)


def _where(here: Here) -> str:
    found = destination(here.settings)
    if found.folder is not None:
        return f"Mails stay on this machine, as files in {found.folder}."
    if found.server is None:
        return "No mail server is set: mails wait for one, and are given up after a day."
    return f"Mails are sent through {found.server}, from {here.settings.mail_from}."


def _send(here: Here) -> None:
    with session.saying_refusals():
        address, job_ids = deliveries.send_test_mail(
            here.database, here.settings, here.actor, here.the_project.id
        )
        jobs.push_now(here.database, here.redis, job_ids)
        said.say("emails", f"A test email to {address} is on its way; what becomes of it stands below.")
        st.rerun()


def _check(here: Here) -> None:
    with session.saying_refusals(), st.spinner("Asking the mail server…"):
        st.session_state[FOUND] = deliveries.check_server(
            here.database, here.settings, here.actor, here.the_project.id
        )


def _show_finding(finding: Finding) -> None:
    mark = ":green[:material/check_circle:]" if finding.good else ":red[:material/error:]"
    st.markdown(f"{mark} **{finding.step}** — {plain.label(finding.said, 600)}")
