"""Secrets are planted wherever there is one, and everything is done that may go wrong with them; what comes
out is kept in files."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import httpx2
import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from click.testing import CliRunner
from pydantic import SecretStr
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core import audit_log, deliveries, endpoints, evaluations, jobs, project_settings, queue, signin
from core.__main__ import root
from core.accounts import project_view
from core.audit_log import Looked
from core.db import Database
from core.errors import PlumblineError, SignInRefused
from core.jobs.workplace import make_workplace
from core.migrations import migrate
from core.settings import load_settings
from core.signin import Client
from core.terms import Origin, Role
from core.tokens import actor_of_token, make_token, revoke_token
from core.webhooks import Kind
from dashboard import product, visitor
from dashboard.gate.identity import Presented
from dashboard.session import script
from tests.integration.smtp_servers import Inbox, running_smtp
from tests.integration.webhook_servers import Receiver, repeats, running_receiver
from tests.integration.webhook_world import add, sent
from tests.mcp_process import SERVER, Home, call, post, running_mcp
from tests.model_endpoint import ModelEndpoint, Received, Sent, answers, fails
from tests.oidc_provider import CLIENT_ID, Provider, running_provider
from tests.page_world import FRAME, PAGES, forget
from tests.scripted_model import ScriptedModel
from tests.servers import ROOT, RedisServer, free_port, running_dashboard, wait_until
from tests.worker_processes import processes
from tests.world import World, founded

PLANTED = (
    "llm endpoint old-endpoint smtp redis database cookie secret oidc password wrong-password other-password "
    "webhook-path webhook-query"
)
SECRETS = {name: f"planted-{name}-5f1c9a7e3d" for name in PLANTED.split()}
DOWN = {"DATABASE_URL": f"postgresql://plumbline:{SECRETS['database']}@127.0.0.1:1/plumbline"}
ADMIN = "admin@clinic.test"


@dataclass
class Scene:
    """A world full of secrets, whose every output lands in a file under `folder`."""

    world: World
    folder: Path
    own: ModelEndpoint
    environment: dict[str, str]
    provider: Provider
    receiver: Receiver
    tokens: dict[str, str] = field(default_factory=dict)

    def keep(self, name: str, content: object) -> None:
        (self.folder / f"out-{name}.txt").write_text(str(content), encoding="utf-8")

    def command(self, name: str, *arguments: str, **environment: str) -> None:
        """What a command of the command line says, on both its outputs."""
        self.keep(name, CliRunner().invoke(root, list(arguments), env=self.environment | environment).output)

    @contextmanager
    def started(self, name: str, module: str, **environment: str) -> Iterator[None]:
        """A process that runs meanwhile, and at least until it has said something."""
        path = self.folder / f"out-{name}.txt"
        with path.open("wb") as out:
            command = [sys.executable, "-m", module]
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment | environment, stdout=out, stderr=out
            )
        try:
            yield
            wait_until(lambda: path.stat().st_size, f"a word of {name}")
        finally:
            process.kill()
            process.wait()


def echoing(status: int) -> object:
    """An endpoint that repeats what it was sent, as careless ones and proxies do."""

    def instead(received: Received) -> Sent:
        return fails(status, f"bad header Authorization: {received.headers['authorization']}")

    return instead


def repeating(received: Received) -> Sent:
    return answers({"explanation": f"I saw {received.headers['authorization']}", "value": True})


class Mails(Inbox):
    """A mail server that wants the password, and while `repeating` refuses it with what it was sent."""

    repeating = False

    def sign_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        if self.repeating:
            sent = base64.b64encode(b"\0" + data.login + b"\0" + data.password).decode()
            said = f"535 5.7.8 AUTH PLAIN {sent} is {data.password.decode()}: not right"
            return AuthResult(success=False, handled=False, message=said)
        return AuthResult(success=data.password == SECRETS["smtp"].encode(), handled=False)


def environment_of(folder: Path, redis: RedisServer, llm: str, smtp_port: int, issuer: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PLUMBLINE_HOME": str(folder),
        "ADMIN_EMAIL": ADMIN,
        "REDIS_URL": f"redis://:{SECRETS['redis']}@127.0.0.1:{redis.port}/0",
        "LLM_BASE_URL": llm,
        "LLM_API_KEY": SECRETS["llm"],
        "LLM_MODEL": "scripted",
        "SMTP_URL": f"smtp://ann:{SECRETS['smtp']}@127.0.0.1:{smtp_port}",
        "COOKIE_SECRET": SECRETS["cookie"] * 2,
        "SECRET_KEY": SECRETS["secret"] * 2,
        "OIDC_ISSUER": issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": SECRETS["oidc"],
        "ALLOWED_PRIVATE_ADDRESSES": "127.0.0.1",
        "LOG_LEVEL": "DEBUG",
    }


@contextmanager
def scene(folder: Path, redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    model, inbox = ScriptedModel(), Mails()
    with (
        ModelEndpoint(model) as installed,
        ModelEndpoint(model) as own,
        running_smtp(inbox, authenticator=inbox.sign_in, auth_require_tls=False) as port,
        running_provider() as provider,
        running_receiver() as receiver,
    ):
        environment = environment_of(folder, redis, installed.url, port, provider.issuer)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings = load_settings(_env_file=None)
        database = Database(settings.database)
        migrate(database)
        project_id, people = founded(database)
        connection = queue.connect(redis.url)
        connection.config_set("requirepass", SECRETS["redis"])
        place = make_workplace(settings)
        world = World(place, queue.connect(settings.redis), installed, model, inbox, project_id, people)
        yield Scene(world, folder, own, environment, provider, receiver)


def give_own_endpoint(found: Scene, key: str, base_url: str | None = None) -> None:
    world = found.world
    endpoints.set_endpoint(
        world.database,
        world.settings,
        world.admin,
        world.project_id,
        base_url=base_url or found.own.url,
        model="scripted",
        key=key,
    )


def make_tokens(found: Scene) -> None:
    world = found.world
    for name in ("good", "revoked"):
        view, found.tokens[name] = make_token(
            world.database, world.admin, world.project_id, name, Role.VIEWER
        )
    actor_of_token(world.database, found.tokens["good"], Origin.MCP)
    revoke_token(world.database, world.admin, view.id)
    found.tokens["unknown"] = "plb_" + "q" * 43


def let_people_sign_in(found: Scene) -> None:
    """Passwords good and wrong, the cookie of a session, and a link that waits to be used."""
    world, client = found.world, Client(address="127.0.0.1", browser="a browser")
    database, settings = world.database, world.settings
    link = signin.make_welcome_link(database, ADMIN)
    signin.open_link(database, settings, link, client, SECRETS["password"])
    cookie = signin.sign_in(database, settings, ADMIN, SECRETS["password"], client)
    for email, wrong in ((ADMIN, "wrong-password"), ("nobody@clinic.test", "other-password")):
        with suppress(SignInRefused):
            signin.sign_in(database, settings, email, SECRETS[wrong], client)
    waiting = signin.make_welcome_link(database, "viewer@clinic.test")
    found.tokens |= {"link": link, "waiting-link": waiting, "session": cookie}


def tell_webhooks(found: Scene) -> None:
    """Tests to a program and to a chat, taken, refused with all that was sent, led on, and not reached."""
    world, receiver = found.world, found.receiver
    place = receiver.url.removesuffix("/hook/secret-path")
    path, query = (quote(SECRETS[name]) for name in ("webhook-path", "webhook-query"))
    closed = f"http://127.0.0.1:{free_port()}"
    for number, base in enumerate((place, closed)):
        url = f"{base}/services/T0/{path}?key={query}"
        program, found.tokens[f"webhook-secret-{number}"] = add(
            world, url, Kind.JSON, name=f"Program {number}"
        )
        chat, _ = add(world, url, Kind.SLACK, name=f"Chat {number}")
        for one in (program, chat):
            for answer in (204, repeats, 302, 410) if base == place else (204,):
                receiver.answers[:] = [answer]
                tell(found, one)


def tell(found: Scene, webhook_id: int) -> None:
    world = found.world
    job_ids = deliveries.send_test_to_webhook(world.database, world.admin, webhook_id)
    jobs.push_now(world.database, world.redis, job_ids)
    wait_until(lambda: sent(world)[-1].sent_at or sent(world)[-1].error, "what became of it")


def run_everything(found: Scene) -> None:
    """Runs of a schedule with their mails, an evaluation, and runs that fail in every way with the key."""
    world = found.world
    metric_id = world.labelled()
    with processes(world, found.folder, **found.environment) as workers:
        workers.worker()
        tell_webhooks(found)
        done(found, [world.scheduled_run(metric_id)[1]])
        for number, instead in enumerate((echoing(401), echoing(400), repeating)):
            world.model.instead = instead  # type: ignore[assignment]
            world.row(metric_id, f"{number} one more", expected="false")
            done(found, [world.scheduled_run(metric_id)[1]])
            done(found, [[evaluations.start(world.database, world.editor, metric_id)]])
        world.model.instead = lambda received: None
        wait_until(lambda: world.mail.envelopes, "a mail")


def done(found: Scene, pushed: list[list[int]]) -> None:
    world = found.world
    for job_ids in pushed:
        jobs.push_now(world.database, world.redis, job_ids)
        for job_id in job_ids:
            wait_until(lambda one=job_id: world.job(one).final, f"job {job_id}")


def try_what_is_refused(found: Scene) -> None:
    world, said = found.world, []
    project = project_view(world.database, world.project_id)
    for instead in (echoing(401), echoing(500), repeating):
        world.model.instead = instead  # type: ignore[assignment]
        try:
            said.append(
                str(project_settings.try_endpoint(world.database, world.editor, world.settings, project))
            )
        except PlumblineError as refusal:
            said.append(f"{refusal!r} {refusal.__cause__!r}")
    world.model.instead = lambda received: None
    lost = world.settings.model_copy(update={"secret_key": SecretStr("s" * 40)})
    try:
        project_settings.try_endpoint(world.database, world.editor, lost, project)
    except PlumblineError as refusal:
        said.append(f"{refusal!r} {refusal.__cause__!r} {refusal.__context__!r}")
    assert len(said) == 4
    found.keep("refusals", "\n".join(said))
    mails = world.mail
    assert isinstance(mails, Mails)
    mails.repeating = True
    found.keep(
        "mail-check", deliveries.check_server(world.database, world.settings, world.admin, world.project_id)
    )
    mails.repeating = False
    found.keep("objects", f"{world.settings!r} {world.settings} {world.place!r}")
    found.keep("place", repr(world.place.model(world.project_id)))


def ask_the_processes(found: Scene) -> None:
    """Everything that has a mouth, with the parts it needs and without them."""
    with found.started("down-worker", "worker", **DOWN), found.started("down-mcp", "mcp_server", **DOWN):
        ask_the_commands(found)
        ask_the_servers(found)


def ask_the_commands(found: Scene) -> None:
    found.command("doctor", "doctor", "--json")
    found.command("runs", "run", "list", "--json")
    found.command("run", "run", "show", "1")
    found.command("tokens", "token", "list", "--project", "Clinic", "--json")
    found.command("export", "export", "--project", "Clinic", "--metric", "Polite")
    found.command("down-doctor", "doctor", "--json", **DOWN)
    found.command("down-runs", "run", "list", **DOWN)


def ask_the_servers(found: Scene) -> None:
    home = Home(found.folder, found.world.project_id, 1)
    with running_mcp(home, **found.environment) as port:
        for name in ("good", "revoked", "unknown"):
            token = found.tokens[name]
            found.keep(f"mcp-{name}", vars(post(port, token)))
        found.keep("mcp-call", call(port, "metrics_retrieve", {"metric_id": 1}, token=found.tokens["good"]))
    ask_over_stdio(found)
    with running_dashboard(found.folder, **found.environment, SIGN_IN="oidc") as url:
        found.keep("healthz", fetched(url))
        found.keep("oidc", "\n".join(signed_in_by_provider(found, url)))


def ask_over_stdio(found: Scene) -> None:
    """The server at the other end of a pipe, with each token in its environment, and what it logs."""
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    for name in ("good", "revoked", "unknown"):
        ended = subprocess.run(
            [*SERVER, "--stdio"],
            cwd=found.folder,
            env=found.environment | {"PLUMBLINE_TOKEN": found.tokens[name]},
            input=f"{json.dumps(hello)}\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        found.keep(f"stdio-{name}", f"{ended.returncode} {ended.stdout} {ended.stderr}")


def signed_in_by_provider(found: Scene, url: str) -> Iterator[str]:
    """What a browser is told at a provider that takes our secret, or refuses it and repeats it."""
    provider = found.provider
    for status in (200, 400, 401, 500):
        with httpx2.Client(base_url=url, trust_env=False) as browser:
            there = browser.get("/sign-in/oidc")
            asked = parse_qs(urlsplit(there.headers["location"]).query)
            provider.claims = provider.good_claims(asked["nonce"][0]) | {"email": ADMIN}
            provider.token_status = status
            repeated = {"error_description": f"{SECRETS['oidc']} {provider.authorizations[-1]}"}
            provider.token_answer = repeated if status != 200 else None
            back = browser.get("/sign-in/callback", params={"state": asked["state"][0], "code": "c0de"})
            yield f"{there.headers} {back.status_code} {back.headers} {back.text}"


def fetched(url: str) -> str:
    return "\n".join(httpx2.get(f"{url}{path}").text for path in ("/healthz", "/", "/settings"))


def open_the_pages(found: Scene) -> None:
    """What a browser is sent of every page and each part of the settings while the admin is signed in."""
    forget()
    places = [(path.stem, "") for path in sorted(PAGES.glob("[a-z]*.py"))]
    places += [("settings", section) for section in ("members", "endpoint", "tokens", "mail", "webhooks")]
    with visitor.brought_by(lambda: Presented(token=found.tokens["session"])):
        for page, section in places:
            opened = AppTest.from_file(str(FRAME), default_timeout=60)
            opened.switch_page(script(page))
            opened.query_params["project"] = str(found.world.project_id)
            opened.query_params["section"] = section
            opened.run()
            assert not opened.exception, page
            sent = [str(getattr(node, "proto", "")) for node in opened._tree]
            found.keep(f"page-{page}-{section}", "\n".join(sent))
    product.database().dispose()
    forget()


def keep_mails_and_audit(found: Scene) -> None:
    for number, envelope in enumerate(found.world.mail.envelopes):
        mail = message_from_bytes(bytes(envelope.content or b""), policy=default)
        parts = [str(part.get_content()) for part in mail.walk() if not part.is_multipart()]
        found.keep(f"mail-{number}", "\n".join([*map(str, mail.items()), *parts]))
    with found.world.database.read() as session:
        rows = session.execute(text("SELECT * FROM audit_event")).all()
        found.keep("audit", "\n".join(map(str, rows)))
        rows = session.execute(text("SELECT * FROM delivery")).all()
        found.keep("deliveries", "\n".join(map(str, rows)))
    world = found.world
    for form in ("csv", "jsonl"):
        lines = audit_log.export_events(world.database, world.admin, world.project_id, form, Looked())
        found.keep(f"audit-{form}", "".join(lines))
