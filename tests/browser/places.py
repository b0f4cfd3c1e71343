"""Every place of the dashboard with something on it: what is swept in both themes, and with hostile texts.

The pages are those in `dashboard/pages`: one that is new is swept at its plain address at once, and its
further places are added here.
"""

from __future__ import annotations

from pathlib import Path

from tests.rich_world import RichProject

PAGES = Path(__file__).parents[2] / "dashboard" / "pages"
FURTHER = {
    "metrics": (
        "metric={metric_id}&tab=History",
        "metric={metric_id}&tab=Prompt",
        "metric={metric_id}&tab=Versions",
    ),
    "lab": (
        "metric={metric_id}&part=rows",
        "metric={metric_id}&part=import",
        "metric={metric_id}&part=export",
        "metric={metric_id}&review={review_id}",
    ),
    "schedules": ("schedule={schedule_id}", "schedule={schedule_id}&edit=1", "new=1"),
    "runs": ("run={run_id}&result={result_id}",),
    "emails": ("email={delivery_id}",),
    "settings": ("section=members", "section=endpoint", "section=tokens", "section=mail", "new=1"),
    "trends": ("range=1y",),
}
"""Beside the plain address of each page, by its name."""


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
    filled = place.format(**{name: getattr(project, name) for name in project.__slots__})
    joined = "&" if "?" in filled else "?"
    return f"{filled}{joined}project={project.project_id}"
