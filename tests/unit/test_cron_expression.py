from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.cron import MAX_LENGTH, Cron, describe, parse, zone
from core.errors import BadCron

MALFORMED = [
    # how many fields
    ("", "is empty; write five fields"),
    (" \t ", "is empty"),
    ("*", "has 1 field; write five: minute hour day-of-month month day-of-week"),
    ("0 9", "has 2 fields"),
    ("0 9 * *", "has 4 fields; write five"),
    ("0 0 9 * * 1", "has 6 fields; write five (there are no seconds and no year)"),
    ("0 9 * * 1 2027", "has 6 fields"),
    ("0 0 9 * * 1 2027", "has 7 fields"),
    ("every monday at 9", "has 4 fields"),
    ("0, 9 * * * 1", "has 6 fields"),
    # out of range, each field by its name and with its range
    ("61 * * * *", "The minute field takes 0 to 59, not “61”."),
    ("60 * * * *", "minute field takes 0 to 59"),
    ("0 24 * * *", "The hour field takes 0 to 23, not “24”."),
    ("0 9 0 * *", "The day-of-month field takes 1 to 31"),
    ("0 9 32 * *", "not “32”"),
    ("0 9 * 0 *", "The month field takes 1 to 12 or jan to dec, not “0”."),
    ("0 9 * 13 *", "The month field takes 1 to 12"),
    ("0 9 * * 8", "The day-of-week field takes 0 to 7 (0 and 7 are Sunday)"),
    ("-5 * * * *", "The minute field takes 0 to 59, not “-5”."),
    ("0 9-24 * * *", "hour field takes 0 to 23, not “24”"),
    ("0 9,25 * * *", "hour field takes 0 to 23, not “25”"),
    ("99999999999999999999 * * * *", "minute field takes 0 to 59"),
    # not a number
    ("a * * * *", "minute field takes 0 to 59, not “A”"),
    ("1.5 * * * *", "not “1.5”"),
    ("9:00 * * * *", "minute field takes 0 to 59, not “9:00”"),
    ("+5 * * * *", "not “+5”"),
    ("0x10 * * * *", "not “0X10”"),
    ("1_0 * * * *", "not “1_0”"),
    ("H 9 * * *", "minute field takes 0 to 59, not “H”"),
    # stars, commas, ranges, steps
    ("** * * * *", "takes * alone or with a step such as */2, not “**”"),
    ("*5 * * * *", "takes * alone or with a step"),
    ("*-5 * * * *", "takes * alone or with a step"),
    ("? 9 * * *", "has no “?”; write * for every value"),
    ("0 9 ? * 1", "The day-of-month field has no “?”"),
    ("1,,2 * * * *", "The minute field “1,,2” has a comma with nothing beside it."),
    (",1 * * * *", "comma with nothing beside it"),
    ("0 9, * * *", "The hour field “9,” has a comma"),
    ("30-10 * * * *", "The minute range “30-10” runs backwards; write 30-59,0-10."),
    ("0 22-2 * * *", "write 22-23,0-2"),
    ("0 23-0 * * *", "write 23,0."),
    ("0 9 25-5 * *", "write 25-31,1-5"),
    ("0 9 * nov-feb *", "The month range “NOV-FEB” runs backwards; write 11-12,1-2."),
    ("0 9 * * fri-mon", "The day-of-week range “FRI-MON” runs backwards; write 5-7,1."),
    ("0 9 * * sat-sun", "write 6-7."),
    ("5- * * * *", "minute field takes 0 to 59"),
    ("1-2-3 * * * *", "not “2-3”"),
    ("*/0 * * * *", "step after “/” in the minute field “*/0” must be a whole number from 1 up"),
    ("*/ * * * *", "step after “/”"),
    ("*/-5 * * * *", "step after “/”"),
    ("*/x * * * *", "step after “/”"),
    ("*/5/2 * * * *", "step after “/”"),
    ("*/1.5 * * * *", "step after “/”"),
    ("/5 * * * *", "steps through nothing; write */5"),
    # names
    ("0 9 * * monday", "not “MONDAY”; write mon."),
    ("0 9 * * tues", "write tue"),
    ("0 9 * * wednesday-fri", "write wed"),
    ("0 9 * * frx", "write fri"),
    ("0 9 * * xyz", "or sun to sat, not “XYZ”."),
    ("0 9 * sept *", "not “SEPT”; write sep."),
    ("0 9 * foo *", "or jan to dec, not “FOO”."),
    ("0 9 mon * *", "The day-of-month field takes 1 to 31"),
    ("0 9 * mon *", "The month field takes"),
    ("mon * * * *", "The minute field takes 0 to 59, not “MON”."),
    # the last and the nth
    ("0 9 L-3 * *", "takes L (the last day) and LW (the last weekday) only as they stand, not “L-3”"),
    ("0 9 L/2 * *", "only as they stand"),
    ("0 9 WL * *", "only as they stand"),
    ("0 9 15W * *", "not “15W”"),
    ("0 9 * * L", "takes L only after a number, not “L”; write 5L for the last Friday"),
    ("0 9 * * monL", "write 1L for the last Monday of the month"),
    ("0 9 * * 8L", "day-of-week field takes 0 to 7"),
    ("0 9 * * 5#6", "takes 1 to 5 after “#”, not “5#6”"),
    ("0 9 * * 5#0", "takes 1 to 5 after “#”"),
    ("0 9 * * 5#", "5#2 is the second Friday of the month"),
    ("0 9 * * 8#1", "day-of-week field takes 0 to 7"),
    ("0 9 * * #1", "day-of-week field takes 0 to 7"),
    ("0 9 * * 1-5#2", "day-of-week field takes 0 to 7"),
    ("0 9 * * 5#2/2", "takes 1 to 5 after “#”"),
    ("0 L * * *", "The hour field takes 0 to 23, not “L”."),
    # dates that never come
    ("0 0 30 2 *", "would never run: February has no day 30; write L for the last day"),
    ("0 0 31 2,4 *", "February and April have no day 31"),
    ("0 0 30,31 feb *", "February has no day 30 or 31"),
    ("0 0 31 2,4,6,9,11 *", "February, April, June, September and November have no day 31"),
    ("0 0 31 4-6/2 *", "April and June have no day 31"),
    ("0 0 30 2 */2", "February has no day 30"),
    ("0 0 */31 2 1#5", "its days of the month and of the week never meet"),
    # nicknames
    ("@reboot", "“@reboot” names no time; write when it should run, such as @daily"),
    ("@Reboot", "names no time"),
    ("@dayly", "There is no “@dayly”; write @daily."),
    ("@every 5m", "There is no “@every 5m”"),
    ("@fortnightly", "There is no “@fortnightly”"),
    ("@", "write one of @hourly @daily"),
    ("@daily 5", "write @daily"),
    ("0 9 * * @daily", "day-of-week field takes 0 to 7"),
    # characters
    ("٥ * * * *", "contains the character “٥”; write it with the digits 0 to 9"),
    ("\uff15 * * * *", "contains the character “\uff15”"),
    ("0 9 * * 1–5", "contains the character “–”"),
    ("0 9 * * 1\x00", "contains the character U+0000"),
    ("0 9 * * 1\x1b[0m", "contains the character U+001B"),
    ("0 9 * * 1\u200b", "contains the character U+200B"),
    ("0 9 * * \ud800", "contains the character U+D800"),
    # length
    ("0 9 * * " + "1," * 200, "is 408 characters long; at most 200 are allowed"),
    ("9" * 100_000, "is 100000 characters long"),
]


