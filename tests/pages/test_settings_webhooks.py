from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core import deliveries, metrics, schedules, webhooks
from core.terms import Definition, EvalSettings, Role
from core.webhooks import Kind, WebhookView
from tests.page_world import PageWorld, page_world
from tests.pages.test_emails import press, texts

__all__ = ["page_world"]

PUBLIC = "https://93.184.215.14/hook/secret-path"
HOSTILE = "**bold** <script>x</script>"


def opened(world: PageWorld) -> AppTest:
    page = world.open_in_frame("settings", section="webhooks")
    assert not page.exception
    return page


def kept(world: PageWorld) -> list[WebhookView]:
    return webhooks.webhooks_of(world.database, world.actor, world.project_id)


def fill(page: AppTest, name: str, url: str, kind: Kind = Kind.JSON) -> AppTest:
    page.text_input(key="settings-webhook-name-0").set_value(name)
    page.text_input(key="settings-webhook-url-0").set_value(url)
    page.radio(key="settings-webhook-kind-0").set_value(kind)
    return press(page, "settings-webhook-save")


def test_a_signed_webhook_shows_its_secret_once(page_world: PageWorld) -> None:
    page = fill(opened(page_world), "Production", PUBLIC)

    [secret] = [one.value for one in page.code if one.value.startswith("whsec_")]
    [webhook] = kept(page_world)
    assert (webhook.name, webhook.kind, webhook.host) == ("Production", Kind.JSON, "93.184.215.14")

    page = press(page, "settings-webhook-copied")
    assert "Production" in texts(page)
    assert "secret-path" not in texts(page)
    assert secret not in texts(page)
    assert secret not in texts(opened(page_world))


def test_a_chat_hears_of_a_schedule(page_world: PageWorld) -> None:
    metric = metrics.add(
        page_world.database,
        page_world.actor,
        page_world.project_id,
        "Polite",
        Definition("Was it polite?"),
        EvalSettings(),
    ).id
    schedules.add(
        page_world.database, page_world.actor, page_world.project_id, [metric], "@weekly", name=HOSTILE
    )
    page = fill(opened(page_world), HOSTILE, PUBLIC, Kind.SLACK)

    [webhook] = kept(page_world)
    assert webhook.schedule == HOSTILE
    own = page_world.open_in_frame("schedules", schedule=webhook.schedule_id)
    assert not own.exception
    [told] = [one.proto.label for one in own.get("page_link") if "Also told" in one.proto.label]
    assert "<script>" not in told.replace("\\<script\\>", "")
    assert not any(one.value.startswith("whsec_") for one in page.code)
    assert "<script>" not in "".join(str(one.value) for one in page.markdown if "\\<" not in str(one.value))


def test_a_private_address_is_refused_with_the_way_out(page_world: PageWorld) -> None:
    page = fill(opened(page_world), "Inside", "http://127.0.0.1:9/x")

    assert "ALLOWED\\_PRIVATE\\_ADDRESSES" in page.error[0].value
    assert kept(page_world) == []


def test_a_test_can_be_sent_and_a_webhook_removed(page_world: PageWorld) -> None:
    fill(opened(page_world), "Production", PUBLIC)
    [webhook] = kept(page_world)

    page = press(opened(page_world), f"settings-webhook-test-{webhook.id}")
    assert "on its way" in texts(page)
    [told] = deliveries.deliveries_of(page_world.database, page_world.actor, page_world.project_id).deliveries
    assert (told.about, told.is_mail) == ("test", False)
    listed = page_world.open_in_frame("emails", show="webhooks")
    assert "Production (93.184.215.14)" in texts(listed)
    one = page_world.open_in_frame("emails", email=told.id)
    assert not one.exception
    assert '"type": "test"' in one.code[0].value

    page = press(opened(page_world), f"settings-webhook-remove-{webhook.id}")
    press(page, "settings-webhook-remove-yes")
    assert kept(page_world) == []


def test_who_is_no_admin_sees_them_and_has_no_buttons(page_world: PageWorld) -> None:
    fill(opened(page_world), "Production", PUBLIC)
    page_world.sign_in_as("editor@x.test", Role.EDITOR)

    page = opened(page_world)

    assert "Production" in texts(page)
    assert not [one for one in page.button if (one.key or "").startswith("settings-webhook")]
    assert "made by the project's admins" in texts(page)
