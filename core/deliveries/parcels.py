"""What a channel is: it makes a delivery ready, and what it made can then be handed over.

The seam behind which mail and webhooks stand. A channel knows nothing of retries or states, and
`sending` nothing of servers: all it hears is one of three errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.deliveries.rounds import MailRound
from core.jobs.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Parcel:
    """`hand_over` raises DeliveryRefused, DeliveryDelayed or DeliveryFateUnknown."""

    subject: str
    hand_over: Callable[[], None]


Channel = Callable[[Workplace, int, MailRound], Parcel]
"""Makes a delivery, given by its id, ready to be handed over.

Nothing is sent yet. Raises DeliveryRefused for what no retry would mend, DeliveryDelayed for what is to be
tried again.
"""