@pytest.mark.parametrize(("expression", "piece"), MALFORMED, ids=lambda value: repr(value[:40]))
def test_a_malformed_expression_is_refused_with_one_clear_sentence(expression: str, piece: str) -> None:
    with pytest.raises(BadCron) as refusal:
        parse(expression)
    sentence = str(refusal.value)
    assert piece in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    sentence.encode()


@pytest.mark.parametrize(
    ("expression", "proposed"),
    [
        ("50-10 * * * *", "50-59,0-10 * * * *"),
        ("0 23-0 * * *", "0 23,0 * * *"),
        ("0 9 31-1 * *", "0 9 31,1 * *"),
        ("0 9 * dec-feb *", "0 9 * 12,1-2 *"),
        ("0 9 * * fri-tue", "0 9 * * 5-7,1-2"),
        ("0 9 * * sat-sun", "0 9 * * 6-7"),
    ],
)
def test_a_range_that_runs_backwards_is_refused_with_one_that_can_be_used(
    expression: str, proposed: str
) -> None:
    (written,) = set(proposed.split()) - set(expression.split())
    with pytest.raises(BadCron, match=f"write {written}\\.$"):
        parse(expression)
    assert parse(proposed).expression == proposed


@pytest.mark.parametrize(
    ("written", "expression"),
    [
        ("0 9 * * 1", "0 9 * * 1"),
        ("  0\t9  *  *\n1 ", "0 9 * * 1"),
        ("0\u00a09 * * 1", "0 9 * * 1"),
        ("0 9 * jan,Feb MON-fri", "0 9 * JAN,FEB MON-FRI"),
        ("00 09 01 01 07", "00 09 01 01 07"),
        ("*/15 9-17/2 1,15 */3 0-7", "*/15 9-17/2 1,15 */3 0-7"),
        ("5/15 * * * *", "5/15 * * * *"),
        ("*/100 * * * *", "*/100 * * * *"),
        ("0 9 l * *", "0 9 L * *"),
        ("0 9 1,LW * *", "0 9 1,LW * *"),
        ("0 9 * * 5L,mon#2", "0 9 * * 5L,MON#2"),
        ("0 0 29 2 *", "0 0 29 2 *"),
        ("0 0 30 2 1", "0 0 30 2 1"),
        ("@hourly", "0 * * * *"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        (" @Weekly ", "0 0 * * 0"),
        ("@monthly", "0 0 1 * *"),
        ("@yearly", "0 0 1 1 *"),
        ("@ANNUALLY", "0 0 1 1 *"),
    ],
)
def test_an_expression_is_read_whatever_its_spaces_and_case(written: str, expression: str) -> None:
    assert parse(written).expression == expression


def test_a_cron_keeps_the_words_of_the_person_with_single_spaces() -> None:
    assert str(parse(" @Weekly ")) == "@Weekly"
    assert str(parse("0  9 * *\tMon")) == "0 9 * * Mon"


def test_what_is_stored_reads_back_as_the_same_cron() -> None:
    cron = parse("0  9 * *\tMon")
    assert parse(str(cron)) == cron


def test_a_range_of_one_value_with_a_step_is_that_value() -> None:
    assert parse("5-5/2 * * * *").fields().minutes == {5}


@pytest.mark.parametrize(
    ("expression", "follows"),
    [
        ("30 2 * * *", False),
        ("0-30/5 0-23 * * *", False),
        ("0 9 */2 * *", False),
        ("*/5 2 * * *", True),
        ("0 */2 * * *", True),
        ("@hourly", True),
        ("@daily", False),
    ],
)
def test_a_job_follows_the_clock_when_its_minute_or_hour_begins_with_a_star(
    expression: str, follows: bool
) -> None:
    assert parse(expression).follows_the_clock is follows


def test_the_longest_expression_allowed_is_read() -> None:
    expression = "1," * ((MAX_LENGTH - 9) // 2) + "1  * * * *"
    assert len(expression) == MAX_LENGTH
    assert isinstance(parse(expression), Cron)


CRONLIKE = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="0123456789*,-/#LW @jansu", max_size=30),
    st.lists(
        st.text(alphabet=string.digits + "*,-/#LWfri", min_size=1, max_size=6), min_size=5, max_size=5
    ).map(" ".join),
)


@settings(max_examples=600, deadline=None)
@given(CRONLIKE)
def test_any_text_is_either_refused_in_one_sentence_or_can_be_described(text: str) -> None:
    try:
        cron = parse(text)
    except BadCron as refusal:
        assert str(refusal).endswith(".")
    else:
        assert describe(cron, zone("UTC"))
