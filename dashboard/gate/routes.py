"""The routes that are open to everybody, beside /healthz.

Each answers GET as well: for a method that no route of ours takes, Streamlit would serve its own page.
"""

from __future__ import annotations

from starlette.routing import Route

from dashboard.gate import links, oidc, pages, paths, sign_in, unsubscribe

routes = [
    Route(paths.SIGN_IN, sign_in.sign_in, methods=["GET", "POST"]),
    Route(paths.SIGN_OUT, sign_in.sign_out, methods=["GET", "POST"]),
    Route(paths.STYLE, pages.style),
    Route(paths.ICON, pages.picture),
    Route(paths.OIDC, oidc.begin),
    Route(paths.OIDC_CALLBACK, oidc.finish),
    Route(paths.WELCOME, links.welcome, methods=["GET", "POST"]),
    Route(paths.UNSUBSCRIBE, unsubscribe.unsubscribe, methods=["GET", "POST"]),
]
