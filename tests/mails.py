"""Mails of a run: as they stand in the database, and as the mail server got them."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import select

from core.models import Delivery
from tests.world import World


def received(world: World) -> list[str]:
    return sorted(address for envelope in world.mail.envelopes for address in envelope.rcpt_tos)


def mails(world: World) -> list[EmailMessage]:
    found = [message_from_bytes(each.content or b"", policy=default) for each in world.mail.envelopes]  # type: ignore[arg-type]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def deliveries(world: World) -> list[Delivery]:
    with world.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def the_delivery(world: World) -> Delivery:
    [only] = deliveries(world)
    return only
