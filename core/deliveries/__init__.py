"""Deliveries: written in the transaction that finishes a run, sent by a worker."""

from core.deliveries.resending import resend
from core.deliveries.rounds import MailRound
from core.deliveries.sending import deliver
from core.deliveries.trying import check_server, send_test_mail, send_test_to_webhook
from core.deliveries.unsubscribing import Subscription, subscription_of, unsubscribe
from core.deliveries.views import DeliveriesPage, DeliveryView, MailPreview, deliveries_of, preview
from core.deliveries.writing import write_summaries

__all__ = [
    "DeliveriesPage",
    "DeliveryView",
    "MailPreview",
    "MailRound",
    "Subscription",
    "check_server",
    "deliver",
    "deliveries_of",
    "preview",
    "resend",
    "send_test_mail",
    "send_test_to_webhook",
    "subscription_of",
    "unsubscribe",
    "write_summaries",
]
