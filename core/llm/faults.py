"""What it means when an endpoint fails: which error a person sees, and whether calling again may mend it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.errors import (
    AddressNotAllowed,
    CallFailed,
    ModelError,
    ModelNotKnown,
    ModelRefusedKey,
    ModelUnreachable,
    PlumblineError,
)

if TYPE_CHECKING:
    from openai import APIConnectionError, APIError, APIStatusError

TRANSIENT = frozenset({408, 409, 425})
MALFORMED = frozenset({400, 422})
TOO_LONG = (
    "context_length",
    "context length",
    "context size",
    "context window",
    "too long",
    "too many tokens",
)
MODEL_UNKNOWN = ("model not found", "unknown model", "no such model", "model does not exist")
QUOTA_SPENT = ("insufficient quota", "insufficient balance")
SHOWN_CHARACTERS = 200


class RequestTooLong(CallFailed):
    """This request is too long for the model …; says nothing about the endpoint's health."""


class RequestRefused(CallFailed):
    """The model endpoint refused the request (HTTP 400: …)."""


class Again(Enum):
    """Whether the same call may be made again."""

    NEVER = "never"
    SOON = "soon"
    """A few times within two seconds: nobody has seen this endpoint alive yet."""
    LATER = "later"
    """A few times, each after a longer pause."""
    WHEN_TOLD = "when told"
    """As often as patience lasts, and no sooner than the endpoint says; holds for all calls."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed attempt. `error` is raised when it was the last one."""

    error: PlumblineError
    again: Again = Again.NEVER
    retry_after: float | None = None
    """Seconds the endpoint asked to wait."""
    billed: bool = False
    """Whether the call may have been billed although no answer arrived."""
    complaint: str = ""
    """What the endpoint says is wrong with the request, if it says that."""


Resolve = Callable[[str, int], list[str]]
"""The addresses to connect to for a host and port. Raises OSError, and AddressNotAllowed."""


@dataclass(frozen=True, slots=True)
class SetIn:
    """Where people change what an endpoint is, as the sentences name it."""

    address: str = "LLM_BASE_URL"
    key: str = "LLM_API_KEY"
    model: str = "LLM_MODEL"


INSTALLATION = SetIn()


