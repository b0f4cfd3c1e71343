"""People, how they sign in, and what acts for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base, UTCDateTime
from core.models.columns import created, key, refers, refers_or_null


class User(Base):
    __tablename__ = "user"
    __table_args__ = (Index("uq_user_oidc_subject", "oidc_subject", unique=True),)
    id: Mapped[int] = key()
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    enabled: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """argon2id in its own text form, or NULL for somebody who signs in elsewhere or not yet."""
    vouched_by: Mapped[int | None] = refers_or_null("user.id")
    """Who passed on the link by which the password was set; NULL for whoever runs this installation."""
    oidc_subject: Mapped[str | None] = mapped_column(String(600))
    """Issuer and subject of the identity provider's account, once it signed in here."""
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = created()


class SignInSession(Base):
    """A browser that signed in. The cookie holds a random token, the table only its SHA-256."""

    __tablename__ = "session"
    id: Mapped[int] = key()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = refers("user.id", cascade=True)
    method: Mapped[str] = mapped_column(String(20))
    """password, link, oidc or proxy."""
    address: Mapped[str] = mapped_column(String(100), default="")
    browser: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = created()
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class SignInFailure(Base):
    """Wrong passwords of one account (`account:<email>`) or one client (`address:<ip>`)."""

    __tablename__ = "sign_in_failure"
    key: Mapped[str] = mapped_column(String(340), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    failed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    blocked_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class OneTimeLink(Base):
    """A link that lets one person in once: welcome, invitation, reset or membership. Only its SHA-256 is
    stored. One of the last kind makes its person a member of `project_id` in `role`."""

    __tablename__ = "one_time_link"
    id: Mapped[int] = key()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    user_id: Mapped[int] = refers("user.id", cascade=True)
    project_id: Mapped[int | None] = refers_or_null("project.id")
    role: Mapped[int | None]
    created_by: Mapped[int | None] = refers_or_null("user.id")
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class ApiToken(Base):
    """A token for MCP and scripts: one person's, in one project, with at most one role."""

    __tablename__ = "api_token"
    id: Mapped[int] = key()
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    hint: Mapped[str] = mapped_column(String(16))
    """The token's first characters, so that people can tell tokens apart."""
    name: Mapped[str] = mapped_column(String(200))
    project_id: Mapped[int] = refers("project.id")
    user_id: Mapped[int] = refers("user.id")
    role: Mapped[int]
    created_at: Mapped[datetime] = created()
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("project_id", "user_id"),)
    id: Mapped[int] = key()
    project_id: Mapped[int] = refers("project.id", index=False)
    user_id: Mapped[int] = refers("user.id")
    role: Mapped[int]
    email_notifications: Mapped[bool] = mapped_column(default=True)
