"""What was done, in words: the audit keeps short names, people read sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

DONE = {
    "project.add": "made the project",
    "project.edit": "changed the project's settings",
    "project.caps": "capped what the project spends",
    "member.add": "added a member",
    "member.role": "changed a role",
    "member.notifications": "turned mails on or off",
    "member.remove": "removed a member",
    "user.add": "made an account",
    "user.sign_in": "signed in",
    "user.sign_in_refused": "was refused at sign-in",
    "user.sign_out": "signed out",
    "user.sign_out_everywhere": "signed out everywhere",
    "user.end_sessions": "signed somebody out everywhere",
    "user.link": "came in through the identity provider for the first time",
    "user.password": "changed the password",
    "user.password_void": "voided the password of an account in no project",
    "user.disable": "disabled an account",
    "user.enable": "enabled an account",
    "link.make": "made a one-time link",
    "link.use": "used a one-time link",
    "token.make": "made an API token",
    "token.revoke": "revoked an API token",
    "endpoint.set": "set the model endpoint",
    "endpoint.remove": "removed the model endpoint",
    "metric.add": "made a metric",
    "metric.edit": "edited a metric",
    "metric.settings": "changed a metric's settings",
    "metric.restore": "rolled a metric back",
    "metric.delete": "deleted a metric",
    "label.set": "labelled a call",
    "label.note": "wrote a note",
    "label.undo": "undid a label",
    "label.remove": "took a label back",
    "lab.import": "imported calls or labels",
    "calls.import": "imported calls or labels",
    "calls.import.cancel": "cancelled an import",
    "lab.evaluate": "started an evaluation",
    "lab.evaluate.cancel": "cancelled an evaluation",
    "run.start": "started a run",
    "run.cancel": "cancelled a run",
    "trial.start": "tried a definition",
    "trial.cancel": "stopped a trial",
    "proposal.apply": "applied a prompt",
    "proposal.reject": "rejected a proposal",
    "schedule.add": "made a schedule",
    "schedule.edit": "edited a schedule",
    "schedule.pause": "paused a schedule",
    "schedule.resume": "resumed a schedule",
    "schedule.duplicate": "duplicated a schedule",
    "schedule.delete": "deleted a schedule",
    "delivery.resend": "sent a mail again",
    "delivery.test": "sent a test message",
    "webhook.add": "added a webhook",
    "webhook.remove": "removed a webhook",
}
FROM = {
    "page": "on a page",
    "schedule": "by its schedule",
    "mcp": "over MCP",
    "command line": "on the command line",
    "system": "by the product itself",
}


def done(action: str) -> str:
    return DONE.get(action, action.replace(".", " ").replace("_", " "))


def changes(details: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Name, before and after of each thing that a deed changed; before is empty where it only says what.

    A deed writes a pair `[before, after]` under a name, or `from` and `to`, or plain facts.
    """
    found = []
    rest = dict(details)
    if "to" in rest and "from" in rest:
        found.append(("value", _text(rest.pop("from")), _text(rest.pop("to"))))
    for name, value in rest.items():
        pair = value if isinstance(value, list) and len(value) == 2 else ["", value]
        found.append((name.replace("_", " "), _text(pair[0]), _text(pair[1])))
    return found


def _text(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
