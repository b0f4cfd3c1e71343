from __future__ import annotations

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from core import endpoints
from core.accounts import project_view
from core.endpoints import EndpointView
from core.models import Membership
from core.terms import Role
from dashboard import product
from dashboard.components import plain
from tests.model_endpoint import ModelEndpoint, fails
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

KEY = "sk-planted-on-the-page-0123"


@pytest.fixture(autouse=True)
def local_addresses_allowed(page_world: PageWorld, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ALLOWED_PRIVATE_ADDRESSES", "127.0.0.1")
    product.settings.cache_clear()
    yield
    product.settings.cache_clear()


def texts(page: AppTest) -> str:
    kinds = (
        "title",
        "markdown",
        "caption",
        "text",
        "code",
        "error",
        "warning",
        "success",
        "info",
        "subheader",
    )
    written = "\n".join(str(one.value) for kind in kinds for one in page.get(kind))
    return written.replace("\\", "").replace(plain.NOTHING, "")


def press(page: AppTest, key: str) -> AppTest:
    return next(one for one in page.button if one.key == key).click().run()


def opened(world: PageWorld) -> AppTest:
    return world.open_in_frame("settings", section="endpoint")


def fill(page: AppTest, field: str, value: str) -> None:
    key = f"settings-endpoint-{field}-"
    next(one for one in page.text_input if str(one.key).startswith(key)).set_value(value)


def price(page: AppTest, which: str, value: float | None) -> None:
    key = f"settings-endpoint-price-{which}-"
    next(one for one in page.number_input if str(one.key).startswith(key)).set_value(value)


def save(page: AppTest, address: str, key: str = KEY, model: str = "judge-1") -> AppTest:
    fill(page, "address", address)
    fill(page, "key", key)
    fill(page, "model", model)
    return press(page, "settings-endpoint-save")


def stored(world: PageWorld) -> EndpointView | None:
    return endpoints.endpoint_of(world.database, world.actor, world.project_id)


def test_a_project_gets_an_endpoint_of_its_own_and_it_is_tested(page_world: PageWorld) -> None:
    with ModelEndpoint() as endpoint:
        page = opened(page_world)
        assert "no language model" in texts(page)
        price(page, "in", 0.15)
        price(page, "out", 0.6)
        page = save(page, endpoint.url)
        shown = texts(page)
        assert "The endpoint is saved" in shown and endpoint.url in shown and "judge-1" in shown
        assert "this project alone" in shown and "set today" in shown
        assert "0.15 for a million tokens in, 0.6 out" in shown
        assert "no language model" not in shown

        page = press(page, "settings-probe")
        assert "json_schema supported" in texts(page)
        (received,) = endpoint.received
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert project_view(page_world.database, page_world.project_id).model == "judge-1"


def test_the_key_is_write_only(page_world: PageWorld) -> None:
    page = save(opened(page_world), "http://127.0.0.1:9/v1")

    for one in (page, opened(page_world)):
        assert KEY not in texts(one)
        assert KEY not in str([widget.value for widget in one.text_input])
    placeholders = [one.placeholder for one in opened(page_world).text_input]
    assert any(text.startswith("set today") for text in placeholders)


def test_a_new_address_without_a_key_says_that_the_old_one_is_gone(page_world: PageWorld) -> None:
    page = save(opened(page_world), "http://127.0.0.1:9/v1")
    page = save(page, "http://127.0.0.1:10/v1", key="")

    assert "old address's key was dropped" in texts(page)
    found = stored(page_world)
    assert found is not None and not found.has_key


@pytest.mark.parametrize(
    ("address", "key", "model", "words"),
    [
        ("http://10.0.0.1/v1", KEY, "m", "not an address of the public internet"),
        ("api.example.com", KEY, "m", "not an address such as"),
        ("http://127.0.0.1:9/v1", "two words", "m", "no key has"),
        ("http://127.0.0.1:9/v1", KEY, "", "Name the model"),
    ],
)
def test_what_is_refused_is_said_in_a_sentence(
    page_world: PageWorld, address: str, key: str, model: str, words: str
) -> None:
    page = save(opened(page_world), address, key, model)

    assert words in texts(page)
    assert stored(page_world) is None


def test_a_refused_key_points_here(page_world: PageWorld) -> None:
    with ModelEndpoint(fails(401, f"Incorrect API key provided: {KEY}")) as endpoint:
        page = press(save(opened(page_world), endpoint.url), "settings-probe")

    assert "refused the key: check the key under Project settings" in texts(page)
    assert KEY not in texts(page)


def test_going_back_to_the_installations_endpoint_asks_first(page_world: PageWorld) -> None:
    page = save(opened(page_world), "http://127.0.0.1:9/v1")
    page = press(page, "settings-endpoint-remove")
    assert "its key is forgotten" in texts(page) and stored(page_world) is not None

    page = press(page, "settings-endpoint-remove-yes")
    assert stored(page_world) is None
    assert "installation's endpoint and model again" in texts(page)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
def test_others_than_admins_see_it_and_change_nothing(page_world: PageWorld, role: Role) -> None:
    save(opened(page_world), "http://127.0.0.1:9/v1")
    with page_world.database.write() as session:
        session.query(Membership).update({"role": int(role)})
    page = opened(page_world)

    assert "set by the project's admins" in texts(page)
    assert "http://127.0.0.1:9/v1" in texts(page)
    assert not [one for one in page.button if one.key == "settings-endpoint-save"]
