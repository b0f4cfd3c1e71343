"""The settings and the database of this process, shared by every session of the dashboard."""

from __future__ import annotations

from functools import cache

from core import accounts
from core.db import Database
from core.settings import Settings, load_settings
from core.terms import Actor, Origin


@cache
def settings() -> Settings:
    return load_settings()


@cache
def database() -> Database:
    return Database(settings().database)


@cache
def local_admin() -> Actor:
    """Until there is sign-in, everybody at this machine is the local admin."""
    return accounts.local_admin(database(), settings().admin_email, Origin.PAGE)
