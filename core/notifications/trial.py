"""The test mail: shows that mail arrives, and in which dress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.notifications.message import Content
from core.notifications.pages import environment, inlined


def trial_content(facts: Mapping[str, Any]) -> Content:
    """`facts`: project, asked_by, server (or None) and overview_url."""
    subject = f"Plumbline: a test email — {facts['project']}"
    pages = environment()
    shown = {"subject": subject, **facts}
    return Content(
        subject,
        pages.get_template("trial.txt").render(shown),
        inlined(pages.get_template("trial.html").render(shown)),
    )
