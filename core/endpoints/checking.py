"""What may be stored as an endpoint: a public address, a key and prices that can be ones."""

from __future__ import annotations

from urllib.parse import urlsplit

from core import addresses
from core.addresses import Lookup
from core.endpoints.values import Prices
from core.errors import AddressNotAllowed, Refused
from core.llm.budget import PRICE_UNIT
from core.settings import Settings

MAX_KEY = 4_000
MAX_MODEL = 200


def clean_model(model: str) -> str:
    """A model's name, trimmed; empty for none. Raises Refused."""
    model = model.strip()
    if len(model) > MAX_MODEL or not model.isprintable():
        raise Refused(f"The model name is longer than {MAX_MODEL} characters or holds a control character.")
    return model


def clean_address(base_url: str, settings: Settings, lookup: Lookup) -> str:
    base_url = addresses.check_public(base_url, settings, lookup).rstrip("/")
    parts = urlsplit(base_url)
    if parts.query or parts.fragment:
        raise AddressNotAllowed(
            "Leave what follows ? or # out of the address: it ends in a path such as /v1."
        )
    return base_url


def clean_key(key: str) -> str:
    key = key.strip()
    if not (key.isascii() and key.isprintable()) or " " in key or len(key) > MAX_KEY:
        raise Refused("The key holds characters that no key has: copy it again.")
    return key


def clean_prices(price_input: float | None, price_output: float | None) -> Prices:
    for price in (price_input, price_output):
        if price is not None and not 0 <= price < PRICE_UNIT:
            raise Refused("A price is money for a million tokens: 0 or more, and less than a million.")
    if (price_input is None) != (price_output is None):
        raise Refused("Give both prices, for tokens in and out, or neither.")
    return Prices(price_input, price_output)
