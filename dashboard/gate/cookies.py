"""The cookie that holds a session's token, and the short-lived one of a sign-in at a provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.responses import Response

from core import signin
from core.settings import Settings
from dashboard.gate import paths

FLOW_SECONDS = 600


def is_https(settings: Settings) -> bool:
    return settings.public_url.lower().startswith("https://")


def session_cookie(settings: Settings) -> str:
    """The cookie's name.

    On https browsers keep a `__Host-` cookie from other hosts of the domain. Cookies know no ports: the
    port in the name lets two installations on one machine keep their people apart.
    """
    if is_https(settings):
        return "__Host-plumbline"
    return f"plumbline-{urlsplit(settings.public_url).port or 80}"


def keep_session(response: Response, settings: Settings, token: str) -> None:
    lasts = timedelta(days=settings.session_days)
    _set(response, settings, session_cookie(settings), token, lasts, path="/")


def drop_session(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        session_cookie(settings), path="/", secure=is_https(settings), httponly=True, samesite="lax"
    )


def keep_flow(response: Response, settings: Settings, flow: dict[str, Any]) -> None:
    """Remember a sign-in at the provider until its answer comes: signed, for ten minutes."""
    lasts = timedelta(seconds=FLOW_SECONDS)
    _set(response, settings, _flow_cookie(settings), _signer(settings).dumps(flow), lasts, path=paths.SIGN_IN)


def read_flow(settings: Settings, cookies: dict[str, str]) -> dict[str, Any] | None:
    """The flow that this browser began, None where it began none, too long ago, or forged it."""
    try:
        found = _signer(settings).loads(cookies.get(_flow_cookie(settings), ""), max_age=FLOW_SECONDS)
    except BadData:
        return None
    return cast("dict[str, Any]", found)


def drop_flow(response: Response, settings: Settings) -> None:
    response.delete_cookie(
        _flow_cookie(settings), path=paths.SIGN_IN, secure=is_https(settings), httponly=True, samesite="lax"
    )


def _flow_cookie(settings: Settings) -> str:
    return f"{session_cookie(settings).removeprefix('__Host-')}-oidc"


def _signer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(signin.cookie_secret(settings), salt="plumbline.oidc-flow")


def _set(
    response: Response, settings: Settings, name: str, value: str, lasts: timedelta, *, path: str
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path=path,
        secure=is_https(settings),
        httponly=True,
        samesite="lax",
    )
