"""OpenID Connect's authorization code flow with PKCE, state and nonce.

Two requests and a redirect, written out; the one hard part, checking a signed token, is joserfc's.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from joserfc import jwt
from joserfc.errors import JoseError

from core.addresses import Lookup, addresses_of
from core.errors import SignInRefused
from core.settings import Settings
from core.signin.provider import Provider, json_object
from core.signin.values import Claims

SCOPE = "openid email profile"
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Public-key signatures only: never `none`, and no shared secret that a public key could pass for."""
LEEWAY_SECONDS = 60


def begin_oidc(
    settings: Settings, redirect_uri: str, lookup: Lookup = addresses_of
) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and what to keep for `finish_oidc` (state, nonce, PKCE verifier).

    Keep the flow in a short-lived HttpOnly cookie that is signed, or in the server. May ask for the
    provider's discovery document: call it from a thread. Raises SignInRefused when the provider does not
    answer or has an address that may not be called.
    """
    provider = Provider(settings, lookup).metadata()
    flow = {name: secrets.token_urlsafe(48) for name in ("state", "nonce", "verifier")}
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": flow["state"],
        "nonce": flow["nonce"],
        "code_challenge": _challenge(flow["verifier"]),
        "code_challenge_method": "S256",
    }
    address = provider["authorization_endpoint"]
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", flow


def finish_oidc(
    settings: Settings,
    flow: Mapping[str, Any],
    params: Mapping[str, str],
    redirect_uri: str,
    lookup: Lookup = addresses_of,
) -> Claims:
    """Exchange the code and check the ID token. `params`: the query of the provider's redirect.

    Raises SignInRefused, whatever is wrong.
    """
    if not flow.get("state") or not secrets.compare_digest(
        str(params.get("state", "")).encode(), str(flow["state"]).encode()
    ):
        raise SignInRefused("This sign-in began somewhere else; try again.")
    if "code" not in params:
        raise SignInRefused("The identity provider did not let you in; try again, or ask your administrator.")
    provider = Provider(settings, lookup)
    token = _exchange(settings, provider, flow, params["code"], redirect_uri)
    found = _checked(settings, provider, token, str(flow["nonce"]))
    return Claims(
        issuer=str(found["iss"]),
        subject=str(found["sub"]),
        email=str(found.get("email", "")),
        name=str(found.get("name", "")),
        email_verified=_verified(settings, found),
    )


def _exchange(
    settings: Settings, provider: Provider, flow: Mapping[str, Any], code: str, redirect_uri: str
) -> str:
    """The ID token for the code (RFC 6749 4.1.3, RFC 7636 4.5)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": str(flow["verifier"]),
    }
    secret = _secret(settings)
    if secret is None:
        form["client_id"] = settings.oidc_client_id or ""
    answer = provider.exchange(form, secret)
    if answer.status_code in {400, 401}:
        raise SignInRefused("The identity provider did not accept the sign-in; try again.")
    found = json_object(answer) if answer.is_success else {}
    if not isinstance(found.get("id_token"), str):
        raise SignInRefused("The identity provider sent no ID token.")
    return str(found["id_token"])


def _secret(settings: Settings) -> tuple[str, str] | None:
    """Name and password of ours at the provider, encoded as HTTP Basic wants them here (RFC 6749 2.3.1)."""
    if settings.oidc_client_secret is None:
        return None
    password = settings.oidc_client_secret.get_secret_value()
    return quote(settings.oidc_client_id or "", safe=""), quote(password, safe="")


def _challenge(verifier: str) -> str:
    """RFC 7636 4.2, S256."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _checked(settings: Settings, provider: Provider, token: str, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token whose signature, issuer, audience, times and nonce are right."""
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": provider.metadata()["issuer"]},
        aud={"essential": True, "value": settings.oidc_client_id or ""},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        found = _signed_claims(provider, token)
        registry.validate(found)
    except (JoseError, ValueError, KeyError):
        raise SignInRefused("The identity provider's answer could not be trusted; try again.") from None
    audiences = found["aud"] if isinstance(found["aud"], list) else [found["aud"]]
    if len(audiences) > 1 and found.get("azp") != settings.oidc_client_id:
        raise SignInRefused("The identity provider's answer was made for another program.")
    return found


def _signed_claims(provider: Provider, token: str) -> dict[str, Any]:
    """The claims of a token that one of the provider's keys signed; keys that are kept and do not fit may
    have been replaced, and are asked for once more."""
    try:
        return jwt.decode(token, provider.keys(), algorithms=SIGNATURES).claims
    except JoseError:
        return jwt.decode(token, provider.keys(anew=True), algorithms=SIGNATURES).claims


def _verified(settings: Settings, claims: Mapping[str, Any]) -> bool:
    """Whether the provider vouches for the address. Some write the claim as a text, some leave it out; what
    they leave out counts only where the operator says so. Raises SignInRefused where it says no."""
    said = claims.get("email_verified")
    if said is None:
        return settings.oidc_trust_email
    if said is not True and str(said).lower() != "true":
        raise SignInRefused("Your email address is not verified at the identity provider.")
    return True
