"""Emails: what was sent to whom, and one mail as its recipient sees it."""

from __future__ import annotations

from dashboard import session
from dashboard.components import emails_list, emails_one, said
from dashboard.components.links import show_link_style


def show_page() -> None:
    here = session.need_project()
    show_link_style()
    said.show_said("emails")
    delivery_id = session.parameter("email")
    if delivery_id is None:
        emails_list.show_list(here)
    else:
        emails_one.show_email(here, delivery_id)


with session.saying_refusals():
    show_page()
