from __future__ import annotations

from tests.databases import database, migrated_file, migrated_postgres, postgres

__all__ = ["database", "migrated_file", "migrated_postgres", "postgres"]
