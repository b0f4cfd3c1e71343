from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.notifications.reminder import Idle, Reminder, Waiting, reminder_content, reminder_words
from core.reminders.due import is_due, is_late, last_moment
from tests.golden.files import check_golden

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kolkata"]
REMINDER = Reminder(
    project="Acme Dental",
    project_id=1,
    waiting=[
        Waiting("Cancellation policy explained", 12, 31, date(2026, 11, 16)),
        Waiting("Says goodbye", 9, 22, date(2026, 11, 2)),
    ],
    idle=[Idle("Weekly", 3)],
    base="https://plumbline.example.com",
    unsubscribe_url="https://plumbline.example.com/unsubscribe/1-2-x",
)
HOSTILE = "<img src=x onerror=alert(1)>\r\nBcc: eve@x.test"


def test_the_reminder_reads_as_it_was_approved() -> None:
    content = reminder_content(REMINDER)
    check_golden("reminder.txt", content.text)
    check_golden("reminder.html", content.html)


@pytest.mark.parametrize(
    ("waiting", "idle", "words"),
    [
        (1, 0, "1 proposal still waits"),
        (2, 1, "2 proposals still wait, 1 schedule has no new labels"),
        (0, 2, "2 schedules have no new labels"),
        (0, 0, ""),
    ],
)
def test_the_subject_counts_what_there_is_to_do(waiting: int, idle: int, words: str) -> None:
    counted = replace(REMINDER, waiting=REMINDER.waiting[:1] * waiting, idle=REMINDER.idle[:1] * idle)
    assert reminder_words(counted) == words


def test_a_hostile_name_is_text_and_no_header() -> None:
    content = reminder_content(
        replace(
            REMINDER,
            project=HOSTILE,
            waiting=[replace(REMINDER.waiting[0], metric=HOSTILE)],
            idle=[replace(REMINDER.idle[0], schedule=HOSTILE)],
        )
    )
    assert "<img" not in content.html
    assert "\n" not in content.subject
    assert "\nBcc:" not in content.text


def test_hundreds_of_them_stay_a_short_mail() -> None:
    many = replace(REMINDER, waiting=list(REMINDER.waiting) * 500, idle=list(REMINDER.idle) * 500)
    content = reminder_content(many)
    assert len(content.html.encode()) < 100_000
    assert "970 more are on the overview" in content.text


def test_what_is_stored_is_read_back() -> None:
    again = Reminder.of_json(REMINDER.as_json(), REMINDER.base + "/", REMINDER.unsubscribe_url)
    assert again == REMINDER


def test_a_project_is_reminded_on_monday_at_nine_in_its_own_zone() -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    monday = datetime(2026, 11, 23, 9, tzinfo=BERLIN)
    assert last_moment(monday, BERLIN) == monday
    assert last_moment(monday - timedelta(seconds=1), BERLIN) == monday - timedelta(days=7)
    assert not is_due(monday - timedelta(seconds=1), BERLIN, since=sunday)
    assert is_due(monday, BERLIN, since=sunday)
    assert not is_due(monday + timedelta(days=3), BERLIN, since=monday)


def test_after_two_days_it_is_left_out() -> None:
    monday = datetime(2026, 11, 23, 9, tzinfo=BERLIN)
    assert not is_late(monday + timedelta(days=2), BERLIN)
    assert is_late(monday + timedelta(days=2, seconds=1), BERLIN)


@given(
    st.integers(1_577_836_800, 1_956_528_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(ZONES).map(ZoneInfo),
)
def test_the_moment_is_a_monday_at_nine_within_the_week_before(now: datetime, zone: ZoneInfo) -> None:
    moment = last_moment(now, zone)
    assert (moment.weekday(), moment.hour, moment.minute) == (0, 9, 0)
    assert timedelta(0) <= now - moment.astimezone(UTC) < timedelta(days=7, hours=2)
