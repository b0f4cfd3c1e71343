"""Deliveries: written in the transaction that finishes a run, sent by a worker."""

from core.deliveries.sending import deliver
from core.deliveries.writing import write_summaries

__all__ = ["deliver", "write_summaries"]
