"""What is believed of an identity provider's answer, and what is not."""

from __future__ import annotations

import hmac
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from core import signin
from core.db import Database
from core.errors import SignInRefused
from core.settings import Settings, load_settings
from core.signin import provider as asking
from core.signin.kept import Kept
from tests.gatehouse import CLIENT
from tests.oidc_provider import CLIENT_ID, Claims, Provider, running_provider
from tests.world import person

NAME = "login.example"
PUBLIC = "93.184.216.34"
BACK = "http://127.0.0.1:8501/sign-in/callback"


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time by which answers grow old, and nothing kept of the test before."""
    clock = Clock()
    monkeypatch.setattr(asking, "_metadata", Kept(asking.KEPT_SECONDS, clock))
    monkeypatch.setattr(asking, "_keys", Kept(asking.KEPT_SECONDS, clock))
    return clock


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as running:
        yield running


def settings_for(provider: Provider, **changed: Any) -> Settings:
    values = {"sign_in": "oidc", "oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID}
    here = {"allowed_private_addresses": "127.0.0.1"}
    return load_settings(_env_file=None, **(values | here | changed))


def come_back(provider: Provider, settings: Settings | None = None, **changed: Any) -> signin.Claims:
    """A whole sign-in: there, and back with a code, to claims with these changes."""
    settings = settings or settings_for(provider)
    _, flow = signin.begin_oidc(settings, BACK)
    claims = provider.good_claims(flow["nonce"]) | changed
    provider.claims = {name: value for name, value in claims.items() if value is not None}
    return signin.finish_oidc(settings, flow, {"state": flow["state"], "code": "c0de"}, BACK)


def test_the_browser_is_sent_with_state_nonce_and_pkce(provider: Provider) -> None:
    address, flow = signin.begin_oidc(settings_for(provider), BACK)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}

    assert address.startswith(f"{provider.issuer}/authorize?")
    assert (asked["state"], asked["nonce"], asked["redirect_uri"]) == (flow["state"], flow["nonce"], BACK)
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert flow["verifier"] not in address
    assert len({*flow.values(), *signin.begin_oidc(settings_for(provider), BACK)[1].values()}) == 6


def test_a_good_answer_says_who_it_is(provider: Provider) -> None:
    found = come_back(provider)

    assert (found.issuer, found.subject, found.email) == (provider.issuer, "ana-1", "ana@x.test")
    assert {"code_verifier", "code"} <= provider.asked[0].keys()


def test_several_audiences_need_ours_as_the_authorised_party(provider: Provider) -> None:
    assert come_back(provider, aud=[CLIENT_ID, "other"], azp=CLIENT_ID).subject == "ana-1"
    with pytest.raises(SignInRefused, match="another program"):
        come_back(provider, aud=[CLIENT_ID, "other"], azp="other")


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + 3600},
    ],
    ids=lambda claims: ", ".join(
        f"{name}-{'missing' if value is None else 'wrong'}" for name, value in claims.items()
    ),
)
def test_a_claim_that_is_wrong_or_missing_is_refused(provider: Provider, changed: Claims) -> None:
    with pytest.raises(SignInRefused, match="could not be trusted"):
        come_back(provider, **changed)


def by_another_key(claims: Claims, _provider: Provider) -> str:
    return jwt.encode({"alg": "RS256", "kid": "one"}, claims, RSAKey.generate_key(2048, {"kid": "one"}))


def unsigned(claims: Claims, provider: Provider) -> str:
    """The header says none, and the signature is empty."""
    body = provider.signed(claims).split(".")[1]
    return f"eyJhbGciOiJub25lIn0.{body}."


def with_the_public_key_as_a_secret(claims: Claims, provider: Provider) -> str:
    """What a verifier takes that lets the token choose between a key and a shared secret. Signed by hand:
    the library would not make it either."""
    body = provider.signed(claims).split(".")[1]
    head = encoded(b'{"alg":"HS256","kid":"one"}')
    said = f"{head}.{body}"
    digest = hmac.digest(provider.key.as_pem(private=False), said.encode(), "sha256")
    return f"{said}.{encoded(digest)}"


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def changed_afterwards(claims: Claims, provider: Provider) -> str:
    head, _, signature = provider.signed(claims).split(".")
    _, body, _ = provider.signed(claims | {"email": "admin@x.test"}).split(".")
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    "forge", [by_another_key, unsigned, with_the_public_key_as_a_secret, changed_afterwards]
)
def test_a_forged_token_is_refused(provider: Provider, forge: Callable[[Claims, Provider], str]) -> None:
    provider.sign = lambda claims: forge(claims, provider)

    with pytest.raises(SignInRefused, match="could not be trusted"):
        come_back(provider)


@pytest.mark.parametrize("said", [False, "false", "False", "no", "", 0, []], ids=repr)
def test_an_address_that_the_provider_did_not_verify_is_refused(provider: Provider, said: object) -> None:
    for settings in (settings_for(provider), settings_for(provider, oidc_trust_email=True)):
        with pytest.raises(SignInRefused, match="not verified"):
            come_back(provider, settings, email_verified=said)


@pytest.mark.parametrize("said", [True, "true", "True"])
def test_an_address_is_verified_by_true_alone_which_some_write_as_a_text(
    provider: Provider, said: object
) -> None:
    assert come_back(provider, email_verified=said).email_verified


def test_an_address_of_which_the_provider_says_nothing_links_to_no_account(
    provider: Provider, database: Database
) -> None:
    ana, settings = person(database, "ana@x.test"), settings_for(provider)

    def let_in(**said: object) -> str:
        return signin.sign_in_oidc(database, settings, come_back(provider, **said), CLIENT)

    with pytest.raises(SignInRefused, match="does not say that"):
        let_in(email_verified=None)
    assert let_in(email_verified=True)

    seen = signin.who(database, settings, let_in(email_verified=None))
    assert seen is not None and seen.user_id == ana.user_id, "once linked, the subject alone is the person"


def test_an_operator_may_vouch_for_the_addresses_of_a_provider(
    provider: Provider, database: Database
) -> None:
    person(database, "ana@x.test")
    settings = settings_for(provider, oidc_trust_email=True)

    assert signin.sign_in_oidc(database, settings, come_back(provider, settings, email_verified=None), CLIENT)


def test_an_answer_to_another_browsers_sign_in_is_refused(provider: Provider) -> None:
    settings = settings_for(provider)
    _, flow = signin.begin_oidc(settings, BACK)

    for params in ({"state": "another", "code": "c0de"}, {"code": "c0de"}, {"state": "", "code": "c0de"}):
        with pytest.raises(SignInRefused, match="began somewhere else"):
            signin.finish_oidc(settings, flow, params, BACK)
    assert provider.asked == [], "nothing was exchanged"


def test_who_says_no_at_the_provider_is_told_so(provider: Provider) -> None:
    settings = settings_for(provider)
    _, flow = signin.begin_oidc(settings, BACK)

    with pytest.raises(SignInRefused, match="did not let you in"):
        signin.finish_oidc(settings, flow, {"state": flow["state"], "error": "access_denied"}, BACK)


def test_a_provider_by_another_name_is_not_ours(provider: Provider) -> None:
    provider.metadata = {"issuer": "https://evil.example"}

    with pytest.raises(SignInRefused, match="calls itself by another address"):
        signin.begin_oidc(settings_for(provider), BACK)


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri"])
@pytest.mark.parametrize("inside", ["http://169.254.169.254/latest", "http://10.0.0.7/token", "ftp://x/y"])
def test_the_provider_leads_into_no_private_network(provider: Provider, name: str, inside: str) -> None:
    provider.metadata = {name: inside}

    with pytest.raises(SignInRefused, match=r"ALLOWED_PRIVATE_ADDRESSES|not an address"):
        signin.begin_oidc(settings_for(provider), BACK)


def test_what_an_operator_allows_it_may(provider: Provider) -> None:
    provider.metadata = {"jwks_uri": "http://10.0.0.7/jwks"}
    settings = settings_for(provider, allowed_private_addresses="127.0.0.1,10.0.0.0/24")

    assert signin.begin_oidc(settings, BACK)


def named(provider: Provider, allowed: str | None = None) -> Settings:
    """A provider whose issuer is a name, as it is in the world outside."""
    provider.issuer = provider.issuer.replace("127.0.0.1", NAME)
    return settings_for(provider, allowed_private_addresses=allowed)


def found_here(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def test_an_issuer_whose_name_stands_for_a_private_address_is_not_called(provider: Provider) -> None:
    with pytest.raises(SignInRefused, match=rf"{NAME} \(127\.0\.0\.1\).*ALLOWED_PRIVATE_ADDRESSES"):
        signin.begin_oidc(named(provider), BACK, found_here)
    assert provider.paths == []


@pytest.mark.parametrize("allowed", ["127.0.0.0/8", "login.example"])
def test_an_operator_opens_an_issuer_inside_by_name_or_by_address(provider: Provider, allowed: str) -> None:
    settings = named(provider, allowed)
    _, flow = signin.begin_oidc(settings, BACK, found_here)
    provider.claims = provider.good_claims(flow["nonce"])
    params = {"state": flow["state"], "code": "c0de"}

    assert signin.finish_oidc(settings, flow, params, BACK, found_here).subject == "ana-1"


@pytest.mark.parametrize(("path", "name"), [("/token", "token_endpoint"), ("/jwks", "jwks_uri")])
def test_a_name_that_stands_for_another_address_once_it_was_checked_is_not_called(
    provider: Provider, path: str, name: str
) -> None:
    """At the start the name is public; when it is called, it is this machine: nothing arrives there."""
    port = urlsplit(provider.issuer).port
    provider.metadata = {name: f"http://rebinding.example:{port}{path}"}
    settings, now = settings_for(provider), [PUBLIC]

    def lookup(host: str, port: int) -> list[str]:
        return now if host == "rebinding.example" else ["127.0.0.1"]

    _, flow = signin.begin_oidc(settings, BACK, lookup)
    provider.claims = provider.good_claims(flow["nonce"])
    now[0] = "127.0.0.2"
    with pytest.raises(SignInRefused, match=r"rebinding\.example \(127\.0\.0\.2\)"):
        signin.finish_oidc(settings, flow, {"state": flow["state"], "code": "c0de"}, BACK, lookup)
    assert (provider.asked == []) == (path == "/token") and "/jwks" not in provider.paths


def test_a_document_and_keys_are_asked_for_every_five_minutes(provider: Provider, clock: Clock) -> None:
    for seconds, asked in ((0, 1), (1, 1), (299, 1), (301, 2), (599, 2), (602, 3)):
        clock.seconds = seconds
        come_back(provider)
        for path in ("/.well-known/openid-configuration", "/jwks"):
            assert provider.paths.count(path) == asked, (seconds, path)


@pytest.mark.parametrize("kid", ["one", "two"], ids=["of the same name", "of another name"])
def test_a_new_key_of_the_provider_counts_at_once(provider: Provider, kid: str) -> None:
    come_back(provider)
    new = RSAKey.generate_key(2048, {"kid": kid})
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": kid}, claims, new)
    with pytest.raises(SignInRefused, match="could not be trusted"):
        come_back(provider)

    provider.key = new

    assert come_back(provider).subject == "ana-1"


def test_a_key_that_was_taken_back_counts_for_five_minutes_more(provider: Provider, clock: Clock) -> None:
    come_back(provider)
    old, provider.key = provider.key, RSAKey.generate_key(2048, {"kid": "two"})
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "one"}, claims, old)
    assert come_back(provider).subject == "ana-1"

    clock.seconds = asking.KEPT_SECONDS

    with pytest.raises(SignInRefused, match="could not be trusted"):
        come_back(provider)


def test_a_document_that_was_refused_is_not_kept(provider: Provider) -> None:
    provider.metadata = {"token_endpoint": None}
    with pytest.raises(SignInRefused):
        signin.begin_oidc(settings_for(provider), BACK)

    provider.metadata = {}

    assert come_back(provider).subject == "ana-1"


@pytest.mark.parametrize("metadata", [{"token_endpoint": None}, {"jwks_uri": 7}])
def test_a_provider_that_names_no_address_is_refused(provider: Provider, metadata: Claims) -> None:
    provider.metadata = metadata

    with pytest.raises(SignInRefused):
        signin.begin_oidc(settings_for(provider), BACK)


@pytest.mark.parametrize("status", [400, 401, 500, 302])
def test_an_exchange_that_fails_is_told_in_a_sentence(provider: Provider, status: int) -> None:
    provider.token_status = status

    with pytest.raises(SignInRefused, match=r"did not accept|sent no ID token"):
        come_back(provider)


@pytest.mark.parametrize("garbage", [["a list"], "a text", {"id_token": 7}])
def test_an_exchange_that_answers_garbage_is_told_in_a_sentence(provider: Provider, garbage: object) -> None:
    provider.token_answer = garbage

    with pytest.raises(SignInRefused):
        come_back(provider)


def test_a_secret_goes_to_the_token_endpoint_as_basic_and_nowhere_else(provider: Provider) -> None:
    settings = settings_for(provider, oidc_client_secret="a secret:with%signs")
    _, flow = signin.begin_oidc(settings, BACK)
    provider.claims = provider.good_claims(flow["nonce"])

    signin.finish_oidc(settings, flow, {"state": flow["state"], "code": "c0de"}, BACK)

    basic = b64encode(b"plumbline:a%20secret%3Awith%25signs").decode()
    assert [one for one in provider.authorizations if one] == [f"Basic {basic}"]
    assert "client_id" not in provider.asked[0]


def test_a_provider_that_is_away_is_told_in_a_sentence() -> None:
    nowhere = Provider(issuer="http://127.0.0.1:1")

    with pytest.raises(SignInRefused, match="does not answer as it should"):
        signin.begin_oidc(settings_for(nowhere), BACK)
