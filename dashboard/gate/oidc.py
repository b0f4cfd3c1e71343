"""Signing in at an identity provider: there with a flow of our own, back with its answer."""

from __future__ import annotations

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from core import signin
from core.errors import SignInRefused
from dashboard.gate import addresses, cookies, forms, paths, sign_in
from dashboard.product import database, settings

NOT_BEGUN = "This sign-in took longer than ten minutes or began in another browser; try again."


async def begin(request: Request) -> Response:
    wanted = paths.safe_next(request.query_params.get("next", ""))
    if settings().sign_in != "oidc":
        return RedirectResponse(paths.sign_in_address(wanted), HTTPStatus.SEE_OTHER)
    try:
        address, flow = await forms.in_turn(signin.begin_oidc, settings(), _redirect_uri())
    except SignInRefused as error:
        return await sign_in.show(wanted, error=str(error), status=HTTPStatus.BAD_GATEWAY)
    answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    cookies.keep_flow(answer, settings(), {"flow": flow, "next": wanted})
    return answer


async def finish(request: Request) -> Response:
    """The provider sent the browser back. The flow is used up, whatever comes of it."""
    kept = cookies.read_flow(settings(), request.cookies)
    if settings().sign_in != "oidc" or kept is None:
        return await sign_in.show(paths.HOME, error=NOT_BEGUN, status=HTTPStatus.BAD_REQUEST)
    wanted = paths.safe_next(str(kept.get("next", "")))
    try:
        token = await forms.in_turn(_exchange, request, kept["flow"])
        answer = await sign_in.enter(request, token, wanted)
    except SignInRefused as error:
        answer = await sign_in.show(wanted, error=str(error), status=HTTPStatus.FORBIDDEN)
    cookies.drop_flow(answer, settings())
    return answer


def _exchange(request: Request, flow: dict[str, str]) -> str:
    claims = signin.finish_oidc(settings(), flow, dict(request.query_params), _redirect_uri())
    return signin.sign_in_oidc(database(), settings(), claims, addresses.client(request, settings()))


def _redirect_uri() -> str:
    return settings().public_url.rstrip("/") + paths.OIDC_CALLBACK
