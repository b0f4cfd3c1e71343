"""Every place of the dashboard with something on it: what is swept in both themes, and with hostile texts.

The pages are those in `dashboard/pages`: one that is new is swept at its plain address at once, and its
further places are added here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.rich_world import RichProject

PAGES = Path(__file__).parents[2] / "dashboard" / "pages"
FURTHER = {
    "metrics": (
        "new=1",
        "find=nothing+like+it",
        "metric={metric_id}&tab=History",
        "metric={metric_id}&tab=Prompt",
        "metric={metric_id}&tab=Prompt&edit={result_id}",
        "metric={metric_id}&tab=Versions",
        "metric={metric_id}&tab=Lab",
        "metric={metric_id}&tab=Settings",
    ),
    "lab": (
        "metric={metric_id}&part=rows",
        "metric={metric_id}&show=to_label",
        "metric={metric_id}&search=call-00",
        "metric={metric_id}&part=import",
        "metric={metric_id}&part=export",
        "metric={metric_id}&review={review_id}",
        "metric={metric_id}&review={review_id}&find=Tuesday",
    ),
    "schedules": (
        "schedule={schedule_id}",
        "schedule={schedule_id}&edit=1",
        "new=1",
        "new=1&metric={metric_id}",
        "find=week&state=on",
    ),
    "runs": (
        "run={run_id}&result={result_id}",
        "run={run_id}&result={result_id}&edit=1",
        "run={stale_run_id}&result={stale_result_id}",
        "run={going_run_id}",
        "outcome=regressed&trigger=schedule",
        "to=2000-01-01",
    ),
    "emails": ("email={delivery_id}", "show=open", "show=webhooks"),
    "settings": (
        "section=members",
        "section=endpoint",
        "section=tokens",
        "section=mail",
        "section=webhooks",
        "add=1",
        "new=1",
    ),
    "trends": ("range=1y",),
    "audit": ("about=metric&origin=page", "search=nothing+like+it"),
}
"""Beside the plain address of each page, by its name."""


@dataclass(frozen=True)
class Opened:
    """What opens over a place, or in it, by a click: the keys of the containers of what is clicked, one after
    the other. A key that ends in a dash stands for the first one that begins so."""

    place: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place}:{self.keys[-1]}"


RESULT = "/runs?run={run_id}&result={result_id}"
METRIC = "/metrics?metric={metric_id}"
MEMBERS = "/settings?section=members"
OPENED = (
    Opened("/runs", ("runs-metric-all",)),
    Opened("/audit", ("audit-details-",)),
    Opened(RESULT, ("runs-call-",)),
    Opened(RESULT, ("trial-call-",)),
    Opened(RESULT, ("runs-no-",)),
    Opened(RESULT, ("runs-flip-neither-",)),
    Opened(RESULT, ("runs-still-",)),
    Opened("/runs?run={stale_run_id}&result={stale_result_id}", ("runs-since-",)),
    Opened(METRIC, ("metrics-delete",)),
    Opened(METRIC, ("metrics-options",)),
    Opened(f"{METRIC}&tab=History", ("metrics-history-list",)),
    Opened(f"{METRIC}&tab=Prompt", ("metrics-open-file-",)),
    Opened(f"{METRIC}&tab=Prompt&edit={{result_id}}", ("metrics-changes-",)),
    Opened(f"{METRIC}&tab=Versions", ("metrics-restore-",)),
    Opened("/metrics?new=1", ("metrics-new-from-file",)),
    Opened("/schedules", ("schedules-{schedule_id}-delete",)),
    Opened(MEMBERS, ("settings-more-{member_id}",)),
    Opened(MEMBERS, ("settings-more-{member_id}", "settings-link-")),
    Opened(MEMBERS, ("settings-more-{member_id}", "settings-disable-")),
    Opened(MEMBERS, ("settings-more-{member_id}", "settings-remove-")),
    Opened("/settings?section=tokens", ("settings-token-revoke-",)),
    Opened("/settings?section=webhooks", ("settings-webhook-remove-",)),
)


def every_place() -> list[str]:
    """Addresses with the names of ids in braces."""
    pages = sorted(page.stem for page in PAGES.glob("[a-z]*.py"))
    unknown = set(FURTHER) - set(pages)
    assert not unknown, f"no such page: {unknown}"
    return [
        place
        for page in pages
        for place in (_plain(page), *(f"{_plain(page)}?{more}" for more in FURTHER.get(page, ())))
    ]


def _plain(page: str) -> str:
    return "/" if page == "overview" else f"/{page}"


def address(place: str, project: RichProject) -> str:
    """The place in this project."""
    filled = named(place, project)
    joined = "&" if "?" in filled else "?"
    return f"{filled}{joined}project={project.project_id}"


def named(text: str, project: RichProject) -> str:
    """With the ids of this project where their names stand in braces."""
    return text.format(**{name: getattr(project, name) for name in project.__slots__})
