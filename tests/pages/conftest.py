from __future__ import annotations

from tests.databases import migrated_file
from tests.page_world import components_found_once, page_world
from tests.pages.lab_page import polite

__all__ = ["components_found_once", "migrated_file", "page_world", "polite"]
