"""The ASGI entry: what `python -m dashboard` serves."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import Route

from dashboard import start
from dashboard.gate import paths
from dashboard.gate.gatekeeper import Gate
from dashboard.gate.headers import SecurityHeaders
from dashboard.gate.routes import routes
from dashboard.health import healthz
from dashboard.hosts import KnownHosts
from dashboard.product import database, settings

FRAME = Path(__file__).with_name("frame") / "main.py"

start.require_safety(settings(), database())
start.configure_streamlit(settings())

app = st.App(
    FRAME,
    routes=[Route(paths.HEALTH, healthz), *routes],
    middleware=[
        Middleware(SecurityHeaders, settings=settings()),
        Middleware(KnownHosts, settings=settings()),
        Middleware(Gate, settings=settings(), database=database()),
    ],
)
