"""Deliveries: written in the transaction that finishes a run, sent by a worker."""

from core.deliveries.resending import resend
from core.deliveries.sending import deliver
from core.deliveries.views import DeliveriesPage, DeliveryView, MailPreview, deliveries_of, preview
from core.deliveries.writing import write_summaries

__all__ = [
    "DeliveriesPage",
    "DeliveryView",
    "MailPreview",
    "deliver",
    "deliveries_of",
    "preview",
    "resend",
    "write_summaries",
]
