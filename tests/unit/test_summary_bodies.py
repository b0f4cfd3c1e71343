"""The two bodies: complete, safe whatever the names are, and never too large."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from core.notifications.html_body import MAX_BYTES, html_body
from core.notifications.summary import ResultSummary, RunSummary
from core.notifications.text_body import MAX_CHARS, text_body
from core.terms import SHOWN_AS, Outcome, Score
from tests.golden.runs import (
    APPLIED,
    CODE_AFTER,
    EVERY_OUTCOME,
    FAILED,
    NO_CHANGES,
    POLICY_AFTER,
    PROPOSED,
    REALISTIC,
    fields,
    run,
)

EVERYTHING = run(*EVERY_OUTCOME.values())
HOSTILE = "<b>&\"'</b><script>alert(1)</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The tags, the link targets and the text of a page as a browser would take them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def long_prompt(seed: str, size: int = 200_000) -> str:
    lines = (f"{seed} rule {n}: the agent says {n * 7 % 911} and then {n * 13 % 977}." for n in range(10**6))
    text = ""
    parts = []
    for line in lines:
        parts.append(line)
        size -= len(line) + 1
        if size < 0:
            text = "\n".join(parts)
            break
    return text


def with_prompts(before: str, after: str) -> ResultSummary:
    return replace(PROPOSED, fields_before=fields(before), fields_after=fields(after))


def test_every_metric_has_a_row_with_its_status_and_scores() -> None:
    shown = Page(html_body(EVERYTHING)).text
    for result in EVERYTHING.results:
        assert result.metric in shown
        assert SHOWN_AS[result.outcome] in shown
        assert result.reason in shown
    assert "33 of 48" in shown
    assert "69%" in shown
    assert "2 not judged" in shown


def test_the_text_says_all_that_the_html_says() -> None:
    text = text_body(EVERYTHING)
    for result in EVERYTHING.results:
        for words in (result.metric, SHOWN_AS[result.outcome], result.reason, result.url, result.warning):
            assert words in text
        if result.fields_after:
            assert result.fields_after["description"] in text
    assert EVERYTHING.why in text
    assert EVERYTHING.settings_url in text
    assert CODE_AFTER in text


def test_the_text_holds_the_whole_prompt_even_when_only_the_code_changed() -> None:
    text = text_body(run(EVERY_OUTCOME[Outcome.NOT_ENOUGH_EVIDENCE]))
    assert "in full (unchanged)\nDoes the agent say goodbye?\n--- end" in text


def test_a_diff_marks_old_and_new_words_by_more_than_colour() -> None:
    page = html_body(REALISTIC)
    assert re.search(r'<ins class="i" style="[^"]*underline[^"]*">explicitly </ins>', page)
    assert re.search(r'<del class="d" style="[^"]*line-through[^"]*"> Be strict', page)


def test_every_changed_field_of_every_candidate_is_shown() -> None:
    shown = Page(html_body(EVERYTHING)).text
    assert shown.count("Trigger (when the metric applies)") == 2
    assert shown.count("Description (the judge prompt)") == 4
    assert shown.count("llm_judge custom_code") == 1


@pytest.mark.parametrize("result", [FAILED, NO_CHANGES])
def test_a_result_without_a_candidate_has_no_diff(result: ResultSummary) -> None:
    page = html_body(run(result))
    assert "<ins" not in page
    assert "<h3" not in page


def test_a_proposal_has_a_button_and_the_footer_says_how_to_stop() -> None:
    page = Page(html_body(run(PROPOSED)))
    assert page.links.count(PROPOSED.url) == 3, "the table, the rows that are left out, the button"
    assert REALISTIC.settings_url in page.links
    assert REALISTIC.why in page.text


def test_a_prompt_that_differs_in_line_endings_alone_says_so() -> None:
    result = with_prompts("one\r\ntwo", "one\ntwo")
    assert "Only line endings or invisible characters differ." in Page(html_body(run(result))).text
    assert "Only line endings or invisible characters differ." in text_body(run(result))


def test_a_candidate_that_differs_in_nothing_says_so() -> None:
    result = with_prompts(POLICY_AFTER, POLICY_AFTER)
    assert "equals the definition it started from" in Page(html_body(run(result))).text


def test_spaces_of_code_survive() -> None:
    page = html_body(run(EVERY_OUTCOME[Outcome.NOT_ENOUGH_EVIDENCE]))
    assert "    said = " in page
    assert "monospace" in page


def hostile_run() -> RunSummary:
    result = replace(
        APPLIED,
        metric=HOSTILE,
        reason=HOSTILE,
        warning=HOSTILE,
        held_out=HOSTILE,
        fields_before=fields(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        fields_after=fields(HOSTILE + "x", "y" + HOSTILE, "z", HOSTILE * 3),
        url='https://x.example/"><script>',
    )
    return replace(run(result), project=HOSTILE, schedule=HOSTILE, why=HOSTILE)


def test_names_and_prompts_never_become_markup() -> None:
    harmless = Page(html_body(REALISTIC))
    page = Page(html_body(hostile_run()))
    assert page.tags <= harmless.tags
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert 'https://x.example/"><script>' in page.links
    assert HOSTILE in page.text


def test_text_shows_markup_as_it_was_written() -> None:
    assert HOSTILE in text_body(hostile_run())


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    page = html_body(EVERYTHING)
    assert Page(page).tags.isdisjoint({"img", "link", "script", "iframe", "object", "form"})
    assert "url(" not in page
    assert "@import" not in page


def test_a_page_follows_the_reader_into_dark_mode() -> None:
    page = html_body(EVERYTHING)
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "@media (prefers-color-scheme: dark)" in page


def test_a_large_prompt_with_a_small_change_is_shown_whole() -> None:
    before = long_prompt("old")
    page = html_body(run(with_prompts(before, before.replace("rule 900:", "rule nine hundred:"))))
    assert len(page.encode()) < 20_000
    assert "nine hundred" in page
    assert "unchanged lines …" in page
    assert "left out here" not in page


def test_two_large_prompts_that_share_nothing_are_cut_with_a_link() -> None:
    page = html_body(run(with_prompts(long_prompt("old"), long_prompt("new"))))
    assert 30_000 < len(page.encode()) <= MAX_BYTES
    assert "See the whole diff" in page


def test_a_prompt_of_one_endless_line_is_cut_too() -> None:
    page = html_body(run(with_prompts("日本語の名前" * 30_000, "x" * 200_000)))
    assert len(page.encode()) <= MAX_BYTES
    assert "See the whole diff" in page


def test_the_html_stays_under_its_limit_whatever_it_is_given() -> None:
    evil = "\"&<'" * 1300
    one = replace(
        PROPOSED,
        metric=evil,
        reason=evil,
        warning=evil,
        held_out=evil,
        baseline=Score(10**9, 10**9, 10**9),
        fields_before=fields(evil, evil, evil, evil),
        fields_after=fields(evil + "x", evil + "y", evil + "z", evil + "p"),
    )
    page = html_body(replace(run(*[one] * 80), project=evil, schedule=evil, why=evil))
    assert len(page.encode()) <= MAX_BYTES
    assert "more metrics are left out here" in page


def test_three_hundred_metrics_fit_and_say_how_many_are_left_out() -> None:
    page = html_body(run(*[NO_CHANGES] * 300))
    assert len(page.encode()) <= MAX_BYTES
    assert "240 more metrics are left out here." in page


def test_what_needs_a_person_is_never_what_is_left_out() -> None:
    page = html_body(run(*[NO_CHANGES] * 300, PROPOSED))
    assert PROPOSED.metric in page


def test_the_text_keeps_the_full_prompt_of_200_kilobytes() -> None:
    after = long_prompt("old").replace("rule 900:", "rule nine hundred:")
    text = text_body(run(with_prompts(long_prompt("old"), after)))
    assert after in text
    assert "left out here" not in text


def test_the_text_cuts_only_at_its_limit_and_links_the_rest() -> None:
    text = text_body(run(*[with_prompts(long_prompt("old"), long_prompt("new"))] * 5))
    assert MAX_CHARS < len(text) < MAX_CHARS * 1.1
    assert f"more characters are left out here; see {PROPOSED.url}]" in text
