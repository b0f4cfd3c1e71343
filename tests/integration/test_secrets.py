"""All that comes out of the product is searched for planted secrets: logs at DEBUG, answers, mails, exports,
the database's own bytes, Redis."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from core import project_settings
from core.accounts import add_project
from core.vault import KEY_FILE
from tests.oidc_provider import CLIENT_ID
from tests.planted_secrets import (
    SECRETS,
    Scene,
    ask_the_processes,
    give_own_endpoint,
    keep_mails_and_audit,
    let_people_sign_in,
    make_tokens,
    open_the_pages,
    run_everything,
    scene,
    try_what_is_refused,
)
from tests.servers import RedisServer


def spellings(secret: str) -> set[bytes]:
    """A secret as it is, in an address, and inside base64 wherever it begins in it."""
    plain = secret.encode()
    inside = {base64.b64encode(b"x" * shift + plain)[4 if shift else 0 : -4] for shift in range(3)}
    return {plain, quote(secret, safe="").encode(), json.dumps(secret)[1:-1].encode()} | inside


def leaks(folder: Path, secrets: dict[str, str]) -> list[str]:
    """Which secret stands in which file."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != KEY_FILE):
        content = path.read_bytes()
        found += [
            f"{name} in {path.name}"
            for name, secret in secrets.items()
            if any(spelling in content for spelling in spellings(secret))
        ]
    return found


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_planted_secret_comes_out_anywhere(
    own_redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scene(tmp_path, own_redis, monkeypatch) as found:
        world = found.world
        make_tokens(found)
        let_people_sign_in(found)
        give_own_endpoint(found, SECRETS["old-endpoint"], "http://127.0.0.1:9/v1")
        give_own_endpoint(found, SECRETS["endpoint"])
        run_everything(found)
        try_what_is_refused(found)
        other = add_project(world.database, world.admin, "Other")
        project_settings.try_endpoint(world.database, world.admin, world.settings, other)
        ask_the_processes(found)
        open_the_pages(found)
        keep_mails_and_audit(found)

        assert_the_secrets_were_used(found)
        assert leaks(tmp_path, SECRETS | found.tokens) == []


def assert_the_secrets_were_used(found: Scene) -> None:
    """The search proves nothing of secrets that nobody needed, nor of outputs that are empty."""
    own = {received.headers["authorization"] for received in found.own.received}
    installed = {received.headers["authorization"] for received in found.world.endpoint.received}
    assert own == {f"Bearer {SECRETS['endpoint']}"}
    assert installed == {f"Bearer {SECRETS['llm']}"}
    assert all(found.world.mail.signed_in) and found.world.mail.signed_in
    outputs = {path.name: path.read_bytes() for path in found.folder.glob("out-*")}
    assert b"does not answer" in outputs["out-down-doctor.txt"]
    assert b'"status": "' in outputs["out-doctor.txt"]
    basic = base64.b64encode(f"{CLIENT_ID}:{SECRETS['oidc']}".encode()).decode()
    assert found.provider.authorizations.count(f"Basic {basic}") == 4
    assert outputs["out-oidc.txt"].count(b"did not accept the sign-in") == 2
    assert b"set-cookie" in outputs["out-oidc.txt"] and b" 303 " in outputs["out-oidc.txt"]
    assert b"refused the sign-in" in outputs["out-mail-check.txt"]
    assert {told.path for told in found.receiver.told} == {
        f"/services/T0/{SECRETS['webhook-path']}?key={SECRETS['webhook-query']}"
    }
    assert len(found.receiver.told) >= 8
    assert outputs["out-deliveries.txt"].count(b"Cannot POST") >= 2
    assert b"Program 1" in outputs["out-page-settings-webhooks.txt"]
    assert b"Polite" in outputs["out-run.txt"]
    assert b"never again" in outputs["out-export.txt"] and b'"hint"' in outputs["out-tokens.txt"]
    assert all(b"endpoint.set" in outputs[f"out-audit{form}.txt"] for form in ("", "-csv", "-jsonl"))
    assert b"serverInfo" in outputs["out-stdio-good.txt"]
    assert all(outputs[f"out-stdio-{name}.txt"].startswith(b"1 ") for name in ("revoked", "unknown"))
    assert found.own.url.encode() in outputs["out-page-settings-endpoint.txt"]
    assert b"revoked" in outputs["out-page-settings-tokens.txt"].lower()
    assert b"refused the key" in outputs["out-refusals.txt"] and b"[key]" in outputs["out-refusals.txt"]
    assert [name for name, content in outputs.items() if not content] == []
    assert (found.folder / "plumbline.db").stat().st_size > 0


def test_the_search_finds_a_secret_in_every_spelling(tmp_path: Path) -> None:
    secret = SECRETS["smtp"]
    for name, content in {
        "plain": f"password={secret}!",
        "address": f"smtp://ann:{quote(secret, safe='')}@mail",
        "basic": base64.b64encode(f"ann:{secret}".encode()).decode(),
        "auth": base64.b64encode(f"\0ann\0{secret}".encode()).decode(),
    }.items():
        (tmp_path / name).write_text(content)

    assert leaks(tmp_path, {"smtp": secret, "llm": SECRETS["llm"]}) == [
        f"smtp in {name}" for name in ("address", "auth", "basic", "plain")
    ]
