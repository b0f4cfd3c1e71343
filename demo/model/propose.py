"""The definition with the rules worked in, in one of three manners. What it cannot do it leaves alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from demo.model.answers import Value
from demo.model.cases import Metric, ProposeQuestion
from demo.model.conditions import Condition
from demo.model.layout import EXCEPTIONS, RULES, layout
from demo.model.masking import masked, plain
from demo.model.phrases import normal
from demo.model.readings import Decides, read_sentence
from demo.model.rules import Rulebook, rulebook
from demo.model.triggers import is_about_trigger, trigger_rules


def propose(question: ProposeQuestion) -> dict[str, Any]:
    """The answer to a request for a definition: `{"description", "trigger", "summary"}`."""
    metric, most = question.metric, question.max_characters
    for_trigger = [text for text in question.rules if is_about_trigger(text)]
    for_judge = [text for text in question.rules if not is_about_trigger(text)]
    trigger = _trigger(metric.trigger, for_trigger) if question.may_change_trigger else metric.trigger
    if len(trigger) + len(metric.description) > most:
        trigger = metric.trigger
    description, added = _description(metric, for_judge, question.manner, most - len(trigger))
    summary = _summary(added, len(for_judge), changed_trigger=trigger != metric.trigger)
    return {"description": description, "trigger": trigger, "summary": summary}


def _description(metric: Metric, rules: Sequence[str], manner: str, room: int) -> tuple[str, int]:
    """The rewrite with as many of the rules as fit, and their number; unchanged where none does."""
    standing = _decisions(rulebook(metric.description, metric.answers))
    new = [text for text in rules if not _decisions(rulebook(text, metric.answers)) & standing]
    for kept in range(len(new), 0, -1):
        written = _written(metric, new[:kept], manner)
        if len(written) <= room:
            return written, kept
    return metric.description, 0


def _written(metric: Metric, rules: Sequence[str], manner: str) -> str:
    """In the manner asked for; a rewrite that would change a rule gives way to the smallest edit."""
    smallest = smallest_edit(metric, rules)
    written = MANNERS.get(manner, smallest_edit)(metric, rules)
    wanted, kept = rulebook(smallest, metric.answers), rulebook(written, metric.answers)
    same = kept.stated == wanted.stated and _decisions(kept) == _decisions(wanted)
    return written if same else smallest


def smallest_edit(metric: Metric, rules: Sequence[str]) -> str:
    """The text as it is, and the rules below the heading that an earlier edit left, or a new one."""
    heading = EXCEPTIONS if _has_rules(metric) else RULES
    lines = "\n".join(_items(metric, rules))
    before, found, after = metric.description.partition(f"{heading}\n")
    if found:
        return f"{before}{found}{lines}\n{after}"
    return f"{metric.description.rstrip()}\n\n{heading}\n{lines}"


def _restructured(metric: Metric, rules: Sequence[str]) -> str:
    """What is judged, then the rules, then the exceptions."""
    parts = layout(metric.description, metric.answers)
    items = _items(metric, rules)
    exceptions, plain_rules = (items, []) if _has_rules(metric) else ([], items)
    sections = [
        parts.about,
        _section(RULES, [*plain_rules, *parts.rules]),
        _section(EXCEPTIONS, [*exceptions, *parts.exceptions]),
    ]
    return "\n\n".join("\n".join(section) for section in sections if section)


def _shortened(metric: Metric, rules: Sequence[str]) -> str:
    """What is judged in its first paragraph, lines that name a placeholder or a value, every rule once."""
    parts = layout(metric.description, metric.answers)
    first = parts.first_paragraph
    about = [line for line in parts.about if line in first or _names_something(line, metric)]
    lines = [*_items(metric, rules), *parts.exceptions, *parts.rules]
    return "\n".join(dict.fromkeys([*about, *lines]))


def _names_something(line: str, metric: Metric) -> bool:
    words = normal(line)
    return "{{" in line or any(normal(value) in words for value in metric.answers.spoken)


MANNERS: Mapping[str, Callable[[Metric, Sequence[str]], str]] = {
    "smallest edit": smallest_edit,
    "restructured": _restructured,
    "shortened": _shortened,
}


def _section(heading: str, lines: Sequence[str]) -> list[str]:
    return [heading, *lines] if lines else []


def _items(metric: Metric, rules: Sequence[str]) -> list[str]:
    """The rules as list items; as exceptions where rules stand already, so that the new ones win."""
    return [f"- {_as_exception(text, metric) if _has_rules(metric) else text}" for text in rules]


def _as_exception(text: str, metric: Metric) -> str:
    reading = read_sentence(plain(masked(text)), metric.answers)
    if not isinstance(reading, Decides) or reading.exception:
        return text
    return f"Exception: {text[0].lower()}{text[1:]}"


def _has_rules(metric: Metric) -> bool:
    book = rulebook(metric.description, metric.answers)
    return bool(book.rules) or book.stated is not None


def _decisions(book: Rulebook) -> set[tuple[Value, Condition]]:
    return {(rule.value, rule.condition) for rule in book.rules}


def _trigger(trigger: str, rules: Sequence[str]) -> str:
    """The trigger and those rules below it that it does not state already."""
    standing = {(clause.condition, clause.vetoes) for clause in trigger_rules(trigger).clauses}
    lines = [trigger.rstrip()] if trigger.strip() else []
    for text in rules:
        clauses = trigger_rules(text).clauses
        if not all((clause.condition, clause.vetoes) in standing for clause in clauses) or not clauses:
            lines.append(text)
    return "\n".join(lines)


def _summary(added: int, asked: int, *, changed_trigger: bool) -> str:
    if not added and not changed_trigger:
        return "Nothing was changed: there was no new rule that could be worked in."
    parts = [f"Added {added} {'rule' if added == 1 else 'rules'} to the description."] if added else []
    if changed_trigger:
        parts.append("Changed when the metric applies.")
    if asked > added:
        parts.append(f"Left out {asked - added} that stood there already or did not fit.")
    return " ".join(parts)
