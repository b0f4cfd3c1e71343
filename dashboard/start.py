"""What must be true before the dashboard listens."""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit

from streamlit import config

from core import signin
from core.db import Database
from core.errors import Refused
from core.settings import Settings

EVERYWHERE = "0.0.0.0"  # noqa: S104  # nosec B104
"""What Streamlit listens on unless it is told otherwise."""
TRUSTED = "FORWARDED_ALLOW_IPS"
"""Whom uvicorn lets rewrite the address of the visitor. It must be nobody: the gate needs the real peer."""

NO_PEER = (
    "With SIGN_IN=proxy start the dashboard by `python -m dashboard`: started otherwise, a header could "
    "pretend to come from the proxy."
)


def require_safety(settings: Settings, database: Database) -> None:
    """End the process with a sentence where it would let in people it must not."""
    if settings.sign_in == "proxy" and os.environ.get(TRUSTED) != "":
        sys.exit(NO_PEER)
    try:
        signin.refuse_open_binding(settings, database, config.get_option("server.address") or EVERYWHERE)
    except Refused as error:
        sys.exit(str(error))


def configure_streamlit(settings: Settings) -> None:
    """What Streamlit must know that is set in one place of ours.

    It signs its own cookies with our secret, so that they outlive a restart and hold on every process.
    It takes WebSockets from the public address also where a proxy names another host; otherwise it would
    ask a server on the internet for the address of this machine, to compare.
    """
    config.set_option("server.cookieSecret", signin.cookie_secret(settings))
    config.set_option("browser.serverAddress", urlsplit(settings.public_url).hostname)
