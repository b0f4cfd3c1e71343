"""Stop the mails of a project by the link in one of them, without a sign-in.

A GET only asks: mail programs and scanners open every link. A POST acts at once, whoever sends it: the
button of our page, or the mail program itself after one click (RFC 8058).
"""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from core import deliveries
from core.errors import LinkNotValid, Refused
from dashboard.gate import pages
from dashboard.product import database, settings


async def unsubscribe(request: Request) -> Response:
    token = request.path_params["token"]
    act = deliveries.unsubscribe if request.method == "POST" else deliveries.subscription_of
    try:
        found = await run_in_threadpool(act, database(), settings(), token)
    except LinkNotValid as error:
        return pages.sentence("Link not valid", str(error), HTTPStatus.GONE)
    except Refused as error:
        return pages.sentence("Not possible now", str(error), HTTPStatus.SERVICE_UNAVAILABLE)
    return pages.page(
        "unsubscribe.html",
        title="Stop these emails?" if found.on else "These emails are off",
        email=found.email,
        project=found.project,
        on=found.on,
    )
