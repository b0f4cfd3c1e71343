from __future__ import annotations

from html.parser import HTMLParser

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from core import deliveries, metrics, runs
from core.db import database_now
from core.deliveries import DeliveryView
from core.deliveries.writing import write_summaries
from core.models import Delivery, Job, Result, Run
from core.runs import READ_ONLY
from core.terms import Definition, EvalSettings, Role
from dashboard import product
from dashboard.components import plain
from dashboard.components.emails_one import framed
from tests.page_world import PageWorld, page_world
from tests.servers import free_port

__all__ = ["page_world"]

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script> **bold**"


def mail(world: PageWorld, name: str = "Polite", state: str = "sent", error: str = "") -> int:
    """The delivery of a run that has ended, in a state as the worker leaves it."""
    definition, settings = Definition("Was it polite?"), EvalSettings()
    metric = metrics.add(world.database, world.actor, world.project_id, name, definition, settings).id
    started = runs.improve(world.database, world.actor, metric, READ_ONLY)
    with world.database.write() as session:
        result, run = session.get_one(Result, started.result_id), session.get_one(Run, started.run_id)
        result.state, result.outcome, result.reason = "done", "failed", f"It broke: {HOSTILE}"
        run.finished_at = database_now(session)
        session.flush()
        (job_id,) = write_summaries(session, run.id)
        job = session.get_one(Job, job_id)
        delivery = session.get_one(Delivery, job.subject_id)
        delivery.state, delivery.error, delivery.attempts = state, error, 1
        delivery.subject = f"Plumbline: 1 failed ({name})"
        job.status = "queued" if state == "waiting" else "finished"
        return delivery.id


def texts(page: AppTest) -> str:
    """Everything that is written on the page, without what escapes it."""
    kinds = ("title", "markdown", "caption", "text", "code", "error", "warning", "success")
    written = "\n".join(str(one.value) for kind in kinds for one in page.get(kind))
    return written.replace("\\", "").replace(plain.NOTHING, "")


def press(page: AppTest, key: str) -> AppTest:
    return next(one for one in page.button if one.key == key).click().run()


def listed(world: PageWorld) -> tuple[DeliveryView, ...]:
    return deliveries.deliveries_of(world.database, world.actor, world.project_id).deliveries


def test_without_mails_the_page_says_when_there_will_be_some(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("emails")

    assert "No email yet" in texts(page)
    assert "Every email was sent" in texts(page_world.open_in_frame("emails", show="open"))


def test_the_list_says_to_whom_and_what_became_of_each(page_world: PageWorld) -> None:
    mail(page_world, "One")
    mail(page_world, "Two", "failed", "550 nobody here")
    mail(page_world, "Three", "waiting", "451 later")
    mail(page_world, "Four", "fate_unknown", "The connection broke.")

    written = texts(page_world.open_in_frame("emails"))

    for words in ("Sent", "Not delivered", "550 nobody here", "Delayed, tried again", "May have arrived"):
        assert words in written
    assert page_world.actor.name in written
    assert "4 messages" in written


def test_the_filter_leaves_out_what_was_sent(page_world: PageWorld) -> None:
    mail(page_world, "One")
    mail(page_world, "Two", "failed", "550 nobody here")

    assert "1 message" in texts(page_world.open_in_frame("emails", show="open"))


def test_they_come_in_pages(page_world: PageWorld) -> None:
    first = mail(page_world)
    with page_world.database.write() as session:
        model = session.scalars(select(Delivery)).one()
        for number in range(30):
            session.add(
                Delivery(
                    project_id=model.project_id,
                    run_id=model.run_id,
                    kind=f"resend-{number + 1}",
                    recipient=model.recipient,
                    state="sent",
                    message_id=f"<{number}@x>",
                    subject=f"Number {number}",
                    created_at=model.created_at,
                )
            )
    assert first == 1

    assert "1–25 of 31" in texts(page_world.open_in_frame("emails"))
    assert "26–31 of 31" in texts(page_world.open_in_frame("emails", page=2))


def test_one_mail_is_shown_in_a_frame_that_runs_nothing_and_as_text(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("emails", email=mail(page_world, HOSTILE[:60]))

    assert not page.exception
    assert "1 failed" in page.title[0].value
    frame = page.get("iframe")[0].proto.srcdoc
    assert "<img" not in frame and "<script" not in frame
    assert "default-src 'none'" in frame

    page.segmented_control(key="emails-view").set_value("text").run()
    assert "It broke" in page.code[0].value


class Frames(HTMLParser):
    """The attributes of the frames in a page, and the names of its other tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.frames: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "iframe":
            self.frames.append(dict(attrs))


def test_the_frame_holds_the_page_whole_and_without_scripts() -> None:
    page = "<html><head><title>x</title></head><body>\"'><script>alert(1)</script>{braces}</body></html>"

    found = Frames(framed(page))

    (frame,) = found.frames
    assert frame["srcdoc"] == page.replace("<head>", '<head><base target="_blank">')
    assert "allow-scripts" not in str(frame["sandbox"])
    assert "script" not in found.tags


def test_resend_writes_another_mail_and_says_so(page_world: PageWorld) -> None:
    chosen = mail(page_world)

    page = press(page_world.open_in_frame("emails", email=chosen), "emails-resend")

    assert "once more" in texts(page)
    assert [one.resend for one in listed(page_world)] == [1, 0]
    assert "resend 1" in texts(page_world.open_in_frame("emails"))


def test_what_is_on_its_way_cannot_be_resent(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("emails", email=mail(page_world, state="waiting"))

    assert next(one for one in page.button if one.key == "emails-resend").disabled


@pytest.mark.parametrize("number", [99, 0])
def test_a_mail_that_is_not_there_is_said_to_be_so(page_world: PageWorld, number: int) -> None:
    page = page_world.open_in_frame("emails", email=number)

    assert "There is no email" in page.error[0].value
    assert not page.exception


def test_a_test_email_is_written_and_listed(page_world: PageWorld) -> None:
    page = press(page_world.open_in_frame("emails"), "emails-test-send")

    assert "is on its way" in texts(page)
    [made] = listed(page_world)
    assert (made.about, made.recipient) == ("test", page_world.actor.name)
    assert "Mail arrives" in str(
        page_world.open_in_frame("emails", email=made.id).get("iframe")[0].proto.srcdoc
    )


def test_the_mail_server_is_checked_step_by_step(
    page_world: PageWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{free_port()}")
    product.settings.cache_clear()
    page = press(page_world.open_in_frame("emails"), "emails-check")

    assert "Nothing listens at" in texts(page)


def test_a_labeller_is_offered_no_tests(page_world: PageWorld) -> None:
    page_world.sign_in_as("labeller@x.test", Role.LABELLER)
    page = page_world.open_in_frame("emails")

    assert not [one for one in page.button if one.key in ("emails-test-send", "emails-check")]
