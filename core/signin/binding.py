"""Whether the product may listen to other machines as it is set up."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from core.db import Database
from core.errors import Refused
from core.settings import Settings
from core.signin.elsewhere import trusted_networks
from core.signin.people import needs_first_admin


def refuse_open_binding(settings: Settings, database: Database, host: str | None = None) -> None:
    """Raise Refused when SIGN_IN is set up incompletely, or the product would listen to other machines
    without COOKIE_SECRET and a way to sign in. `host`: the address listened on, PLUMBLINE_HOST by default.
    """
    _refuse_incomplete(settings)
    host = host or settings.plumbline_host
    if is_loopback(host):
        return
    if settings.cookie_secret is None:
        raise Refused(f"To listen on {host}, set COOKIE_SECRET to at least 32 random characters.")
    if settings.sign_in == "accounts" and needs_first_admin(database):
        raise Refused(
            f"To listen on {host}, let somebody in first: python -m core user add EMAIL --role admin "
            "--password-stdin. Or name an identity provider (SIGN_IN=oidc)."
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_guarded(address: str) -> bool:
    """Whether nobody on the way can change what is said there: by https, or not leaving this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def _refuse_incomplete(settings: Settings) -> None:
    if settings.sign_in == "oidc" and not (settings.oidc_issuer and settings.oidc_client_id):
        raise Refused("SIGN_IN=oidc needs OIDC_ISSUER and OIDC_CLIENT_ID.")
    if settings.sign_in == "oidc" and not _is_guarded(settings.oidc_issuer or ""):
        raise Refused("OIDC_ISSUER must begin with https://: over http anybody on the way could sign in.")
    try:
        networks = trusted_networks(settings)
    except ValueError as error:
        raise Refused(f"PROXY_ADDRESSES holds what is no address or network: {error}.") from None
    if settings.sign_in == "proxy" and not networks:
        raise Refused("SIGN_IN=proxy needs PROXY_ADDRESSES: the header is believed from nowhere else.")
