"""The settings and the database of this process, shared by every session of the dashboard."""

from __future__ import annotations

from functools import cache

from core.db import Database
from core.settings import Settings, load_settings


@cache
def settings() -> Settings:
    return load_settings()


@cache
def database() -> Database:
    return Database(settings().database)
