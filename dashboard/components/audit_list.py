"""The audit, newest first: search, filter, one deed opened, and the whole of it as a file."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core import audit_log
from core.audit_log import PAGE, AuditEntry, AuditPage, Looked
from core.terms import Origin
from dashboard.components import audit_words, filters, paging, plain, times
from dashboard.components.empty import empty_state
from dashboard.session import Here

SUBJECTS = {
    "metric": "Metrics",
    "label": "Labels",
    "run": "Runs",
    "proposal": "Proposals",
    "schedule": "Schedules",
    "member": "Members",
    "user": "Sign-in and accounts",
    "token": "API tokens",
    "project": "Project settings",
}
ORIGINS = {origin.value: audit_words.FROM[origin.value].capitalize() for origin in Origin}
MAX_SEARCH = 200
SHOWN_CHARACTERS = 4_000


def show_audit(here: Here) -> None:
    st.title("Audit", anchor=False)
    st.caption(
        "Every change in this project, by whom and from where. Nothing in it can be changed or deleted."
    )
    looked = _looked()
    found, number = paging.found_page(partial(_page, here, looked), PAGE)
    if not found.total:
        empty_state("manage_search", "Nothing found", "No deed matches what you look for.")
        return
    _show_count(here, found, looked, number)
    for entry in found.entries:
        _show_entry(here, entry)
    paging.show_pages(found.total, PAGE, number, "audit-page")


def _page(here: Here, looked: Looked, number: int) -> AuditPage:
    return audit_log.events_of(here.database, here.actor, here.the_project.id, looked, page=number)


def _looked() -> Looked:
    """As the address says; what it cannot be is ignored."""
    words, about, origin = st.columns([3, 2, 2], vertical_alignment="bottom")
    with words:
        filters.show_words("audit", "search", "Search", "who, what or why", MAX_SEARCH)
    with about:
        filters.show_choice("audit", "about", "About", SUBJECTS, "Everything")
    with origin:
        filters.show_choice("audit", "origin", "From", ORIGINS, "From anywhere")
    place = filters.chosen("origin", ORIGINS)
    return Looked(
        filters.written("search", MAX_SEARCH),
        Origin(place) if place else None,
        filters.chosen("about", SUBJECTS) or "",
    )


def _export(here: Here, name: str, looked: Looked) -> str:
    return "".join(audit_log.export_events(here.database, here.actor, here.the_project.id, name, looked))


def _show_count(here: Here, found: AuditPage, looked: Looked, number: int) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        noun = "entry" if found.total == 1 else "entries"
        st.caption(f"{paging.span(number, PAGE, len(found.entries), found.total)} {noun}")
        for name, title in (("csv", "CSV"), ("jsonl", "JSON Lines")):
            st.download_button(
                title,
                partial(_export, here, name, looked),
                file_name=f"audit.{name}",
                icon=":material/download:",
                key=f"audit-export-{name}",
                on_click="ignore",
            )


def _show_entry(here: Here, entry: AuditEntry) -> None:
    with st.container(border=True, key=f"audit-{entry.id}", gap="xsmall"):
        st.markdown(f"**{plain.short(entry.actor)}** {audit_words.done(entry.action)}{_of_what(entry)}")
        place = audit_words.FROM.get(entry.origin, plain.label(entry.origin))
        times.caption(times.moment(entry.at, here.the_project.zone) + f" · {place}")
        if entry.reason:
            st.text(entry.reason)
        if entry.details:
            _show_changes(entry)


def _of_what(entry: AuditEntry) -> str:
    """What it was done to; nothing where people did it to themselves."""
    return "" if entry.subject == f"user {entry.actor}" else f": {plain.short(entry.subject)}"


def _show_changes(entry: AuditEntry) -> None:
    with st.expander("Details", key=f"audit-details-{entry.id}"):
        for name, before, after in audit_words.changes(entry.details):
            st.caption(plain.short(name).capitalize())
            text = f"{before[:SHOWN_CHARACTERS]}\n→ {after[:SHOWN_CHARACTERS]}" if before else after
            st.code(text[: 2 * SHOWN_CHARACTERS], language=None, wrap_lines=True)
