"""The channels there are, by the name that a delivery carries."""

from __future__ import annotations

from collections.abc import Mapping

from core.deliveries.by_mail import pack_mail
from core.deliveries.by_webhook import pack_webhook
from core.deliveries.parcels import Channel
from core.outbox.writing import EMAIL
from core.webhooks import Kind

CHANNELS: Mapping[str, Channel] = {
    EMAIL: pack_mail,
    Kind.SLACK.value: pack_webhook,
    Kind.JSON.value: pack_webhook,
}
