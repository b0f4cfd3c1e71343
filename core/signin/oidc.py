"""OpenID Connect's authorization code flow with PKCE, state and nonce, by Authlib and joserfc."""

from __future__ import annotations

import secrets
import warnings
from collections.abc import Mapping
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from core.errors import SignInRefused
from core.settings import Settings
from core.signin.values import Claims

SCOPE = "openid email profile"
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Public-key signatures only: never `none`, and no shared secret that a public key could pass for."""
SECONDS = 10.0
LEEWAY_SECONDS = 60


def begin_oidc(settings: Settings, redirect_uri: str) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and what to keep for `finish_oidc` (state, nonce, PKCE verifier).

    Keep the flow in a short-lived HttpOnly cookie that is signed, or in the server. Asks the provider's
    discovery document: call it from a thread. Raises SignInRefused when the provider does not answer.
    """
    provider = _discover(settings)
    flow = {name: secrets.token_urlsafe(48) for name in ("state", "nonce", "verifier")}
    address, _ = _client(settings, redirect_uri).create_authorization_url(
        provider["authorization_endpoint"],
        state=flow["state"],
        nonce=flow["nonce"],
        code_verifier=flow["verifier"],
    )
    return address, flow


def finish_oidc(
    settings: Settings, flow: Mapping[str, Any], params: Mapping[str, str], redirect_uri: str
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
    provider = _discover(settings)
    token = _exchange(settings, provider, flow, params["code"], redirect_uri)
    found = _checked(settings, provider, token, str(flow["nonce"]))
    if found.get("email_verified") is False:
        raise SignInRefused("Your email address is not verified at the identity provider.")
    return Claims(
        issuer=str(found["iss"]),
        subject=str(found["sub"]),
        email=str(found.get("email", "")),
        name=str(found.get("name", "")),
    )


def _discover(settings: Settings) -> dict[str, Any]:
    """The provider's metadata, whose issuer must be the one that was set (OpenID Connect Discovery 4.3)."""
    issuer = (settings.oidc_issuer or "").rstrip("/")
    found = _get(f"{issuer}/.well-known/openid-configuration")
    if str(found.get("issuer", "")).rstrip("/") != issuer:
        raise SignInRefused("The identity provider calls itself by another address than OIDC_ISSUER.")
    missing = {"authorization_endpoint", "token_endpoint", "jwks_uri"} - found.keys()
    if missing:
        raise SignInRefused(f"The identity provider does not say its {sorted(missing)[0]}.")
    return found


def _get(address: str) -> dict[str, Any]:
    try:
        answer = httpx.get(address, timeout=SECONDS, follow_redirects=False)
        answer.raise_for_status()
        found = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        raise _silent() from None
    if not isinstance(found, dict):
        raise _silent()
    return found


def _exchange(
    settings: Settings, provider: Mapping[str, Any], flow: Mapping[str, Any], code: str, redirect_uri: str
) -> str:
    from authlib.integrations.base_client import OAuthError

    try:
        with _client(settings, redirect_uri) as client:
            answer = client.fetch_token(
                provider["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                code_verifier=flow["verifier"],
            )
    except OAuthError:
        raise SignInRefused("The identity provider did not accept the sign-in; try again.") from None
    except (httpx.HTTPError, ValueError):
        raise _silent() from None
    if not answer.get("id_token"):
        raise SignInRefused("The identity provider sent no ID token.")
    return str(answer["id_token"])


def _checked(settings: Settings, provider: Mapping[str, Any], token: str, nonce: str) -> Mapping[str, Any]:
    """The claims of an ID token whose signature, issuer, audience, times and nonce are right."""
    registry = jwt.JWTClaimsRegistry(
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": provider["issuer"]},
        aud={"essential": True, "value": settings.oidc_client_id or ""},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        found = jwt.decode(token, KeySet.import_key_set(_keys(provider)), algorithms=SIGNATURES).claims
        registry.validate(found)
    except (JoseError, ValueError, KeyError):
        raise SignInRefused("The identity provider's answer could not be trusted; try again.") from None
    audiences = found["aud"] if isinstance(found["aud"], list) else [found["aud"]]
    if len(audiences) > 1 and found.get("azp") != settings.oidc_client_id:
        raise SignInRefused("The identity provider's answer was made for another program.")
    return found


def _keys(provider: Mapping[str, Any]) -> Any:
    return _get(str(provider["jwks_uri"]))


def _client(settings: Settings, redirect_uri: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Authlib tells of a successor of httpx that is not out yet
        from authlib.integrations.httpx_client import OAuth2Client
    secret = settings.oidc_client_secret.get_secret_value() if settings.oidc_client_secret else None
    return OAuth2Client(
        settings.oidc_client_id,
        secret,
        scope=SCOPE,
        redirect_uri=redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        timeout=SECONDS,
    )


def _silent() -> SignInRefused:
    return SignInRefused("The identity provider does not answer as it should; try again in a moment.")
