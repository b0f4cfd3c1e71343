"""Handing one body to a webhook's address, and saying what became of it."""

from __future__ import annotations

import html
import re
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from core.addresses import Lookup
from core.errors import AddressNotAllowed, DeliveryDelayed, DeliveryFateUnknown, DeliveryRefused
from core.llm.faults import retry_after
from core.notifications.legible import one_line

if TYPE_CHECKING:
    import httpx2

Failure = DeliveryRefused | DeliveryDelayed

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 10.0
WHOLE_SECONDS = 25.0
"""For everything together: a receiver that answers a byte at a time must not hold a worker for ever."""
SAID_CHARACTERS = 200
READ_BYTES = 4 * SAID_CHARACTERS
LIKE_A_KEY = 12
"""Characters from which on a part of a path is no word that an answer may well hold."""
GONE = 410


def post(
    url: str, headers: Mapping[str, str], body: bytes, resolve: Lookup, seconds: float = WHOLE_SECONDS
) -> None:
    """POST the body; any 2xx is an acceptance. No redirect is followed, and connections are made only to
    what `resolve` returns.

    Raises DeliveryRefused for what waiting will not mend: 410, a redirect, an address that is not allowed;
    DeliveryFateUnknown when no answer came after the body was handed over; DeliveryDelayed for all else,
    with the pause that a Retry-After asks for.
    No error holds the path of the address, which may be a secret, not even where the receiver repeats it.
    """
    ended: list[Failure | None] = []
    thread = threading.Thread(
        target=lambda: ended.append(_failure(url, headers, body, resolve)), name="webhook", daemon=True
    )
    thread.start()
    thread.join(seconds)
    if not ended:
        raise DeliveryFateUnknown(f"{_place(url)} had not answered after {seconds:.0f} seconds.")
    if ended[0] is not None:
        raise ended[0]


def _failure(url: str, headers: Mapping[str, str], body: bytes, resolve: Lookup) -> Failure | None:
    """What went wrong, carried to the thread that waits for it."""
    try:
        _post(url, headers, body, resolve)
    except (DeliveryRefused, DeliveryDelayed) as error:
        return error
    return None


def _post(url: str, headers: Mapping[str, str], body: bytes, resolve: Lookup) -> None:
    import httpx2

    from core.llm.checked_transport import CheckedTransport

    transport = CheckedTransport(resolve, httpx2.Limits(max_connections=1))
    timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
    client = httpx2.Client(transport=transport, timeout=timeout, follow_redirects=False, trust_env=False)
    try:
        with client, client.stream("POST", url, content=body, headers=dict(headers)) as response:
            _judge(url, response)
    except AddressNotAllowed as error:
        raise DeliveryRefused(str(error)) from None
    except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.WriteError, httpx2.WriteTimeout) as error:
        raise DeliveryDelayed(f"{_place(url)} could not be reached ({_named(error)}).") from None
    except httpx2.HTTPError as error:
        raise DeliveryFateUnknown(
            f"{_place(url)} gave no answer after the message was handed over ({_named(error)}); "
            "it may have arrived."
        ) from None


def _judge(url: str, response: httpx2.Response) -> None:
    if response.is_success:
        return
    said = f"{response.status_code} {_said(url, response)}".strip()
    if response.is_redirect:
        raise DeliveryRefused(
            f"{_place(url)} answered with a redirect ({said}), which is not followed: "
            "make the webhook anew with the address it leads to."
        )
    if response.status_code == GONE:
        raise DeliveryRefused(f"{_place(url)} says that nobody listens there any more ({said}).")
    again = retry_after(response.headers, time.time) or 0.0
    raise DeliveryDelayed(f"{_place(url)} did not take the message now ({said}).", again)


def _said(url: str, response: httpx2.Response) -> str:
    """The start of what was answered, without the address's path should it be repeated there."""
    for chunk in response.iter_bytes(READ_BYTES):
        said = chunk.decode("utf-8", "replace")
        for secret in _secrets(url):
            said = said.replace(secret, "[address]")
        # What was not read may hold the rest of a secret that begins in the last characters.
        return one_line(said if len(chunk) < READ_BYTES else said[: -len(url)], SAID_CHARACTERS)
    return ""


def _secrets(url: str) -> list[str]:
    """Path and query, whole and in parts, in the forms in which a page repeats them; longest first, since
    one may hold another."""
    parts = urlsplit(url)
    whole = f"{parts.path}?{parts.query}" if parts.query else parts.path
    long = [part for part in re.split("[/?&=]", whole) if len(part) >= LIKE_A_KEY]
    plain = [text for text in (whole, parts.path, *long) if len(text) > 1]
    written = {form for text in plain for form in (text, unquote(text))}
    forms = written | {html.escape(text, quote=quotes) for text in written for quotes in (True, False)}
    return sorted(forms, key=len, reverse=True)


def _place(url: str) -> str:
    return urlsplit(url).netloc


def _named(error: Exception) -> str:
    return one_line(str(error), 100) or type(error).__name__
