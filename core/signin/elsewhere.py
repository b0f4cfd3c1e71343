"""People who signed in elsewhere: at an identity provider, or at the proxy in front of us."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sqlalchemy import select
from sqlalchemy.orm import Session

from core import audit
from core.accounts import by_email
from core.db import Database
from core.errors import SignInRefused
from core.models import User
from core.settings import Settings
from core.signin.sessions import actor_of, open_session
from core.signin.values import Claims, Client, Method, SignedIn


def sign_in_oidc(database: Database, settings: Settings, claims: Claims, client: Client) -> str:
    """Open a session for a known subject, or link it once to the user with this email; the cookie's token.

    The address links once: from then on the subject is the person, whatever address the provider gives
    to somebody else later. And only one that the provider verified: at some, people type in any address
    they like. Raises SignInRefused with a sentence to show.
    """
    if settings.sign_in != "oidc":
        raise SignInRefused("People sign in with a password here.")
    subject = f"{claims.issuer} {claims.subject}"
    with database.write() as session:
        user = session.scalar(select(User).where(User.oidc_subject == subject).with_for_update())
        user = user or _linked(session, subject, claims)
        if not user.enabled:
            raise SignInRefused("Your account here is disabled; ask an admin.")
        return open_session(session, settings, user, Method.OIDC, client)


def sign_in_proxy(
    database: Database, settings: Settings, header_value: str, peer_address: str
) -> SignedIn | None:
    """The enabled user whom a trusted proxy names; None from any other address and for anybody else.

    `peer_address` is the connection's own peer, never an address that a header names: mind that uvicorn
    rewrites `scope["client"]` from X-Forwarded-For when its proxy_headers is on.
    """
    if settings.sign_in != "proxy" or not header_value or not is_trusted(settings, peer_address):
        return None
    with database.read() as session:
        user = by_email(session, header_value)
        if user is None or not user.enabled:
            return None
        return SignedIn(user.id, user.email, user.name or user.email, None, Method.PROXY.value)


def is_trusted(settings: Settings, address: str) -> bool:
    """Whether PROXY_ADDRESSES holds this address; an IPv4 one counts also when it comes as IPv6."""
    try:
        peer = ip_address(address)
    except ValueError:
        return False
    peer = getattr(peer, "ipv4_mapped", None) or peer
    return any(peer in network for network in trusted_networks(settings))


def trusted_networks(settings: Settings) -> list[IPv4Network | IPv6Network]:
    """PROXY_ADDRESSES. Raises ValueError for one that is no address or network."""
    texts = (settings.proxy_addresses or "").split(",")
    return [ip_network(text.strip()) for text in texts if text.strip()]


def _linked(session: Session, subject: str, claims: Claims) -> User:
    user = by_email(session, claims.email) if claims.email else None
    if user is None or user.oidc_subject is not None:
        raise SignInRefused(
            f"You signed in as {claims.email or 'somebody without an email address'}, who has no account "
            "here. Ask an admin for an invitation."
        )
    if not claims.email_verified:
        raise SignInRefused(
            f"The identity provider does not say that {claims.email} is verified; ask your administrator."
        )
    user.oidc_subject = subject
    user.name = user.name or claims.name[:200]
    audit.record(
        session, actor_of(user), "user.link", f"user {user.email}", details={"issuer": claims.issuer}
    )
    return user
