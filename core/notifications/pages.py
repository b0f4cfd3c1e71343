"""The templates, and the words that both of them use."""

from __future__ import annotations

from functools import cache

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from core.notifications import wording
from core.notifications.legible import one_line
from core.notifications.summary import RunSummary, by_urgency, outcome_counts, subject
from core.terms import SHOWN_AS

WORDS = (
    wording.advice,
    wording.applied_words,
    wording.day,
    wording.evidence_words,
    wording.facts,
    wording.findings_words,
    wording.lasted,
    wording.link_words,
    wording.optimised_missing,
    wording.origin_words,
    wording.percent,
    wording.rows_named,
    wording.score_words,
    wording.sentence,
    wording.spent,
    wording.tone,
    wording.version_words,
    wording.waits,
    wording.when,
    by_urgency,
    outcome_counts,
    subject,
)


@cache
def environment() -> Environment:
    """HTML templates escape whatever they are given; text templates have nothing to escape."""
    pages = Environment(
        loader=PackageLoader("core.notifications"),
        autoescape=select_autoescape(("html",), default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.globals.update({word.__name__: word for word in WORDS}, SHOWN_AS=SHOWN_AS)
    pages.filters["name"] = lambda text: one_line(text, wording.NAME_LIMIT)
    pages.filters["line"] = lambda text: one_line(text, wording.SENTENCE_LIMIT)
    return pages


def totals(summary: RunSummary) -> str:
    """What all results together took: “212 calls, cost 0.14”, or "" where nothing was called."""
    calls = sum(result.calls for result in summary.results)
    costs = [result.cost for result in summary.results if result.cost is not None]
    return wording.spent(calls, sum(costs) if costs else None) if calls else ""


def inlined(page: str) -> str:
    """The page with its styles in the tags: mail programs drop a style sheet.

    Rules for dark mode and phones cannot be inlined and stay in the head; nothing is ever fetched.
    """
    return _inliner().inline(page)


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
