"""Connects to addresses that were checked in the same breath.

A name may stand for a public address while it is checked and for this machine when it is called. So the
name is resolved here, once for each request, and the connection is made to what came back; TLS still
speaks to, and verifies, the name.
"""

from __future__ import annotations

from typing import Any

import httpx2

from core.llm.faults import Resolve


class CheckedTransport(httpx2.HTTPTransport):
    """`resolve` returns the addresses to try, or raises AddressNotAllowed, which passes through."""

    def __init__(self, resolve: Resolve, limits: httpx2.Limits) -> None:
        super().__init__(limits=limits)
        self._resolve = resolve

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        *others, last = self._addresses(request)
        for address in others:
            try:
                return super().handle_request(_to(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return super().handle_request(_to(request, last))

    def _addresses(self, request: httpx2.Request) -> list[str]:
        host = request.url.raw_host.decode("ascii").strip("[]")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            return self._resolve(host, port)
        except OSError as error:
            raise httpx2.ConnectError(str(error), request=request) from error


def _to(request: httpx2.Request, address: str) -> httpx2.Request:
    """The request for one address; its Host header stays the name's."""
    extensions: dict[str, Any] = {**request.extensions, "sni_hostname": request.url.host}
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions=extensions,
    )
