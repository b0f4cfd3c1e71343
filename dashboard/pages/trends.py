"""Trends: how every metric of the project does over time, and what went into it."""

from __future__ import annotations

from dashboard import session
from dashboard.components.trends import show_trends

with session.saying_refusals():
    show_trends(session.need_project())
