"""A writer and a judge that take in exactly what rules say, so that what a search does can be foretold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import CallFailed
from core.optimiser.case import Case, Found, Nothing
from core.optimiser.engine import optimise
from core.optimiser.split import Split, split
from core.terms import (
    NOT_APPLICABLE,
    Definition,
    EvalSettings,
    LabelledRow,
    MetricType,
)
from tests.fakes import FakeJudge, FakeTranscripts, Stages

LIVE = Definition("Was the matter dealt with as we want? Answer true or false.")
LESSON = re.compile(r"(\w+) means (true|false|N/A)\.")
BINARY = EvalSettings()


def follows(definition: Definition, row: LabelledRow) -> str:
    """What a judge answers: what its prompt says of the row's kind, else true."""
    kind = row.group.split()[0]
    if definition.type is MetricType.CUSTOM_CODE:
        return dict(LESSON.findall(definition.custom_code)).get(kind, "true")
    trigger = dict(LESSON.findall(definition.trigger.text))
    if trigger.get(kind) == NOT_APPLICABLE:
        return NOT_APPLICABLE
    return dict(LESSON.findall(definition.description)).get(kind, "true")


@dataclass
class Pupil:
    """A writer that turns each note into a rule and works in every rule it is given.

    `overlooks` are kinds that it does not see in its first `misses` readings; `scripts` what it answers to
    the request for a script; `silent` the names of requests that fail.
    """

    overlooks: tuple[str, ...] = ()
    misses: int = 1
    script: str = ""
    trigger_script: str = ""
    silent: tuple[str, ...] = ()
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    readings: int = 0

    def ask_all(self, requests: Any, read: Any) -> list[Any]:
        if requests and requests[0].name in self.silent:
            raise CallFailed("the line is dead")
        return [read(self._answer(request.name, json.loads(request.user))) for request in requests]

    def _answer(self, name: str, data: dict[str, Any]) -> Mapping[str, Any]:
        self.asked.append((name, data))
        if name == "distilled_rules":
            return {"rules": self._rules(data)}
        if name == "proposed_script":
            return {"script": self.script, "trigger_script": self.trigger_script, "summary": "Code does."}
        return self._proposal(data)

    def _rules(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        self.readings += 1
        cited: dict[str, list[int]] = {}
        for case in data["disagreements"]:
            for kind, value in LESSON.findall(case["reviewer_note"]):
                if self.readings > self.misses or kind not in self.overlooks:
                    cited.setdefault(f"{kind} means {value}.", []).append(case["label_id"])
        return [{"text": text, "label_ids": ids} for text, ids in cited.items()]

    def _proposal(self, data: dict[str, Any]) -> Mapping[str, Any]:
        texts = [rule["text"] for rule in data["rules"]]
        na = [text for text in texts if NOT_APPLICABLE in text and data["may_change_trigger"]]
        new = [text for text in texts if text not in na]
        padding = {"smallest edit": "", "restructured": " Be fair."}.get(data["manner"]["name"], " Be brief.")
        return {
            "description": " ".join([data["metric"]["description"], *new]) + padding,
            "trigger": " ".join(filter(None, [data["metric"]["trigger"], *na])),
            "summary": f"{len(texts)} rules.",
        }


def rows(*kinds: tuple[str, int, str, str]) -> tuple[LabelledRow, ...]:
    """(kind, how many, expected, note) → rows, numbered from 1."""
    found: list[LabelledRow] = []
    for kind, count, expected, note in kinds:
        for _ in range(count):
            number = len(found) + 1
            found.append(LabelledRow(number, number, f"{kind} {number}", expected, note))
    return tuple(found)


def searched(
    given: tuple[LabelledRow, ...],
    writer: Pupil,
    live: Definition = LIVE,
    settings: EvalSettings = BINARY,
    parts: Split | None = None,
    **options: Any,
) -> tuple[Found | Nothing, FakeJudge, Stages]:
    case = Case(live, settings, given)
    judge, stages = FakeJudge(follows), Stages()
    before = judge.judge_each([live], case.labelled)[0]
    judge.asked.clear()
    parts = parts or split(given)
    return optimise(case, parts, before, judge, writer, FakeTranscripts(), stages, **options), judge, stages


REFUNDS = ("refund", 8, "false", "refund means false.")
LATE = ("late", 6, "false", "late means false.")
FINE = ("fine", 12, "true", "")