def shown_address(base_url: str | None) -> str:
    """An address without a user, a password or a query in it; empty for none."""
    if not base_url:
        return ""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}".rstrip("/")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Whom the sentences are about. `secret` is never repeated, even if the endpoint does so.

    `resolve` finds the addresses to connect to where not every address is allowed; None is for the
    operator's own endpoint, which may be anywhere.
    """

    base_url: str
    model: str
    timeout_seconds: float
    secret: str = field(default="", repr=False)
    set_in: SetIn = INSTALLATION
    resolve: Resolve | None = None

    @property
    def address(self) -> str:
        return shown_address(self.base_url)

    def quote(self, text: str) -> str:
        """What the endpoint said: one line, not long, without the key."""
        line = " ".join((text.replace(self.secret, "[key]") if self.secret else text).split())
        return line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS] + "…"


def fault_of(error: APIError, endpoint: Endpoint, *, reached: bool, now: Callable[[], float]) -> Fault:
    """What an error of the SDK means.

    `reached`: the endpoint has answered something before; `now`: Unix time, for a Retry-After date.
    """
    import openai

    if isinstance(error, openai.APIStatusError):
        return _of_status(error, endpoint, now)
    if isinstance(error, openai.APIConnectionError):
        return _of_connection(error, endpoint, reached)
    return Fault(CallFailed(f"The model endpoint failed: {endpoint.quote(str(error))}."))


def not_an_answer(endpoint: Endpoint) -> Fault:
    """The endpoint said all is well and sent something that is no chat completion."""
    error = CallFailed(
        "The model endpoint sent something that is no chat completion: if it stays so, "
        f"check {endpoint.set_in.address}."
    )
    return Fault(error, Again.LATER, billed=True)


def _of_status(error: APIStatusError, endpoint: Endpoint, now: Callable[[], float]) -> Fault:
    status, signs = error.status_code, _signs(error)
    if status == 429 and not _any_of(QUOTA_SPENT, signs):
        sentence = "The model endpoint kept refusing calls because too many were made."
        return Fault(CallFailed(sentence), Again.WHEN_TOLD, retry_after(error.response.headers, now))
    if status >= 500 or status in TRANSIENT:
        sentence = f"The model endpoint failed (HTTP {status}: {endpoint.quote(_message(error))})."
        return Fault(CallFailed(sentence), Again.LATER, retry_after(error.response.headers, now))
    complaint = signs if status in MALFORMED and not _any_of(TOO_LONG, signs) else ""
    return Fault(_refusal(status, signs, endpoint.quote(_message(error)), endpoint), complaint=complaint)


def _refusal(status: int, signs: str, said: str, endpoint: Endpoint) -> PlumblineError:
    """What a refusal means that no repeated call would mend."""
    at = f"The model endpoint at {endpoint.address}"
    if status < 400:
        return ModelUnreachable(f"{at} sends callers on to another address: check {endpoint.set_in.address}.")
    if status in (401, 403):
        return ModelRefusedKey(f"{at} refused the key: check {endpoint.set_in.key}.")
    if status in (402, 429):
        return ModelError(f"{at} says that the account has no credit left: check its plan and billing.")
    if status == 413 or _any_of(TOO_LONG, signs):
        return RequestTooLong(f"This request is too long for the model “{endpoint.model}”.")
    if status == 404 or _any_of(MODEL_UNKNOWN, signs):
        return ModelNotKnown(
            f"{at} does not know the model “{endpoint.model}”: check {endpoint.set_in.model}, "
            f"and the path in {endpoint.set_in.address}."
        )
    return RequestRefused(f"The model endpoint refused the request (HTTP {status}: {said}).")


def _of_connection(error: APIConnectionError, endpoint: Endpoint, reached: bool) -> Fault:
    import httpx2
    import openai

    reason = error.__cause__
    if isinstance(reason, AddressNotAllowed):
        return Fault(reason)
    if isinstance(reason, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.UnsupportedProtocol)):
        return _unreachable(reason, endpoint, reached)
    if isinstance(error, openai.APITimeoutError):
        sentence = f"The model endpoint did not answer within {endpoint.timeout_seconds:g} seconds."
    else:
        sentence = "The connection to the model endpoint broke off."
    return Fault(CallFailed(sentence), Again.LATER, billed=True)


def _unreachable(reason: Exception, endpoint: Endpoint, reached: bool) -> Fault:
    why = str(reason).rpartition("] ")[2] or "no connection in time"
    sentence = (
        f"The model endpoint at {endpoint.address} could not be reached ({why}): "
        f"check {endpoint.set_in.address}."
    )
    if reached:
        return Fault(CallFailed(sentence), Again.LATER)
    return Fault(ModelUnreachable(sentence), Again.SOON)


def retry_after(headers: Mapping[str, str], now: Callable[[], float]) -> float | None:
    """Seconds to wait: `Retry-After` in seconds or as an HTTP date; None if it is absent or nonsense."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: Callable[[], float]) -> float:
    try:
        return parsedate_to_datetime(date).timestamp() - now()
    except (ValueError, OverflowError):
        return math.nan


def _message(error: APIStatusError) -> str:
    """The endpoint's own words, wherever it put them; else the page it sent."""
    body: Any = error.body
    if isinstance(body, dict):
        body = body.get("message") or body.get("detail") or body.get("error") or body
    return str(body or error.response.reason_phrase)


def _signs(error: APIStatusError) -> str:
    """All that tells one refusal from another, in lower case."""
    return f"{error.code} {error.type} {error.param} {_message(error)}".lower()


def _any_of(signs: tuple[str, ...], said: str) -> bool:
    words = said.replace("_", " ")
    return any(sign in words for sign in signs)
