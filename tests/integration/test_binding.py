"""The product listens to other machines only where nobody gets in who should not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core import accounts, signin
from core.db import Database
from core.errors import Refused
from core.settings import Settings, load_settings
from core.signin import Client
from core.terms import Origin
from tests.databases import on_both

SECRET = "s" * 32
OIDC = {"sign_in": "oidc", "oidc_issuer": "https://login.example", "oidc_client_id": "plumbline"}
PROXY = {"sign_in": "proxy", "proxy_addresses": "10.0.0.5, 10.1.0.0/16"}


def settings(folder: Path, **changed: Any) -> Settings:
    return load_settings(_env_file=None, plumbline_home=folder, **changed)


def let_somebody_in(database: Database, chosen: Settings) -> None:
    accounts.local_admin(database, chosen.admin_email, Origin.COMMAND_LINE)
    link = signin.make_welcome_link(database, chosen.admin_email)
    signin.open_link(database, chosen, link, Client("", ""), "correct horse battery staple")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "::1", "localhost"])
def test_on_this_machine_nothing_is_asked_for(database: Database, tmp_path: Path, host: str) -> None:
    signin.refuse_open_binding(settings(tmp_path), database, host)


@on_both
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "web.internal", "127.0.0.1.evil.example"])
def test_on_a_network_a_secret_and_a_way_in_are(database: Database, tmp_path: Path, host: str) -> None:
    with pytest.raises(Refused, match="set COOKIE_SECRET"):
        signin.refuse_open_binding(settings(tmp_path), database, host)
    chosen = settings(tmp_path, cookie_secret=SECRET, plumbline_host=host)
    with pytest.raises(Refused, match="let somebody in first"):
        signin.refuse_open_binding(chosen, database)

    let_somebody_in(database, chosen)
    signin.refuse_open_binding(chosen, database)


def test_who_signs_in_elsewhere_needs_no_password_here(database: Database, tmp_path: Path) -> None:
    for way in (OIDC, PROXY):
        signin.refuse_open_binding(settings(tmp_path, cookie_secret=SECRET, **way), database, "0.0.0.0")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (OIDC | {"oidc_issuer": None}, "needs OIDC_ISSUER and OIDC_CLIENT_ID"),
        (OIDC | {"oidc_client_id": None}, "needs OIDC_ISSUER and OIDC_CLIENT_ID"),
        (OIDC | {"oidc_issuer": "http://login.example"}, "must begin with https"),
        (OIDC | {"oidc_issuer": "login.example"}, "must begin with https"),
        (PROXY | {"proxy_addresses": None}, "needs PROXY_ADDRESSES"),
        (PROXY | {"proxy_addresses": " , "}, "needs PROXY_ADDRESSES"),
        (PROXY | {"proxy_addresses": "10.0.0.0/33"}, "no address or network"),
        ({"proxy_addresses": "proxy.internal"}, "no address or network"),
    ],
    ids=str,
)
def test_what_is_set_up_by_halves_is_refused_everywhere(
    database: Database, tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words):
        signin.refuse_open_binding(settings(tmp_path, **changed), database, "127.0.0.1")
