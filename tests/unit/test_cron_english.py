from __future__ import annotations

import pytest

from core.cron import describe, parse, zone

BERLIN = zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("30 2 * * *", "At 02:30, every day"),
        ("0 9 * * 1", "At 09:00, only on Monday"),
        ("@weekly", "At 00:00, only on Sunday"),
        ("@monthly", "At 00:00, on day 1 of the month"),
        ("@yearly", "At 00:00, on day 1 of the month, only in January"),
        ("@hourly", "Every hour"),
        ("5 13 * * *", "At 13:05, every day"),
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("1 * * * *", "At 1 minute past the hour"),
        ("0 */6 * * *", "Every 6 hours"),
        ("15 */2 * * *", "At 15 minutes past the hour, every 2 hours"),
        ("0 9,17 * * *", "At 09:00 and 17:00, every day"),
        ("15,45 9,17 * * *", "At 09:15, 09:45, 17:15 and 17:45, every day"),
        ("*/5 9-17 * * 1-5", "Every 5 minutes, between 09:00 and 17:59, only Monday through Friday"),
        ("*/10 9 * * *", "Every 10 minutes, between 09:00 and 09:59"),
        ("*/15 */6 * * *", "Every 15 minutes, during the hours 00, 06, 12 and 18"),
        ("0 0 1,15 * *", "At 00:00, on days 1 and 15 of the month"),
        ("0 0 1-7 * *", "At 00:00, on days 1 to 7 of the month"),
        ("0 0 L * *", "At 00:00, on the last day of the month"),
        ("0 0 LW * *", "At 00:00, on the last weekday (Monday to Friday) of the month"),
        ("0 0 * * 5L", "At 00:00, only on the last Friday of the month"),
        ("0 0 * * fri#2", "At 00:00, only on the second Friday of the month"),
        ("0 0 * * 0,6", "At 00:00, only on Saturday and Sunday"),
        ("0 0 * 6-8 *", "At 00:00, every day, June through August"),
        ("0 0 * */6 *", "At 00:00, every day, only in January and July"),
    ],
)
def test_a_schedule_is_described_in_plain_english(expression: str, words: str) -> None:
    assert describe(parse(expression), BERLIN) == f"{words} (Europe/Berlin time)"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("*/45 * * * *", "At 0 and 45 minutes past the hour"),
        ("*/100 * * * *", "Every hour"),
        ("0 */24 * * *", "At 00:00, every day"),
        ("0 */9 * * *", "At 00:00, 09:00 and 18:00, every day"),
        ("0 9,12-14 * * *", "At 09:00, 12:00, 13:00 and 14:00, every day"),
        ("0 0 * */5 *", "At 00:00, every day, only in January, June, and November"),
        ("0 0 * * 5/2", "At 00:00, only on Friday and Sunday"),
        ("0 0 * * */2", "At 00:00, only on Tuesday, Thursday, Saturday and Sunday"),
        ("0 0 */10 * *", "At 00:00, on days 1, 11, 21 and 31 of the month"),
        ("0 0 * * 0-7", "At 00:00, every day"),
    ],
)
def test_a_description_says_what_a_step_does_and_not_how_it_is_spelled(expression: str, words: str) -> None:
    assert describe(parse(expression), BERLIN) == f"{words} (Europe/Berlin time)"


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("0 0 1 * 1", "At 00:00, on day 1 of the month, or on Monday"),
        ("0 0 1 * 5L", "At 00:00, on day 1 of the month, or on the last Friday of the month"),
        (
            "0 0 1,L * 1-5",
            "At 00:00, on day 1 of the month and the last day of the month, or Monday through Friday",
        ),
        ("0 0 */10 * 1", "At 00:00, on days 1, 11, 21 and 31 of the month, but only on Monday"),
        ("0 0 1-31 * 1", "At 00:00, every day"),
        ("0 0 1 * 0-6", "At 00:00, every day"),
        ("0 0 1 * */1", "At 00:00, on day 1 of the month"),
    ],
)
def test_day_of_month_and_day_of_week_are_alternatives_unless_one_begins_with_a_star(
    expression: str, words: str
) -> None:
    assert describe(parse(expression), BERLIN) == f"{words} (Europe/Berlin time)"


def test_utc_is_named_plainly() -> None:
    assert describe(parse("@daily"), zone("UTC")) == "At 00:00, every day (UTC)"
