from __future__ import annotations

from tests.databases import database, empty_database, migrated_file, migrated_postgres, postgres
from tests.integration.webhook_world import receiver
from tests.world import endpoint, model, world

__all__ = [
    "database",
    "empty_database",
    "endpoint",
    "migrated_file",
    "migrated_postgres",
    "model",
    "postgres",
    "receiver",
    "world",
]
