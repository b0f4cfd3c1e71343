"""Nobody speaks to the MCP server without a token, and nobody gets further than their token does."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from core import accounts, metrics
from core.db import database_now
from core.models import ApiToken, User
from core.terms import Definition, EvalSettings, Role
from core.tokens import make_token, revoke_token, token_digest, tokens_of
from mcp_server.attempts import MOST_REFUSED
from tests.mcp_process import SERVER, Home, call, make_home, post, refusal, running_mcp, said
from tests.servers import free_port

UNKNOWN = "plb_" + "x" * 43


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def port(home: Home) -> Iterator[int]:
    with running_mcp(home, LOG_LEVEL="DEBUG") as port:
        yield port


def change(home: Home, token: str, **values: object) -> None:
    with home.database.write() as session:
        matches = ApiToken.digest == token_digest(token)
        session.execute(update(ApiToken).where(matches).values(**values))


def test_a_request_without_a_token_is_refused_with_a_hint(port: int) -> None:
    response = post(port)

    assert response.status == 401
    assert response.getheader("WWW-Authenticate") == 'Bearer realm="Plumbline"'
    assert "Authorization: Bearer plb_…" in refusal(response)
    assert "Project settings → API tokens" in refusal(response)


@pytest.mark.parametrize(
    "header", ["Basic YW5hOmhpZGRlbg==", "Bearer", "bearer", f"Token {UNKNOWN}", UNKNOWN]
)
def test_a_header_of_another_kind_is_no_token(port: int, header: str) -> None:
    response = post(port, Authorization=header)

    assert response.status == 401
    assert "Authorization: Bearer plb_…" in refusal(response)


@pytest.mark.parametrize("token", ["sk-123", UNKNOWN[:-1], "plb_' OR 1=1 --", "x" * 5_000])
def test_a_malformed_token_is_refused_with_a_hint(port: int, token: str) -> None:
    response = post(port, token)

    assert response.status == 401
    assert 'error="invalid_token"' in str(response.getheader("WWW-Authenticate"))
    assert "begins with plb_" in refusal(response)


def test_unknown_revoked_and_expired_tokens_are_refused_with_the_reason(port: int, home: Home) -> None:
    assert "unknown here" in refusal(post(port, UNKNOWN))

    revoked = home.token()
    assert post(port, revoked).status != 401
    newest = tokens_of(home.database, home.admin, home.project_id)[0]
    revoke_token(home.database, home.admin, newest.id)
    assert "was revoked on" in refusal(post(port, revoked))

    expired = home.token()
    with home.database.read() as session:
        change(home, expired, expires_at=database_now(session) - timedelta(seconds=1))
    assert "expired on" in refusal(post(port, expired))


def test_a_disabled_owner_is_out_at_the_next_request(port: int, home: Home) -> None:
    ana = accounts.add_user(home.database, home.admin, "ana@x.test", Role.ADMIN, home.project_id)
    owner = accounts.local_admin(home.database, "ana@x.test", home.admin.origin)
    _, token = make_token(home.database, owner, home.project_id, "Ana's", Role.ADMIN)
    assert post(port, token).status != 401

    with home.database.write() as session:
        session.execute(update(User).where(User.id == ana).values(enabled=False))
    response = post(port, token)
    assert response.status == 401 and "ana@x.test, who is disabled" in refusal(response)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PUT"])
def test_every_way_to_ask_needs_a_token(port: int, method: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, "/mcp")
    assert connection.getresponse().status in {401, 405}
    connection.close()


@pytest.mark.parametrize(
    "path", ["/", "/mcp/", "/docs", "/openapi.json", "/.well-known/oauth-protected-resource"]
)
def test_beside_the_tools_there_is_nothing(port: int, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    assert connection.getresponse().status in {401, 404, 307}
    connection.close()


def test_a_token_reads_its_own_project_alone(port: int, home: Home) -> None:
    other = accounts.add_project(home.database, home.admin, "Other").id
    there = metrics.add(home.database, home.admin, other, "There", Definition("?"), EvalSettings()).id
    token = home.token(Role.ADMIN)

    here = call(port, "metrics_retrieve", {"metric_id": home.metric_id}, token=token)
    beyond = call(port, "metrics_retrieve", {"metric_id": there}, token=token)

    assert here.structured_content and here.structured_content["name"] == "Confirmed"
    assert beyond.is_error and f"There is no metric “{there}”" in said(beyond)
    across = call(port, "metrics_retrieve", {"metric_id": there}, token=home.token(project_id=other))
    assert across.structured_content and across.structured_content["name"] == "There"


def test_the_use_of_a_token_is_noted(port: int, home: Home) -> None:
    token = home.token()
    post(port, token)

    assert tokens_of(home.database, home.admin, home.project_id)[0].used_at is not None


def test_over_stdio_the_token_of_the_environment_acts_and_a_bad_one_ends_in_one_sentence(home: Home) -> None:
    other = accounts.add_project(home.database, home.admin, "Stdio").id
    beyond = call(
        home.stdio(PLUMBLINE_TOKEN=home.token(project_id=other)),
        "metrics_retrieve",
        {"metric_id": home.metric_id},
    )
    assert beyond.is_error and "There is no metric" in said(beyond)

    ended = subprocess.run(
        [*SERVER, "--stdio"],
        cwd=home.folder,
        env=home.environment | {"PLUMBLINE_TOKEN": UNKNOWN},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "unknown here" in ended.stderr and "Traceback" not in ended.stderr


def test_other_machines_are_not_listened_to_without_accounts_and_a_cookie_secret(home: Home) -> None:
    ended = subprocess.run(
        SERVER,
        cwd=home.folder,
        env=home.environment | {"PLUMBLINE_HOST": "0.0.0.0", "MCP_PORT": str(free_port())},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    assert "COOKIE_SECRET" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.thorough
def test_a_flood_of_bad_tokens_is_turned_away_and_good_ones_still_come_in(home: Home) -> None:
    good = home.token()
    with running_mcp(home) as port:
        assert post(port, good).status != 401
        statuses = [post(port, f"plb_{number:043d}").status for number in range(MOST_REFUSED + 10)]
        flooded = post(port, "plb_" + "y" * 43)

        assert statuses[0] == 401 and statuses[-1] == 429
        assert flooded.status == 429 and "try again in" in refusal(flooded)
        assert 0 < int(flooded.getheader("Retry-After") or 0) <= 60
        assert post(port).status == 429
        assert post(port, good).status not in {401, 429}


def test_no_token_is_ever_in_the_log(port: int, home: Home) -> None:
    token = home.token()
    for one in (token, UNKNOWN):
        call(port, "metrics_retrieve", {"metric_id": home.metric_id}, token=token)
        post(port, one)

    log = (home.folder / "mcp.log").read_text()
    assert "refused a request from 127.0.0.1" in log
    assert token not in log and UNKNOWN not in log
