from __future__ import annotations

import os
import shutil

import pytest

from tests.servers import _shared_redis, own_redis, redis_server, redis_url

__all__ = ["_shared_redis", "own_redis", "redis_server", "redis_url"]

NO_CHROMIUM = "there is no Chromium on this machine; install chromium to run the browser tests"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without Chromium a browser test is skipped, and in CI it fails: there a skip would go unseen."""
    if item.get_closest_marker("browser") is None or shutil.which("chromium"):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(NO_CHROMIUM, pytrace=False)
    pytest.skip(NO_CHROMIUM)
