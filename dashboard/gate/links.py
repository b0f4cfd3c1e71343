"""One-time links: the welcome of `make run`, invitations, and new passwords."""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core import signin
from core.errors import LinkNotValid, Refused
from core.signin import LinkKind, LinkView
from core.signin.passwords import SHORTEST
from dashboard.gate import addresses, forms, identity, pages, paths, sign_in
from dashboard.product import database, settings

TITLES = {
    LinkKind.INVITATION: "Welcome to Plumbline",
    LinkKind.RESET: "Set a new password",
    LinkKind.MEMBERSHIP: "Join a project",
}
NOT_VALID = "This link was used already or is too old. Ask for a new one."
NOT_SAME = "The two passwords differ; type the same one twice."


async def welcome(request: Request) -> Response:
    """The terminal's link lets in at once; any other first asks for a password, new or known."""
    token = request.path_params["token"]
    link = await run_in_threadpool(signin.look_at_link, database(), token)
    if link is None:
        return await _used(request)
    if request.method == "POST":
        return await _with_password(request, link, token)
    if link.needs_password:
        return _form(link)
    if _only_looking(request):
        return Response(status_code=HTTPStatus.NO_CONTENT)
    try:
        return await _open(request, token, None)
    except Refused as error:
        return pages.sentence("Link not valid", str(error), HTTPStatus.GONE)


async def _with_password(request: Request, link: LinkView, token: str) -> Response:
    given = await forms.fields(request)
    password = given.get("password", "")
    if link.kind is not LinkKind.MEMBERSHIP and password != given.get("again", ""):
        return _form(link, NOT_SAME)
    try:
        return await _open(request, token, password)
    except LinkNotValid as error:
        return pages.sentence("Link not valid", str(error), HTTPStatus.GONE)
    except Refused as error:
        return _form(link, str(error))


async def _open(request: Request, token: str, password: str | None) -> Response:
    client = addresses.client(request, settings())
    opened = await forms.in_turn(signin.open_link, database(), settings(), token, client, password)
    return await sign_in.enter(request, opened, paths.HOME)


async def _used(request: Request) -> Response:
    """Whoever the link let in before and comes back to it is simply led in."""
    brought = identity.presented(request, settings())
    if await run_in_threadpool(identity.recognise, database(), settings(), brought):
        return RedirectResponse(paths.HOME, HTTPStatus.SEE_OTHER)
    return pages.sentence("Link not valid", NOT_VALID, HTTPStatus.GONE)


def _form(link: LinkView, error: str = "") -> Response:
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    shown = {"title": TITLES[link.kind], "email": link.email, "error": error}
    if link.kind is LinkKind.MEMBERSHIP:
        return pages.page("join.html", status, project=link.project, **shown)
    return pages.page("password.html", status, least=SHORTEST, **shown)


def _only_looking(request: Request) -> bool:
    """A browser that loads ahead what may never be opened must not use the link up."""
    asked = request.headers.get("sec-purpose", request.headers.get("purpose", ""))
    return request.method == "HEAD" or "prefetch" in asked
