"""The example in docs/notifications.md is run as it stands there, against what a receiver really gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from core import deliveries, webhooks
from core.webhooks import Kind
from tests.integration.webhook_servers import Receiver, Told, running_receiver
from tests.servers import ROOT
from tests.world import World

MARK = re.escape("<!-- executed by tests/integration/test_webhook_example.py -->")
EXAMPLE = re.compile(MARK + r"\n```python\n(.*?)```", re.DOTALL)

Check = Callable[[str, dict[str, str], bytes], bool]


@pytest.fixture
def is_from_plumbline() -> Check:
    found = EXAMPLE.search((ROOT / "docs" / "notifications.md").read_text(encoding="utf-8"))
    assert found is not None
    names: dict[str, Check] = {}
    exec(compile(found[1], "docs/notifications.md", "exec"), names)
    return names["is_from_plumbline"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running_receiver() as receiver:
        yield receiver


def told(world: World, receiver: Receiver) -> tuple[str, Told]:
    """The secret of a new webhook, and a message to it."""
    world.place = world.with_settings(allowed_private_addresses="127.0.0.1")
    webhook, secret = webhooks.add_webhook(
        world.database,
        world.settings,
        world.admin,
        world.project_id,
        name="Production",
        kind=Kind.JSON,
        url=receiver.url,
        schedule_id=None,
    )
    deliveries.send_test_to_webhook(world.database, world.admin, webhook)
    world.work()
    return secret, receiver.told[0]


def test_the_example_takes_our_messages_and_no_others(
    world: World, receiver: Receiver, is_from_plumbline: Check
) -> None:
    secret, message = told(world, receiver)
    other_secret, _ = told(world, receiver)
    headers, body = message.headers, message.body

    assert is_from_plumbline(secret, headers, body)
    assert is_from_plumbline(
        secret, headers | {"webhook-signature": "v1,x " + headers["webhook-signature"]}, body
    )

    assert not is_from_plumbline(secret, headers, body.replace(b"Clinic", b"Clinik"))
    assert not is_from_plumbline(other_secret, headers, body)
    assert not is_from_plumbline(secret, headers | {"webhook-id": "msg_other"}, body)
    assert not is_from_plumbline(secret, headers | {"webhook-signature": "v1,"}, body)
    old = str(int(headers["webhook-timestamp"]) - 301)
    assert not is_from_plumbline(secret, headers | {"webhook-timestamp": old}, body)
