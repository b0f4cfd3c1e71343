"""Security headers on every answer, and what a browser may keep of it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import file_util

from core.settings import Settings
from dashboard.gate import paths
from dashboard.gate.cookies import is_https

COMPONENTS = "/component/"
BUNDLES = "/static/"
YEAR = 365 * 24 * 3600
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
DIFF_VIEWER = "diff_viewer"

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OWN_PAGES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""The sign-in pages: one style sheet, one picture, forms to ourselves, no script at all."""

STREAMLIT = {
    "default-src": "'none'",
    "connect-src": "'self'",
    "font-src": "'self' data:",
    "frame-src": "'self'",
    "img-src": "'self' data: blob:",
    "manifest-src": "'self'",
    "media-src": "'self' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "worker-src": "'self' blob:",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
"""The dashboard, but for its scripts. Streamlit writes its styles while it runs, hence unsafe-inline."""

COMPONENT = {
    "default-src": "'none'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'self'",
}
"""A component in a frame of the dashboard: the classic view of a diff. Again but for its scripts."""


class SecurityHeaders:
    """Adds them to what every route and every middleware below answers."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.common = COMMON | (
            {"Strict-Transport-Security": f"max-age={YEAR}"} if is_https(settings) else {}
        )
        self.own_pages = _written(OWN_PAGES)
        self.component = _written(COMPONENT | {"script-src": _scripts(_component_folder())})
        self.dashboard = _written(STREAMLIT | {"script-src": _scripts(Path(file_util.get_static_dir()))})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                self._add(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self.app(scope, receive, with_headers)

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self.common.items():
            headers[name] = value
        headers["Content-Security-Policy"] = self._policy(path)
        if not (path.startswith((BUNDLES, COMPONENTS)) and "public" in headers.get("Cache-Control", "")):
            headers["Cache-Control"] = "no-store"

    def _policy(self, path: str) -> str:
        if path.startswith(COMPONENTS):
            return self.component
        return self.own_pages if paths.is_open(path) else self.dashboard


def _written(policy: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {sources}" for name, sources in policy.items())


def _scripts(folder: Path) -> str:
    """The scripts of a folder, and those that stand in its index page itself by their digests."""
    page = (folder / "index.html").read_text(encoding="utf-8")
    digests = [hashlib.sha256(script.encode()).digest() for script in INLINE_SCRIPT.findall(page)]
    return " ".join(["'self'", *(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)])


def _component_folder() -> Path:
    """Where the diff viewer keeps its page, found without importing it: that would register it too early."""
    found = find_spec(DIFF_VIEWER)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "frontend" / "build"
