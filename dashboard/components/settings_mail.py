"""Where the summary mails go."""

from __future__ import annotations

import streamlit as st

from core.notifications.destination import destination
from dashboard.components.links import show_link
from dashboard.session import Here

HOW_TO_CHANGE = (
    "Set these in the file `.env` of the installation, or in the environment, and restart Plumbline:"
)
EXAMPLE = """\
SMTP_URL=smtp://user:password@mail.example.com:587
MAIL_FROM=Plumbline <plumbline@example.com>
PUBLIC_URL=https://plumbline.example.com"""
ABOUT_IT = (
    "`smtps://` is TLS from the first byte; a password is never sent over a connection without TLS. Links in "
    "mails begin with `PUBLIC_URL`."
)


def show_mail(here: Here) -> None:
    found = destination(here.settings)
    with st.container(border=True, key="settings-mail"):
        if found.folder is not None:
            st.markdown(
                "**Mails stay on this machine**: the built-in mail catcher keeps each one as a file in"
            )
            st.code(str(found.folder), language=None, wrap_lines=True)
        elif found.server is not None:
            st.markdown("**Mails are sent through**")
            st.code(found.server, language=None, wrap_lines=True)
        else:
            st.markdown(
                ":orange[:material/warning:] **No mail server is set**: mails wait for one, and are given up "
                "after a day. They can be read under Emails all the same."
            )
        st.caption("Sender and address in links")
        st.text(f"{here.settings.mail_from}\n{here.settings.public_url}")
        show_link("emails", "See what was sent", icon="mail")
    with st.expander("How to change it", expanded=found.folder is not None, key="settings-mail-how"):
        st.markdown(HOW_TO_CHANGE)
        st.code(EXAMPLE, language=None, wrap_lines=True)
        st.markdown(ABOUT_IT)
