"""The ASGI entry: `python -m streamlit run dashboard/app.py` serves the pages and /healthz."""

from __future__ import annotations

import streamlit as st
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Route

from dashboard.health import healthz
from dashboard.hosts import allowed_hosts
from dashboard.product import settings

app = st.App(
    "frame/main.py",
    routes=[Route("/healthz", healthz)],
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=allowed_hosts(settings()), www_redirect=False)
    ],
)
