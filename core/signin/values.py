"""What sign-in speaks of: clients, the person who signed in, sessions and one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.terms import Actor, Origin

LINK_PATH = "/welcome/"
"""Every kind of one-time link is `{PUBLIC_URL}/welcome/<token>`; `look_at_link` tells the kind."""


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from.

    `address` is the peer of the connection, `browser` the User-Agent header; both are kept with a
    session, so that people recognise theirs.
    """

    address: str
    browser: str


class Method(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"  # noqa: S105 - the name of a way in, no secret
    LINK = "link"
    OIDC = "oidc"
    PROXY = "proxy"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person whose sign-in was just checked. `session_id` is None behind a proxy, which keeps none.

    `name` is what to call them: their name, or the email where they have none. `has_password` is
    False for who came by a welcome link and has yet to set one.
    """

    user_id: int
    email: str
    name: str
    session_id: int | None
    method: str
    has_password: bool = True

    def actor(self, origin: Origin = Origin.PAGE) -> Actor:
        """As whom the use cases see this person."""
        return Actor(user_id=self.user_id, name=self.email, origin=origin)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A browser that is signed in; `current` marks the one that asks. Times are UTC."""

    id: int
    method: str
    address: str
    browser: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool


class LinkKind(StrEnum):
    """`welcome` lets the local admin in, `invitation` a new person, `reset` who forgot a password;
    `membership` makes a member of somebody whose account came from elsewhere."""

    WELCOME = "welcome"
    INVITATION = "invitation"
    RESET = "reset"
    MEMBERSHIP = "membership"


@dataclass(frozen=True, slots=True)
class LinkView:
    """A one-time link that is still good; `project` is the name of the one a membership link leads into."""

    kind: LinkKind
    email: str
    expires_at: datetime
    project: str = ""

    @property
    def needs_password(self) -> bool:
        """Whether `open_link` must be given a password: a membership link the one the person has, others a
        new one; only a welcome link works without."""
        return self.kind is not LinkKind.WELCOME


@dataclass(frozen=True, slots=True)
class Claims:
    """What the identity provider says of a person, checked; `email_verified`: whether an account may be
    found by the address."""

    issuer: str
    subject: str
    email: str
    name: str
    email_verified: bool
