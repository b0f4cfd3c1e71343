"""A browser for the pages that a benchmark runs: somebody who is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def signed_in() -> Iterator[None]:
    """Pages are seen by the local admin of the installation that the environment names."""
    from core import signin
    from core.signin import Client
    from dashboard import product, visitor
    from dashboard.gate.identity import Presented

    database, settings = product.database(), product.settings()
    link = signin.make_welcome_link(database, settings.admin_email)
    token = signin.open_link(database, settings, link, Client("127.0.0.1", "bench"))
    with visitor.brought_by(lambda: Presented(token=token)):
        yield
