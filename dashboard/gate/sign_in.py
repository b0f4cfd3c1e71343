"""Signing in with a password, and signing out."""

from __future__ import annotations

from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core import signin
from core.errors import SignInRefused, TooManyAttempts
from dashboard.gate import addresses, cookies, forms, identity, pages, paths
from dashboard.product import database, settings

NO_FORM = {
    "oidc": "People sign in through {name} here, not with a password.",
    "proxy": "Your company's sign-in stands in front of Plumbline. Open it through {address}.",
}
UNKNOWN = "You signed in as {email}, who has no account here. Ask an admin for an invitation."


async def sign_in(request: Request) -> Response:
    """The page at GET; at POST the password is checked."""
    wanted = paths.safe_next(request.query_params.get("next", ""))
    if request.method == "POST":
        return await _check(request, wanted)
    if await run_in_threadpool(identity.recognise, database(), settings(), _brought(request)):
        return RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
    return await show(wanted, error=_from_proxy(request))


async def sign_out(request: Request) -> Response:
    """End this session, at POST alone: a link on another site must not. Who is out already may come too."""
    if request.method != "POST":
        return RedirectResponse(paths.HOME, HTTPStatus.SEE_OTHER)
    token = _brought(request).token
    if token:
        await run_in_threadpool(signin.sign_out, database(), token)
    answer = RedirectResponse(paths.SIGN_IN, HTTPStatus.SEE_OTHER)
    cookies.drop_session(answer, settings())
    return answer


async def show(wanted: str, *, error: str = "", email: str = "", status: int = 200) -> Response:
    """The sign-in page, with the sentence about what went wrong if something did."""
    chosen = settings()
    nobody = chosen.sign_in == "accounts" and await run_in_threadpool(signin.needs_first_admin, database())
    return pages.page(
        "sign_in.html",
        status,
        title="Sign in",
        action=paths.sign_in_address(wanted),
        oidc=paths.sign_in_address(wanted).replace(paths.SIGN_IN, paths.OIDC, 1),
        way=chosen.sign_in,
        provider=chosen.oidc_name,
        address=chosen.public_url,
        nobody=nobody,
        error=error,
        email=email,
    )


async def enter(request: Request, token: str, wanted: str) -> Response:
    """Lead somebody in who has just shown who they are; the session they had in this browser ends."""
    before = _brought(request).token
    if before and before != token:
        await run_in_threadpool(signin.sign_out, database(), before)
    answer = RedirectResponse(wanted, HTTPStatus.SEE_OTHER)
    cookies.keep_session(answer, settings(), token)
    return answer


async def _check(request: Request, wanted: str) -> Response:
    chosen = settings()
    if chosen.sign_in != "accounts":
        said = NO_FORM[chosen.sign_in].format(name=chosen.oidc_name, address=chosen.public_url)
        return await show(wanted, error=said, status=HTTPStatus.FORBIDDEN)
    given = await forms.fields(request)
    email, password = given.get("email", "").strip(), given.get("password", "")
    try:
        client = addresses.client(request, chosen)
        token = await forms.in_turn(signin.sign_in, database(), chosen, email, password, client)
    except SignInRefused as error:
        slowed = isinstance(error, TooManyAttempts)
        status = HTTPStatus.TOO_MANY_REQUESTS if slowed else HTTPStatus.UNAUTHORIZED
        return await show(wanted, error=str(error), email=email, status=status)
    return await enter(request, token, wanted)


def _brought(request: Request) -> identity.Presented:
    return identity.presented(request, settings())


def _from_proxy(request: Request) -> str:
    """What to say to somebody whom the proxy lets through and Plumbline does not know."""
    chosen = settings()
    named = _brought(request).proxied
    if chosen.sign_in != "proxy" or not named or not addresses.is_proxy(request, chosen):
        return ""
    return UNKNOWN.format(email=named[:320])
