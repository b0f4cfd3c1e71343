"""Try whether messages arrive: a test mail, a test for a webhook, a look at the mail server."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from core import audit
from core.accounts import authorise, find_project
from core.db import Database
from core.deliveries.by_mail import NO_SERVER
from core.deliveries.kinds import TEST
from core.errors import Refused
from core.models import User
from core.notifications.smtp_check import Finding, check_smtp
from core.outbox import Letter, write_letters
from core.settings import Settings
from core.terms import Actor, Role
from core.webhooks import webhook_for


def send_test_mail(
    database: Database, settings: Settings, actor: Actor, project_id: int
) -> tuple[str, list[int]]:
    """Have a test mail sent to oneself, the way summaries are; the address, and the jobs to push.

    Raises NotAllowed, NotFound.
    """
    with database.write() as session:
        authorise(session, actor, project_id, Role.EDITOR, "send test emails")
        project = find_project(session, project_id)
        address = session.scalar(select(User.email).where(User.id == actor.user_id))
        if address is None:
            raise Refused("Only a person can be sent a test email.")
        facts = {
            "project": project.name,
            "asked_by": actor.name,
            "overview_url": f"{settings.public_url.rstrip('/')}/?project={project.id}",
        }
        made = write_letters(session, [Letter(project_id, TEST, address, payload=facts)])
        audit.record(session, actor, "delivery.test", f"email to {address}", project_id=project_id)
        return address, made


def send_test_to_webhook(database: Database, actor: Actor, webhook_id: int) -> list[int]:
    """Have a test message sent to a webhook; the jobs to push. Raises NotFound, NotAllowed."""
    with database.write() as session:
        webhook = webhook_for(session, actor, webhook_id)
        project = find_project(session, webhook.project_id)
        facts: dict[str, Any] = {
            "project": {"id": project.id, "name": project.name},
            "webhook": webhook.name,
        }
        letter = Letter(
            project.id,
            TEST,
            f"webhook {webhook.id}",
            webhook.kind,
            webhook_id=webhook.id,
            payload=facts,
        )
        made = write_letters(session, [letter])
        audit.record(session, actor, "delivery.test", f"webhook {webhook.name}", project_id=project.id)
        return made


def check_server(
    database: Database, settings: Settings, actor: Actor, project_id: int, timeout: float = 10.0
) -> list[Finding]:
    """Speak to the mail server up to the sender, and no message: what works, and what is wrong.

    Raises NotAllowed. Takes as long as the server does, `timeout` seconds at most for each answer.
    """
    with database.read() as session:
        authorise(session, actor, project_id, Role.ADMIN, "check the mail server")
    if settings.smtp_url is None:
        return [Finding("Mail server", False, NO_SERVER)]
    return check_smtp(settings.smtp_url.get_secret_value(), settings.mail_from, timeout)
