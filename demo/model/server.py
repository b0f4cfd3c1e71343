"""The HTTP server: the OpenAI routes, and two of its own for tests, open to this machine only."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from demo.model.answering import Question, read_question
from demo.model.faults import NO_FAULT, BadFault, Fault, Faults, fault_from, spoiled
from demo.model.requestlog import RequestLog
from demo.model.wire import MODEL, Asked, BadRequest, completion, error_body, read_completion, read_object

MAX_BODY_BYTES = 64 * 1024 * 1024
INVALID = "invalid_request_error"


@dataclass(slots=True)
class DemoModel:
    """All the state of one server. None of it ever reaches an answer. `latency` is seconds."""

    latency: float = 0.0
    api_key: str | None = None
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self.complete, methods=["POST"]),
                Route("/v1/models", self.models),
                Route("/healthz", self.healthz),
                Route("/faults", self.show_faults, methods=["GET"]),
                Route("/faults", self.switch_fault, methods=["POST"]),
                Route("/requests", self.show_requests, methods=["GET"]),
                Route("/requests", self.forget_requests, methods=["DELETE"]),
            ],
        )

    async def complete(self, request: Request) -> Response:
        try:
            body = await _body(request)
            asked = read_completion(body)
        except BadRequest as problem:
            return _error(400, str(problem), INVALID)
        question = read_question(asked)
        self.log.add(question.kind, body)
        return self._refusal(request, asked) or await self._answer(request, body, asked, question)

    async def models(self, request: Request) -> Response:
        if not self._key_fits(request):
            return _wrong_key()
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "plumbline"}
        return _json({"object": "list", "data": [model]})

    async def healthz(self, _: Request) -> Response:
        return _json({"status": "ok", "model": MODEL, "language_model": False})

    async def show_faults(self, request: Request) -> Response:
        return _json({"faults": self.faults.shown()}) if _from_here(request) else _only_from_here()

    async def switch_fault(self, request: Request) -> Response:
        if not _from_here(request) or not _is_json(request):
            return _only_from_here()
        try:
            wanted = read_object(await _body(request))
            if wanted.get("fault") in (None, NO_FAULT):
                self.faults.switch_all_off()
            else:
                self.faults.switch_on(fault_from(wanted))
        except (BadRequest, BadFault) as problem:
            return _error(400, str(problem), INVALID)
        return _json({"faults": self.faults.shown()})

    async def show_requests(self, request: Request) -> Response:
        if not _from_here(request):
            return _only_from_here()
        return _json(self.log.shown(bodies=request.query_params.get("bodies") == "1"))

    async def forget_requests(self, request: Request) -> Response:
        if not _from_here(request):
            return _only_from_here()
        self.log.clear()
        return _json(self.log.shown())

    def _refusal(self, request: Request, asked: Asked) -> Response | None:
        if not self._key_fits(request):
            return _wrong_key()
        if asked.model != MODEL:
            message = f"The model `{asked.model[:80]}` does not exist; this server has `{MODEL}` only."
            return _error(404, message, INVALID, code="model_not_found", param="model")
        return None

    async def _answer(self, request: Request, body: bytes, asked: Asked, question: Question) -> Response:
        fault = self.faults.strike(question.kind, asked.asks_schema)
        if fault is not None and (refusal := await self._instead(fault, request)):
            return refusal
        if self.latency:
            await asyncio.sleep(self.latency)
        content = await _content(question)
        if fault is not None:
            content = spoiled(content, fault)
        cut = fault is not None and fault.name == "cut_json"
        return _json(completion(body, asked, content, cut=cut))

    async def _instead(self, fault: Fault, request: Request) -> Response | None:
        """What a fault answers in place of an answer; None when the answer still comes."""
        match fault.name:
            case "rate_limit":
                after = {"retry-after": f"{fault.retry_after:g}"}
                return _error(429, "Too many requests.", "requests", "rate_limit_exceeded", headers=after)
            case "server_error":
                return _error(500, "The server had an error.", "server_error")
            case "refuse_key":
                return _wrong_key()
            case "no_json_schema":
                message = "response_format json_schema is not supported."
                return _error(400, message, INVALID, param="response_format")
            case "timeout":
                while not await request.is_disconnected():
                    await asyncio.sleep(0.05)
                return Response()
            case "slow":
                await asyncio.sleep(fault.seconds)
        return None

    def _key_fits(self, request: Request) -> bool:
        if self.api_key is None:
            return True
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), self.api_key.encode())


async def _content(question: Question) -> str:
    """A verdict is a matter of microseconds; learning from many cases is not, and gets a thread."""
    return question.answer() if question.is_quick else await asyncio.to_thread(question.answer)


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            parts.append(part)
            size += len(part)
            if size > MAX_BODY_BYTES:
                raise BadRequest(f"The body is longer than {MAX_BODY_BYTES} bytes.")
    except ClientDisconnect:
        raise BadRequest("The body ended early.") from None
    return b"".join(parts)


def _from_here(request: Request) -> bool:
    if request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _is_json(request: Request) -> bool:
    """A page in a browser cannot send this content type here without asking first."""
    return request.headers.get("content-type", "").startswith("application/json")


def _only_from_here() -> Response:
    return _error(403, "Only for JSON requests from this machine.", "permission_error")


def _wrong_key() -> Response:
    return _error(401, "Incorrect API key provided.", INVALID, "invalid_api_key")


def _error(
    status: int,
    message: str,
    kind: str,
    code: str | None = None,
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return _json(error_body(message, kind, code, param), status, headers)


def _json(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(data, ensure_ascii=True).encode()
    return Response(body, status, headers, "application/json")
