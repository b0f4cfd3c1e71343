"""Where else a project's news goes: a chat channel, or a program of the team's own."""

from core.webhooks.keeping import (
    Kind,
    WebhookView,
    add_webhook,
    remove_webhook,
    webhook_for,
    webhooks_of,
)
from core.webhooks.opening import Target, target_of

__all__ = [
    "Kind",
    "Target",
    "WebhookView",
    "add_webhook",
    "remove_webhook",
    "target_of",
    "webhook_for",
    "webhooks_of",
]
