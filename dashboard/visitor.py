"""Who is looking at the page: read anew in every rerun from what their browser brought.

Streamlit keeps the cookies and headers of the WebSocket's handshake; that they still stand for somebody
is asked of the database each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from core.signin import SignedIn
from dashboard import product
from dashboard.gate.identity import PEER_HEADER, Presented, gather, recognise


def _of_this_session() -> Presented:
    settings, context = product.settings(), st.context
    header = context.headers.get_all(settings.proxy_header)
    return gather(settings, context.cookies, header, context.headers.get(PEER_HEADER, ""))


_source: Callable[[], Presented] = _of_this_session


def brought() -> Presented:
    """The session's token and what the proxy said of it."""
    return _source()


def who() -> SignedIn | None:
    """The person, None once they are out. That they clicked is noted at the gate."""
    return recognise(product.database(), product.settings(), brought(), clicked=False)


@contextmanager
def brought_by(source: Callable[[], Presented]) -> Iterator[None]:
    """Take what a browser brings from elsewhere: for running a page where there is no browser.

    It still has to be a cookie that the database knows.
    """
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
