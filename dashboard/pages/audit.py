"""Audit: who did what, when, from where, and what it changed."""

from __future__ import annotations

from dashboard import session
from dashboard.components import audit_list

with session.saying_refusals():
    audit_list.show_audit(session.need_project())
