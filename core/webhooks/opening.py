"""The address and the secret of a webhook, for whoever sends to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from core import vault
from core.models import Webhook
from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Target:
    """`secret` is empty for a chat channel, whose address alone is the key to it."""

    url: str = field(repr=False)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Address and secret as they are stored."""

    url: str
    secret: str | None


def sealed(settings: Settings, project_id: int, target: Target) -> Sealed:
    """Raises vault.KeyUnusable."""
    about = _about(project_id)
    secret = vault.seal(settings, target.secret, about + " secret") if target.secret else None
    return Sealed(vault.seal(settings, target.url, about), secret)


def target_of(settings: Settings, webhook: Webhook) -> Target:
    """Raises vault.CannotOpen and vault.KeyUnusable (both Refused)."""
    about = _about(webhook.project_id)
    url = vault.open_sealed(settings, webhook.sealed_url, about)
    if webhook.sealed_secret is None:
        return Target(url)
    return Target(url, vault.open_sealed(settings, webhook.sealed_secret, about + " secret"))


def _about(project_id: int) -> str:
    """What it is sealed for: a row that is moved to another project no longer opens."""
    return f"webhook of project {project_id}"
