"""What the identity provider is asked, over connections to checked addresses alone.

A name may stand for a public address while it is checked and for one of the network inside when it is
called, so each request connects to what was checked for it; the issuer's own host is no exception.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2
from joserfc.jwk import KeySet

from core import addresses
from core.addresses import Lookup, addresses_of
from core.errors import AddressNotAllowed, SignInRefused
from core.llm.checked_transport import CheckedTransport
from core.settings import Settings
from core.signin.kept import Kept

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
CALLED_FROM_HERE = ENDPOINTS[1:]
SECONDS = 10.0
KEPT_SECONDS = 300.0
"""How long a discovery document and a set of keys are believed: at most so long a key that the provider
took back still counts. A key that is new to us is asked for at once."""

_metadata: Kept[dict[str, Any]] = Kept(KEPT_SECONDS)
_keys: Kept[KeySet] = Kept(KEPT_SECONDS)


class Provider:
    """The provider of the settings. Every method may wait for it, and raises SignInRefused when it does
    not answer as it should or an address of it may not be called."""

    def __init__(self, settings: Settings, lookup: Lookup = addresses_of) -> None:
        self._settings = settings
        self._lookup = lookup
        self.issuer = (settings.oidc_issuer or "").rstrip("/")

    def metadata(self) -> dict[str, Any]:
        """Its document, at most KEPT_SECONDS old, whose issuer is the one that was set (OpenID Connect
        Discovery 4.3)."""
        return _metadata.get(self.issuer, self._discover)

    def keys(self, *, anew: bool = False) -> KeySet:
        """The keys it signs with, at most KEPT_SECONDS old; `anew`: as they are now.

        Raises JoseError, ValueError or KeyError where what it names as keys is none.
        """
        address = str(self.metadata()["jwks_uri"])
        asked = _keys.renew if anew else _keys.get
        return asked(address, lambda: KeySet.import_key_set(self._get(address)))  # type: ignore[arg-type]

    def exchange(self, form: Mapping[str, str], secret: tuple[str, str] | None) -> httpx2.Response:
        """What its token endpoint answers to the form, whatever the status."""
        return self._request("POST", self.metadata()["token_endpoint"], data=form, auth=secret)

    def _discover(self) -> dict[str, Any]:
        found = self._get(f"{self.issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != self.issuer:
            raise SignInRefused("The identity provider calls itself by another address than OIDC_ISSUER.")
        for name in ENDPOINTS:
            if not isinstance(found.get(name), str):
                raise SignInRefused(f"The identity provider does not say its {name}.")
        for name in CALLED_FROM_HERE:
            self._refuse_private(found[name])
        return found

    def _refuse_private(self, address: str) -> None:
        """Said before a browser is sent to the provider; what holds is the check at each call."""
        try:
            addresses.check_public(address, self._settings, self._lookup)
        except AddressNotAllowed as error:
            raise _not_called(error) from None

    def _get(self, address: str) -> dict[str, Any]:
        answer = self._request("GET", address)
        if not answer.is_success:
            raise silent()
        return json_object(answer)

    def _request(self, method: str, address: str, **sent: Any) -> httpx2.Response:
        resolve = addresses.checker(self._settings, self._lookup)
        transport = CheckedTransport(resolve, httpx2.Limits(max_connections=1))
        try:
            with httpx2.Client(
                transport=transport, timeout=SECONDS, follow_redirects=False, trust_env=False
            ) as client:
                return client.request(method, address, **sent)
        except AddressNotAllowed as error:
            raise _not_called(error) from None
        except (httpx2.HTTPError, httpx2.InvalidURL):
            raise silent() from None


def json_object(answer: httpx2.Response) -> dict[str, Any]:
    """The object that was answered. Raises SignInRefused where it is none."""
    try:
        found = answer.json()
    except ValueError:
        raise silent() from None
    if not isinstance(found, dict):
        raise silent()
    return found


def silent() -> SignInRefused:
    return SignInRefused("The identity provider does not answer as it should; try again in a moment.")


def _not_called(error: AddressNotAllowed) -> SignInRefused:
    return SignInRefused(f"The identity provider has an address that is not called: {error}")
