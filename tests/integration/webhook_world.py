"""A world with webhooks: who listens, how one is made, and what became of what it was told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from core import schedules, webhooks
from core.models import Delivery
from core.notifications.signing import PREFIX
from core.runs import READ_ONLY, RunOptions
from core.webhooks import Kind
from tests.integration.webhook_servers import Receiver, running_receiver
from tests.world import World


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    with running_receiver() as receiver:
        world.place = world.with_settings(allowed_private_addresses="127.0.0.1")
        yield receiver


def add(
    world: World, url: str, kind: Kind = Kind.JSON, schedule_id: int | None = None, name: str = "Hook"
) -> tuple[int, str]:
    return webhooks.add_webhook(
        world.database,
        world.settings,
        world.admin,
        world.project_id,
        name=name,
        kind=kind,
        url=url,
        schedule_id=schedule_id,
    )


def schedule(world: World, *names: str, options: RunOptions = READ_ONLY) -> int:
    made = [world.labelled(name) for name in names or ("Polite",)]
    return schedules.add(
        world.database, world.admin, world.project_id, made, "@yearly", name="Weekly", options=options
    ).id


def run(world: World, schedule_id: int) -> None:
    schedules.run_now(world.database, world.admin, schedule_id)
    world.work()


def sent(world: World) -> list[Delivery]:
    with world.database.read() as session:
        return list(
            session.scalars(select(Delivery).where(Delivery.channel != "email").order_by(Delivery.id))
        )


def verified(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As Standard Webhooks says that a receiver checks, written from its text alone."""
    content = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    key = base64.b64decode(secret[len(PREFIX) :])
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and f"v1,{expected}" in headers["webhook-signature"].split(" ")
