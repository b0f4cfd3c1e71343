"""Where mails go, in words for people: never with a password."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from core.settings import RUNTIME_FILE, Settings

CATCHER_FOLDER = "mail"


@dataclass(frozen=True, slots=True)
class Destination:
    """`server` is host and port, None while no server is set.

    `folder` is where the built-in mail catcher of `make run` keeps what it gets; None for a real server.
    """

    server: str | None
    folder: Path | None


def destination(settings: Settings) -> Destination:
    """Where the settings send mail."""
    if settings.smtp_url is None:
        return Destination(None, None)
    url = settings.smtp_url.get_secret_value()
    caught = url == _started_by_make_run(settings.plumbline_home)
    return Destination(_host_and_port(url), settings.plumbline_home / CATCHER_FOLDER if caught else None)


def _host_and_port(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _started_by_make_run(home: Path) -> str | None:
    """The address that `make run` left for its mail catcher."""
    try:
        found = json.loads((home / RUNTIME_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    address = found.get("smtp_url") if isinstance(found, dict) else None
    return address if isinstance(address, str) else None
