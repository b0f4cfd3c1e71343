"""The pages outside the dashboard, which is only for who has signed in: plain HTML from templates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

from dashboard.gate import paths

TEMPLATES = Path(__file__).parent / "templates"
PICTURE = Path(__file__).parents[1] / "static" / "plumbline.png"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


def page(template: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """A page; what is shown is escaped."""
    addresses = {"style": paths.STYLE, "picture": paths.ICON, "sign_in": paths.SIGN_IN}
    return HTMLResponse(_environment.get_template(template).render(addresses | shown), status)


def sentence(title: str, text: str, status: int) -> HTMLResponse:
    """A page that says one thing and leads to the sign-in page."""
    return page("sentence.html", status, title=title, text=text)


def style(_request: Request) -> FileResponse:
    return FileResponse(TEMPLATES / "style.css", media_type="text/css")


def picture(_request: Request) -> FileResponse:
    return FileResponse(PICTURE)
