from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core import accounts, inbox
from core.outbox import notify_members
from core.terms import Role
from tests.page_world import PageWorld, page_world

__all__ = ["page_world"]

HOSTILE = "**bold** <b>x</b> [link](http://evil.example)"


def tell(world: PageWorld, key: str, text: str) -> None:
    with world.database.write() as session:
        notify_members(session, world.project_id, key, text)


def labels(page: AppTest) -> list[str]:
    return [one.proto.label for one in page.get("page_link")]


def bell(page: AppTest) -> str:
    [found] = [label for label in labels(page) if label.startswith("Notifications")]
    return found


def test_without_news_the_bell_is_quiet_and_the_page_says_what_comes(page_world: PageWorld) -> None:
    page = page_world.open_in_frame("inbox")
    assert bell(page) == "Notifications"
    assert "No notifications yet" in page.markdown[0].value


def test_the_bell_counts_what_was_not_seen_and_seeing_is_reading(page_world: PageWorld) -> None:
    tell(page_world, "run 1", "1 proposal to review — weekly")
    tell(page_world, "run 1", "told twice")
    tell(page_world, "run 2", "1 failed — weekly")
    assert "2 new" in bell(page_world.open_in_frame("overview"))

    page = page_world.open_in_frame("inbox")
    assert not page.exception
    assert any("1 proposal to review" in label for label in labels(page))
    assert not any("told twice" in label for label in labels(page))

    assert bell(page_world.open_in_frame("overview")) == "Notifications"
    assert any("1 failed" in label for label in labels(page_world.open_in_frame("inbox")))


def test_text_from_people_is_text(page_world: PageWorld) -> None:
    tell(page_world, "run 1", HOSTILE)
    page = page_world.open_in_frame("inbox")
    [label] = [label for label in labels(page) if "bold" in label]
    assert "\\*\\*bold\\*\\*" in label
    assert "[link](" not in label


def test_nobody_sees_or_reads_anothers(page_world: PageWorld) -> None:
    other = page_world.sign_in_as("viewer@x.test", Role.VIEWER)
    with page_world.database.write() as session:
        notify_members(
            session, page_world.project_id, "run 1", "for the admin", user_ids=[page_world.actor.user_id or 0]
        )
    page = page_world.open_in_frame("inbox")
    assert "No notifications yet" in page.markdown[0].value
    [news] = inbox.news_of(page_world.database, page_world.actor, page_world.project_id).news
    inbox.mark_read(page_world.database, other, [news.id])
    assert inbox.unread_count(page_world.database, page_world.actor, page_world.project_id) == 1


def test_each_project_has_news_of_its_own(page_world: PageWorld) -> None:
    second = accounts.add_project(page_world.database, page_world.actor, "Second").id
    with page_world.database.write() as session:
        notify_members(session, second, "run 7", "elsewhere")
    assert bell(page_world.open_in_frame("overview")) == "Notifications"
    assert "1 new" in bell(page_world.open_in_frame("overview", project=second))
